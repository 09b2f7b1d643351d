"""In the place of plots that are empty: why they are, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from insilico_gui.app.panels.panel import text_label
from insilico_gui.app.widgets.controls import button

if TYPE_CHECKING:
    from collections.abc import Callable


class EmptyNote(QWidget):
    """One sentence in the middle, and a button for what it advises."""

    def __init__(self) -> None:
        super().__init__()
        self._command: Callable[[], object] = lambda: None
        self._label = text_label()
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = button("", lambda: self._command())
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self._label)
        column.addLayout(row)
        column.addStretch(1)

    def text(self) -> str:
        """What it says."""
        return self._label.text()

    def say(
        self,
        text: str,
        advice: str = "",
        command: Callable[[], object] = lambda: None,
    ) -> None:
        """Say why nothing is drawn; with `advice`, on a button that calls a command.

        Without a text it takes no room.
        """
        self._label.setText(text)
        self._command = command
        self.button.setText(advice)
        self.button.setVisible(bool(advice))
        self.setVisible(bool(text))
