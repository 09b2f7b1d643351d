"""What a unit is called: by its id, with session and scan where ids could clash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

ORIGINS = {"session": "session", "scan_idx": "scan", "scan": "scan"}
"""Columns that tell where a unit comes from, and what each is called."""


def unit_names(units: pd.DataFrame, rows: list[int] | NDArray[np.int64]) -> list[str]:
    """Names of units by row of the unit table: the id alone where no two are alike.

    Parameters
    ----------
    units : pandas.DataFrame
        The unit table.
    rows : list or array of int
        Rows of it.
    """
    told = _telling(units)
    chosen = units.iloc[rows]
    names = [str(unit_id) for unit_id in chosen["unit_id"]]
    for title, column in told:
        values = chosen[column].tolist()
        names = [f"{n}, {title} {v}" for n, v in zip(names, values, strict=True)]
    return names


def unit_name(units: pd.DataFrame, row: int) -> str:
    """Name of one unit, by row of the unit table."""
    return unit_names(units, [row])[0]


def _telling(units: pd.DataFrame) -> list[tuple[str, str]]:
    """Title and name of the columns that are needed besides the id."""
    if units["unit_id"].is_unique:
        return []
    found = [(t, c) for c, t in ORIGINS.items() if c in units]
    return [(t, c) for t, c in found if units[c].nunique() > 1]


def unit_row(units: pd.DataFrame, unit: object) -> int | None:
    """Row of a unit by its id or, where ids clash, its name; None if there is none."""
    if unit is None or "unit_id" not in units:
        return None
    ids = units["unit_id"]
    alike = np.flatnonzero((ids == unit).to_numpy())
    if not len(alike) and isinstance(unit, str):
        first = unit.split(",")[0]
        for row in np.flatnonzero((ids.astype(str) == first).to_numpy()):
            if unit in (first, unit_name(units, int(row))):
                return int(row)
    return int(alike[0]) if len(alike) else None


def unit_key(units: pd.DataFrame, row: int) -> int | str:
    """What tells a unit from all others: its id or, where ids clash, its name."""
    name = unit_name(units, row)
    (unit_id,) = units["unit_id"].iloc[[row]].tolist()
    return unit_id if name == str(unit_id) else name
