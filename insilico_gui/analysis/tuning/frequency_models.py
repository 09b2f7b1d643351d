"""Curves over frequency other than a log-Gaussian, of which each unit gets its best.

With f the frequency, x = log2 f, b the response far from the peak and A >= 0::

    linear Gaussian:      b + A exp(-(f - f0)**2 / (2 s**2))
    skewed log-Gaussian:  b + A exp(-(x - x0)**2 / (2 (s + k (x - x0))**2))
    difference:           b + A (exp(-(f / w)**2) - k exp(-(f / (v w))**2)), v, k in 0..1

The skewed one is that of Priebe, Lisberger & Movshon 2006, J. Neurosci. 26:2941, whose
constant exp(-1 / k**2) is a part of b here; where its width would be negative it is 0. The
difference of Gaussians is that of Hawken & Parker 1987, Proc. R. Soc. B 231:251.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.fits.tuning_model import (
    LOG,
    LOG2,
    CurveFit,
    TuningModel,
    columns_of,
    start_at,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

MAX_SKEW = 0.6
MIN_WIDTH = 1e-3
"""Octaves: the skewed curve is 0 where its width is below."""

LN2 = np.log(2)


def _axes(frequencies: Floats) -> tuple[Floats]:
    return (np.log2(frequencies),)


def _linear_bounds(octaves: Floats) -> tuple[ArrayLike, ArrayLike]:
    f = np.exp2(octaves)
    return (
        [0, 0, octaves[0], np.log(np.diff(f).min() / 2)],
        [np.inf, np.inf, octaves[-1], np.log(2 * np.ptp(f))],
    )


def _linear_starts(curves: Floats, octaves: Floats) -> list[Floats]:
    low, best = curves.min(axis=1), octaves[curves.argmax(axis=1)]
    wide = LN2 * np.exp2(best)  # an octave, at the peak
    return [start_at(low, 1 - low, best, np.log(share * wide)) for share in (0.4, 1.0)]


def _linear(p: Floats, octaves: Floats) -> Floats:
    """For parameters b, A, log2 f0, log s [n, 4]; returns [n, K]."""
    baseline, amplitude, centre, log_sigma = columns_of(p)
    z = (np.exp2(octaves) - np.exp2(centre)) * np.exp(-log_sigma)
    values: Floats = baseline + amplitude * np.exp(-(z**2) / 2)
    return values


def _linear_jacobian(p: Floats, octaves: Floats) -> Floats:
    _, amplitude, centre, log_sigma = columns_of(p)
    inverse = np.exp(-log_sigma)
    z = (np.exp2(octaves) - np.exp2(centre)) * inverse
    peak = np.exp(-(z**2) / 2)
    by_centre = amplitude * peak * z * inverse * np.exp2(centre) * LN2
    return np.stack([np.ones_like(z), peak, by_centre, amplitude * peak * z**2], axis=2)


def _skewed_bounds(octaves: Floats) -> tuple[ArrayLike, ArrayLike]:
    narrow, wide = np.log(np.diff(octaves).min() / 2), np.log(np.ptp(octaves))
    return (
        [0, 0, octaves[0], narrow, -MAX_SKEW],
        [np.inf, np.inf, octaves[-1], wide, MAX_SKEW],
    )


def _skewed_starts(curves: Floats, octaves: Floats) -> list[Floats]:
    low, best = curves.min(axis=1), octaves[curves.argmax(axis=1)]
    return [start_at(low, 1 - low, best, 0.0, skew) for skew in (-0.2, 0.1)]


def _skewed(p: Floats, octaves: Floats) -> Floats:
    """For parameters b, A, log2 f0, log s, k [n, 5]; returns [n, K]."""
    peak, _, _ = _skewed_parts(p, octaves)
    values: Floats = p[:, 0, None] + p[:, 1, None] * peak
    return values


def _skewed_parts(p: Floats, octaves: Floats) -> tuple[Floats, Floats, Floats]:
    """The curve of height 1, the distance from the peak, and the width."""
    _, _, centre, log_sigma, skew = columns_of(p)
    away = octaves - centre
    width = np.exp(log_sigma) + skew * away
    usable = width > MIN_WIDTH
    safe = np.where(usable, width, 1.0)
    return np.where(usable, np.exp(-((away / safe) ** 2) / 2), 0.0), away, safe


def _skewed_jacobian(p: Floats, octaves: Floats) -> Floats:
    _, amplitude, _, log_sigma, skew = columns_of(p)
    peak, away, width = _skewed_parts(p, octaves)
    high, sigma = amplitude * peak, np.exp(log_sigma)
    steep = away**2 / width**3
    by_centre = high * (away / width**2 - steep * skew)
    return np.stack(
        [
            np.ones_like(peak),
            peak,
            by_centre,
            high * steep * sigma,
            high * steep * away,
        ],
        axis=2,
    )


def _difference_bounds(octaves: Floats) -> tuple[ArrayLike, ArrayLike]:
    low, high = octaves[0] * LN2, octaves[-1] * LN2
    return [0, 0, low - LN2, 0.02, 0], [np.inf, np.inf, high + LN2, 0.98, 1]


def _difference_starts(curves: Floats, octaves: Floats) -> list[Floats]:
    low, best = curves.min(axis=1), octaves[curves.argmax(axis=1)] * LN2
    return [
        start_at(low, 1.5 * (1 - low), best + shift, 0.5, share)
        for shift, share in ((0.3, 0.9), (0.7, 0.4))
    ]


def _difference(p: Floats, octaves: Floats) -> Floats:
    """For parameters b, A, log w, v, k [n, 5]; returns [n, K]."""
    baseline, amplitude, _, _, weight = columns_of(p)
    wide, narrow = _two_gaussians(p, octaves)
    values: Floats = baseline + amplitude * (wide - weight * narrow)
    return values


def _two_gaussians(p: Floats, octaves: Floats) -> tuple[Floats, Floats]:
    _, _, log_width, ratio, _ = columns_of(p)
    square = np.exp(2 * (octaves * LN2 - log_width))
    return np.exp(-square), np.exp(-square / ratio**2)


def _difference_jacobian(p: Floats, octaves: Floats) -> Floats:
    _, amplitude, log_width, ratio, weight = columns_of(p)
    square = np.exp(2 * (octaves * LN2 - log_width))
    wide, narrow = _two_gaussians(p, octaves)
    inner = weight * narrow * square / ratio**2
    return np.stack(
        [
            np.ones_like(wide),
            wide - weight * narrow,
            2 * amplitude * (wide * square - inner),
            -2 * amplitude * inner / ratio,
            -amplitude * narrow,
        ],
        axis=2,
    )


LINEAR = TuningModel[CurveFit](
    name="linear Gaussian",
    parameters=("baseline", "amplitude", "preferred", "sigma"),
    searched={"preferred": LOG2, "sigma": LOG},
    axes=_axes,
    bounds=_linear_bounds,
    starts=_linear_starts,
    predict=_linear,
    jacobian=_linear_jacobian,
    result=lambda found: found,
)
SKEWED = TuningModel[CurveFit](
    name="skewed log-Gaussian",
    parameters=("baseline", "amplitude", "preferred", "sigma", "skew"),
    searched={"preferred": LOG2, "sigma": LOG},
    axes=_axes,
    bounds=_skewed_bounds,
    starts=_skewed_starts,
    predict=_skewed,
    jacobian=_skewed_jacobian,
    result=lambda found: found,
)
DIFFERENCE = TuningModel[CurveFit](
    name="difference of Gaussians",
    parameters=("baseline", "amplitude", "width", "ratio", "weight"),
    searched={"width": LOG},
    axes=_axes,
    bounds=_difference_bounds,
    starts=_difference_starts,
    predict=_difference,
    jacobian=_difference_jacobian,
    result=lambda found: found,
)
