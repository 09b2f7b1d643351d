"""Fit of a rotated Gaussian to the receptive fields of many units at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.fields.fitted_fields import ReceptiveFieldFit
from insilico_gui.analysis.fields.screen_grid import ScreenGrid
from insilico_gui.analysis.fits import gaussian
from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.analysis.fits.leastsquares import solve
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress
from insilico_gui.stimuli.core.display import Display

Floats = NDArray[np.float64]


VALUES_AT_ONCE = 150_000
"""Cells times units that are fitted together; more do not fit in the cache."""

COARSE_CELLS = 400
"""About how many cells the first, coarse search looks at."""

MIN_CELLS = 8
"""One more than the Gaussian has parameters."""

TOLERANCE = 1e-6
"""Relative decrease of the squared error that ends the search.

Centres are then within about a hundredth of a pixel of the minimum.
"""

FIRST_DAMPING = 0.01

LARGEST_SIGMA = 2.0
"""In longer sides of the screen; a wider Gaussian is a slope."""

MARGIN = 0.5
"""How far off the screen a centre may be sought, in longer sides of the screen."""


def fit_receptive_fields(
    maps: ArrayLike,
    display: Display | None = None,
    on_progress: OnProgress | None = None,
) -> ReceptiveFieldFit:
    """Fit amplitude, centre, two widths, angle and offset to each map.

    Least squares from the cell that deviates most from the median, first over a coarse
    choice of cells and then over all.

    Parameters
    ----------
    maps : array, [U, h, w]
        Cells that are NaN are left out.
    display : Display, optional
        Screen that the maps cover. Default: the standard one.
    on_progress : callable(done, total), optional
        In units; see :mod:`insilico_gui.progress`.

    Returns
    -------
    ReceptiveFieldFit
        One Gaussian per unit: places in pixels of the display, amplitudes in the unit of
        the maps.

    Raises
    ------
    AnalysisError
        If the maps have another number of dimensions, or more cells than the display
        has pixels.
    """
    stack = np.asarray(maps)
    if stack.ndim != 3:
        raise AnalysisError(
            f"The maps have the shape {list(stack.shape)}; give [units, rows, columns]."
        )
    display = display or Display()
    grid = ScreenGrid(stack.shape[1:], display)
    size = max(display.pixels)
    row, column = np.meshgrid(grid.rows, grid.columns, indexing="ij")
    places = _Places(
        column.ravel() / size,
        -row.ravel() / size,
        _checkered(stack.shape[1:]),
        _bounds(display, min(grid.cell) / size),
    )
    return _fit_all(stack.reshape(len(stack), row.size), places, display, on_progress)


def fit_places(
    values: ArrayLike,
    row: Floats,
    column: Floats,
    display: Display,
    on_progress: OnProgress | None = None,
    *,
    near: ReceptiveFieldFit | None = None,
) -> ReceptiveFieldFit:
    """Fit the Gaussians of :func:`fit_receptive_fields` to responses at places.

    The responses to a Gaussian dot at each place, and not a map that the dots smear: at
    the edge of the screen a map is the mean over dots on one side only, whose peak lies
    further out than the field. The widths are those of the responses over places, that
    is of the field convolved with the dot.

    Parameters
    ----------
    values : array, [U, P]
        Mean response at each place; NaN is left out.
    row, column : arrays, [P]
        Pixels of the display.
    near : ReceptiveFieldFit, optional
        Of the same units to responses that differ little, where the search starts; what
        it has no fit of gets none. `values` may be those of its units several times.
    """
    stack, size = np.asarray(values, np.float64), max(display.pixels)
    step = min(np.diff(np.unique(np.round(axis, 6))).min() for axis in (row, column))
    places = _Places(
        column / size,
        -row / size,
        np.ones(len(row), bool),
        _bounds(display, step / 2 / size),  # a width of an eighth of a step or more
    )
    start = None
    if near is not None:
        known = _parameters(near, size)
        start = np.concatenate([known] * (len(stack) // len(known)))
    return _fit_all(stack, places, display, on_progress, start)


def _parameters(fit: ReceptiveFieldFit, size: int) -> Floats:
    """Parameters [U, 7] as they are searched for; NaN without a fit."""
    p = np.full((len(fit.x0), 7), np.nan)
    found = fit.success
    p[found, gaussian.X0] = fit.x0[found] / size
    p[found, gaussian.Y0] = -fit.y0[found] / size
    factor = gaussian.factor(fit.covariance[found] / size**2)
    for column, value in zip((gaussian.A, gaussian.B, gaussian.C), factor, strict=True):
        p[found, column] = value
    p[found, gaussian.AMPLITUDE] = fit.amplitude[found]
    p[found, gaussian.OFFSET] = fit.offset[found]
    return p


def _fit_all(
    flat: NDArray[Any],
    places: _Places,
    display: Display,
    on_progress: OnProgress | None,
    near: Floats | None = None,
) -> ReceptiveFieldFit:
    """Fit values [U, P] at places, units with the same known places together."""
    n_units, size = len(flat), max(display.pixels)
    patterns = _patterns(flat)
    parameters = np.full((n_units, 7), np.nan)
    r2 = np.full(n_units, np.nan)
    success = np.zeros(n_units, bool)
    done = n_units - sum(len(units) for units, _ in patterns)
    for units, known in patterns:
        here = places.at(known)
        at_once = max(1, VALUES_AT_ONCE // len(here.x))
        for start in range(0, len(units), at_once):
            some = units[start : start + at_once]
            block = flat[some][:, known].astype(np.float64)
            known_p = None if near is None else near[some]
            parameters[some], r2[some], success[some] = _fit(block, here, known_p)
            done += len(some)
            if on_progress is not None:
                on_progress(done, n_units)

    covariance = gaussian.covariance(parameters) * size**2
    return ReceptiveFieldFit(
        display,
        parameters[:, gaussian.AMPLITUDE],
        parameters[:, gaussian.X0] * size,
        -parameters[:, gaussian.Y0] * size,
        covariance,
        parameters[:, gaussian.OFFSET],
        r2,
        success,
    )


@dataclass(frozen=True)
class _Places:
    """Cells in units of the screen's longer side, y up; [P]."""

    x: Floats
    y: Floats
    coarse: NDArray[np.bool_]
    bounds: tuple[Floats, Floats]

    def at(self, known: NDArray[np.bool_]) -> _Places:
        return _Places(self.x[known], self.y[known], self.coarse[known], self.bounds)


