"""A question beside the work: the window can be used until it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QMessageBox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtpy.QtWidgets import QWidget

LATER = "Later"
"""The answer that a question is closed with."""


def ask_beside(
    parent: QWidget,
    text: str,
    answers: Sequence[str],
    on_answer: Callable[[str], object],
) -> QMessageBox:
    """Ask without waiting; `on_answer` gets the answer, :data:`LATER` if it is closed."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowModality(Qt.WindowModality.NonModal)
    box.setWindowTitle("insilico_gui")
    box.setText(text)
    for answer in answers:
        role = QMessageBox.ButtonRole
        box.addButton(answer, role.RejectRole if answer == LATER else role.AcceptRole)

    def finished(_code: int) -> None:
        clicked = box.clickedButton()
        on_answer(LATER if clicked is None else clicked.text())

    box.finished.connect(finished)
    box.show()
    return box
