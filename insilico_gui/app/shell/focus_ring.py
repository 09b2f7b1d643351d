"""A frame around the widget that the keyboard has gone to: napari's themes draw none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, QRect, Qt
from qtpy.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from qtpy.QtWidgets import QApplication, QMainWindow, QWidget

from insilico_gui.app.widgets.application import application
from insilico_gui.app.widgets.theme import colors_for
from insilico_gui.app.work.timers import delayed

if TYPE_CHECKING:
    import napari

MARGIN, THICK = 3, 2
"""Pixels between a widget and the outer edge of its frame, and how thick the frame is."""

_TOLD_BY = (QKeyEvent, QMouseEvent, QFocusEvent, QPaintEvent)
"""Of all events of the application few are looked at: asking any for its kind is slow."""


class FocusRing(QWidget):
    """Shows where the focus is while it is moved by keys.

    Parameters
    ----------
    window : QMainWindow
    viewer : napari.Viewer
        Whose theme has the colour.
    unmarked : QWidget
        The map, which needs no frame.
    """

    def __init__(
        self, window: QMainWindow, viewer: napari.Viewer, unmarked: QWidget
    ) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        self._viewer, self._unmarked = viewer, unmarked
        self._by_keys = False
        self._timer = delayed(self.place, self)
        application().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt: keys or the mouse are used, or the focus goes elsewhere."""
        if not isinstance(event, _TOLD_BY):
            return False
        kind = event.type()
        if isinstance(event, QKeyEvent) and kind == QEvent.Type.KeyPress:
            self._by_keys = True
            self._timer.start()
        elif kind == QEvent.Type.MouseButtonPress and self._by_keys:
            self._by_keys = False
            self._timer.start()
        elif kind == QEvent.Type.FocusIn and self._by_keys:
            self._timer.start()
        elif kind == QEvent.Type.Paint and watched is QApplication.focusWidget():
            if self.isVisible() and self._wanted() != self.geometry():
                self._timer.start()  # it was scrolled, or has another size
        return False

    def _wanted(self) -> QRect:
        """Place of the frame in the window; empty if there is to be none."""
        widget, window = QApplication.focusWidget(), self.parentWidget()
        if not self._by_keys or widget is None or window is None:
            return QRect()
        if widget.window() is not window or widget in (self._unmarked, window):
            return QRect()
        seen = widget.visibleRegion().boundingRect()
        if seen.isEmpty():
            return QRect()
        seen.moveTopLeft(widget.mapTo(window, seen.topLeft()))
        return seen.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN) & window.rect()

    def place(self) -> None:
        """Go around the widget that has the focus."""
        wanted = self._wanted()
        self.setVisible(not wanted.isEmpty())
        if not wanted.isEmpty():
            self.setGeometry(wanted)
            self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        """See Qt."""
        painter = QPainter(self)
        pen = QPen(QColor(*colors_for(self._viewer.theme).mean), THICK)
        painter.setPen(pen)
        half = THICK // 2
        painter.drawRect(self.rect().adjusted(half, half, -half - 1, -half - 1))
        painter.end()
