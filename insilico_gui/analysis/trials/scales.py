"""Values of units over time on scales on which units can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating]

Scale = Literal["response", "z-score", "percentile"]


def scaled(values: Floats, scale: Scale, first: int = 0) -> NDArray[np.float64]:
    """Values [T, U] of units on a scale, each unit by its own values over time.

    Parameters
    ----------
    values : float array, [T, U]
    scale : {"response", "z-score", "percentile"}
        As they are; standard deviations (ddof 0) from the mean, 0 of a unit that does not
        change; or the percentage of a unit's values that are lower, those that are equal
        counted half.
    first : int
        Mean, deviation and percentages are those of the rows from here on: earlier ones
        belong to the burn-in.

    Returns
    -------
    float64 array, [T, U]
        NaN where `values` are.
    """
    found = np.asarray(values, np.float64)
    kept = found[first:] if first < len(found) else found
    if scale == "z-score":
        mean, spread = moments(kept)
        return (found - mean) / np.where(spread > 0, spread, 1.0)
    if scale == "percentile":
        return np.column_stack(
            [percentiles(own, of) for own, of in zip(found.T, kept.T, strict=True)]
        ).reshape(found.shape)
    return found


def moments(values: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation [U] over time [T, U], NaN left out; 0 without change."""
    known = np.isfinite(values)
    n = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0).sum(axis=0, dtype=np.float64) / n
    off = np.where(known, values - mean, 0)
    spread = np.sqrt((off * off).sum(axis=0, dtype=np.float64) / n)
    # Rounding is no change
    flat = spread <= 1e-7 * np.maximum(np.abs(mean), 1e-30)
    return mean, np.where(flat, 0.0, spread)


def percentiles(values: Floats, among: Floats) -> NDArray[np.float64]:
    """Percentage of `among` [K] that is below each value [T]; of equals, a half."""
    known = np.sort(among[np.isfinite(among)])
    if not len(known):
        return np.full(len(values), np.nan)
    below = np.searchsorted(known, values, "left")
    up_to = np.searchsorted(known, values, "right")
    found = 50.0 * (below + up_to) / len(known)
    return np.where(np.isfinite(values), found, np.nan)
