"""All units against time as a picture: read, scaled, sorted and brought to pixels in turn.

Each step is done again only when what it depends on is another, and in pieces, so that a
caller can stop in between.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.population.unit_orders import (
    first_component,
    rastermap_places,
)
from insilico_gui.analysis.trials.scales import Scale, moments, percentiles
from insilico_gui.analysis.trials.traces import BLOCK_VALUES, GROWTH, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Values = NDArray[np.float32]

MOST_BINS, MOST_VALUES = 2048, 2**25
"""Of the values that are kept: bins of time, and all of them (128 MiB)."""

ROWS_AT_ONCE = 512

LIMITS = (1.0, 99.5)
"""Percentiles of all values that are the darkest and the brightest colour."""

PEAK, COMPONENT, RASTERMAP = "peak time", "first component", "Rastermap"


@dataclass(frozen=True, eq=False)
class Wish:
    """What is to be drawn.

    Attributes
    ----------
    scale : {"response", "z-score", "percentile"}
    sort : str
        ``"peak time"``, ``"first component"`` or ``"Rastermap"``; anything else sorts by
        `keys`.
    keys : float64 array, [U], or None
        Units are sorted by these, NaN last; None for the order of the columns.
    descending : bool
    groups : int64 array, [U], or None
        Units of a group stay together; groups ascend.
    columns : int64 array or None
        Which of the units are drawn; None for all.
    first : int
        Moments before this one are the burn-in: they count for no scale and no order.
    """

    scale: Scale = "z-score"
    sort: str = PEAK
    keys: NDArray[np.float64] | None = None
    descending: bool = False
    groups: Ints | None = None
    columns: Ints | None = None
    first: int = 0


@dataclass(frozen=True)
class Window:
    """Part of the raster that is seen, and its size in pixels.

    Attributes
    ----------
    rows, bins : (int, int)
        First and last (excluded) row and bin of time.
    height, width : int
        Pixels; there is no more than one row or bin to a pixel of the picture.
    """

    rows: tuple[int, int]
    bins: tuple[int, int]
    height: int
    width: int


@dataclass(frozen=True, eq=False)
class Picture:
    """Means of the values that fall on each pixel.

    Attributes
    ----------
    values : float32 array, [h, w]
        NaN where nothing is known yet.
    rows, bins : int64 array, [h + 1], [w + 1]
        Between which rows and bins of time each pixel lies.
    """

    values: Values
    rows: Ints
    bins: Ints


@dataclass
class Raster:
    """Responses [T, U] of all units by unit and bin of time.

    Parameters
    ----------
    store : Rows
    wish : Wish

    Attributes
    ----------
    width : int
        Moments of a bin; more than 1 only if there are more than fit.
    n_bins, n_done : int
        Bins of time; those that are drawn.
    values : float32 array, [U, n_bins]
        Scaled means over each bin; NaN where they are not known yet.
    order : int64 array
        Columns of the responses, those of the upper rows first.
    limits : (float, float)
        Of the colours.
    problem : str
        Why the order is that of the columns, and not the one that was asked for.
    """

    store: Rows
    wish: Wish = field(default_factory=Wish)

    def __post_init__(self) -> None:
        n_moments, n_units = self.store.shape[-2:]
        most = max(1, min(MOST_BINS, MOST_VALUES // max(n_units, 1)))
        self.width = max(1, -(-n_moments // most))
        self.n_bins = -(-n_moments // self.width)
        self._binned = np.full((n_units, self.n_bins), np.nan, np.float32)
        self._n_read = 0
        self.values = self._binned
        self.n_done = 0
        self.order = np.arange(n_units)
        self.limits = (0.0, 1.0)
        self.problem = ""
        self._of: tuple[object, ...] = ()

    def update(self) -> Iterator[None]:
        """Take in what has come, and what is wished; yields between pieces."""
        yield from self._read()
        wish, n = self.wish, self._n_read
        grown = n > self.n_done and (n == self.n_bins or n >= GROWTH * self.n_done)
        before = self._of
        if not (before and before[0] == wish.scale) or grown:
            yield from self._scale(wish, n)
            self._of = (wish.scale,)
        if len(self._of) < 2 or self._of[1] is not wish:
            yield
            self._sort(wish)
            self._of = (wish.scale, wish)

    # -- reading -----------------------------------------------------------------------

    def _read(self) -> Iterator[None]:
        n_moments, n_units = self.store.shape[-2:]
        step = max(1, BLOCK_VALUES // max(n_units, 1) // self.width)
        while True:
            known = self.store.n_done
            # A bin that is not complete waits for the rest, unless there is none
            n_known = self.n_bins if known == n_moments else known // self.width
            if self._n_read >= n_known:
                return
            first, last = self._n_read, min(self._n_read + step, n_known)
            start, stop = first * self.width, min(last * self.width, n_moments)
            block = self.store.rows(start, stop)
            if self.width > 1:
                at = np.arange(0, stop - start, self.width)
                counts = np.diff(np.append(at, stop - start))[:, None]
                sums = np.add.reduceat(block, at, axis=0)
                block = np.asarray(sums / counts, np.float32)
            self._binned[:, first:last] = block.T
            self._n_read = last
            yield

    def _first_bin(self, wish: Wish) -> int:
        first = -(-wish.first // self.width)
        return first if first < self._n_read else 0

    # -- values on a scale -------------------------------------------------------------

    def _scale(self, wish: Wish, n: int) -> Iterator[None]:
        first = self._first_bin(wish)
        if wish.scale == "response":
            values = self._binned
        else:
            values = np.full_like(self._binned, np.nan)
            for at in range(0, len(values), ROWS_AT_ONCE):
                rows = slice(at, at + ROWS_AT_ONCE)
                block = self._binned[rows, :n]
                if wish.scale == "z-score":
                    values[rows, :n] = _z_scored(block, first)
                else:
                    for k, own in enumerate(block):
                        values[at + k, :n] = percentiles(own, own[first:])
                yield
        self.values, self.n_done = values, n
        every = max(1, len(values) * max(n, 1) // 2**18)
        self.limits = _limits(values[:, first:n].ravel()[::every])

    # -- order -------------------------------------------------------------------------

    def _sort(self, wish: Wish) -> None:
        n_units = len(self.values)
        columns = np.arange(n_units) if wish.columns is None else wish.columns
        self.problem = ""
        try:
            keys = self._keys(wish, columns)
        except Exception as error:  # Rastermap is somebody else's
            self.problem, keys = str(error) or "It failed.", np.arange(len(columns))
        keys = np.asarray(keys, float)
        places = np.where(np.isfinite(keys), -keys if wish.descending else keys, np.inf)
        by = [places]
        if wish.groups is not None:
            by.append(wish.groups[columns])
        self.order = columns[np.lexsort(by)]

    def _keys(self, wish: Wish, columns: Ints) -> NDArray[np.floating] | Ints:
        first, n = self._first_bin(wish), self.n_done
        if wish.sort == PEAK and n:
            known = self._binned[columns, first:n]
            peaks: Ints = np.where(np.isfinite(known), known, -np.inf).argmax(axis=1)
            return peaks
        if wish.sort in (COMPONENT, RASTERMAP) and n:
            scored = np.nan_to_num(_z_scored(self._binned[columns, first:n], 0))
            if wish.sort == COMPONENT:
                return first_component(scored)
            return rastermap_places(scored)
        return np.arange(len(columns)) if wish.keys is None else wish.keys[columns]

    # -- pixels ------------------------------------------------------------------------

    def picture(self, window: Window) -> Picture:
        """What is seen of it, no larger than it is on the screen."""
        first, last = (min(max(k, 0), len(self.order)) for k in window.rows)
        start, stop = (min(max(k, 0), self.n_bins) for k in window.bins)
        rows = edges(first, last, window.height)
        bins = edges(start, stop, window.width)
        values = np.full((len(rows) - 1, len(bins) - 1), np.nan, np.float32)
        if first == last or start == stop:
            return Picture(values, rows, bins)
        per_pixel = max(1, int(np.diff(rows).max()))
        step = max(1, ROWS_AT_ONCE // per_pixel)
        for at in range(0, len(values), step):
            own = rows[at : at + step + 1]
            block = self.values[self.order[own[0] : own[-1]], start:stop]
            values[at : at + step] = _means(block, own - own[0], bins - start)
        return Picture(values, rows, bins)


def edges(first: int, last: int, most: int) -> Ints:
    """Between which of the items `first` to `last` at most `most` pixels lie."""
    n = max(last - first, 0)
    n_pixels = max(1, min(n, most))
    return first + np.round(np.linspace(0, n, n_pixels + 1)).astype(np.int64)


def _means(block: Values, rows: Ints, bins: Ints) -> Values:
    """Means of a block over pixels, values that are NaN left out."""
    unknown = np.isnan(block)
    if unknown.any():
        count = _sums((~unknown).astype(np.float32), rows, bins)
        total = _sums(np.where(unknown, np.float32(0), block), rows, bins)
        with np.errstate(invalid="ignore"):
            return np.asarray(total / np.where(count > 0, count, np.nan), np.float32)
    count = np.multiply.outer(np.diff(rows), np.diff(bins))
    return np.asarray(_sums(block, rows, bins) / count, np.float32)


def _sums(block: Values, rows: Ints, bins: Ints) -> Values:
    if len(rows) <= len(block):
        block = np.add.reduceat(block, rows[:-1], axis=0)
    if len(bins) <= block.shape[1]:
        block = np.add.reduceat(block, bins[:-1], axis=1)
    return block


def _z_scored(block: Values, first: int) -> Values:
    """Values [U, n] as standard deviations from the mean over time from `first` on."""
    mean, spread = moments(block[:, first:].T)
    middle = mean[:, None].astype(np.float32)
    step = np.where(spread > 0, spread, 1.0)[:, None].astype(np.float32)
    return np.asarray((block - middle) / step, np.float32)


def _limits(values: Values) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = (float(limit) for limit in np.percentile(finite, LIMITS))
    if high <= low:
        low, high = float(finite.min()), float(finite.max())
    return (low, high) if high > low else (low, low + 1.0)
