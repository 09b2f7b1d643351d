"""Traces of single units and means of many against time, grown as responses come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from insilico_gui.analysis.trials.scales import Scale, scaled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Columns = NDArray[np.int64]


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

SCALED_VALUES = 2**24
"""Values that are kept at once on a scale that needs all of a unit's values."""

GROWTH = 1.1
"""Such a scale is found anew when so many times the rows have come."""


class TraceSummary:
    """Traces of some response columns, and mean and standard error over groups of them.

    Parameters
    ----------
    store : Rows
    groups : sequence of int array
        Columns of each group; none is empty.
    singles : int array, [n]
        Columns whose traces are kept.
    scale : {"response", "z-score", "percentile"}
        See :func:`.scaled`; units are scaled before they are averaged.
    first : int
        The first row that counts for the scale.

    Attributes
    ----------
    n_done : int
        Frames summarised so far.
    means, sems : float64 array, [G, T]
        NaN from frame `n_done` on. ``sems`` is the standard deviation over units (ddof 1)
        over the square root of their number; NaN for a single unit.
    traces : float32 array, [T, n]
    singles : int array, [n]
    """

    def __init__(
        self,
        store: Rows,
        groups: Sequence[Columns],
        singles: Columns,
        scale: Scale = "response",
        first: int = 0,
    ) -> None:
        self._store = store
        self._groups = [np.asarray(group, np.int64) for group in groups]
        self.singles = np.asarray(singles, np.int64)
        self._scale, self._first = scale, first
        n_time = store.shape[-2]
        self.n_done = 0
        self.means = np.full((len(self._groups), n_time), np.nan)
        self.sems = np.full((len(self._groups), n_time), np.nan)
        self.traces = np.full((n_time, len(self.singles)), np.nan, dtype=np.float32)

    def update(self) -> Iterator[None]:
        """Take in what the store has gained; yields between blocks."""
        if self._scale != "response":
            yield from self._anew()
            return
        step = max(1, BLOCK_VALUES // self._store.shape[-1])
        while self.n_done < self._store.n_done:
            start = self.n_done
            stop = min(start + step, self._store.n_done)
            block = self._store.rows(start, stop)
            self.traces[start:stop] = block[:, self.singles]
            for k, group in enumerate(self._groups):
                chosen = block[:, group].astype(np.float64)
                self.means[k, start:stop] = chosen.mean(axis=1)
                if len(group) > 1:
                    spread = chosen.std(axis=1, ddof=1)
                    self.sems[k, start:stop] = spread / np.sqrt(len(group))
            self.n_done = stop
            yield

    # -- scales that need all of a unit's values ---------------------------------------

    def _anew(self) -> Iterator[None]:
        """Scale all that is known, some units at a time, when enough has come."""
        n, n_time = self._store.n_done, self._store.shape[-2]
        if n <= self.n_done or (n < n_time and n < GROWTH * self.n_done):
            return
        columns = np.unique(np.concatenate([self.singles, *self._groups]))
        spreads = [_Spread(n) for _ in self._groups]
        traces = np.full_like(self.traces, np.nan)
        step = max(1, SCALED_VALUES // n)
        for at in range(0, len(columns), step):
            part = columns[at : at + step]
            values = np.empty((n, len(part)), np.float32)
            yield from self._read(part, values)
            found = scaled(values, self._scale, self._first)
            for spread, group in zip(spreads, self._groups, strict=True):
                spread.add(found[:, np.isin(part, group)])
            here = np.isin(self.singles, part)
            traces[:n, here] = found[:, np.searchsorted(part, self.singles[here])]
            yield
        for k, spread in enumerate(spreads):
            self.means[k, :n], self.sems[k, :n] = spread.mean, spread.sem
        self.traces, self.n_done = traces, n

    def _read(self, columns: Columns, into: NDArray[np.float32]) -> Iterator[None]:
        step = max(1, BLOCK_VALUES // self._store.shape[-1])
        for start in range(0, len(into), step):
            stop = min(start + step, len(into))
            into[start:stop] = self._store.rows(start, stop)[:, columns]
            yield


class _Spread:
    """Mean and standard error [T] over units that are added some at a time.

    Sums of squared deviations are merged as in Chan, Golub and LeVeque (1983).
    """

    def __init__(self, n_time: int) -> None:
        self._n = 0
        self.mean = np.zeros(n_time)
        self._squares = np.zeros(n_time)

    def add(self, values: NDArray[np.float64]) -> None:
        """Take in values [T, m]."""
        m = values.shape[1]
        if m == 0:
            return
        mean = values.mean(axis=1)
        squares = ((values - mean[:, None]) ** 2).sum(axis=1)
        n, off = self._n + m, mean - self.mean
        self._squares += squares + off**2 * self._n * m / n
        self.mean = self.mean + off * m / n
        self._n = n

    @property
    def sem(self) -> NDArray[np.float64]:
        """Standard error [T]; NaN for a single unit."""
        if self._n < 2:
            return np.full(len(self.mean), np.nan)
        sem: NDArray[np.float64] = np.sqrt(self._squares / (self._n - 1) / self._n)
        return sem
