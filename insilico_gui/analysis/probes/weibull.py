"""The Weibull function of two-alternative choices, fitted to many curves at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SLOPES = (0.3, 8.0)
BEYOND = 4.0
"""Thresholds are searched for from the smallest level over this to the largest times it."""

N_STEPS = 41
REFINEMENTS = 5


@dataclass(frozen=True)
class Weibull:
    """``p(c) = 1 - exp(-(c / threshold)**slope) / 2``; both [U], NaN where not fitted."""

    threshold: Floats
    slope: Floats

    def values(self, levels: Floats) -> Floats:
        """The function at levels [C], [C, U]."""
        return _values(levels[:, None], np.log(self.threshold), np.log(self.slope))


def fit_weibull(levels: Floats, share: Floats) -> Weibull:
    """Fit shares of correct choices [C, U] at levels [C] by least squares.

    On a grid of both logarithms that is made finer around the best: a curve that does not
    rise has its threshold at the upper end, beyond all levels.
    """
    above = levels[levels > 0]
    ends = (
        (np.log(above[0] / BEYOND), np.log(above[-1] * BEYOND)),
        (np.log(SLOPES[0]), np.log(SLOPES[1])),
    )
    known = np.isfinite(share).all(axis=0)
    target = np.where(known, share, 0.5)
    n = target.shape[1]
    centre = [np.full(n, (low + high) / 2) for low, high in ends]
    half = [(high - low) / 2 for low, high in ends]
    for step in range(REFINEMENTS + 1):
        offsets = np.linspace(-1, 1, N_STEPS if step == 0 else 7)
        lowest, best = np.full(n, np.inf), [c.copy() for c in centre]
        for one in offsets:
            for other in offsets:
                tried = [
                    np.clip(c + o * h, *end)
                    for c, o, h, end in zip(
                        centre, (one, other), half, ends, strict=True
                    )
                ]
                error = ((_values(levels[:, None], *tried) - target) ** 2).sum(axis=0)
                better = error < lowest - 1e-15
                lowest = np.where(better, error, lowest)
                best = [
                    np.where(better, t, b) for t, b in zip(tried, best, strict=True)
                ]
        centre = best
        half = [h * (2.0 / (N_STEPS - 1) if step == 0 else 1 / 3) for h in half]
    threshold, slope = (np.where(known, np.exp(c), np.nan) for c in centre)
    return Weibull(threshold, slope)


def _values(levels: Floats, log_threshold: Floats, log_slope: Floats) -> Floats:
    with np.errstate(over="ignore"):
        power = (levels * np.exp(-log_threshold)) ** np.exp(log_slope)
    values: Floats = 1 - np.exp(-power) / 2
    return values
