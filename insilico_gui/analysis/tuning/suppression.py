"""Whether a size tuning curve falls, or is that of pure summation and noise.

A model with a surround always fits a little better than one without, and where a unit
only sums up it ends in a peak of no meaning. Suppression is therefore a decision between
models: with a surround, or without one, that is ``b + k_c E`` or ``b + k_c E**2`` with
``E = erf(d / w_c)`` (Sceniak et al. 1999, Cavanaugh et al. 2002), and any other curve
that does not fall.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.fits.flatness import FLAT
from insilico_gui.analysis.fits.tuning_model import (
    LOG,
    CurveFit,
    TuningModel,
    fit_curves,
    start_at,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

N_PARAMETERS = 5
"""Of a model with a surround; without it there are two fewer."""

LEVEL = 0.05
"""Of the F test of the residuals: the share of summating units taken for suppressed."""

LEVEL_OF_REPEATS = 0.001
"""Of the F test against what repeats differ by."""

LEAST_ERRORS = 5.0
"""Standard errors of a mean by which the fitted curve has to fall, with repeats.

The place of the fitted peak is chosen among all sizes, and it is higher than the curve.
"""

LEAST_FALL = 0.1
"""Of the peak; by which the fitted curve has to fall, without repeats.

The residuals of a few sizes are small by chance too often to be all that is asked for.
"""

DEEP_FALL = 0.2
"""Of the largest mean; a fall of both of the largest sizes by as much, without repeats, is
no rounding and no noise of a few per cent, however poorly a model fits the curve.
"""

TOLERANCE = 1e-8
"""Of the search: along the valleys of these models, centre against surround, a lower one
changes parameters without end and the curve no more.
"""


def is_suppressed(
    curves: Floats,
    sizes: Floats,
    residual: Floats,
    fall: Floats,
    noise: Floats | None = None,
    n_noise: Floats | None = None,
) -> NDArray[np.bool_]:
    """Whether curves [U, K] fall by more than pure summation explains.

    Three things are asked for. A curve that does not fall (isotonic regression, whatever
    its shape) must fit worse than the model with a surround, which left `residual` [U]
    (summed squares). So must both models of pure summation, in an F test: against what
    repeats differ by, if there are some (`noise`, the variance of the means, with
    `n_noise` degrees of freedom, [U]; NaN and 0 for none), else against the residuals.
    And the fitted curve must fall from its peak to the largest size (`fall` [U]) by
    :data:`LEAST_ERRORS`, or without repeats by :data:`LEAST_FALL`. With six sizes or
    fewer, whose residuals tell nothing, and without repeats, the means have to fall by
    that much as well, and the model with a surround to leave a quarter of the squares.

    Steep curves, of responses that are a high power of the drive, fit neither model, and
    residuals that are misfit are no noise: without repeats, means at the two largest
    sizes that are lower than the largest mean by :data:`DEEP_FALL` are suppression too.
    """
    from scipy.special import fdtri  # slow: not at the start

    n_sizes = len(sizes)
    rounding = n_sizes * (FLAT * np.abs(curves).max(axis=1, initial=0)) ** 2
    left = residual + rounding
    falls = falling_squares(curves)
    summed = np.min(
        [
            fit_curves(summation, curves, (sizes,)).mse * n_sizes
            for summation in SUMMATION
        ],
        axis=0,
    )
    gained = np.where(np.isnan(summed), np.inf, summed) - residual
    least = LEAST_FALL * np.abs(curves.max(axis=1, initial=0))
    free = n_sizes - N_PARAMETERS
    better = np.zeros(len(curves), bool)
    if free > 0:
        better |= gained / 2 > fdtri(2, free, 1 - LEVEL) * left / free
    if free < 2:
        lower = curves.max(axis=1) - curves[:, -1] > least
        better |= lower & (falls > 4 * left)
    better &= fall > least
    deep = (curves[:, -2:].max(axis=1) < (1 - DEEP_FALL) * curves.max(axis=1)) & (
        fall > least
    )
    if noise is not None and n_noise is not None:
        limit = fdtri(2, np.maximum(n_noise, 1), 1 - LEVEL_OF_REPEATS)
        floor = np.nan_to_num(noise + rounding / n_sizes, nan=np.inf)
        beyond = (gained / 2 > limit * floor) & (fall > LEAST_ERRORS * np.sqrt(floor))
        better = np.where(n_noise > 0, beyond, better)
        deep &= n_noise == 0
    suppressed: NDArray[np.bool_] = deep | better & (falls > left)
    return suppressed


def falling_squares(curves: Floats) -> Floats:
    """Summed squares that the best curve without any fall leaves of curves [U, K].

    Isotonic regression: at level i the largest, over starts a <= i, of the smallest,
    over ends b >= i, of the means from a to b (Barlow et al. 1972).
    """
    n_levels = curves.shape[1]
    total = np.concatenate(
        [np.zeros((len(curves), 1)), np.cumsum(curves, axis=1)], axis=1
    )
    rising = np.full(curves.shape, -np.inf)
    for first in range(n_levels):
        length = np.arange(1, n_levels - first + 1)
        means = (total[:, first + 1 :] - total[:, first, None]) / length
        smallest = np.minimum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        rising[:, first:] = np.maximum(rising[:, first:], smallest)
    squares: Floats = ((curves - rising) ** 2).sum(axis=1)
    return squares


def _summation(power: int) -> TuningModel[CurveFit]:
    """The model ``b + k_c erf(d / w_c)**power``."""
    return TuningModel(
        name="summation",
        parameters=("baseline", "centre", "width"),
        responses=("baseline", "centre"),
        searched={"width": LOG},
        bounds=_bounds,
        starts=_starts,
        predict=partial(_values, power=power),
        jacobian=partial(_jacobian, power=power),
        result=lambda found: found,
        tolerance=TOLERANCE,
    )


def _bounds(sizes: Floats) -> tuple[ArrayLike, ArrayLike]:
    smallest = sizes[sizes > 0][0]
    return (
        [0, 0, np.log(smallest / 4)],
        [np.inf, np.inf, np.log(4 * sizes[-1])],
    )


def _starts(curves: Floats, sizes: Floats) -> list[Floats]:
    low, smallest = curves.min(axis=1), sizes[sizes > 0][0]
    widths = smallest, np.sqrt(smallest * sizes[-1]), sizes[-1]
    return [start_at(low, 1 - low, np.log(width)) for width in widths]


def _values(p: Floats, sizes: Floats, power: int) -> Floats:
    """For parameters b, k_c, log w_c [n, 3]; returns [n, K]."""
    from scipy.special import erf

    centre = erf(sizes * np.exp(-p[:, 2, None]))
    values: Floats = p[:, 0, None] + p[:, 1, None] * centre**power
    return values


def _jacobian(p: Floats, sizes: Floats, power: int) -> Floats:
    """Derivatives of :func:`_values`, [n, K, 3]."""
    from scipy.special import erf

    z = sizes * np.exp(-p[:, 2, None])
    centre = erf(z)
    slope = 2 / np.sqrt(np.pi) * z * np.exp(-(z**2))
    by_width = -p[:, 1, None] * power * centre ** (power - 1) * slope
    return np.stack([np.ones_like(centre), centre**power, by_width], axis=2)


SUMMATION = (_summation(1), _summation(2))
