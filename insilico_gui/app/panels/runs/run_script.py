"""The script of a run, to read and to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QFontDatabase
from qtpy.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout

from insilico_gui.app.widgets.application import application
from insilico_gui.app.widgets.controls import button

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

SIZE = 680, 420


class ScriptDialog(QDialog):
    """Shows a script; it goes to the clipboard whole.

    Attributes
    ----------
    text : QPlainTextEdit
    copy_button : QPushButton
    """

    def __init__(self, script: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("As Python")
        self.text = QPlainTextEdit(script)
        self.text.setReadOnly(True)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self.text.setFont(font)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.copy_button = button("Copy", self._copy, "The whole script")
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.copy_button)
        row.addWidget(button("Close", self._done))
        body = QVBoxLayout(self)
        body.addWidget(self.text, 1)
        body.addLayout(row)
        self.resize(*SIZE)

    def _copy(self) -> None:
        application().clipboard().setText(self.text.toPlainText())

    def _done(self) -> None:
        self.close()
