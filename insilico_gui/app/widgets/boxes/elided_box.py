"""A box of choices whose text is shortened where there is no room for all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import (
    QComboBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolTip,
)

if TYPE_CHECKING:
    from qtpy.QtGui import QHelpEvent, QPaintEvent


class ElidedBox(QComboBox):
    """Draws an ellipsis in the middle; the tool tip then begins with the whole text.

    Qt cuts the text off at the arrow, as if the rest were not there.
    """

    @property
    def shown_text(self) -> str:
        """The text as it is drawn."""
        option = self._option()
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            self,
        )
        elide = Qt.TextElideMode.ElideMiddle
        return self.fontMetrics().elidedText(self.currentText(), elide, field.width())

    @property
    def whole_tip(self) -> str:
        """What hovering shows."""
        own = self.toolTip()
        text = self.currentText()
        if self.shown_text == text:
            return own
        return f"{text}\n{own}" if own else text

    def _option(self) -> QStyleOptionComboBox:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        return option

    def paintEvent(self, event: QPaintEvent) -> None:
        """See Qt."""
        painter, option = QStylePainter(self), self._option()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        option.currentText = self.shown_text
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def event(self, event: QEvent) -> bool:
        """See Qt: a tool tip has the whole text."""
        if event.type() == QEvent.Type.ToolTip:
            helped: QHelpEvent = event  # type: ignore[assignment]
            QToolTip.showText(helped.globalPos(), self.whole_tip, self)
            return True
        return super().event(event)
