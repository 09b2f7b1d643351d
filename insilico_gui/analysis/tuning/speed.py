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
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.fits.tuning_model import (
    LOG,
    LOG2,
    CurveFit,
    TuningModel,
    columns_of,
    start_at,
)
from insilico_gui.analysis.tuning.frequency import shape_of, sigma_bounds
from insilico_gui.analysis.tuning.tuned import fitted_columns
from insilico_gui.progress import OnProgress

Floats = NDArray[np.float64]


MIN_FREQUENCIES = 3
"""Of each kind: fewer do not tell the width of a peak from its place."""

MAX_INDEX = 2.0
"""Bound of xi on both sides."""


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
    return SLANTED_GAUSSIAN.fit(
        surface, spatial_frequencies, temporal_frequencies, on_progress=on_progress
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
    return fitted_columns(SLANTED_GAUSSIAN, tuning, on_progress=on_progress)


def _columns(fit: SpeedFit, tuning: xr.Dataset) -> dict[str, NDArray[Any]]:
    sf, tf = (
        tuning[f"best_level_{name}"].to_numpy()
        for name in ("spatial_frequency", "temporal_frequency")
    )
    return {
        "pref_speed_raw": tf / sf,
        "pref_speed_fit": fit.speed,
        "speed_index_fit": fit.speed_index,
        "speed_inside_fit": fit.inside,
        "speed_r2_fit": fit.r2,
    }


def _result(found: CurveFit) -> SpeedFit:
    values = found.values()
    inside = [
        shape_of(np.log2(values[name]), np.unique(axis), ("", "inside", "")) == "inside"
        for name, axis in zip(("sf", "tf"), found.axes, strict=True)
    ]
    speed = values["tf"] / values["sf"]
    return SpeedFit(**values, speed=speed, inside=inside[0] & inside[1])


def _pairs(sf: Floats, tf: Floats) -> tuple[Floats, ...]:
    """The octaves of each pair of frequencies, [S * T] each."""
    x, y = np.meshgrid(np.log2(sf), np.log2(tf), indexing="ij")
    return x.ravel(), y.ravel()


def _bounds(x: Floats, y: Floats) -> tuple[ArrayLike, ArrayLike]:
    (low_s, high_s), (low_t, high_t) = (sigma_bounds(np.unique(a)) for a in (x, y))
    return (
        [0, 0, x.min(), low_s, y.min(), low_t, -MAX_INDEX],
        [np.inf, np.inf, x.max(), high_s, y.max(), high_t, MAX_INDEX],
    )


def _starts(curves: Floats, x: Floats, y: Floats) -> list[Floats]:
    """From the largest response, without slant and with the slant of one speed."""
    low, best = curves.min(axis=1), curves.argmax(axis=1)
    widths = np.log(np.ptp(x) / 3), np.log(np.ptp(y) / 3)
    return [
        start_at(low, 1 - low, x[best], widths[0], y[best], widths[1], xi)
        for xi in (0.0, 1.0)
    ]


def _values(p: Floats, x: Floats, y: Floats) -> Floats:
    """The surface at [K] pairs of octaves for parameters [n, 7]; returns [n, K]."""
    baseline, amplitude, sf, log_s, tf, log_t, xi = columns_of(p)
    z = (x - sf) * np.exp(-log_s)
    w = (y - tf - xi * (x - sf)) * np.exp(-log_t)
    values: Floats = baseline + amplitude * np.exp(-(z**2 + w**2) / 2)
    return values


def _jacobian(p: Floats, x: Floats, y: Floats) -> Floats:
    """Derivatives of :func:`_values` by the parameters, [n, K, 7]."""
    _, amplitude, sf, log_s, tf, log_t, xi = columns_of(p)
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


SLANTED_GAUSSIAN = TuningModel(
    name="slanted log-Gaussian (Priebe 2003, no skew)",
    of=("spatial_frequency x temporal_frequency",),
    parameters=(
        *("baseline", "amplitude", "sf", "sigma_sf", "tf", "sigma_tf", "speed_index"),
    ),
    searched={"sf": LOG2, "sigma_sf": LOG, "tf": LOG2, "sigma_tf": LOG},
    levels=("spatial frequencies", "temporal frequencies"),
    least=MIN_FREQUENCIES,
    lowest=None,
    axes=_pairs,
    bounds=_bounds,
    starts=_starts,
    predict=_values,
    jacobian=_jacobian,
    result=_result,
    columns=_columns,
)
MODELS = (SLANTED_GAUSSIAN,)
