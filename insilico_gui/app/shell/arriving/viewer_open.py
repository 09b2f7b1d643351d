"""Opening files in a viewer that has the window's panels: File > Open, and `viewer.open`.

napari asks its viewer to open what its menus, dialogs and console were given. While the
panels are there that comes to them, as drops do: napari's readers would add a layer that
the experiment knows nothing of, or show a traceback.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import napari
from qtpy.QtCore import QObject, Signal

from insilico_gui.app.shell.docks import child_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari import Viewer
    from napari.layers import Layer

NOT_GIVEN = "napari's default"


class Opener(QObject):
    """Takes what a viewer is asked to open.

    Parameters
    ----------
    viewer : napari.Viewer
    parent : QObject
        A child of the viewer's window, with which this goes.

    Signals
    -------
    opened(list)
        Paths or addresses, as text.

    Attributes
    ----------
    closes_viewer : bool
        A script closes the viewer, as by `viewer.close()`: nobody is asked then.
    """

    opened = Signal(list)

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self.closes_viewer = False
        # The viewer stays the same object, which napari holds in many places.
        object.__setattr__(viewer, "__class__", _ViewerWithPanels)


class _ViewerWithPanels(napari.Viewer):
    """A viewer that hands files to the panels, unless it is told how to read them."""

    def open(
        self,
        path: Any,
        *,
        stack: Any = False,
        plugin: str | None = NOT_GIVEN,
        layer_type: Any = None,
        **kwargs: Any,
    ) -> list[Layer]:
        """Hand paths to the panels; with a plugin or a type, add layers as ever."""
        is_plain = plugin in (None, NOT_GIVEN) and layer_type is None and not kwargs
        opener = child_of(self, Opener) if is_plain else None
        if opener is None:
            plugin = "napari" if plugin == NOT_GIVEN else plugin
            layers: list[Layer] = super().open(
                path, stack=stack, plugin=plugin, layer_type=layer_type, **kwargs
            )
            return layers
        given = [path, *(stack if isinstance(stack, list) else ())]
        opener.opened.emit(list(_flat(given)))
        return []

    def close(self) -> None:
        """Close the viewer's window; what the panels have not saved is given up."""
        with suppress(AttributeError, RuntimeError):  # its window is gone already
            opener = child_of(self, Opener)
            if opener is not None:
                opener.closes_viewer = True
        super().close()


def _flat(given: Iterable[Any]) -> Iterable[str]:
    for item in given:
        if isinstance(item, list | tuple):
            yield from _flat(item)
        else:
            yield str(item)