def _checkered(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Every n-th cell along both axes, so that about :data:`COARSE_CELLS` are left."""
    step = max(1, round(np.sqrt(np.prod(shape) / COARSE_CELLS)))
    chosen = np.zeros(shape, bool)
    chosen[step // 2 :: step, step // 2 :: step] = True
    return chosen.ravel()


def _bounds(display: Display, cell: float) -> tuple[Floats, Floats]:
    height, width = display.pixels
    size = max(height, width)
    narrowest = 1 / LARGEST_SIGMA
    sharpest = 4 / cell
    lower = [-MARGIN, -height / size - MARGIN, narrowest, -np.inf, narrowest]
    upper = [width / size + MARGIN, MARGIN, sharpest, np.inf, sharpest]
    return (
        np.array([*lower, -np.inf, -np.inf]),
        np.array([*upper, np.inf, np.inf]),
    )


def _patterns(
    flat: NDArray[Any],
) -> list[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Units with the same known cells, and which these are; without hopeless units."""
    known = np.isfinite(flat)
    if known.all():
        return (
            [(np.arange(len(flat)), np.ones(flat.shape[1], bool))] if len(flat) else []
        )
    packed = np.packbits(known, axis=1)
    _, first, group = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    group = group.ravel()
    return [
        (np.flatnonzero(group == i), known[row])
        for i, row in enumerate(first)
        if known[row].sum() >= MIN_CELLS
    ]


def _fit(
    block: Floats, places: _Places, near: Floats | None
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Fit maps [n, P]; returns parameters [n, 7], r2 [n] and success [n]."""
    n = len(block)
    parameters = np.full((n, 7), np.nan)
    r2, success = np.full(n, np.nan), np.zeros(n, bool)
    middle = np.median(block, axis=1)
    deviation = block - middle[:, None]
    height = np.abs(deviation).max(axis=1)
    usable = (height > 0) & ~is_flat(block, axis=1)
    if near is not None:
        usable &= np.isfinite(near).all(axis=1)
    todo = np.flatnonzero(usable)
    if len(todo) == 0:
        return parameters, r2, success
    target = deviation[todo] / height[todo, None]
    lower, upper = places.bounds
    if near is None:
        p = _start(target, places)
    else:
        p = near[todo].copy()
        p[:, gaussian.AMPLITUDE] /= height[todo]
        p[:, gaussian.OFFSET] = (p[:, gaussian.OFFSET] - middle[todo]) / height[todo]
    p, every = np.clip(p, lower, upper), np.ones_like(places.coarse)
    for chosen in (places.coarse, every) if near is None else (every,):
        if chosen.sum() < MIN_CELLS:
            continue
        x, y = places.x[chosen], places.y[chosen]
        p, cost, converged = solve(
            partial(gaussian.values, x=x, y=y),
            partial(gaussian.jacobian, x=x, y=y),
            target[:, chosen],
            p,
            lower,
            upper,
            TOLERANCE,
            FIRST_DAMPING,
        )
    variance = ((target - target.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    r2[todo] = 1 - 2 * cost / variance
    success[todo] = converged & ((p > lower) & (p < upper)).all(axis=1)
    p[:, gaussian.AMPLITUDE] *= height[todo]
    p[:, gaussian.OFFSET] = p[:, gaussian.OFFSET] * height[todo] + middle[todo]
    parameters[todo] = p
    return parameters, r2, success


def _start(target: Floats, places: _Places) -> Floats:
    """Round Gaussians at the cells that deviate most, as large as their half height."""
    n = np.arange(len(target))
    peak = np.abs(target).argmax(axis=1)
    sign = target[n, peak]
    above = (target * sign[:, None] > 0.5).sum(axis=1)
    area = above / len(places.x) * np.ptp(places.x) * np.ptp(places.y)
    # a Gaussian is above half its height within sigma * sqrt(2 ln 2)
    sharpness = np.sqrt(2 * np.pi * np.log(2) / area)
    p = np.zeros((len(target), 7))
    p[:, gaussian.X0], p[:, gaussian.Y0] = places.x[peak], places.y[peak]
    p[:, gaussian.A] = p[:, gaussian.C] = sharpness
    p[:, gaussian.AMPLITUDE] = sign
    return p
