"""Preferred spatial and temporal frequency: a Gaussian on an axis of octaves.

::

    r(f) = b + A * exp(-(log2 f - log2 f0)**2 / (2 sigma**2))

with A >= 0, f0 within the tested frequencies and sigma between half the smallest step
and the whole range of them (octaves): what lies outside was not measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.fits.tuning_model import (
    LOG,
    LOG2,
    N_POINTS,
    CurveFit,
    TuningModel,
    columns_of,
    start_at,
)
from insilico_gui.progress import OnProgress

Floats = NDArray[np.float64]


MIN_FREQUENCIES = 4
"""As many as the curve has parameters."""

AT_EDGE = 1e-3
"""Octaves from the ends of the tested range that count as the end."""

FWHM = 2 * np.sqrt(2 * np.log(2))
"""Full width at half maximum of a Gaussian of standard deviation 1."""


@dataclass(frozen=True)
class LogGaussianFit:
    """Parameters of the fitted curve, one per unit; float64 [U] unless said.

    Attributes
    ----------
    preferred : array
        f0, in the unit of the frequencies; the end of the tested range where `shape`
        says that the peak is there.
    sigma : array
        Octaves.
    bandwidth : array
        Full width at half of the amplitude, in octaves; NaN where either side of the
        curve falls to half only outside the tested range.
    shape : str array
        ``"band-pass"``; ``"low-pass"`` or ``"high-pass"`` where the curve peaks at the
        lowest or the highest tested frequency, so that the true peak may lie beyond;
        empty where there is no fit.
    amplitude, baseline : array
        A and b, in the units of the responses.
    mse, r2 : array
        Mean squared error over frequencies; share of the variance explained.
    success : bool array
        False where the curve holds NaN, is flat, or the search did not converge.
    """

    preferred: Floats
    sigma: Floats
    bandwidth: Floats
    shape: NDArray[np.str_]
    amplitude: Floats
    baseline: Floats
    mse: Floats
    r2: Floats
    success: NDArray[np.bool_]

    def curve(self, frequencies: ArrayLike) -> Floats:
        """The fitted curve at other frequencies [K], float64 [K, U]."""
        return LOG_GAUSSIAN.curve(self, frequencies)


def fit_log_gaussian(
    curve: ArrayLike, frequencies: ArrayLike, *, on_progress: OnProgress | None = None
) -> LogGaussianFit:
    """Fit a Gaussian over octaves to each unit by least squares.

    Parameters
    ----------
    curve : array, [K] or [K, U]
        Mean response to each frequency.
    frequencies : array, [K]
        Above 0, each once, at least four.
    on_progress : callable(done, total), optional
        In units; see :mod:`insilico_gui.progress`.

    Returns
    -------
    LogGaussianFit
        One entry per unit (one in all for a single curve).

    Raises
    ------
    AnalysisError
        If the frequencies are too few, repeated or not above 0.
    """
    return LOG_GAUSSIAN.fit(curve, frequencies, on_progress=on_progress)


def raw_preference(tuning: xr.Dataset) -> tuple[dict[str, NDArray[Any]], str]:
    """The preference that needs no fit, and the name of the one of the fit."""
    (parameter,) = tuning.attrs["analysis"]["parameters"]
    short = {"spatial_frequency": "sf", "temporal_frequency": "tf"}.get(
        parameter, parameter
    )
    best = tuning["best_level"].to_numpy()
    return {f"pref_{short}_raw": best}, f"pref_{short}_fit"


def _result(found: CurveFit) -> LogGaussianFit:
    (octaves,), (_, _, centre, log_sigma) = found.axes, found.known.T
    half = FWHM * np.exp(log_sigma) / 2
    inside = (centre - half >= octaves[0]) & (centre + half <= octaves[-1])
    return LogGaussianFit(
        **found.values(),
        bandwidth=np.where(inside, 2 * half, np.nan),
        shape=shape_of(centre, octaves, ("low-pass", "band-pass", "high-pass")),
    )


def sigma_bounds(octaves: Floats) -> tuple[float, float]:
    """Logarithms of the narrowest and the widest sigma that can be told (octaves)."""
    return float(np.log(np.diff(octaves).min() / 2)), float(np.log(np.ptp(octaves)))


def shape_of(
    centre: Floats, axis: Floats, names: tuple[str, str, str]
) -> NDArray[np.str_]:
    """Name of where each peak is: the low end, within, the high end; empty for NaN."""
    position = np.select(
        [np.isnan(centre), centre <= axis[0] + AT_EDGE, centre >= axis[-1] - AT_EDGE],
        [3, 0, 2],
        default=1,
    )
    return np.take(np.array([*names, ""]), position)


def _bounds(octaves: Floats) -> tuple[ArrayLike, ArrayLike]:
    narrowest, widest = sigma_bounds(octaves)
    return (
        [0, 0, octaves[0], narrowest],
        [np.inf, np.inf, octaves[-1], widest],
    )


def _starts(curves: Floats, octaves: Floats) -> list[Floats]:
    """From the largest response, with a narrow and with a wide peak."""
    low, centre = curves.min(axis=1), octaves[curves.argmax(axis=1)]
    widths = np.diff(octaves).min(), np.ptp(octaves) / 2
    return [start_at(low, 1 - low, centre, np.log(sigma)) for sigma in widths]


def _values(p: Floats, octaves: Floats) -> Floats:
    """The curve at [K] octaves for parameters [n, 4]; returns [n, K]."""
    baseline, amplitude, centre, log_sigma = columns_of(p)
    z = (octaves - centre) * np.exp(-log_sigma)
    values: Floats = baseline + amplitude * np.exp(-(z**2) / 2)
    return values


def _jacobian(p: Floats, octaves: Floats) -> Floats:
    """Derivatives of :func:`_values` by the parameters, [n, K, 4]."""
    _, amplitude, centre, log_sigma = columns_of(p)
    inverse = np.exp(-log_sigma)
    z = (octaves - centre) * inverse
    peak = np.exp(-(z**2) / 2)
    return np.stack(
        [
            np.ones_like(z),
            peak,
            amplitude * peak * z * inverse,
            amplitude * peak * z**2,
        ],
        axis=2,
    )


LOG_GAUSSIAN = TuningModel(
    name="log-Gaussian",
    parameters=("baseline", "amplitude", "preferred", "sigma"),
    searched={"preferred": LOG2, "sigma": LOG},
    levels=("frequencies",),
    least=MIN_FREQUENCIES,
    lowest=None,
    axes=lambda frequencies: (np.log2(frequencies),),
    bounds=_bounds,
    starts=_starts,
    predict=_values,
    jacobian=_jacobian,
    result=_result,
    few=raw_preference,
    any_axis=True,
    between=lambda at: np.geomspace(at.min(), at.max(), N_POINTS),
)
