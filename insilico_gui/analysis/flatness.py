"""Whether a curve varies by more than its responses were rounded."""

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


def is_flat(curves: Floats, axis: int) -> NDArray[np.bool_]:
    """Whether curves along `axis` vary by rounding at most; False where there is NaN."""
    flat: NDArray[np.bool_] = np.ptp(curves, axis=axis) <= FLAT * np.abs(curves).max(
        axis=axis
    )
    return flat
