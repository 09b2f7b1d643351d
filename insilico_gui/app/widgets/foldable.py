"""Plots with their controls beside them, or behind a button where there is little room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from insilico_gui.app.widgets.controls import toggle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QResizeEvent

WIDE = 640
"""Pixels from which on controls have room beside plots."""


class Foldable(QWidget):
    """A row of what is used all the time, controls that are seldom changed, and plots.

    Parameters
    ----------
    always : sequence of QWidget
        Are in one row at the top.
    controls : QLayout
    plots : sequence of (QWidget, int)
        With their parts of the width.

    Attributes
    ----------
    settings_button : QPushButton
        Shows and hides the controls where they have no room beside the plots.
    """

    def __init__(
        self,
        always: Sequence[QWidget],
        controls: QLayout,
        plots: Sequence[tuple[QWidget, int]],
    ) -> None:
        super().__init__()
        self.settings_button = toggle(
            "Settings", lambda _on: self._fold(), "How it is computed and drawn"
        )
        self._controls = QWidget()
        self._controls.setLayout(controls)
        head = QHBoxLayout()
        for widget in always:
            head.addWidget(widget)
        head.addStretch(1)
        head.addWidget(self.settings_button)
        row = QHBoxLayout()
        row.setSpacing(4)
        for plot, part in plots:
            row.addWidget(plot, part)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._box.addWidget(self._controls, 2)
        self._box.addLayout(row, 14)
        whole = QVBoxLayout(self)
        for layout in (controls, whole):
            layout.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        whole.addLayout(head)
        whole.addLayout(self._box, 1)
        self._fold()

    @property
    def is_narrow(self) -> bool:
        """Whether the controls have no room beside the plots."""
        return self.width() < WIDE

    def _fold(self) -> None:
        narrow, way = self.is_narrow, QBoxLayout.Direction
        self._box.setDirection(way.TopToBottom if narrow else way.LeftToRight)
        self.settings_button.setVisible(narrow)
        self._controls.setVisible(not narrow or self.settings_button.isChecked())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See Qt."""
        super().resizeEvent(event)
        self._fold()
