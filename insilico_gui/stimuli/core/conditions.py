"""Tables of conditions: stimuli that are named parameters, not pictures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from insilico_gui.errors import StimulusError, echoed, quoted
from insilico_gui.notebook import card, table
from insilico_gui.untrusted.limits import refuse_above

Value = float | str
"""What a cell may hold; truth values count as 0 and 1."""

MAX_LABEL = 60
"""Characters of the label of a condition."""


class ConditionTable:
    """Conditions to be shown one after the other: a row each, a column per parameter.

    Parameters
    ----------
    table : DataFrame, list of dict, or dict of lists
        At least one row; cells are finite numbers or text. The index plays no part.
    units : mapping of str to str, optional
        Unit of some columns, such as ``{"delay": "s"}``; a session that expects another
        one refuses the table.
    name : str
        For people.

    Attributes
    ----------
    table : pandas.DataFrame
        Indexed 0..n-1, columns float64 or text.
    units : mapping of str to str
    attrs : mapping
        Provenance, JSON-able, with the whole table.

    Raises
    ------
    StimulusError
        If it is no such table.

    Examples
    --------
    >>> ConditionTable([{"contrast_left": 0.5, "contrast_right": 0.0}])
    """

    def __init__(
        self,
        table: pd.DataFrame | Iterable[Mapping[str, Any]] | Mapping[str, Iterable[Any]],
        units: Mapping[str, str] | None = None,
        *,
        name: str = "conditions",
    ) -> None:
        self.name = name
        self.table = _checked(_as_frame(table, name), name)
        self.units = MappingProxyType(dict(units or {}))
        for column, unit in self.units.items():
            if column not in self.table or not isinstance(unit, str):
                raise StimulusError(
                    f"{quoted(name)} has no column {quoted(column)} that could have the "
                    f"unit {quoted(unit)}; name one of its columns."
                )
        self.attrs: Mapping[str, Any] = MappingProxyType(
            {
                "kind": "conditions",
                "columns": list(self.table.columns),
                "rows": self.rows(),
                "units": dict(self.units),
            }
        )

    @property
    def n_conditions(self) -> int:
        """Number of rows."""
        return len(self.table)

    @property
    def labels(self) -> tuple[str, ...]:
        """Each row in words; equal rows have equal labels."""
        return labels_of(self.table)

    def rows(self) -> list[list[Value]]:
        """The cells as plain data, row by row."""
        columns = [self.table[name].tolist() for name in self.table.columns]
        return [list(row) for row in zip(*columns, strict=True)]

    def fingerprint(self) -> str:
        """Hash of columns, cells and units: equal for equal tables."""
        text = json.dumps([self.attrs["columns"], self.rows(), dict(self.units)])
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    def __repr__(self) -> str:
        columns = ", ".join(map(str, self.table.columns))
        return f"<ConditionTable {self.name!r}: {self.n_conditions} rows of {columns}>"

    def _repr_html_(self) -> str:
        """In a notebook: its rows, with the units of the columns."""
        head = [
            f"{name} ({self.units[name]})" if self.units.get(name) else name
            for name in self.table.columns
        ]
        title = f"ConditionTable {self.name}: {self.n_conditions:,} conditions"
        return card(title, {}, tables=[table(head, self.rows())])


def labels_of(table: pd.DataFrame) -> tuple[str, ...]:
    """Rows of a table in words, such as ``"contrast_left 0.5, contrast_right 0"``."""
    names = [str(name) for name in table.columns]
    found = []
    for row in table.itertuples(index=False, name=None):
        cells = (c if isinstance(c, str) else f"{c:g}" for c in row)
        text = ", ".join(f"{n} {c}" for n, c in zip(names, cells, strict=True))
        found.append(text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 3] + "...")
    return tuple(found)


def _as_frame(table: Any, name: str) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        return table
    if isinstance(table, str | bytes | np.ndarray):
        raise StimulusError(
            f"A {type(table).__name__} is no table of conditions; give a DataFrame or a "
            "list of dicts, a row each."
        )
    try:
        given = table if isinstance(table, Mapping) else list(table)
        return pd.DataFrame(given)
    except Exception as error:  # pandas raises nearly anything
        raise StimulusError(
            f"{quoted(name)} is no table of conditions ({echoed(error)}); give a "
            "DataFrame or a list of dicts, a row each."
        ) from error


def _checked(table: pd.DataFrame, name: str) -> pd.DataFrame:
    if len(table) == 0 or len(table.columns) == 0:
        raise StimulusError(f"{quoted(name)} holds no conditions; give at least a row.")
    refuse_above("table_columns", len(table.columns), quoted(name), StimulusError)
    refuse_above(
        "table_cells", len(table) * len(table.columns), quoted(name), StimulusError
    )
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise StimulusError(
            f"{quoted(name)} has two columns {quoted(twice)}; rename one of them."
        )
    columns = {}
    for column in table.columns:
        if not isinstance(column, str) or not column.isidentifier():
            raise StimulusError(
                f"{quoted(name)} has a column {quoted(column)}, which is no name of a "
                "parameter; use letters, digits and _."
            )
        columns[column] = _cells(table[column], f"{quoted(name)}: {column}")
    return pd.DataFrame(columns)


def _cells(column: pd.Series[Any], what: str) -> Any:
    """The cells of a column as float64, or as text; mixtures are refused."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        if pd.api.types.is_complex_dtype(column):
            raise StimulusError(f"{what} holds complex numbers; give real ones.")
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        bad = np.flatnonzero(~np.isfinite(numbers))
        if len(bad):
            raise StimulusError(
                f"{what} is {numbers[bad[0]]:g} in row {bad[0]}; every cell needs a "
                "finite number."
            )
        return numbers
    cells = column.tolist()
    if all(isinstance(cell, str) for cell in cells):
        return cells
    if all(isinstance(cell, int | float | np.number) for cell in cells):
        return _cells(column.astype(float), what)
    row, wrong = next(
        (k, cell) for k, cell in enumerate(cells) if not isinstance(cell, str)
    )
    raise StimulusError(
        f"{what} is {echoed(wrong)} in row {row}; a column holds numbers alone or text "
        "alone, and no empty cells."
    )
