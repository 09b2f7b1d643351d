"""Drawing around units on the map: press, drag, release; what the keys make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QEvent, QObject, Qt, QTimer, Signal
from qtpy.QtGui import QKeyEvent, QMouseEvent

from insilico_gui.app.map.owned_layers import OwnedShapes, writing
from insilico_gui.app.map.unit_finder import place_on_plane
from insilico_gui.app.widgets.application import application

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Layer, Points, Shapes
    from numpy.typing import NDArray
    from qtpy.QtCore import QPointF

    from insilico_gui.app.map.owned_layers import LayerOwner
    from insilico_gui.experiment.document import Mode

LASSO = "Lasso"

MOUSE = (
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseButtonDblClick,
    QEvent.Type.MouseMove,
    QEvent.Type.MouseButtonRelease,
)

STEP, LEAST = 2.0, 6.0
"""Pixels on the screen: between two corners, and across what is more than a click."""

LINE_WIDTH = 1.5
"""Of the line that is drawn, in pixels on the screen."""


SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
KEYS = {Qt.Key.Key_Shift: SHIFT, Qt.Key.Key_Alt: ALT}


def lasso_mode(held: Qt.KeyboardModifier) -> Mode:
    """What a lasso does with these keys held down."""
    if held & SHIFT:
        return "intersect" if held & ALT else "add"
    return "subtract" if held & ALT else "replace"


class Lasso(QObject):
    """Armed, it takes one drag of the left button; then it is over.

    Shift held down when the button is pressed adds to the selection, Alt subtracts from
    it, both intersect.

    While it is armed no tool of napari gets the left button on the map, and Esc anywhere
    in the application puts it away. The mouse is read from Qt: napari leaves moves out
    that follow each other quickly.

    Parameters
    ----------
    viewer : napari.Viewer
    owner : LayerOwner
        Adds the layer that shows the line.
    parent : QObject, optional

    Signals
    -------
    changed(str, object)
        ``"armed"`` and ``"stopped"``: it waits for a drag, or does not any more;
        ``"drawn"`` with the polygon, float [n, 2] in (row, column) of the map's plane;
        ``"missed"``: the button was pressed without a drag, and it goes on waiting;
        ``"cancelled"``: the user put it away; ``"mode"``: another :attr:`mode`.

    Attributes
    ----------
    mode : {"replace", "add", "subtract", "intersect"}
        By the keys that are held down, or were when the drag began.
    """

    changed = Signal(str, object)

    def __init__(
        self, viewer: Viewer, owner: LayerOwner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._owner = owner
        self._layer: Shapes | None = None
        self._before: Layer | None = None
        self._path: list[NDArray[np.float64]] = []
        self.mode: Mode = "replace"

    @property
    def layer(self) -> Shapes | None:
        """The layer being drawn on, while it is armed."""
        return self._layer

    def start(self) -> None:
        """Let the user draw one polygon with the mouse."""
        self.stop()
        viewer = self._viewer
        viewer.dims.ndisplay = 2
        viewer.dims.order = tuple(range(viewer.dims.ndim))
        viewer.canvas.grid.enabled = False
        self._before = viewer.layers.selection.active
        units = viewer.layers[-1].units[-2:] if len(viewer.layers) else None
        layer = OwnedShapes(
            ndim=2,
            name=LASSO,
            edge_color="white",
            units=units,
        )
        self._layer = self._owner.add(layer)
        viewer.layers.selection.active = layer
        layer.cursor = "cross"
        viewer.layers.selection.events.active.connect(self._active_changed)
        application().installEventFilter(self)
        self.mode = lasso_mode(application().keyboardModifiers())
        self.changed.emit("armed", None)

    def stop(self) -> None:
        """Put it away."""
        layer, before = self._layer, self._before
        if layer is None:
            return
        self._layer = self._before = None
        application().removeEventFilter(self)
        self._viewer.layers.selection.events.active.disconnect(self._active_changed)
        self._path = []
        self._owner.remove(layer)
        if before in self._viewer.layers:
            self._viewer.layers.selection.active = before
        self.changed.emit("stopped", None)

    def cancel(self) -> None:
        """Put it away because the user wants that."""
        if self._layer is not None:
            self.stop()
            self.changed.emit("cancelled", None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Esc, whatever has the focus, and the left button on the map."""
        kind = event.type()
        if isinstance(event, QKeyEvent):
            is_release = kind == QEvent.Type.KeyRelease
            if event.key() in KEYS:
                return self._key(event, is_release=is_release)
            if is_release or event.key() != Qt.Key.Key_Escape:
                return False
            event.accept()
            QTimer.singleShot(0, self.cancel)
            return True
        if not isinstance(event, QMouseEvent) or kind not in MOUSE:
            return False
        is_on_map = watched is self._viewer.window._qt_viewer.canvas.native
        return is_on_map and self._mouse(event)

    def _key(self, event: QKeyEvent, *, is_release: bool) -> bool:
        """Take up a key that is pressed or released; Alt opens no menu meanwhile."""
        key = KEYS[Qt.Key(event.key())]
        held = event.modifiers()
        # Qt and the systems disagree on whether the key itself counts
        self._use_mode(lasso_mode(held & ~key if is_release else held | key))
        return key == ALT

    def _use_mode(self, mode: Mode) -> None:
        if mode != self.mode and not self._path:
            self.mode = mode
            self.changed.emit("mode", None)

    def _active_changed(self, event: Any) -> None:
        if event.value is not self._layer:
            QTimer.singleShot(0, self.cancel)

    # -- the drag ----------------------------------------------------------------------

    def _mouse(self, event: QMouseEvent) -> bool:
        """Follow a drag; whether the event was part of one."""
        kind, is_left = event.type(), event.button() == Qt.MouseButton.LeftButton
        place = self._place(event.position())
        if kind == QEvent.Type.MouseMove:
            if not self._path:
                return False
            self._extend(place)
        elif not is_left:
            return False
        elif kind == QEvent.Type.MouseButtonRelease:
            if self._path:
                self._extend(place)
                self._finish()
        else:
            self._use_mode(lasso_mode(event.modifiers()))
            self._path = [place]
        return True

    def _place(self, position: QPointF) -> NDArray[np.float64]:
        """Where a point of the canvas is, in (row, column) of the map's plane."""
        return place_on_plane(self._viewer, position.x(), position.y())

    def _extend(self, place: NDArray[np.float64]) -> None:
        layer, path, zoom = self._layer, self._path, self._viewer.scene.camera.zoom
        if layer is None or np.abs(place - path[-1]).max() * zoom < STEP:
            return
        path.append(place)
        with writing(layer):
            layer.current_edge_width = LINE_WIDTH / zoom
            # A line, closed: filling an outline that crosses itself can fail in napari
            closed = [*path, path[0]] if len(path) > 2 else path
            layer.data = [(np.array(closed), "path")]

    def _finish(self) -> None:
        layer, path = self._layer, np.array(self._path)
        self._path = []
        if layer is None:
            return
        across = float(np.ptp(path, axis=0).max()) * self._viewer.scene.camera.zoom
        if len(path) < 3 or across < LEAST:
            with writing(layer):
                layer.data = []
            self.changed.emit("missed", None)
            return
        self.stop()
        self.changed.emit("drawn", path)


def points_inside(layer: Points, polygon: NDArray[np.float64]) -> NDArray[np.int64]:
    """Indices of the shown points of a layer whose plane position is in a polygon."""
    from skimage.measure import points_in_poly  # slow: not at the start

    inside = points_in_poly(layer.data[:, -2:], polygon)
    return np.flatnonzero(inside & layer.shown)
