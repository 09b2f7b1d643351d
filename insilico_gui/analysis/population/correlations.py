"""Signal correlations: how alike the tuning of pairs of units is.

The Pearson correlation of the mean responses of two units over conditions. Means over
few repeats are noisy: noise that units share enters the correlation, and noise of their
own makes it smaller. Responses of a twin without noise have neither.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, in_blocks

Floats = NDArray[np.float64]


MIN_CONDITIONS = 3
"""With two, every correlation is 1 or -1."""

MAX_UNITS = 30_000
"""Of a whole matrix: 3.6 GB."""

UNITS_AT_ONCE = 1024


def signal_correlations(
    curve: ArrayLike, *, on_progress: OnProgress | None = None
) -> NDArray[np.float32]:
    """Correlations of every pair of units over conditions.

    Parameters
    ----------
    curve : array, [K, U]
        Mean response to each condition.
    on_progress : callable(done, total), optional
        In units; see :mod:`insilico_gui.progress`.

    Returns
    -------
    float32 array, [U, U]
        Symmetric, 1 on the diagonal; rows and columns of units that hold NaN or do not
        vary (by more than 1.5e-5 of their largest value, see :mod:`.flatness`) are NaN.

    Raises
    ------
    AnalysisError
        If there are fewer than three conditions, or more units than a matrix should
        have.
    """
    scores = _scores(curve)
    n_units = scores.shape[1]
    if n_units > MAX_UNITS:
        raise AnalysisError(
            f"A matrix of {n_units} units would take {4 * n_units**2 / 1e9:.1f} GB; "
            "select units, or take signal_correlation_blocks one by one."
        )
    matrix = np.empty((n_units, n_units), np.float32)
    for start, block in _blocks(scores, UNITS_AT_ONCE, on_progress):
        matrix[start : start + len(block)] = block
    return matrix


def signal_correlation_blocks(
    curve: ArrayLike, units_at_once: int = UNITS_AT_ONCE
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The rows of :func:`signal_correlations`, a block of units at a time.

    For progress, cancelling and populations whose matrix would not fit the memory.

    Yields
    ------
    start : int
        The first unit of the block.
    block : float32 array, [n, U]
    """
    if units_at_once < 1:
        raise AnalysisError("Blocks must hold at least one unit.")
    return _blocks(_scores(curve), units_at_once)


def mean_signal_correlation(curve: ArrayLike) -> Floats:
    """Mean correlation of each unit with all others, without making the matrix.

    Parameters
    ----------
    curve : array, [K, U]
        Mean response to each condition.

    Returns
    -------
    float64 array, [U]
        NaN for units that hold NaN or do not vary; they are not among the others.
    """
    scores = _scores(curve)
    known = ~np.isnan(scores).any(axis=0)
    n_others = known.sum() - 1
    if n_others < 1:
        return np.full(scores.shape[1], np.nan)
    together = scores[:, known].sum(axis=1)
    return np.asarray((together @ scores - 1) / n_others)


def _scores(curve: ArrayLike) -> Floats:
    """Responses less their mean, of length 1, [K, U]; NaN where that cannot be."""
    values = np.asarray(curve, np.float64)
    if values.ndim != 2 or len(values) < MIN_CONDITIONS:
        raise AnalysisError(
            f"The responses have shape {list(values.shape)}; give [conditions, units] "
            f"with at least {MIN_CONDITIONS} conditions."
        )
    centred = values - values.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    varies = np.isfinite(length) & (length > 0) & ~is_flat(values, axis=0)
    return np.asarray(centred / np.where(varies, length, np.nan))


def _blocks(
    scores: Floats, units_at_once: int, on_progress: OnProgress | None = None
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    for units in in_blocks(scores.shape[1], units_at_once, on_progress):
        start = units.start
        block = scores[:, units].T @ scores
        rows = np.arange(len(block))
        own = block[rows, start + rows]
        block[rows, start + rows] = np.where(np.isnan(own), np.nan, 1)
        yield start, np.clip(block, -1, 1).astype(np.float32)
