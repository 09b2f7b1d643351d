"""Indices of orientation and direction selectivity of tuning curves.

The same short names mean different things in different tools. Here gOSI and gDSI are
vector sums over all directions, while OSI and DSI compare the preferred direction with
the orthogonal ones and with the opposite one; these two depend on how the curve is
prepared, so their variant is always named. All of them rectify curves at 0: negative
responses (z-scores, dF/F) count as none, and every index is within -1..1 or NaN.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.fits.contrast_index import contrast_index
from insilico_gui.analysis.fits.directions import (
    check_curve,
    fold,
    is_even,
    listed,
    orientations_of,
    partner,
)
from insilico_gui.analysis.fits.flatness import rectified
from insilico_gui.analysis.fits.vonmises import fit_von_mises
from insilico_gui.errors import AnalysisError

Floats = NDArray[np.float64]


OsiVariant = Literal["raw", "folded", "fit"]
DsiVariant = Literal["raw", "fit"]


def gosi(curve: ArrayLike, directions: ArrayLike) -> Floats:
    """Global orientation selectivity: ``|sum r_k exp(2i theta_k)| / sum r_k``.

    Source: GlobalOSI in ``foundation/tuning/compute/direction.py``.

    Parameters
    ----------
    curve : array, [K] or [K, U]
        Mean response to each direction; negative values count as 0.
    directions : array, [K]
        Degrees, evenly spaced around the circle (or, as orientations, half of it).

    Returns
    -------
    float64 array, [] or [U]
        0 to 1; NaN where a response is NaN or all are zero.

    Raises
    ------
    AnalysisError
        If the directions are not evenly spaced: a flat curve would seem tuned.
    """
    values, degrees = check_curve(curve, directions)
    orientations, _ = orientations_of(degrees)
    if not is_even(orientations, 180):
        raise AnalysisError(
            "gOSI needs orientations that are evenly spaced over 180 degrees; these "
            f"are {listed(orientations)}."
        )
    return _vector_length(values, 2 * np.radians(degrees))


def gdsi(curve: ArrayLike, directions: ArrayLike) -> Floats:
    """Global direction selectivity: ``|sum r_k exp(i theta_k)| / sum r_k``.

    Source: GlobalDSI in ``foundation/tuning/compute/direction.py``. Parameters, result
    and errors as for :func:`gosi`; directions evenly spaced over 360 degrees.
    """
    values, degrees = check_curve(curve, directions)
    if not is_even(degrees):
        raise AnalysisError(
            "gDSI needs directions that are evenly spaced over 360 degrees; these are "
            f"{listed(degrees)}."
        )
    return _vector_length(values, np.radians(degrees))


def osi(curve: ArrayLike, directions: ArrayLike, variant: OsiVariant = "fit") -> Floats:
    """Orientation selectivity ``(R_pref - R_orth) / (R_pref + R_orth)``.

    R_orth is the mean response 90 degrees to either side of the preferred one
    (AllenSDK, ``drifting_gratings.py``).

    Parameters
    ----------
    curve : array, [K] or [K, U]
    directions : array, [K]
        Degrees.
    variant : {"raw", "folded", "fit"}
        Where the responses are read: the curve at its largest value; the same after
        averaging opposite directions; the fitted von Mises curve at its peak. "raw" and
        "folded" rectify the curve at 0 before.

    Returns
    -------
    float64 array, [] or [U]
        -1 to 1; NaN where a response is NaN, the fit failed, or both are 0.

    Raises
    ------
    AnalysisError
        If the variant is unknown, or "raw" or "folded" finds no direction orthogonal
        to one that was shown.
    """
    values, degrees = check_curve(curve, directions)
    if variant == "fit":
        return fit_von_mises(values, degrees).osi.reshape(values.shape[1:])
    values = rectified(values)
    if variant == "raw":
        period: float = 360
    elif variant == "folded":
        period = 180
        values, degrees = fold(values, degrees)
    else:
        raise AnalysisError(_unknown("OSI", variant, get_args(OsiVariant)))
    left, right = (partner(degrees, offset, period) for offset in (90, -90))
    if min(left.min(), right.min()) < 0:
        raise AnalysisError(
            f"OSI '{variant}' needs the orthogonal of every direction, but not all of "
            f"them were shown ({listed(degrees)}); use the variant 'fit'."
        )
    best = values.argmax(axis=0)
    orthogonal = (_pick(values, left[best]) + _pick(values, right[best])) / 2
    return contrast_index(_pick(values, best), orthogonal)


def dsi(curve: ArrayLike, directions: ArrayLike, variant: DsiVariant = "fit") -> Floats:
    """Direction selectivity ``(R_pref - R_null) / (R_pref + R_null)``.

    R_null is the response to the opposite of the preferred direction (AllenSDK,
    ``drifting_gratings.py``). Parameters, result and errors as for :func:`osi`; there
    is no variant "folded", which makes both directions equal.
    """
    values, degrees = check_curve(curve, directions)
    if variant == "fit":
        return fit_von_mises(values, degrees).dsi.reshape(values.shape[1:])
    if variant != "raw":
        raise AnalysisError(_unknown("DSI", variant, get_args(DsiVariant)))
    opposite = partner(degrees, 180)
    if opposite.min() < 0:
        raise AnalysisError(
            "DSI 'raw' needs the opposite of every direction, but not all of them were "
            f"shown ({listed(degrees)}); use the variant 'fit'."
        )
    values = rectified(values)
    best = values.argmax(axis=0)
    return contrast_index(_pick(values, best), _pick(values, opposite[best]))


def _vector_length(values: Floats, angles: Floats) -> Floats:
    positive = rectified(values)
    largest = positive.max(axis=0)
    usable = (largest > 0) & np.isfinite(largest)
    shares = positive / np.where(usable, largest, np.nan)
    length = np.abs(np.tensordot(np.exp(1j * angles), shares, axes=1))
    return np.asarray(np.minimum(length / shares.sum(axis=0), 1.0))


def _pick(values: Floats, index: NDArray[np.integer]) -> Floats:
    """Values [K, U] (or [K]) at one index per unit."""
    picked: Floats = np.take_along_axis(values, np.asarray(index)[None], axis=0)[0]
    return picked


def _unknown(index: str, variant: object, known: tuple[str, ...]) -> str:
    return f"There is no {index} variant {variant!r}; choose {' or '.join(known)}."
