"""Levels of a column of the trial table, and which trial showed which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insilico_gui.analysis.fits.directions import modulo
from insilico_gui.errors import AnalysisError
from insilico_gui.units.columns import parameter_facts

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIGITS = 9
"""Significant digits that tell levels apart: 2/0.02 and 4/0.04 are one speed."""


@dataclass(frozen=True)
class Levels:
    """Levels of one column.

    Attributes
    ----------
    values : array, [K]
        Ascending; float64, or str where the column holds names.
    index : int64 array, [n]
        Level of each trial; -1 where it has none (a blank).
    """

    values: NDArray[Any]
    index: NDArray[np.int64]


def levels_of(table: pd.DataFrame, column: str) -> Levels:
    """The levels of a column of the trial table; NaN, None and empty text mark blanks.

    An error if the column is missing, holds infinite numbers, or has no level.
    """
    if column not in table:
        raise AnalysisError(
            f"The trial table has no column {column!r}; it has "
            f"{', '.join(map(str, table.columns))}."
        )
    entries = table[column]
    shown = (entries.notna() & (entries.astype(str) != "")).to_numpy(bool)
    index = np.full(len(table), -1, np.int64)
    if not shown.any():
        raise AnalysisError(f"No row of the trial table has a {column}.")
    numeric = pd.to_numeric(entries[shown], errors="coerce")
    if numeric.notna().all():
        numbers = numeric.to_numpy(float)
        if not np.isfinite(numbers).all():
            raise AnalysisError(
                f"The column {column!r} of the trial table holds an infinite number."
            )
        values, index[shown] = np.unique(_rounded(numbers, column), return_inverse=True)
        return Levels(values, index)
    names, index[shown] = np.unique(
        entries[shown].astype(str).to_numpy(str), return_inverse=True
    )
    return Levels(names, index)


def _rounded(numbers: NDArray[np.float64], column: str) -> NDArray[np.float64]:
    period = parameter_facts(column).period
    if period is not None:
        return modulo(numbers, period)
    return np.array([float(f"{number:.{DIGITS}g}") for number in numbers])
