"""Summary of many units' responses against time, grown as responses come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


class Rows(Protocol):
    """Responses [T, U] by row, complete or still growing."""

    @property
    def shape(self) -> tuple[int, ...]:
        """T and U."""

    @property
    def n_done(self) -> int:
        """How many rows are known."""

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Rows that are known, float32 [n, U]."""


BLOCK_VALUES = 2**21
"""Responses read at a time: memory stays flat, and a caller can stop in between."""


class TraceSummary:
    """Mean, standard error and a few single traces of chosen response columns.

    Parameters
    ----------
    store : Rows
    columns : int array, [n]
        Columns to summarise.
    n_examples : int
        Single traces to keep, spread evenly over `columns`.

    Attributes
    ----------
    n_done : int
        Frames summarised so far.
    mean, sem : float64 array, [T]
        NaN from frame `n_done` on. ``sem`` is the standard deviation over units (ddof 1)
        over the square root of their number; NaN for a single unit.
    examples : float32 array, [T, n_examples]
    example_columns : int array, [n_examples]
    """

    def __init__(
        self, store: Rows, columns: NDArray[np.int64], n_examples: int = 5
    ) -> None:
        self._store = store
        self._columns = columns
        n_time = store.shape[-2]
        chosen = np.linspace(0, len(columns) - 1, min(n_examples, len(columns)))
        self.example_columns = columns[chosen.astype(int)]
        self.n_done = 0
        self.mean = np.full(n_time, np.nan)
        self.sem = np.full(n_time, np.nan)
        self.examples = np.full(
            (n_time, len(self.example_columns)), np.nan, dtype=np.float32
        )

    def update(self) -> Iterator[None]:
        """Take in what the store has gained; yields between blocks."""
        n = len(self._columns)
        if n == 0:
            return
        step = max(1, BLOCK_VALUES // self._store.shape[-1])
        while self.n_done < self._store.n_done:
            start = self.n_done
            stop = min(start + step, self._store.n_done)
            block = self._store.rows(start, stop)
            self.examples[start:stop] = block[:, self.example_columns]
            chosen = block[:, self._columns].astype(np.float64)
            self.mean[start:stop] = chosen.mean(axis=1)
            if n > 1:
                self.sem[start:stop] = chosen.std(axis=1, ddof=1) / np.sqrt(n)
            self.n_done = stop
            yield
