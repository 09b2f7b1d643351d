"""Chips: small rounded buttons with a colour, in lines that fill the width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QAbstractButton, QMenu, QWidget

from insilico_gui.app.widgets.controls import on_click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtpy.QtGui import (
        QContextMenuEvent,
        QKeyEvent,
        QPaintEvent,
        QResizeEvent,
        QShowEvent,
    )

DOT, SIDE, GAP, ABOVE = 10, 8, 5, 3
"""Pixels: of the dot of the colour, of the margins, between parts, above the text."""

BETWEEN = 4
"""Pixels between chips and between lines."""

EXPLICIT = Qt.WidgetAttribute.WA_WState_ExplicitShowHide

REMOVE = "\u00d7"


class Chip(QAbstractButton):
    """A rounded button; a click calls a command, a right click opens its menu.

    Parameters
    ----------
    text : str
    command : callable()
    tip : str
    color : str, optional
        ``#rrggbb`` of a dot before the text, and of its rim.
    removes : bool
        Whether a click takes it away, which a cross behind the text says.
    menu : callable(QMenu), optional
        Fills its menu.
    """

    def __init__(
        self,
        text: str,
        command: Callable[[], object],
        tip: str = "",
        *,
        color: str | None = None,
        removes: bool = False,
        menu: Callable[[QMenu], object] | None = None,
    ) -> None:
        super().__init__()
        self.setText(text)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.color = None if color is None else QColor(color)
        self.in_use = False
        self._removes, self._menu = removes, menu
        on_click(self, lambda _checked: command())

    def sizeHint(self) -> QSize:
        """See Qt."""
        metrics = self.fontMetrics()
        wide = metrics.horizontalAdvance(self.text()) + 2 * SIDE + 5  # parts of pixels
        wide += (DOT + GAP) * (self.color is not None)
        wide += (metrics.horizontalAdvance(REMOVE) + GAP) * self._removes
        return QSize(wide, metrics.height() + 2 * ABOVE)

    def open_menu(self, place: QPoint) -> QMenu | None:
        """Open its menu at a place on the screen, if it has one."""
        if self._menu is None:
            return None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._menu(menu)
        menu.popup(place)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """See Qt."""
        if self.open_menu(event.globalPos()) is not None:
            event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See Qt: the Enter key does what a click does, the arrow down opens the menu."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() == Qt.Key.Key_Down and self._menu is not None:
            self.open_menu(self.mapToGlobal(QPoint(0, self.height())))
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt: another font needs other room."""
        super().changeEvent(event)
        row = self.parentWidget()
        if event.type() == QEvent.Type.FontChange and isinstance(row, FlowRow):
            row.arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        """See Qt."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, metrics = self.palette(), self.fontMetrics()
        text = palette.color(palette.ColorRole.ButtonText)
        rim = QColor(text if self.color is None else self.color)
        if not self.in_use:
            rim.setAlpha(130)
        inside = QColor(rim)
        inside.setAlpha(70 if self.in_use else 30 if self.underMouse() else 0)
        if self.hasFocus():
            rim = palette.color(palette.ColorRole.Highlight)
        painter.setPen(QPen(rim, 2 if self.in_use or self.hasFocus() else 1))
        painter.setBrush(inside)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        left, right = SIDE + 1, self.width() - SIDE - 1
        if self.color is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.color)
            painter.drawEllipse(QRectF(left, (self.height() - DOT) / 2, DOT, DOT))
            left += DOT + GAP
        painter.setPen(text)
        middle = Qt.AlignmentFlag.AlignVCenter
        if self._removes:
            wide = metrics.horizontalAdvance(REMOVE)
            box_of_cross = QRect(right - wide, 0, wide + 1, self.height())
            painter.drawText(box_of_cross, middle, REMOVE)
            right -= wide + GAP
        elided = metrics.elidedText(
            self.text(), Qt.TextElideMode.ElideRight, right - left
        )
        painter.drawText(QRect(left, 0, right - left, self.height()), middle, elided)


class FlowRow(QWidget):
    """Widgets one after the other, in as many lines as the width needs.

    Its height is fixed to that, so that a dock does not ask for the height of one column.
    """

    def __init__(self) -> None:
        super().__init__()
        self._held: list[QWidget] = []

    def hold(self, widgets: Sequence[QWidget]) -> None:
        """Hold these widgets, in this order; others that it held go."""
        for old in self._held:
            if old not in widgets:
                old.hide()
                old.deleteLater()
        self._held = list(widgets)
        for widget in widgets:
            if widget.parentWidget() is not self:
                is_hidden = widget.testAttribute(EXPLICIT) and widget.isHidden()
                widget.setParent(self)
                widget.setVisible(not is_hidden)
                widget.ensurePolished()  # its size is that of the font of the theme
        self.arrange()

    @property
    def held(self) -> list[QWidget]:
        """The widgets in their order."""
        return list(self._held)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See Qt."""
        super().resizeEvent(event)
        self.arrange()

    def showEvent(self, event: QShowEvent) -> None:
        """See Qt: only now the fonts are known."""
        super().showEvent(event)
        self.arrange()

    def arrange(self) -> None:
        """Put the widgets into lines; call it when one has another text."""
        x = y = tallest = 0
        lines: list[list[QWidget]] = [[]]
        for widget in self._held:
            if widget.isHidden():
                continue
            size = widget.sizeHint()
            wide = min(size.width(), max(self.width(), 1))
            if x and x + wide > self.width():
                x, y, tallest = 0, y + tallest + BETWEEN, 0
                lines.append([])
            widget.setGeometry(x, y, wide, size.height())
            lines[-1].append(widget)
            x, tallest = x + wide + BETWEEN, max(tallest, size.height())
        for line in lines:  # in the middle of the tallest one
            high = max((widget.height() for widget in line), default=0)
            for widget in line:
                widget.move(widget.x(), widget.y() + (high - widget.height()) // 2)
        self.setFixedHeight(y + tallest)
