"""Fields for the levels of the parameters of conditions, and a table of conditions."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pandas as pd
from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QFormLayout,
    QHeaderView,
    QLineEdit,
    QListView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from insilico_gui.app.widgets.controls import TickList
from insilico_gui.conditions import described
from insilico_gui.errors import StimulusError, quoted
from insilico_gui.units.columns import parameter_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from insilico_gui.conditions import ConditionParameter

    Value = float | str

MAX_ROWS = 2_000
"""Rows that the document of an experiment keeps of a table."""


FEW_COLUMNS, LEAST_COLUMN = 3, 60
"""Columns that share the width of the panel, and how narrow one may be (pixels)."""


class ValuesField(TickList):
    """Levels of a parameter with known values: boxes to be ticked, side by side."""

    def __init__(self, parameter: ConditionParameter) -> None:
        super().__init__(lambda: None)
        self.parameter = parameter
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMinimumWidth(80)
        self.offer([_text(value) for value in parameter.values], parameter.values)

    def levels(self) -> list[Value]:
        """Values that are ticked; without one, the default."""
        return self.ticked() or _default(self.parameter)

    def show_levels(self, levels: Sequence[Value]) -> None:
        """Tick these values."""
        self.tick(levels)

    def sizeHint(self) -> QSize:
        """See Qt: as high as a few values need."""
        rows = 1 + (self.count() > 4) + (self.count() > 8)
        return QSize(160, rows * (self.sizeHintForRow(0) + 4) + 6)

    def minimumSizeHint(self) -> QSize:
        """See Qt."""
        return QSize(80, self.sizeHint().height())


class NumbersField(QLineEdit):
    """Levels of a parameter with a range: numbers, separated by commas."""

    def __init__(self, parameter: ConditionParameter) -> None:
        super().__init__()
        self.parameter = parameter
        usual = _default(parameter) if parameter.default is not None else []
        self.setPlaceholderText(", ".join(map(_text, usual)) or described(parameter))

    def levels(self) -> list[Value]:
        """The numbers; without one, the default.

        Raises
        ------
        StimulusError
            If what was typed is no list of numbers.
        """
        parts = self.text().replace(";", ",").split(",")
        texts = [part.strip() for part in parts if part.strip()]
        if not texts:
            return _default(self.parameter)
        return [_number(self.parameter, text) for text in texts]

    def show_levels(self, levels: Sequence[Value]) -> None:
        """Show these numbers."""
        self.setText(", ".join(map(_text, levels)))
        self.setCursorPosition(0)


class LevelsForm(QWidget):
    """A field for the levels of each parameter of a session, with its unit and its help.

    Parameters
    ----------
    parameters : sequence of ConditionParameter
    """

    def __init__(self, parameters: Sequence[ConditionParameter]) -> None:
        super().__init__()
        self.fields: dict[str, ValuesField | NumbersField] = {}
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(4)
        layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        for parameter in parameters:
            field: ValuesField | NumbersField
            field = (ValuesField if parameter.values else NumbersField)(parameter)
            field.setToolTip(f"{parameter.help} Give {described(parameter)}.".strip())
            self.fields[parameter.name] = field
            layout.addRow(titled(parameter), field)

    def crossing(self) -> pd.DataFrame:
        """Every combination of the levels, the last parameter fastest.

        Raises
        ------
        StimulusError
            If a level is missing or no number, or there are too many combinations.
        """
        levels = {name: field.levels() for name, field in self.fields.items()}
        n = 1
        for each in levels.values():
            n *= len(each)
        if n > MAX_ROWS:
            raise StimulusError(
                f"These levels make {n:,} conditions; choose fewer, {MAX_ROWS:,} at most."
            )
        return pd.DataFrame(list(product(*levels.values())), columns=list(levels))

    def row(self) -> pd.DataFrame:
        """One condition, of the first level of each parameter."""
        levels = {name: field.levels()[:1] for name, field in self.fields.items()}
        return pd.DataFrame(levels)

    def show_levels(self, table: pd.DataFrame) -> None:
        """Choose the levels that a table has."""
        for name, field in self.fields.items():
            if name in table:
                field.show_levels(table[name].drop_duplicates().tolist())


class RowsTable(QTableWidget):
    """Conditions, a row each, whose cells can be edited."""

    def __init__(self) -> None:
        super().__init__(0, 0)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setMinimumHeight(120)
        self._parameters: tuple[ConditionParameter, ...] = ()

    def use_parameters(self, parameters: Sequence[ConditionParameter]) -> None:
        """Have a column for each parameter, and no rows."""
        self._parameters = tuple(parameters)
        self.clear()
        self.setRowCount(0)
        self.setColumnCount(len(self._parameters))
        self.setHorizontalHeaderLabels([titled(p) for p in self._parameters])
        across = self.horizontalHeader()
        if across is not None:
            modes = QHeaderView.ResizeMode
            few = len(self._parameters) <= FEW_COLUMNS
            across.setSectionResizeMode(
                modes.Stretch if few else modes.ResizeToContents
            )
            across.setMinimumSectionSize(LEAST_COLUMN)

    def show_rows(self, table: pd.DataFrame) -> None:
        """Show these rows and no others; columns that are missing have defaults."""
        self.setRowCount(0)
        self.add_rows(table)

    def add_rows(self, table: pd.DataFrame) -> None:
        """Add rows at the end.

        Raises
        ------
        StimulusError
            If there would be too many.
        """
        first = self.rowCount()
        if first + len(table) > MAX_ROWS:
            raise StimulusError(
                f"A table of conditions has {MAX_ROWS:,} rows at most; remove some first."
            )
        self.setRowCount(first + len(table))
        for column, parameter in enumerate(self._parameters):
            if parameter.name in table:
                cells = table[parameter.name].tolist()
            else:
                cells = _default(parameter) * len(table)
            for row, cell in enumerate(cells, first):
                item = QTableWidgetItem(_text(cell))
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                self.setItem(row, column, item)

    def remove_chosen(self) -> None:
        """Remove the rows that are chosen; the last one without any."""
        rows = sorted({index.row() for index in self.selectedIndexes()}, reverse=True)
        for row in rows or [self.rowCount() - 1]:
            self.removeRow(row)

    def rows(self) -> pd.DataFrame:
        """The rows.

        Raises
        ------
        StimulusError
            If there are none, or a cell is no number where one is needed.
        """
        if not self.rowCount():
            raise StimulusError(
                "The table has no conditions; cross levels, or add a row."
            )
        columns: dict[str, list[Value]] = {}
        for column, parameter in enumerate(self._parameters):
            cells = []
            for row in range(self.rowCount()):
                item = self.item(row, column)
                cells.append("" if item is None else item.text().strip())
            columns[parameter.name] = [_cell(parameter, text) for text in cells]
        return pd.DataFrame(columns)


def titled(parameter: ConditionParameter) -> str:
    """Title of a parameter in a form, with its unit."""
    known = parameter_facts(parameter.name).label
    words = known if known != parameter.name else parameter.name.replace("_", " ")
    if parameter.unit and not words.endswith(")"):
        words = f"{words} ({parameter.unit})"
    return words[:1].upper() + words[1:]


def _text(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"


def _default(parameter: ConditionParameter) -> list[Any]:
    """The level of a parameter for which none was chosen."""
    if parameter.default is not None:
        return [parameter.default]
    if parameter.values:
        return [parameter.values[0]]
    raise StimulusError(f"{titled(parameter)} is empty; give {described(parameter)}.")


def _number(parameter: ConditionParameter, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise StimulusError(
            f"{titled(parameter)} is {quoted(text)}; give {described(parameter)}."
        ) from error


def _cell(parameter: ConditionParameter, text: str) -> Value:
    takes_text = bool(parameter.values) and isinstance(parameter.values[0], str)
    return text if takes_text else _number(parameter, text)
