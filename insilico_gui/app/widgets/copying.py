"""Ctrl+C in tables and lists: what is selected, as text that spreadsheets take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import QAbstractItemView, QApplication

if TYPE_CHECKING:
    from collections.abc import Callable


class _Copier(QObject):
    """Answers Ctrl+C on one view, before the view and shortcuts of the window do."""

    def __init__(self, view: QAbstractItemView, text: Callable[[], str]) -> None:
        super().__init__(view)
        self._text = text
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt."""
        if not isinstance(event, QKeyEvent) or (
            event.type() == QEvent.Type.KeyRelease
            or not event.matches(QKeySequence.StandardKey.Copy)
        ):
            return False
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            QApplication.clipboard().setText(self._text())
        return True


def copy_selected(
    view: QAbstractItemView, text: Callable[[], str] | None = None
) -> None:
    """Let Ctrl+C on a view copy `text`, or the block of cells that is selected."""
    _Copier(view, text or (lambda: block_text(view)))


def block_text(view: QAbstractItemView) -> str:
    """The selected cells, a line for each row, tabs between them, the headers first."""
    model, indices = view.model(), view.selectionModel().selectedIndexes()
    rows = sorted({index.row() for index in indices})
    columns = sorted({index.column() for index in indices})
    chosen = {(index.row(), index.column()) for index in indices}
    table = [
        [
            str(model.index(row, column).data() or "")
            if (row, column) in chosen
            else ""
            for column in columns
        ]
        for row in rows
    ]
    if model.columnCount() > 1:
        across = Qt.Orientation.Horizontal
        table.insert(0, [str(model.headerData(k, across) or "") for k in columns])
    return tab_separated(table)


def tab_separated(table: list[list[str]]) -> str:
    """Cells as text; tabs and line ends within a cell become blanks."""
    return "\n".join("\t".join(" ".join(c.split()) for c in row) for row in table)
