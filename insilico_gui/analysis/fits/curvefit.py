"""Least-squares fits of one model to the tuning curves of a population.

What the models of this package share: curves that hold NaN or do not vary are not
fitted, data are brought to the order of one before and results back after, several
starts are tried, and units are taken in blocks that bound the memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from insilico_gui.analysis.fits.flatness import FLAT, is_flat
from insilico_gui.analysis.fits.leastsquares import COST_TOLERANCE, solve
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import in_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.progress import OnProgress

    Floats = NDArray[np.float64]

UNITS_AT_ONCE = 2048

AS_GOOD = 1.001
"""Ratio of summed squares that makes no difference between two minima."""


@dataclass(frozen=True)
class CurveModel:
    """A model ``baseline + ...`` of P parameters at K fixed levels.

    Attributes
    ----------
    values, jacobian : callable
        Parameters [n, P] to values [n, K] and to derivatives [n, K, P].
    starts : callable
        Curves [n, K], of which the largest value is 1 and none is negative, to a list
        of start values [n, P] within the bounds.
    lower, upper : float64 arrays, [P]
    scaled : tuple of int
        The parameters in the units of the responses; the first is the baseline.
    tolerance : float
        See :func:`insilico_gui.analysis.fits.leastsquares.solve`.
    """

    values: Callable[[Floats], Floats]
    jacobian: Callable[[Floats], Floats]
    starts: Callable[[Floats], list[Floats]]
    lower: Floats
    upper: Floats
    scaled: tuple[int, ...]
    tolerance: float = COST_TOLERANCE


class CurveFit(NamedTuple):
    """Results of :func:`fit_curves`, one row or entry per unit.

    ``parameters`` [U, P] and ``mse`` [U] are NaN where a curve was not fitted, ``r2``
    is 1 - residual / total variance over levels, ``success`` is False where the curve
    holds NaN, is flat or the search did not converge.
    """

    parameters: Floats
    mse: Floats
    r2: Floats
    success: NDArray[np.bool_]


def check_levels(
    curve: ArrayLike, levels: ArrayLike, name: str, least: int, lowest: float | None
) -> tuple[Floats, Floats]:
    """Bring curves [K] or [K, U] and levels [K] to float64 [U, K] and [K], ascending.

    Parameters
    ----------
    name : str
        What the levels are, in the plural, for messages.
    least : int
        Number of levels that the model needs.
    lowest : float or None
        Levels may not be below it; None: they must be above 0.

    Returns
    -------
    curves : float64 array, [U, K]
        A single curve has U = 1.
    levels : float64 array, [K]
        Ascending; the curves are in their order.

    Raises
    ------
    AnalysisError
        If shapes do not fit, or levels are too few, repeated or out of range.
    """
    values, at = np.asarray(curve, np.float64), np.asarray(levels)
    if at.dtype.kind not in "fiu":
        raise AnalysisError(f"The {name} must be numbers, not {at.dtype}.")
    at = at.astype(np.float64)
    if at.ndim != 1 or values.ndim not in (1, 2) or len(values) != len(at):
        raise AnalysisError(
            f"The tuning curve has shape {list(values.shape)} and the {name} "
            f"{list(at.shape)}; give [K] or [K, units] and [K]."
        )
    order = np.argsort(at)
    at = at[order]
    if not np.isfinite(at).all() or (np.diff(at) <= 0).any():
        raise AnalysisError(f"The {name} must be finite, and each occur once.")
    if len(at) < least:
        raise AnalysisError(
            f"This fit needs at least {least} {name}, and {len(at)} were shown; show "
            "more, or use the level with the largest response."
        )
    if lowest is None and at[0] <= 0:
        raise AnalysisError(
            f"One of the {name} is {at[0]:g}, which has no place on a logarithmic "
            "axis; leave it out."
        )
    if lowest is not None and at[0] < lowest:
        raise AnalysisError(f"One of the {name} is {at[0]:g}, below {lowest:g}.")
    return values.reshape(len(at), -1)[order].T, at


def fit_curves(
    model: CurveModel, curves: Floats, on_progress: OnProgress | None = None
) -> CurveFit:
    """Fit a model to each curve [U, K], from the best of its starts.

    The baseline is not below 0 if all responses of a unit are positive. If some are
    negative (recorded data), it may be as far below the smallest as that is below the
    largest. Progress is in units.
    """
    parts = [
        _fit(model, curves[units])
        for units in in_blocks(len(curves), UNITS_AT_ONCE, on_progress)
    ]
    return CurveFit(*map(np.concatenate, zip(*parts, strict=True)))


def _fit(model: CurveModel, curves: Floats) -> CurveFit:
    n = len(curves)
    parameters = np.full((n, len(model.lower)), np.nan)
    mse, r2 = np.full(n, np.nan), np.full(n, np.nan)
    success = np.zeros(n, bool)
    usable = np.isfinite(curves).all(axis=1)
    todo = np.flatnonzero(usable & ~is_flat(curves, axis=1))
    if len(todo) == 0:
        return CurveFit(parameters, mse, r2, success)

    lowest = curves[todo].min(axis=1)
    floor = np.where(lowest < 0, lowest - np.ptp(curves[todo], axis=1), 0)[:, None]
    scale = (curves[todo] - floor).max(axis=1, keepdims=True)
    target = (curves[todo] - floor) / scale
    best, cost, converged = _best_of_starts(model, target)
    # A model that became constant says nothing about where the unit's peak is.
    varies = np.ptp(model.values(best), axis=1) > FLAT
    total = ((target - target.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)

    found = best.copy()
    found[:, list(model.scaled)] *= scale
    found[:, model.scaled[0]] += floor[:, 0]
    parameters[todo] = np.where(varies[:, None], found, np.nan)
    mse[todo] = np.where(varies, 2 * cost / curves.shape[1] * scale[:, 0] ** 2, np.nan)
    r2[todo] = np.where(varies, 1 - 2 * cost / total, np.nan)
    success[todo] = converged & varies
    return CurveFit(parameters, mse, r2, success)


def _best_of_starts(
    model: CurveModel, target: Floats
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Parameters [n, P], costs [n] and convergence [n] of the lowest minimum found."""
    solutions = [
        solve(
            model.values,
            model.jacobian,
            target,
            np.clip(start, model.lower, model.upper),
            model.lower,
            model.upper,
            model.tolerance,
        )
        for start in model.starts(target)
    ]
    parameters, cost, converged = map(np.stack, zip(*solutions, strict=True))
    # Of minima that are as good as equal, one that the search has ended in.
    rank = np.where(converged, cost, cost * AS_GOOD + 1e-26)
    lowest, row = rank.argmin(axis=0), np.arange(len(target))
    return parameters[lowest, row], cost[lowest, row], converged[lowest, row]
