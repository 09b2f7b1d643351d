"""The unit table as rows and columns that Qt shows, in any order, without a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt
from qtpy.QtGui import QColor, QPainter, QPixmap

from insilico_gui.units.column_groups import ColumnGroup, column_title, in_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray
    from qtpy.QtCore import QPersistentModelIndex

    ModelIndex = QModelIndex | QPersistentModelIndex

UNSELECTED = QColor(128, 128, 128)
"""Text of units that are not selected; readable on light and on dark."""

LOOKED_AT = QColor(255, 135, 0, 70)
"""Behind the row of the unit that is looked at; the rim that it has on the map."""

SWATCH = 10
"""Pixels of the colour before the id of a unit."""

MOST_SWATCHES = 4096
"""Pictures of colours that are kept."""

SAMPLED_IDS = 5000
"""Ids that are text of which the longest is searched."""

MOST_DECIMALS = 8

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter

UNIT_ID = "unit_id"

ROOT = QModelIndex()


def decimals_of(values: NDArray[Any]) -> int:
    """Decimals that a column of numbers is shown with, all with the same."""
    known = values[np.isfinite(values)] if values.dtype.kind == "f" else values[:0]
    if len(known) == 0 or (known == np.round(known)).all():
        return 0
    before_point = int(np.floor(np.log10(np.abs(known).max()))) + 1
    digits = 4 if before_point >= 1 else 3  # of the largest value
    return int(np.clip(digits - before_point, 0, MOST_DECIMALS))


def value_text(value: Any, decimals: int) -> str:
    """A cell; nothing where the value is not known."""
    if not isinstance(value, float | np.floating):
        return "" if value is None or value is pd.NA else str(value)
    if np.isnan(value):
        return ""
    text = f"{value:.{decimals}f}"
    # p-values span decades: what is not zero is not to read as zero
    return f"{value:.1e}" if value and not float(text) else text


def sorted_rows(values: NDArray[Any], *, descending: bool) -> NDArray[np.int64]:
    """Positions of values in order; equal ones stay as they are, unknown ones last."""
    if values.dtype.kind not in "fiub":
        values, _ = pd.factorize(
            np.where(values == "", np.asarray(None), values), sort=True
        )
        known = values >= 0
    else:
        known = ~np.isnan(values)
    places = np.flatnonzero(known)
    if descending:
        places = places[::-1]
    order = places[np.argsort(values[places], kind="stable")]
    if descending:
        order = order[::-1]
    return np.concatenate([order, np.flatnonzero(~known)])


class UnitsModel(QAbstractTableModel):
    """Rows of a unit table: all or the selected, sorted by a column or as they come.

    Parameters
    ----------
    about : callable(str) -> str
        What is known of a column, for its tooltip.

    Attributes
    ----------
    names : list of str
        Of the columns.
    rows : int64 array
        Rows of the unit table, in the order in which they are shown.
    sorted_by : str
        Column that they are sorted by; empty for none.
    descending : bool
    only_selected : bool
        Whether rows of units that are not selected are left out.
    titles : list of str
        Of the columns, in one line or two.
    spans : list of (str, int, int)
        Title of each group of columns, with its first and its last column.
    """

    def __init__(self, about: Callable[[str], str]) -> None:
        super().__init__()
        self._about = about
        self._columns: list[NDArray[Any]] = []
        self._decimals: list[int] = []
        self._selected = np.empty(0, dtype=bool)
        self._looked_at: int | None = None
        self._color_of: Callable[[int], tuple[int, ...] | None] = lambda _row: None
        self._swatches: dict[tuple[int, ...], QPixmap] = {}
        self.titles: list[str] = []
        self.spans: list[tuple[str, int, int]] = []
        self.only_selected = False
        self.names: list[str] = []
        self.rows = np.empty(0, np.int64)
        self.sorted_by = ""
        self.descending = False

    # -- what is shown -----------------------------------------------------------------

    def use(
        self,
        units: pd.DataFrame,
        selected: NDArray[np.int64],
        groups: Sequence[ColumnGroup] = (),
    ) -> None:
        """Show another table, or other columns of it; the order stays if it can.

        Columns are in the order of the groups, if there are any.
        """
        self.beginResetModel()
        groups = groups or [ColumnGroup("", tuple(map(str, units.columns)))]
        self.names, self.titles, self.spans = [], [], []
        for group in groups:
            first = len(self.names)
            self.names += group.names
            self.titles += [in_lines(column_title(n, group.title)) for n in group.names]
            self.spans.append((group.title, first, len(self.names) - 1))
        self._columns = [units[name].to_numpy() for name in self.names]
        self._decimals = [decimals_of(values) for values in self._columns]
        self._selected = np.zeros(len(units), dtype=bool)
        self._selected[selected] = True
        if self.sorted_by not in self.names:
            self.sorted_by = ""
        self._arrange()
        self.endResetModel()

    def use_selection(self, selected: NDArray[np.int64]) -> None:
        """Mark these units, or show no others."""
        if self.only_selected:
            self.beginResetModel()
        self._selected[:] = False
        self._selected[selected] = True
        if self.only_selected:
            self._arrange()
            self.endResetModel()
        elif len(self.rows):
            last = self.index(len(self.rows) - 1, len(self.names) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def look_at(self, unit: int | None) -> None:
        """Mark the row of a unit, by row of the unit table, as that looked at."""
        if unit == self._looked_at:
            return
        self._looked_at = unit
        if len(self.rows) and self.names:
            last = self.index(len(self.rows) - 1, len(self.names) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def color_by(self, color_of: Callable[[int], tuple[int, ...] | None]) -> None:
        """Show this colour (red, green, blue, alpha) of each unit, by its row."""
        self._color_of = color_of

    def swatch(self, row: int) -> QPixmap | None:
        """The colour of the unit in a row as a picture; None without one."""
        color = self._color_of(int(self.rows[row]))
        if color is None:
            return None
        if color not in self._swatches:
            if len(self._swatches) >= MOST_SWATCHES:
                self._swatches.clear()
            self._swatches[color] = _disc(QColor(*color))
        return self._swatches[color]

    def show_only_selected(self, only: bool) -> None:
        """Leave out the units that are not selected."""
        if only == self.only_selected:
            return
        self.beginResetModel()
        self.only_selected = only
        self._arrange()
        self.endResetModel()

    def sort(
        self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder
    ) -> None:
        """Sort the rows by a column; -1 for the order of the responses."""
        # Rows that are highlighted are so no longer: they are elsewhere now
        self.beginResetModel()
        self.sorted_by = self.names[column] if 0 <= column < len(self.names) else ""
        self.descending = order == Qt.SortOrder.DescendingOrder
        self._arrange()
        self.endResetModel()

    def _arrange(self) -> None:
        rows = np.arange(len(self._selected))
        if self.only_selected:
            rows = np.flatnonzero(self._selected)
        if self.sorted_by:
            values = self._columns[self.names.index(self.sorted_by)][rows]
            rows = rows[sorted_rows(values, descending=self.descending)]
        self.rows = rows

    # -- what Qt asks ------------------------------------------------------------------

    def rowCount(self, parent: ModelIndex = ROOT) -> int:
        """How many units are shown."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: ModelIndex = ROOT) -> int:
        """How many columns the table has."""
        return 0 if parent.isValid() else len(self.names)

    def text(self, row: int, column: int) -> str:
        """What is written in a cell."""
        value = self._columns[column][self.rows[row]]
        return value_text(value, self._decimals[column])

    def unit_id(self, row: int) -> str:
        """Id of the unit in a row."""
        if UNIT_ID not in self.names:
            return ""
        return str(self._columns[self.names.index(UNIT_ID)][self.rows[row]])

    def longest_id(self) -> str:
        """The id that is longest as text; of many text ids, of some of them."""
        if UNIT_ID not in self.names:
            return ""
        ids = self._columns[self.names.index(UNIT_ID)]
        if ids.dtype.kind in "iu" and len(ids):
            return max(str(ids.min()), str(ids.max()), key=len)
        step = max(len(ids) // SAMPLED_IDS, 1)
        return max(map(str, ids[::step]), default="", key=len)

    def exact(self, row: int, column: int) -> str:
        """What is in a cell, with all digits; nothing where the value is not known."""
        value = self._columns[column][self.rows[row]]
        known = not (value is None or value is pd.NA or value != value)
        return str(value) if known else ""

    def block(
        self, indices: Iterable[QModelIndex], *, with_names: bool = True
    ) -> list[list[str]]:
        """Cells with all digits; ids come first, the names of columns above them."""
        chosen = {(index.row(), index.column()) for index in indices}
        rows = sorted({row for row, _ in chosen})
        columns = sorted({k for _, k in chosen if self.names[k] != UNIT_ID})
        names = [[UNIT_ID, *(self.names[k] for k in columns)]] if with_names else []
        return names + [
            [
                self.unit_id(row),
                *(self.exact(row, k) if (row, k) in chosen else "" for k in columns),
            ]
            for row in rows
        ]

    def data(
        self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """What a cell shows."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            kind = self._columns[index.column()].dtype.kind
            return RIGHT if kind in "fiu" else LEFT
        if role == Qt.ItemDataRole.ForegroundRole:
            unit = self.rows[index.row()]
            return None if self._selected[unit] else UNSELECTED
        if role == Qt.ItemDataRole.BackgroundRole:
            return LOOKED_AT if self.rows[index.row()] == self._looked_at else None
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Title of a column, or id and colour of a unit."""
        n_sections = len(
            self.rows if orientation == Qt.Orientation.Vertical else self.names
        )
        if (
            section >= n_sections
        ):  # one header asks before the other has taken up a reset
            return None
        if orientation == Qt.Orientation.Vertical:
            if role == Qt.ItemDataRole.DecorationRole:
                return self.swatch(section)
            is_text = role == Qt.ItemDataRole.DisplayRole
            return self.unit_id(section) if is_text else None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.titles[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._about(self.names[section])
        return None


def _disc(color: QColor) -> QPixmap:
    """A disc of a colour, which is seen on light and on dark."""
    picture = QPixmap(SWATCH, SWATCH)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(UNSELECTED)
    painter.setBrush(color)
    painter.drawEllipse(1, 1, SWATCH - 2, SWATCH - 2)
    painter.end()
    return picture
