"""The view of the unit table: titles in groups, and rows that are looked at and chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QRect, QSize, Qt
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QTableView

from insilico_gui.app.widgets.units_model import RIGHT, SWATCH, UnitsModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

BAND = 17
"""Pixels of the line with the titles of groups."""

ID_MARGINS = 24
"""Pixels beside an id and its colour."""

WIDEST = 260
"""Pixels of a column."""

SAMPLED_ROWS = 100
"""Rows that the width of a column is estimated from."""

MOVES = (
    *(Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown),
    *(Qt.Key.Key_Home, Qt.Key.Key_End),
)


class TitleHeader(QHeaderView):
    """Titles of columns below those of their groups."""

    def __init__(self, model: UnitsModel) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._units = model
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setSortIndicatorShown(True)
        self.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortIndicatorClearable(True)

    def sizeHint(self) -> QSize:
        """See Qt."""
        lines = max((title.count("\n") for title in self._units.titles), default=0) + 1
        high = lines * self.fontMetrics().lineSpacing() + 6
        return QSize(super().sizeHint().width(), high + BAND)

    def paintSection(self, painter: QPainter, rect: QRect, index: int) -> None:
        """See Qt."""
        super().paintSection(painter, rect.adjusted(0, BAND, 0, 0), index)

    def paintEvent(self, event: QPaintEvent) -> None:
        """See Qt: the line with the titles of groups is above the titles of columns."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        palette, metrics = self.palette(), self.fontMetrics()
        painter.setPen(palette.color(palette.ColorRole.WindowText))
        for title, first, last in self._units.spans:
            left = self.sectionViewportPosition(first)
            right = self.sectionViewportPosition(last) + self.sectionSize(last)
            left, right = max(left, 0), min(right, self.viewport().width())
            if right - left < 8:
                continue
            text = metrics.elidedText(
                title, Qt.TextElideMode.ElideRight, right - left - 8
            )
            painter.drawText(
                QRect(left + 4, 0, right - left - 8, BAND),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                text,
            )
            painter.setOpacity(0.4)
            painter.drawLine(left + 2, BAND - 1, right - 3, BAND - 1)
            painter.drawLine(right - 1, 2, right - 1, self.height())
            painter.setOpacity(1.0)


class RowHeader(QHeaderView):
    """Ids of units, with their colour; a click selects the unit, as one on the map does.

    Parameters
    ----------
    command : callable(int, Qt.KeyboardModifier)
        Called with the row that was clicked last and the keys that were held.
    """

    def __init__(self, command: Callable[[int, Qt.KeyboardModifier], object]) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._command, self._pressed = command, -1
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setDefaultSectionSize(self.minimumSectionSize())
        self.setDefaultAlignment(RIGHT)

    def fit(self, longest: str) -> None:
        """Give it the width of the longest id and of the colour before it."""
        wide = self.fontMetrics().horizontalAdvance(longest)
        self.setFixedWidth(wide + SWATCH + ID_MARGINS)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """See Qt: the table may scroll to the row that is marked now."""
        self._pressed = self.logicalIndexAt(event.position().toPoint())
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """See Qt."""
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and self._pressed >= 0:
            self._command(self._pressed, event.modifiers())


class UnitsTable(QTableView):
    """Rows of a unit table.

    Parameters
    ----------
    model : UnitsModel
    look : callable(int)
        Called with the row that the user went to, by a click or by the arrow keys.
    choose : callable(int, Qt.KeyboardModifier)
        As of :class:`RowHeader`.
    show_unit : callable(int)
        Called with a row that was clicked twice.
    """

    def __init__(
        self,
        model: UnitsModel,
        look: Callable[[int], object],
        choose: Callable[[int, Qt.KeyboardModifier], object],
        show_unit: Callable[[int], object],
    ) -> None:
        super().__init__()
        self._units, self._look, self._show_unit = model, look, show_unit
        self.setModel(model)
        self.setHorizontalHeader(TitleHeader(model))
        self.ids = RowHeader(choose)
        self.setVerticalHeader(self.ids)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setMinimumHeight(60)
        # It shrinks to the dock, although the text above it may wrap
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.setSortingEnabled(True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """See Qt: a click on a cell looks at the unit."""
        super().mouseReleaseEvent(event)
        held, marked = event.modifiers(), self.selectionModel().selectedIndexes()
        if (
            event.button() == Qt.MouseButton.LeftButton
            and held == Qt.KeyboardModifier.NoModifier
            and len(marked) == 1
        ):
            self._look(marked[0].row())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """See Qt: shows the unit in a panel of one unit."""
        super().mouseDoubleClickEvent(event)
        at = self.currentIndex()
        if at.isValid():
            self._show_unit(at.row())

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """See Qt: the arrow keys look at one unit after the other."""
        super().keyReleaseEvent(event)
        no_keys = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        at = self.currentIndex()
        if event.key() in MOVES and not event.isAutoRepeat() and at.isValid():
            if no_keys == Qt.KeyboardModifier.NoModifier:
                self._look(at.row())

    def widen(self, columns: list[int]) -> None:
        """Give columns the width of their title and of the values in the first rows."""
        model = self._units
        wide = self.fontMetrics().horizontalAdvance
        n_rows = min(model.rowCount(), SAMPLED_ROWS)
        for k in columns:
            texts = {model.text(row, k) for row in range(n_rows)}
            widest = max(map(wide, texts), default=0) + 24
            lines = model.titles[k].split("\n")
            title = max(map(wide, lines)) + 30  # and the arrow
            self.setColumnWidth(k, min(max(widest, title), WIDEST))
