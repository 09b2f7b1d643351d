"""Sets of directions: whether a formula can use them, and which lies where.

Directions are degrees, 0 to 360, counter-clockwise as seen on the screen: 0 moves
right, 90 moves up. Orientations are directions modulo 180.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

TOLERANCE_DEG = 1e-6
"""Directions closer than this are the same."""


def check_curve(curve: ArrayLike, directions: ArrayLike) -> tuple[Floats, Floats]:
    """Curves [K] or [K, U] and their directions [K] (degrees, modulo 360) as float64.

    An error if the shapes do not fit, or a direction is not finite or occurs twice.
    """
    values = np.asarray(curve, np.float64)
    degrees = np.asarray(directions, np.float64)
    if degrees.ndim != 1 or values.ndim not in (1, 2) or len(values) != len(degrees):
        raise AnalysisError(
            f"The tuning curve has shape {list(values.shape)} and the directions "
            f"{list(degrees.shape)}; give [K] or [K, units] and [K]."
        )
    if len(degrees) == 0 or not np.isfinite(degrees).all():
        raise AnalysisError(
            "Give at least one direction; all must be finite (degrees)."
        )
    wrapped = modulo(degrees, 360)
    if len(degrees) > 1 and np.diff(np.sort(wrapped)).min() < TOLERANCE_DEG:
        raise AnalysisError(
            "A direction occurs more than once in the tuning curve; average its "
            "presentations first."
        )
    return values, wrapped


def modulo(angles: ArrayLike, period: float) -> Floats:
    """Angles modulo `period` (degrees), rid of rounding that would split equal ones."""
    wrapped = np.round(np.asarray(angles, np.float64), 6) % period
    result: Floats = np.where(period - wrapped < TOLERANCE_DEG, 0.0, wrapped)
    return result


def largest_gap(angles: Floats, period: float = 360) -> float:
    """Largest angle between neighbours around the circle (degrees)."""
    ordered = np.sort(angles)
    return float(np.diff(ordered, append=ordered[0] + period).max())


def is_even(angles: Floats, period: float = 360) -> bool:
    """Whether two or more angles divide the circle into equal steps."""
    step = period / len(angles)
    even = largest_gap(angles, period) - step < 2 * TOLERANCE_DEG
    return len(angles) > 1 and bool(even)


def partner(
    directions: Floats, offset: float, period: float = 360
) -> NDArray[np.int64]:
    """Where the direction `offset` degrees further on is, for each; -1 if nowhere."""
    wanted = modulo(directions + offset, period)
    apart = np.abs(wanted[:, None] - directions[None, :])
    apart = np.minimum(apart, period - apart)
    nearest = apart.argmin(axis=1)
    found = apart.min(axis=1) < 2 * TOLERANCE_DEG
    return np.where(found, nearest, -1)


def orientations_of(directions: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Orientations [M] (0 to 180 degrees) among directions [K], and which each has.

    An error if some directions have their opposite in the set and others have not: sums
    and averages over orientations would then mix two kinds of values.
    """
    orientations, index = np.unique(modulo(directions, 180), return_inverse=True)
    counts = np.bincount(index)
    if counts.min() != counts.max():
        raise AnalysisError(
            "Some directions were shown without their opposite, so they cannot be "
            "taken together as orientations; show both, or use the variant 'fit'."
        )
    return orientations, index


def fold(curve: Floats, directions: Floats) -> tuple[Floats, Floats]:
    """A curve [K] or [K, U] averaged over opposite directions, [M] or [M, U].

    Also the orientations [M]. NaN where either direction has no response; errors as of
    :func:`orientations_of`.
    """
    orientations, index = orientations_of(directions)
    folded = np.zeros((len(orientations), *curve.shape[1:]))
    np.add.at(folded, index, curve)
    return folded / (len(directions) // len(orientations)), orientations


def listed(angles: Floats) -> str:
    """The first angles, for a message."""
    shown = [f"{angle:g}" for angle in np.sort(angles)[:8]]
    return ", ".join(shown) + (", ..." if len(angles) > 8 else "")
