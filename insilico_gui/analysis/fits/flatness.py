"""Whether a curve varies by more than its responses were rounded: one rule for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FLAT = 128 * float(np.finfo(np.float32).eps)
"""Modulation relative to the largest value, 1.5e-5, up to which a curve is flat.

Responses are float32 sums of many terms, whose rounding adds up to many times that of
one number: conditions that are the same to a unit then differ by up to about 1e-5.
"""


def is_flat(
    curves: Floats, axis: int, where: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Whether curves along `axis` vary by rounding at most; False where there is NaN.

    Values outside `where` do not count; a curve without any value is not flat.
    """
    if where is None:
        return is_flat_range(curves.min(axis=axis), curves.max(axis=axis))
    lowest = np.where(where, curves, np.inf).min(axis=axis)
    return is_flat_range(lowest, np.where(where, curves, -np.inf).max(axis=axis))


def is_flat_range(lowest: Floats, highest: Floats) -> NDArray[np.bool_]:
    """:func:`is_flat` of curves of which the smallest and largest values are known."""
    with np.errstate(invalid="ignore", over="ignore"):
        largest = np.maximum(np.abs(lowest), np.abs(highest))
        flat: NDArray[np.bool_] = highest - lowest <= FLAT * largest
    return flat & np.isfinite(largest)


def rectified(curves: Floats, axis: int = 0) -> Floats:
    """Curves with negative values set to 0, as in all indices; NaN stays.

    Responses below zero (z-scores, dF/F) have no place in a ratio of responses
    (AllenSDK, ophys). Where what is above 0 is rounding, compared with the largest
    value of either sign, all is 0.
    """
    positive = np.clip(curves, 0, None)
    rounding = positive <= FLAT * np.abs(curves).max(axis=axis, keepdims=True)
    silent = rounding.all(axis=axis, keepdims=True)
    result: Floats = np.where(silent, 0.0, positive)
    return result
