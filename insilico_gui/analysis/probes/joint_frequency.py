"""Spatial frequency, temporal frequency and direction together, in one fit.

::

    r(sf, tf, d) = b + A * g(sf, tf) * v(d)
    g = exp(-(log2 sf - log2 sf0)**2 / (2 s**2))
        * exp(-(log2 tf - log2 tf0 - xi (log2 sf - log2 sf0))**2 / (2 t**2))
    v = exp(k (cos(d - d0) - 1)) + n exp(k (-cos(d - d0) - 1)), over its largest value

``Q = xi - 1`` is the exponent of Priebe, Cassanello & Lisberger 2003 (J. Neurosci.
23:5650): the preferred speed goes with the Q-th power of the spatial frequency, so that 0
is tuning to speed and -1 tuning to both frequencies apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.analysis.fits.tuning_model import (
    LOG,
    LOG2,
    RADIANS,
    TuningModel,
    columns_of,
    repeated,
    start_at,
)
from insilico_gui.analysis.probes.cells import Cells, read_cells
from insilico_gui.analysis.trials.bootstrap import interval, q_values
from insilico_gui.analysis.tuning.frequency import sigma_bounds
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import parts
from insilico_gui.responses import BURN_IN_FRAMES

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.progress import OnProgress

    Floats = NDArray[np.float64]

AXES = ("spatial_frequency", "temporal_frequency", "direction")
LEAST = (3, 3, 4)
MAX_INDEX = 2.0
CONCENTRATIONS = (0.05, 30.0)
LARGEST_P = 0.001
"""Of the F test of fits; those above it are of untuned units."""

CURVES_AT_ONCE = 2048
"""Units times draws that are fitted together."""


def joint_tuning(
    responses: xr.DataArray,
    *,
    n_draws: int = 0,
    confidence: float = 0.95,
    n_permutations: int = 0,
    seed: int = 0,
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    on_progress: OnProgress | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Fit the joint model, and how far frequencies are separable without any model.

    Parameters
    ----------
    responses : xarray.DataArray
        To drifting gratings of three spatial and temporal frequencies and four directions
        or more, in all combinations.
    n_draws, confidence, seed
        Bootstrap of presentations within each cell, with fits that start at that of the
        means; 0 draws give no intervals.
    n_permutations : int
        If positive, p of the variation of means over cells, and q over the units.

    Returns
    -------
    dataset : xarray.Dataset
        ``response`` and ``fitted`` over the three parameters and ``unit``.
    columns : pandas.DataFrame
        ``joint_sf``, ``joint_tf``, ``joint_speed_deg_s`` (tf0 / sf0), ``joint_direction``,
        ``joint_speed_index`` xi, ``joint_q`` Q and ``joint_opposite`` n, NaN where the fit
        failed or explains no more than one of an untuned unit does (F test over cells,
        p above 0.001); with ``_low`` and ``_high`` if there are draws; ``p_joint`` and
        ``q_joint`` if there are permutations; ``joint_r2``; ``sf_tf_separability``, the
        first squared singular value over all of the responses over both frequencies in
        the best direction, less the fitted baseline: 1 if they are a product of two
        curves.

    Raises
    ------
    AnalysisError
        If levels are too few, a frequency is 0, or combinations are missing.
    """
    reading, fitting, drawing, shuffling = parts(on_progress, 4)
    cells = read_cells(
        responses,
        AXES,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=reading,
    )
    levels = [cells.levels[name] for name in AXES]
    _check(levels)
    fit = JOINT.fit(cells.mean, *levels, on_progress=fitting)
    fitted = JOINT.curve(fit, *levels).reshape(cells.mean.shape)
    tuned = explains(fit.r2, int(np.prod(cells.shape)), len(JOINT.parameters))
    columns = {k: np.where(tuned, v, np.nan) for k, v in _measures(fit).items()}
    if n_draws:
        draws = (n_draws, confidence, seed)
        columns |= _intervals(cells, fit, columns, levels, draws, drawing)
    columns["joint_r2"] = fit.r2
    if n_permutations:
        p = cells.p_of_variation(n_permutations, seed, shuffling)
        columns |= {"p_joint": p, "q_joint": q_values(p)}
    columns["sf_tf_separability"] = separability(cells.mean, fit.baseline)
    dims = (*AXES, "unit")
    dataset = cells.dataset(
        {"response": (dims, cells.mean), "fitted": (dims, fitted)},
        dict(zip(AXES, levels, strict=True)),
        {"variant": JOINT.name, "n_draws": n_draws},
    )
    return dataset, cells.columns(columns, dataset)


