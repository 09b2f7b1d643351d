"""Files dropped anywhere on the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from collections.abc import Callable


class DropFilter(QObject):
    """Takes drops of our files and folders before napari's own reader dialog would.

    Parameters
    ----------
    window : QWidget
        Everything in it accepts drops from now on.
    takes : callable(path) -> bool
        Whether a path is one of ours. A drop of others only is left to napari.
    on_drop : callable(list of path)
        Gets everything that was dropped at once.
    """

    def __init__(
        self,
        window: QWidget,
        takes: Callable[[Path], bool],
        on_drop: Callable[[list[Path]], object],
    ) -> None:
        super().__init__(window)
        self._takes = takes
        self._on_drop = on_drop
        window.setAcceptDrops(True)
        self.watch(window)

    def watch(self, window: QWidget) -> None:
        """Also take drops on the children that would have handled them themselves."""
        for widget in (window, *window.findChildren(QWidget)):
            if widget.acceptDrops():
                widget.removeEventFilter(self)
                widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Accept what is ours, let everything else pass."""
        kind = event.type()
        if kind not in (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop):
            return False
        paths = _local_paths(event)
        if not any(self._takes(path) for path in paths):
            return False
        event.acceptProposedAction()  # type: ignore[attr-defined]
        if kind == QEvent.Type.Drop:
            self._on_drop(paths)
        return True


def _local_paths(event: QEvent) -> list[Path]:
    urls = event.mimeData().urls()  # type: ignore[attr-defined]
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
