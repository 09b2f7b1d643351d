"""Speed tuning: a Gaussian over log spatial and log temporal frequency, with a slant.

::

    r(sf, tf) = b + A * exp(-(log2 sf - log2 sf0)**2 / (2 s**2))
                      * exp(-(log2 tf - log2 tf_p(sf))**2 / (2 t**2))
    log2 tf_p(sf) = xi * (log2 sf - log2 sf0) + log2 tf0

Source: Priebe, Cassanello & Lisberger 2003, J. Neurosci. 23:5650, without the skew of
their temporal curves. ``xi`` is the speed-tuning index: with 1 the unit prefers one
speed tf/sf at every spatial frequency, with 0 one temporal frequency.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.fits.curvefit import CurveModel, check_levels, fit_curves
from insilico_gui.analysis.tuning.frequency import shape_of, sigma_bounds
from insilico_gui.analysis.tuning.tuned import axes_of, columns_table, curve_of
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress

Floats = NDArray[np.float64]


MIN_FREQUENCIES = 3
"""Of each kind: fewer do not tell the width of a peak from its place."""

MAX_INDEX = 2.0
"""Bound of xi on both sides."""

_BASELINE, _AMPLITUDE, _SF, _LOG_S, _TF, _LOG_T, _XI = range(7)


@dataclass(frozen=True)
class SpeedFit:
    """Parameters of the fitted surface, one per unit; float64 [U] unless said.

    Attributes
    ----------
    speed : array
        tf0 / sf0: degrees per second for Hz and cycles per degree.
    speed_index : array
        xi, -2 to 2.
    sf, tf : array
        Centre of the surface, within the tested frequencies.
    sigma_sf, sigma_tf : array
        s and t, octaves.
    inside : bool array
        Whether the centre is within the tested range; where it is not, it lies at its
        border, and the true preference may lie beyond.
    amplitude, baseline : array
        A and b, in the units of the responses.
    mse, r2 : array
        Mean squared error over conditions; share of the variance explained.
    success : bool array
        False where the surface holds NaN, is flat, or the search did not converge.
    """

    speed: Floats
    speed_index: Floats
    sf: Floats
    tf: Floats
    sigma_sf: Floats
    sigma_tf: Floats
    inside: NDArray[np.bool_]
    amplitude: Floats
    baseline: Floats
    mse: Floats
    r2: Floats
    success: NDArray[np.bool_]


def fit_speed(
    surface: ArrayLike,
    spatial_frequencies: ArrayLike,
    temporal_frequencies: ArrayLike,
    *,
    on_progress: OnProgress | None = None,
) -> SpeedFit:
    """Fit the slanted Gaussian to each unit by least squares.

    Parameters
    ----------
    surface : array, [S, T] or [S, T, U]
        Mean response to each pair of frequencies.
    spatial_frequencies : array, [S]
    temporal_frequencies : array, [T]
        Above 0, each once, at least three.
    on_progress : callable(done, total), optional
        In units; see :mod:`insilico_gui.progress`.

    Returns
    -------
    SpeedFit
        Arrays [U]; one unit has U = 1.

    Raises
    ------
    AnalysisError
        If the frequencies are too few, repeated or not above 0, or shapes do not fit.
    """
    values = np.asarray(surface, np.float64)
    sf, tf = np.asarray(spatial_frequencies), np.asarray(temporal_frequencies)
    if values.ndim not in (2, 3) or values.shape[:2] != (sf.size, tf.size):
        raise AnalysisError(
            f"The surface has shape {list(values.shape)}, and there are {sf.size} "
            f"spatial and {tf.size} temporal frequencies; give [S, T] or [S, T, units]."
        )
    values = values.reshape(sf.size, tf.size, -1)
    n_units = values.shape[2]
    by_sf, sf = check_levels(
        values.reshape(sf.size, -1), sf, "spatial frequencies", MIN_FREQUENCIES, None
    )
    by_tf, tf = check_levels(
        by_sf.reshape(tf.size, n_units, sf.size).reshape(tf.size, -1),
        tf,
        "temporal frequencies",
        MIN_FREQUENCIES,
        None,
    )
    x, y = np.log2(sf), np.log2(tf)
    # [U, S, T], conditions in one row a unit
    curves = by_tf.reshape(n_units, sf.size * tf.size)
    grid_x, grid_y = (axis.ravel() for axis in np.meshgrid(x, y, indexing="ij"))
    (low_s, high_s), (low_t, high_t) = sigma_bounds(x), sigma_bounds(y)
    fit = fit_curves(
        CurveModel(
            partial(_values, x=grid_x, y=grid_y),
            partial(_jacobian, x=grid_x, y=grid_y),
            partial(_starts, x=grid_x, y=grid_y),
            np.array([0, 0, x[0], low_s, y[0], low_t, -MAX_INDEX]),
            np.array([np.inf, np.inf, x[-1], high_s, y[-1], high_t, MAX_INDEX]),
            scaled=(_BASELINE, _AMPLITUDE),
        ),
        curves,
        on_progress,
    )
    p = np.where(fit.success[:, None], fit.parameters, np.nan).T
    inside = [
        shape_of(p[k], axis, ("", "inside", "")) == "inside"
        for k, axis in ((_SF, x), (_TF, y))
    ]
    return SpeedFit(
        speed=2 ** (p[_TF] - p[_SF]),
        speed_index=p[_XI],
        sf=2 ** p[_SF],
        tf=2 ** p[_TF],
        sigma_sf=np.exp(p[_LOG_S]),
        sigma_tf=np.exp(p[_LOG_T]),
        inside=inside[0] & inside[1],
        amplitude=p[_AMPLITUDE],
        baseline=p[_BASELINE],
        mse=fit.mse,
        r2=fit.r2,
        success=fit.success,
    )


def speed_columns(
    tuning: xr.Dataset, *, on_progress: OnProgress | None = None
) -> pd.DataFrame:
    """The columns that a map over both frequencies adds to the unit table.

    Parameters
    ----------
    tuning : xarray.Dataset
        From ``parameter_map`` with ``spatial_frequency`` and ``temporal_frequency``.
    on_progress : callable(done, total), optional
        In units; see :mod:`insilico_gui.progress`.

    Returns
    -------
    pandas.DataFrame
        One row per unit: ``pref_speed_raw`` (tf/sf of the largest mean),
        ``pref_speed_fit`` (deg/s), ``speed_index_fit``, ``speed_inside_fit``,
        ``speed_r2_fit``.

    Raises
    ------
    AnalysisError
        If the dataset is not such a map, or the fit is not possible.
    """
    names = ("spatial_frequency", "temporal_frequency")
    axes = dict(axes_of(tuning, 2))
    if set(axes) != set(names):
        raise AnalysisError(
            f"This is a map over {' and '.join(axes)}, not over spatial_frequency and "
            "temporal_frequency."
        )
    surface = curve_of(tuning.transpose(*names, "unit", ...))
    fit = fit_speed(surface, axes[names[0]], axes[names[1]], on_progress=on_progress)
    sf, tf = (tuning[f"best_level_{name}"].to_numpy() for name in names)
    columns = {
        "pref_speed_raw": tf / sf,
        "pref_speed_fit": fit.speed,
        "speed_index_fit": fit.speed_index,
        "speed_inside_fit": fit.inside,
        "speed_r2_fit": fit.r2,
    }
    return columns_table(tuning, columns, "slanted log-Gaussian (Priebe 2003, no skew)")


def _starts(curves: Floats, x: Floats, y: Floats) -> list[Floats]:
    """From the largest response, without slant and with the slant of one speed."""
    n, low, best = len(curves), curves.min(axis=1), curves.argmax(axis=1)
    width_x = np.full(n, np.log(np.ptp(x) / 3))
    width_y = np.full(n, np.log(np.ptp(y) / 3))
    return [
        np.stack(
            [low, 1 - low, x[best], width_x, y[best], width_y, np.full(n, xi)], axis=1
        )
        for xi in (0.0, 1.0)
    ]


def _values(p: Floats, x: Floats, y: Floats) -> Floats:
    """The surface at [K] pairs of octaves for parameters [n, 7]; returns [n, K]."""
    baseline, amplitude, sf, log_s, tf, log_t, xi = (p[:, i, None] for i in range(7))
    z = (x - sf) * np.exp(-log_s)
    w = (y - tf - xi * (x - sf)) * np.exp(-log_t)
    values: Floats = baseline + amplitude * np.exp(-(z**2 + w**2) / 2)
    return values


def _jacobian(p: Floats, x: Floats, y: Floats) -> Floats:
    """Derivatives of :func:`_values` by the parameters, [n, K, 7]."""
    _, amplitude, sf, log_s, tf, log_t, xi = (p[:, i, None] for i in range(7))
    inverse_s, inverse_t = np.exp(-log_s), np.exp(-log_t)
    z = (x - sf) * inverse_s
    w = (y - tf - xi * (x - sf)) * inverse_t
    peak = np.exp(-(z**2 + w**2) / 2)
    high = amplitude * peak
    return np.stack(
        [
            np.ones_like(peak),
            peak,
            high * (z * inverse_s - w * xi * inverse_t),
            high * z**2,
            high * w * inverse_t,
            high * w**2,
            high * w * (x - sf) * inverse_t,
        ],
        axis=2,
    )