def explains(r2: Floats, n_values: int, n_parameters: int) -> NDArray[np.bool_]:
    """Whether fits explain more of `n_values` means than that of a constant would, [U].

    An F test of the explained variance, strict as a fit that searches for the place of
    its peak finds one in noise: with noise alone about 1 in 200 fits pass. Without
    freedom left, all do.
    """
    from scipy.special import fdtrc  # slow: not at the start

    left = n_values - n_parameters
    if left < 1:
        return np.isfinite(r2)
    share = np.clip(r2, 0, 1 - 1e-15)
    ratio = share / (n_parameters - 1) / ((1 - share) / left)
    passed: NDArray[np.bool_] = fdtrc(n_parameters - 1, left, ratio) <= LARGEST_P
    return passed


def _measures(fit: Any) -> dict[str, Floats]:
    """Columns that are preferences and indices of the fit, [U] each."""
    return {
        "joint_sf": fit.sf,
        "joint_tf": fit.tf,
        "joint_speed_deg_s": fit.tf / fit.sf,
        "joint_direction": fit.direction % 360,
        "joint_speed_index": fit.speed_index,
        "joint_q": fit.speed_index - 1,
        "joint_opposite": fit.opposite,
    }


def _intervals(
    cells: Cells,
    fit: Any,
    observed: dict[str, Floats],
    levels: list[Floats],
    draws: tuple[int, float, int],
    on_progress: OnProgress | None,
) -> dict[str, Floats]:
    """Ends of the intervals of what is observed, from presentations drawn again."""
    n_draws, confidence, seed = draws
    n_units = cells.values.shape[1]
    at_once = max(1, CURVES_AT_ONCE // n_units)
    found: dict[str, list[Floats]] = {name: [] for name in observed}
    waiting: list[Floats] = []
    for done, drawn in enumerate(cells.redrawn(n_draws, seed, on_progress), 1):
        waiting.append(cells.means_of(*drawn))
        if len(waiting) < at_once and done < n_draws:
            continue
        n = len(waiting)
        again = JOINT.refit(repeated(fit, n), np.concatenate(waiting, axis=-1), *levels)
        for name, values in _measures(again).items():
            found[name].append(values.reshape(n, n_units))
        waiting = []
    ends: dict[str, Floats] = {}
    for name, value in observed.items():
        low, high = interval(
            np.concatenate(found[name]),
            confidence,
            around=value,
            period=360.0 if name == "joint_direction" else None,
        )
        known = np.isfinite(value)
        ends[f"{name}_low"] = np.where(known, low, np.nan)
        ends[f"{name}_high"] = np.where(known, high, np.nan)
    return ends


def separability(mean: Floats, baseline: Floats) -> Floats:
    """Share of the first singular value of means [S, T, D, U] in the best direction, [U].

    Squared, of the squares of all, after taking the baseline [U] away; NaN where it is
    not known or nothing varies.
    """
    flat = mean.reshape(-1, *mean.shape[2:])
    best = np.nan_to_num(flat).max(axis=0).argmax(axis=0)
    surface = np.take_along_axis(mean, best[None, None, None], axis=2)[:, :, 0]
    known = np.isfinite(surface).all(axis=(0, 1)) & np.isfinite(baseline)
    known &= ~is_flat(flat.reshape(-1, mean.shape[-1]), axis=0)
    values = np.where(known, surface - baseline, 0).transpose(2, 0, 1)
    singular = np.linalg.svd(values, compute_uv=False) ** 2
    total = singular.sum(axis=1)
    share: Floats = np.where(
        known & (total > 0), singular[:, 0] / np.where(total > 0, total, 1), np.nan
    )
    return share


def _check(levels: list[Floats]) -> None:
    """Refuse levels that do not determine the model."""
    for name, at, least in zip(AXES, levels, LEAST, strict=True):
        if len(at) < least:
            raise AnalysisError(
                f"The joint fit needs {least} or more levels of {name}, and {len(at)} "
                "were shown; show more."
            )
    if min(levels[0][0], levels[1][0]) <= 0:
        raise AnalysisError(
            "A frequency of 0 has no place on a logarithmic axis; leave it out."
        )


def _axes(sf: Floats, tf: Floats, direction: Floats) -> tuple[Floats, ...]:
    """Octaves and radians of every combination, [S * T * D] each."""
    grid = np.meshgrid(np.log2(sf), np.log2(tf), np.radians(direction), indexing="ij")
    return tuple(axis.ravel() for axis in grid)


def _bounds(x: Floats, y: Floats, d: Floats) -> tuple[ArrayLike, ArrayLike]:
    (low_s, high_s), (low_t, high_t) = (sigma_bounds(np.unique(a)) for a in (x, y))
    k = np.log(CONCENTRATIONS)
    return (
        [0, 0, x.min(), low_s, y.min(), low_t, -MAX_INDEX, -np.inf, k[0], 0],
        [np.inf, np.inf, x.max(), high_s, y.max(), high_t, MAX_INDEX, np.inf, k[1], 1],
    )


def _starts(curves: Floats, x: Floats, y: Floats, d: Floats) -> list[Floats]:
    low, best = curves.min(axis=1), curves.argmax(axis=1)
    widths = np.log(np.ptp(x) / 3), np.log(np.ptp(y) / 3)
    place = x[best], widths[0], y[best], widths[1]
    return [
        start_at(low, 1 - low, *place, xi, d[best], np.log(2.0), n)
        for xi, n in ((0.0, 0.7), (1.0, 0.1))
    ]


def _parts(p: Floats, x: Floats, y: Floats, d: Floats) -> tuple[Floats, ...]:
    """Peak over frequencies and curve over directions [n, K], and what they are made of."""
    _, _, sf, log_s, tf, log_t, xi, d0, log_k, n = columns_of(p)
    z = (x - sf) * np.exp(-log_s)
    w = (y - tf - xi * (x - sf)) * np.exp(-log_t)
    k, cos = np.exp(log_k), np.cos(d - d0)
    ahead, back = np.exp(k * (cos - 1)), np.exp(k * (-cos - 1))
    top = 1 + n * np.exp(-2 * k)
    return z, w, np.exp(-(z**2 + w**2) / 2), k, cos, ahead, back, top


def _values(p: Floats, x: Floats, y: Floats, d: Floats) -> Floats:
    """The model for parameters [n, 10]; returns [n, K]."""
    *_, g, _, _, ahead, back, top = _parts(p, x, y, d)
    values: Floats = (
        p[:, 0, None] + p[:, 1, None] * g * (ahead + p[:, 9, None] * back) / top
    )
    return values


def _jacobian(p: Floats, x: Floats, y: Floats, d: Floats) -> Floats:
    """Derivatives of :func:`_values`, [n, K, 10]."""
    z, w, g, k, cos, ahead, back, top = _parts(p, x, y, d)
    _, amplitude, sf, log_s, _, log_t, xi, d0, _, n = columns_of(p)
    v = (ahead + n * back) / top
    high = amplitude * g * v
    inverse_s, inverse_t = np.exp(-log_s), np.exp(-log_t)
    turned = amplitude * g / top
    by_direction = turned * k * np.sin(d - d0) * (ahead - n * back)
    far = np.exp(-2 * k)
    by_k = turned * (ahead * (cos - 1) - n * back * (cos + 1) + 2 * n * far * v)
    return np.stack(
        [
            np.ones_like(g),
            g * v,
            high * (z * inverse_s - w * xi * inverse_t),
            high * z**2,
            high * w * inverse_t,
            high * w**2,
            high * w * (x - sf) * inverse_t,
            by_direction,
            by_k * k,
            turned * (back - v * far),
        ],
        axis=2,
    )


JOINT: TuningModel[Any] = TuningModel(
    name="slanted log-Gaussian times two von Mises",
    parameters=(
        *("baseline", "amplitude", "sf", "sigma_sf", "tf", "sigma_tf", "speed_index"),
        *("direction", "concentration", "opposite"),
    ),
    searched={
        "sf": LOG2,
        "sigma_sf": LOG,
        "tf": LOG2,
        "sigma_tf": LOG,
        "direction": RADIANS,
        "concentration": LOG,
    },
    levels=("spatial frequencies", "temporal frequencies", "directions"),
    axes=_axes,
    bounds=_bounds,
    starts=_starts,
    predict=_values,
    jacobian=_jacobian,
    tie=1e-9,
)
