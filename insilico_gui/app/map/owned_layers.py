"""Layers that nobody but the app changes, whatever of napari is pointed at them.

Unit k of the session is point k of its layer: a point that is added, moved or deleted by
a key of napari would put units onto the positions of others. `editable = False` does not
prevent that (keys, menus and the layer list do not look at it), so the layers are of
classes that refuse to be changed, in a list that refuses to give them away.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from napari.components import LayerList
from napari.layers import Image, Layer, Points, Shapes
from napari.utils.transforms import Affine
from psygnal import Signal
from qtpy.QtCore import QTimer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from napari import Viewer
    from numpy.typing import NDArray

OPEN = frozenset(
    {
        # how a layer is drawn, which moves nothing
        *("antialiasing", "attenuation", "blending", "canvas_size_limits", "colormap"),
        *("contrast_limits", "contrast_limits_range", "custom_interpolation_kernel_2d"),
        *("depiction", "experimental_clipping_planes", "gamma", "interpolation2d"),
        *("interpolation3d", "iso_threshold", "opacity", "plane", "projection_mode"),
        *("rendering", "shading", "visible"),
        # napari's own bookkeeping while it draws
        *("cursor", "cursor_size", "data_level", "help", "keymap", "locked_data_level"),
        *("metadata", "mouse_pan", "mouse_zoom", "scale_factor", "thumbnail"),
    }
)
"""Properties of layers that may be set by anybody; all others are closed."""

QUIET = frozenset({"editable", "locked"})
"""Closed properties that napari itself sets now and then; nobody is told of those."""

EDITS = (
    *("add", "pop", "remove", "remove_selected", "_move", "_paste_data"),
    *("add_ellipses", "add_lines", "add_paths", "add_polygons", "add_rectangles"),
    *("move_to_back", "move_to_front", "_add_shapes", "_finish_drawing"),
    *("_rotate_box", "_scale_box", "_transform_box"),
)
"""Methods of layers that change them without setting a property."""

CONTROLLED = frozenset(
    {
        *("current_border_color", "current_edge_color", "current_face_color"),
        *("current_size", "current_symbol", "edge_width", "out_of_slice_display"),
    }
)
"""Closed properties that napari's layer controls offer to set."""

AnyLayer = TypeVar("AnyLayer", bound=Layer)


class _FixedAffine(Affine):
    """A copy of a layer's transform; of axes that only other layers have, nothing moves.

    napari turns all layers by the axes of the scene, which are more than some have.
    """

    def set_slice(self, axes: Sequence[int]) -> Affine:
        """The transform of some of the axes."""
        if max(axes) < self.ndim:
            return super().set_slice(axes)
        return Affine(ndim=len(axes))

    def replace_slice(self, axes: Sequence[int], transform: Affine) -> Affine:
        """Itself with the transform of some axes replaced."""
        return super().replace_slice(axes, transform) if max(axes) < self.ndim else self


class _Owned:
    """Mixed into a layer class: closed to everybody until its owner opens it."""

    owner: LayerOwner | None = None
    is_listed: Callable[[], bool] | None = None
    _kind: type[Layer]
    _closed: frozenset[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if _reading is not None:
            _reading.join()  # units must not be used half-read
        super().__init__(*args, **kwargs)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._kind = next(kind for kind in cls.__mro__[2:] if issubclass(kind, Layer))
        cls._closed = frozenset(
            name
            for base in cls.__mro__
            for name, member in vars(base).items()
            if isinstance(member, property) and member.fset and name[0] != "_"
        ).difference(OPEN)
        for name in EDITS:
            if hasattr(cls._kind, name):
                setattr(cls, name, _unless_closed(cls, name))

    def _update_thumbnail(self) -> None:
        """See napari: for its list of layers, and not while that is hidden."""
        if self.is_listed is not None and self.is_listed():
            super()._update_thumbnail()  # type: ignore[misc]

    @property
    def _type_string(self) -> str:
        """What napari calls the kind of layer, e.g. to make an editable copy."""
        return self._kind.__name__.lower()

    @property
    def affine(self) -> Affine:
        """The transform to the world: a copy, as it could be changed in place."""
        own: Affine = super().affine  # type: ignore[misc]
        fixed = own.set_slice(range(own.ndim))
        fixed.__class__ = _FixedAffine
        return fixed

    @affine.setter
    def affine(self, affine: Any) -> None:
        self._kind.affine.fset(self, affine)

    def __setattr__(self, name: str, value: object) -> None:
        if self.owner is not None and name in self._closed:
            self.refuse(name, value)
            return
        super().__setattr__(name, value)

    def refuse(self, name: str, value: object = None) -> None:
        if self.owner is None or name in QUIET:
            return
        if name == "mode" and str(value) == "pan_zoom":
            return  # as it is
        self.owner.tell(self)
        # napari's controls show what was asked for until they are told what is
        events = self.events  # type: ignore[attr-defined]
        if name == "mode":
            events.mode(mode=str(self.mode))  # type: ignore[attr-defined]
        elif name in CONTROLLED and name in events.emitters:
            getattr(events, name)()


def _unless_closed(cls: type, name: str) -> Any:
    def method(self: _Owned, *args: Any, **kwargs: Any) -> Any:
        if self.owner is not None:
            self.refuse(name)
            return None
        return getattr(super(cls, self), name)(*args, **kwargs)

    return method


class OwnedPoints(_Owned, Points):
    """Points of the app, all with the same symbol."""

    @property
    def _view_symbol(self) -> NDArray[Any]:
        """One symbol for all points: napari would look up the name of each."""
        first: NDArray[Any] = self._symbol[:1]
        return first


class OwnedImage(_Owned, Image):
    """An image of the app."""

    def __setattr__(self, name: str, value: Any) -> None:
        # Both ends of napari's slider at the same place: an error of napari otherwise
        if name == "contrast_limits" and not value[0] < value[1]:
            return
        super().__setattr__(name, value)


class OwnedShapes(_Owned, Shapes):
    """Outlines of the app."""


def is_owned(layer: object) -> bool:
    """Whether a layer is closed to all but its owner."""
    return isinstance(layer, _Owned) and layer.owner is not None


class _GuardedList(LayerList):
    """A viewer's list of layers that keeps owned layers, and keeps them in order."""

    def _delitem_indices(self, key: Any) -> list[tuple[Any, int]]:
        return [
            (parent, index)
            for parent, index in super()._delitem_indices(key)
            if not _told(parent[index])
        ]

    def clear(self) -> None:
        """Remove all layers but the owned ones."""
        # The inherited one takes the last away until there is none.
        with self.batched_update():
            del self[:]

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, int) and _told(self._list[key]):
            return
        super().__setitem__(key, value)

    def move(self, src_index: int, dest_index: int = 0) -> bool:
        """Move one layer, unless it is owned."""
        return not _told(self[src_index]) and super().move(src_index, dest_index)

    def move_multiple(self, sources: Iterable[Any], dest_index: int = 0) -> int:
        """Move layers, unless one of them is owned."""
        sources = list(sources)
        moved: list[Layer] = []
        for index in sources:
            moved += self._list[index] if isinstance(index, slice) else [self[index]]
        if any(_told(layer) for layer in moved):
            return 0
        n_moved: int = super().move_multiple(sources, dest_index)
        return n_moved

    def reverse(self) -> None:
        """Turn the order around, unless layers of it are owned."""
        if not any(_told(layer) for layer in self):
            super().reverse()


