"""Curves of a fit: a row of numbers for each round, which any thread may read."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from insilico_gui.errors import FitError, quoted


class Curves:
    """Rows of numbers, one a round.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of an earlier part of the fit.
    """

    def __init__(self, rows: Iterable[Mapping[str, float]] = ()) -> None:
        self._rows: list[dict[str, float]] = [dict(row) for row in rows]
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Mapping[str, float]) -> None:
        """Add the row of a round."""
        plain = {str(name): float(value) for name, value in row.items()}
        with self._lock:
            self._rows.append(plain)

    def rows(self) -> list[dict[str, float]]:
        """A copy of all rows."""
        with self._lock:
            return [dict(row) for row in self._rows]

    def table(self) -> pd.DataFrame:
        """All rows, indexed 0, 1, ... by round."""
        return pd.DataFrame(self.rows())


def refuse_not_finite(row: Mapping[str, Any], name: str, round_number: int) -> None:
    """Raise a FitError if a value of a row is not finite: the fit has come apart."""
    for key, value in row.items():
        if not np.isfinite(value):
            raise FitError(
                f"{quoted(key)} of {name} is {value} in round {round_number}, so the fit "
                "cannot go on; begin it anew with a lower learning rate, or look for "
                "extreme values in the data."
            )
