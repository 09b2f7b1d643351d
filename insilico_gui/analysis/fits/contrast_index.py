"""The contrast index ``(a - b) / (a + b)`` of two responses, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def contrast_index(first: ArrayLike, second: ArrayLike) -> Floats:
    """``(a - b) / (a + b)`` of responses of any shape, -1 to 1.

    With responses of either sign (z-scores, dF/F) the ratio would have no bounds, so
    that negative ones count as 0. NaN where a response is NaN or infinite, or both are
    0 or less.
    """
    a, b = (np.clip(np.asarray(r, np.float64), 0, None) for r in (first, second))
    larger = np.maximum(a, b)
    usable = (larger > 0) & np.isfinite(larger)
    # Scaled by a power of two, which is exact, lest the sum of large ones overflows.
    exponent = -np.frexp(np.where(usable, larger, 1.0))[1]
    a, b = (np.ldexp(np.where(usable, r, np.nan), exponent) for r in (a, b))
    return np.asarray((a - b) / (a + b))


def fall_index(peak: ArrayLike, end: ArrayLike) -> Floats:
    """``(a - b) / a``: how far a response falls from its peak a, rectified at 0; 0 to 1.

    NaN where a response is NaN or infinite, the peak is not above 0, or not the larger
    one.
    """
    top, low = (np.clip(np.asarray(r, np.float64), 0, None) for r in (peak, end))
    usable = (top > 0) & (low <= top) & np.isfinite(top)
    scale = np.where(usable, top, np.nan)
    with np.errstate(invalid="ignore"):
        return np.asarray(1 - low / scale)