def _told(layer: object) -> bool:
    """Whether a layer is owned; if so, the user is told."""
    if not isinstance(layer, _Owned) or layer.owner is None:
        return False
    layer.refuse("")
    return True


class LayerOwner:
    """Adds layers to a viewer, and is the only one to change or remove them.

    Signals
    -------
    refused(str)
        Somebody else tried to; one sentence.
    """

    refused = Signal(str)

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._layers: list[Layer] = []
        # Not a list of our own: the viewer's, and all that is connected to it, stay.
        viewer.layers.__class__ = _GuardedList
        if not len(viewer.layers):  # or they were read for those
            QTimer.singleShot(UNITS_AFTER_MS, _begin_reading_units)

    def add(self, layer: AnyLayer, *, at: int | None = None) -> AnyLayer:
        """Put a new layer into the viewer, closed to all others.

        Parameters
        ----------
        layer : OwnedPoints, OwnedImage or OwnedShapes
        at : int, optional
            Index in the list of layers; default in front of all.
        """
        layer.editable = False
        if hasattr(layer, "locked"):
            layer.locked = True  # so that napari does not offer to delete it
        layer.is_listed = self._shows_list
        layers = self._viewer.layers
        layers.insert(len(layers) if at is None else at, layer)
        self._layers.append(layer)
        _close(layer, self)
        return layer

    def _shows_list(self) -> bool:
        """Whether napari's list of layers is to be seen."""
        return not self._viewer.window._qt_viewer.dockLayerList.isHidden()

    def remove(self, layer: Layer) -> None:
        """Take a layer out of the viewer."""
        layer.owner = None
        if layer in self._layers:
            self._layers.remove(layer)
        if layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def release(self) -> None:
        """Give everything up: the viewer closes."""
        for layer in self._layers:
            layer.owner = None
        self._layers.clear()
        if isinstance(self._viewer.layers, _GuardedList):
            self._viewer.layers.__class__ = LayerList

    def tell(self, layer: Any) -> None:
        """Say that a layer stays as it is."""
        self.refused.emit(
            f"The layer {layer.name!r} shows the experiment and stays as it is; a copy "
            "(right click on it in the layer list, Duplicate Layer) can be edited."
        )


UNITS_AFTER_MS = 1000
"""After a window is made: first it is drawn."""

_reading: threading.Thread | None = None


def _begin_reading_units() -> None:
    """Begin to read napari's physical units in a thread, unless that was done.

    Their definitions take half a second, which napari spends when the first layer is
    made: the window would stand still when a session opens. Layers of the app wait.
    """
    global _reading  # napari has one register of units in a process
    if _reading is None:
        _reading = threading.Thread(target=_read_units, name="units", daemon=True)
        _reading.start()


def _read_units() -> None:
    import pint

    pint.get_application_registry().parse_units("pixel")  # type: ignore[no-untyped-call]


@contextmanager
def writing(*layers: Layer) -> Iterator[None]:
    """Within this the app changes layers of its own."""
    opened = [(layer, layer.owner) for layer in layers if isinstance(layer, _Owned)]
    for layer, _ in opened:
        layer.owner = None
    try:
        yield
    finally:
        for layer, owner in opened:
            _close(layer, owner)


def _close(layer: _Owned, owner: LayerOwner | None) -> None:
    layer.owner = owner
    if owner is not None and isinstance(layer, Points):
        with suppress(ValueError):  # positions are no place to write into, either
            layer.data.flags.writeable = False
