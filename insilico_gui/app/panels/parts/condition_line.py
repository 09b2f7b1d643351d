"""A line of text for conditions on columns, which completes names while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QStandardItem, QStandardItemModel
from qtpy.QtWidgets import QCompleter, QLineEdit, QListView

from insilico_gui.app.widgets.theme import current_colors
from insilico_gui.units.filter_text import Completion, completion

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from qtpy.QtGui import QKeyEvent

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
OF_POPUP = (*ENTER, Qt.Key.Key_Tab, Qt.Key.Key_Escape, Qt.Key.Key_Up, Qt.Key.Key_Down)
OFFER = Qt.ItemDataRole.UserRole

EXAMPLE = 'gOSI > 0.3 and area == "V1"'


class ConditionLine(QLineEdit):
    """Typed conditions; the Enter key takes them, a list completes names of columns.

    Parameters
    ----------
    command : callable(str)
        Called with the text by the Enter key.
    edited : callable()
        Called when another text is being typed.
    units : callable() -> DataFrame
        The table whose columns and values are offered.
    """

    def __init__(
        self,
        command: Callable[[str], object],
        edited: Callable[[], object],
        units: Callable[[], pd.DataFrame],
    ) -> None:
        super().__init__()
        self._command, self._edited, self._units = command, edited, units
        self._offered: Completion | None = None
        self.setPlaceholderText(EXAMPLE)
        self.setToolTip(
            f"Conditions on columns, joined by 'and', such as {EXAMPLE}, then Enter; the "
            "arrow down lists the columns. An empty line takes away all conditions"
        )
        self.setClearButtonEnabled(True)
        self._completer = QCompleter(QStandardItemModel(self), self)
        self._popup = QListView()
        self._completer.setPopup(self._popup)
        self._completer.setWidget(self)
        self._completer.setCompletionMode(
            QCompleter.CompletionMode.UnfilteredPopupCompletion
        )
        self._completer.setMaxVisibleItems(12)
        self._completer.activated.connect(self._insert)

    @property
    def offers(self) -> list[str]:
        """What is offered to go on with; empty while no list is open."""
        if self._offered is None or not self._popup.isVisible():
            return []
        return [name for name, _ in self._offered.offers]

    def show_text(self, text: str) -> None:
        """Show the conditions that hold, unless others are being typed."""
        if not (self.hasFocus() and self.isModified()):
            self.setText(text)
            self.setCursorPosition(0)

    def mark(self, start: int, stop: int) -> None:
        """Mark where the text is wrong."""
        self.setFocus()
        self.setSelection(start, max(stop - start, 1))
        self.setModified(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See Qt: Enter takes the conditions, what is typed is completed."""
        popup = self._popup
        if popup.isVisible() and event.key() in OF_POPUP:
            chosen = popup.currentIndex().isValid()
            if event.key() == Qt.Key.Key_Escape or chosen:
                event.ignore()  # the list takes it
                return
            popup.hide()
        if event.key() in ENTER:
            self.setModified(False)
            self._command(self.text())
            return
        if event.key() == Qt.Key.Key_Down:
            self._complete()
            return
        before = self.text()
        super().keyPressEvent(event)
        if self.text() != before:
            self._edited()
            if event.text().strip():
                self._complete()
            else:
                popup.hide()

    def _complete(self) -> None:
        """Offer what the word at the cursor may become."""
        found = completion(self.text(), self.cursorPosition(), self._units())
        word = self.text()[found.start : found.stop]
        self._offered = found
        if not found.offers or [name for name, _ in found.offers] == [word]:
            self._popup.hide()
            return
        model = self._completer.model()
        if isinstance(model, QStandardItemModel):
            model.clear()
            for name, title in found.offers:
                said = name if title in ("", name) else f"{name}   {title}"
                item = QStandardItem(said)
                item.setData(name, OFFER)
                model.appendRow(item)
        colors, popup = current_colors(), self._popup
        popup.setStyleSheet(  # it is a window of its own, without the theme
            f"background: rgb{colors.background}; color: rgb{colors.text};"
            f"selection-background-color: rgb{colors.points};"
            f"selection-color: rgb{colors.background};"
        )
        box = self.cursorRect()
        box.setWidth(max(self.width() - box.x(), 240))
        self._completer.complete(box)

    def _insert(self, chosen: str) -> None:
        """Put what was chosen in place of the word."""
        found = self._offered
        names = [] if found is None else [name for name, _ in found.offers]
        name = next((n for n in names if chosen in (n, f"{n}   {self._title(n)}")), "")
        if found is None or not name:
            return
        text = f"{self.text()[: found.start]}{name} "
        rest = self.text()[found.stop :].lstrip()
        self.setText(text + rest)
        self.setCursorPosition(len(text))
        self.setModified(True)

    def _title(self, name: str) -> str:
        offers = () if self._offered is None else self._offered.offers
        return dict(offers).get(name, "")
