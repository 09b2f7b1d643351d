"""The mouse over the map: clicks on units, and the unit that it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from qtpy.QtGui import QMouseEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari import Viewer
    from qtpy.QtWidgets import QWidget

CLICK = 4
"""Pixels that the mouse may move between press and release of a click."""

LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


class MapPointer(QObject):
    """Tells of clicks on the map and of the unit under the mouse; takes no event away.

    A tool of napari that is active on another layer gets the clicks for itself.

    Parameters
    ----------
    viewer : napari.Viewer
    canvas : QWidget
    find : callable(QPoint) -> int or None
        Row of the unit at a place of the canvas.
    parent : QObject

    Signals
    -------
    told(str, object, object)
        ``"alone"``, ``"add"`` or ``"toggle"``: a click, with the row of the unit, or
        None beside units; ``"over"``: the mouse stands on a unit, or on None, with its
        place on the canvas.
    """

    told = Signal(str, object, object)

    def __init__(
        self,
        viewer: Viewer,
        canvas: QWidget,
        find: Callable[[QPoint], int | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._find = find
        self._pressed: QPoint | None = None
        self._place: QPoint | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._stands)
        canvas.setMouseTracking(True)
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt."""
        kind = event.type()
        if kind == QEvent.Type.Leave:
            self._leave()
        elif kind == QEvent.Type.Wheel:
            self._leave()
        elif isinstance(event, QMouseEvent):
            self._mouse(event, event.position().toPoint())
        return False

    def _mouse(self, event: QMouseEvent, place: QPoint) -> None:
        kind, is_left = event.type(), event.button() == LEFT
        if kind == QEvent.Type.MouseMove:
            if event.buttons() == Qt.MouseButton.NoButton:
                self._place = place
                if not self._timer.isActive():
                    self._timer.start()
            else:
                if self._pressed is not None and _is_far(place, self._pressed):
                    self._pressed = None  # a drag, wherever it ends
                self._leave()
        elif kind == QEvent.Type.MouseButtonPress:
            self._pressed = place if is_left and self._is_free() else None
        elif kind == QEvent.Type.MouseButtonDblClick:
            self._pressed = None  # its first click has been told
        elif kind == QEvent.Type.MouseButtonRelease and is_left:
            pressed, self._pressed = self._pressed, None
            if pressed is None or _is_far(place, pressed):
                return
            how = _how(event.modifiers())
            if how:
                self.told.emit(how, self._find(place), place)

    def _is_free(self) -> bool:
        """Whether no tool of napari waits for clicks."""
        active = self._viewer.layers.selection.active
        mode: Any = getattr(active, "mode", None)
        return mode is None or str(mode) in ("pan_zoom", "transform")

    def _stands(self) -> None:
        if self._place is not None:
            self.told.emit("over", self._find(self._place), self._place)

    def _leave(self) -> None:
        self._timer.stop()
        if self._place is not None:
            self._place = None
            self.told.emit("over", None, None)


def _is_far(place: QPoint, pressed: QPoint) -> bool:
    return bool((place - pressed).manhattanLength() > CLICK)


def _how(held: Qt.KeyboardModifier) -> str:
    """What a click does with these keys held; nothing with others."""
    kept = held & ~Qt.KeyboardModifier.KeypadModifier
    known = {Qt.KeyboardModifier.NoModifier: "alone", SHIFT: "add", CONTROL: "toggle"}
    return known.get(kept, "")
