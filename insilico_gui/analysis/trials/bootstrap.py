"""How sure an index or a preference is: presentations drawn again, and q values.

Presentations are drawn with replacement within each cell, that is each level in each
combination of the other conditions, so that every draw has the design of the experiment.
Of n presentations n - 1 are drawn: the variance of a mean over draws is then that of the
mean, s**2 / n with n - 1 in s (Rao & Wu 1988, J. Am. Stat. Assoc. 83:231); n of them
would make every interval too narrow by sqrt((n - 1) / n), 0.71 with two repeats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.trials.grouping import cell_means
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import in_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.progress import OnProgress

    Floats = NDArray[np.float64]
    Index = Callable[[Floats], Floats]

LEAST_DRAWS = 100


def bootstrap(
    values: Floats,
    level: NDArray[np.int64],
    combination: NDArray[np.int64],
    best: NDArray[np.int64],
    indices: Mapping[str, Index],
    n_draws: int,
    seed: int,
    on_progress: OnProgress | None = None,
) -> dict[str, Floats]:
    """Indices of curves from presentations drawn again, [n_draws, U] each.

    Parameters
    ----------
    values : array, [n, U]
        Responses of presentations; NaN is left out of means.
    level, combination : int arrays, [n]
        Level of each presentation, from 0, and combination of other conditions.
    best : int array, [U]
        Combination whose curve is each unit's; the same in all draws.
    indices : mapping of callables
        From curves [K, U] to values [U].
    n_draws : int
    seed : int

    Raises
    ------
    AnalysisError
        If draws are too few, or no cell has two presentations, so that nothing varies.
    """
    n_levels, n_combinations = int(level.max()) + 1, int(combination.max()) + 1
    cell, units = combination * n_levels + level, np.arange(values.shape[1])
    found: dict[str, list[Floats]] = {name: [] for name in indices}
    for rows, of_cell in resamples(cell, n_draws, seed, on_progress):
        means = cell_means(values[rows], of_cell, n_levels * n_combinations)
        curve = means.reshape(n_combinations, n_levels, -1)[best, :, units].T
        for name, index in indices.items():
            found[name].append(index(curve))
    return {name: np.stack(draws) for name, draws in found.items()}


def resamples(
    cell: NDArray[np.int64],
    n_draws: int,
    seed: int,
    on_progress: OnProgress | None = None,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Presentations drawn again: the one resampling, whatever is measured of it.

    Parameters
    ----------
    cell : int array, [n]
        What each presentation showed, 0 or more; presentations of one cell can stand in
        for each other.
    n_draws, seed : int
    on_progress : callable(done, total), optional
        In draws.

    Yields
    ------
    rows : int64 array, [m]
        Presentations that were drawn: of each cell one fewer than it has, and of a cell
        with a single one this one.
    of_cell : int64 array, [m]
        The cell of each.

    Raises
    ------
    AnalysisError
        If draws are too few, or no cell has two presentations, so that nothing varies.
    """
    if n_draws < LEAST_DRAWS:
        raise AnalysisError(
            f"{n_draws} draws do not tell the ends of an interval; use {LEAST_DRAWS} or "
            "more."
        )
    order = np.argsort(cell, kind="stable")
    _, first, size = np.unique(cell[order], return_index=True, return_counts=True)
    if size.max(initial=0) < 2:
        raise AnalysisError(
            "Every condition was presented only once, so nothing says how much its "
            "response varies; show repeats."
        )
    first, size = np.repeat(first, size), np.repeat(size, size)
    drawn = (np.arange(len(cell)) > first) | (size == 1)
    first, size, of_cell = first[drawn], size[drawn], cell[order][drawn]
    rng = np.random.default_rng(seed)
    for _ in in_blocks(n_draws, 1, on_progress):
        within = np.floor(rng.random(len(of_cell)) * size).astype(np.int64)
        yield order[first + within], of_cell


def interval(
    draws: ArrayLike,
    confidence: float = 0.95,
    *,
    around: ArrayLike | None = None,
    period: float | None = None,
) -> tuple[Floats, Floats]:
    """Percentile intervals of draws [n, U]; draws that are NaN are left out.

    Parameters
    ----------
    confidence : float
        Share of the draws between the ends, 0 to 1.
    around : array, [U], optional
        Observed values; of angles, those from which differences are taken.
    period : float, optional
        Of angles: one turn. The ends are in 0..period, and the low one comes before the
        high one counter-clockwise: it may be the larger number.

    Returns
    -------
    low, high : float64 arrays, [U]
        NaN where fewer than half of the draws have a value.

    Raises
    ------
    AnalysisError
        If the confidence is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise AnalysisError(
            f"A confidence of {confidence:g} is not possible; give 0.95, or another share "
            "between 0 and 1."
        )
    given = np.asarray(draws, np.float64)
    middle = np.zeros(given.shape[1])
    if period is not None:
        middle = np.asarray(around, np.float64)
        given = (given - middle + period / 2) % period - period / 2
    known = np.isfinite(given)
    enough = known.mean(axis=0) >= 0.5
    safe = np.where(enough, given, 0.0)
    ends = np.nanquantile(
        np.where(np.isfinite(safe), safe, np.nan),
        [(1 - confidence) / 2, (1 + confidence) / 2],
        axis=0,
    )
    low, high = np.where(enough, ends + middle, np.nan)
    return (low, high) if period is None else (low % period, high % period)


def q_values(p: ArrayLike) -> Floats:
    """Benjamini and Hochberg's q of p values [U]: the false discovery rate at each.

    NaN stays NaN, and does not count among the tests.

    Raises
    ------
    AnalysisError
        If a value is outside 0..1.
    """
    given = np.asarray(p, np.float64)
    known = np.flatnonzero(~np.isnan(given))
    if ((given[known] < 0) | (given[known] > 1)).any():
        raise AnalysisError("A p value is outside 0 to 1, so there are no q values.")
    order = known[np.argsort(given[known], kind="stable")]
    scaled = given[order] * len(order) / np.arange(1, len(order) + 1)
    q = np.full(given.shape, np.nan)
    q[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return q
