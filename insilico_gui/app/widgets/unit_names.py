"""What a unit is called: by its id, with session and scan where ids could clash."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
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
