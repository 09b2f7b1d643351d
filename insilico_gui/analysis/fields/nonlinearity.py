"""What follows a linear filter: a rectified power law of its output."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

N_BINS = 30

EXPONENTS = (0.25, 6.0)
"""Least and largest."""

THRESHOLD_STEP, EXPONENT_STEP = 0.25, 0.25
REFINEMENTS = 4
"""Each with steps a third as long."""


@dataclass(frozen=True)
class Nonlinearity:
    """``f(g) = b + a max(z - c, 0)**p`` with z the generator signal, standardised.

    Attributes
    ----------
    mean, deviation : array, [U]
        Of the generator signal.
    baseline, gain, threshold, exponent : array, [U]
        b, a, c, p.
    generator, response : array, [B, U]
        Means of z and of responses in equally full bins.
    """

    mean: Floats
    deviation: Floats
    baseline: Floats
    gain: Floats
    threshold: Floats
    exponent: Floats
    generator: Floats
    response: Floats

    def predict(self, generator: Floats) -> Floats:
        """Responses to a generator signal [n, U] as it comes."""
        return self._values((generator - self.mean) / self.deviation)

    @property
    def curve(self) -> Floats:
        """The curve in the middle of each bin, [B, U]."""
        return self._values(self.generator)

    def _values(self, z: Floats) -> Floats:
        above = np.maximum(z - self.threshold, 0) ** self.exponent
        values: Floats = self.baseline + self.gain * above
        return values


def fit_nonlinearity(
    generator: Floats, responses: Floats, n_bins: int = N_BINS
) -> Nonlinearity:
    """Fit the power law to the means of equally full bins by least squares.

    Baseline and gain have a closed form; threshold and exponent are searched for on a
    grid that is made finer around the best.

    Parameters
    ----------
    generator, responses : array, [n, U]
        Of the same frames.
    n_bins : int

    Returns
    -------
    Nonlinearity
        NaN for a unit whose generator signal or responses are not finite or flat.

    Raises
    ------
    AnalysisError
        If bins are fewer than five or more than there are frames.
    """
    if not 5 <= n_bins <= len(generator):
        raise AnalysisError(
            f"{n_bins} bins of {len(generator)} frames are not possible; take 5 or more, "
            "up to the frames."
        )
    usable = np.isfinite(generator).all(axis=0) & np.isfinite(responses).all(axis=0)
    usable &= ~is_flat(responses, axis=0) & (generator.std(axis=0) > 0)
    with np.errstate(invalid="ignore"):
        mean = np.where(usable, generator.mean(axis=0), np.nan)
        deviation = np.where(usable, generator.std(axis=0), np.nan)
        z = (generator - mean) / deviation
    order = np.argsort(z, axis=0)
    bins = np.array_split(order, n_bins)
    centres, means = (
        np.stack([np.take_along_axis(values, rows, 0).mean(axis=0) for rows in bins])
        for values in (z, np.where(usable, responses, np.nan))
    )
    threshold, exponent = _searched(centres, means)
    baseline, gain, _ = _line(centres, means, threshold, exponent)
    unknown = np.where(usable, 0.0, np.nan)
    return Nonlinearity(
        mean=mean,
        deviation=deviation,
        baseline=baseline + unknown,
        gain=gain + unknown,
        threshold=threshold + unknown,
        exponent=exponent + unknown,
        generator=centres,
        response=means,
    )


def _searched(z: Floats, means: Floats) -> tuple[Floats, Floats]:
    """Threshold and exponent [U] of the smallest error."""
    n = z.shape[1]
    ends = np.nan_to_num(z[0]) - 1.5, np.nan_to_num(z[-2])
    shares = np.linspace(0, 1, 1 + round(5 / THRESHOLD_STEP))
    exponents = np.arange(EXPONENTS[0], EXPONENTS[1] + 1e-9, EXPONENT_STEP)
    low, high = ends
    best = _best(
        z,
        means,
        (
            (low + share * (high - low), np.full(n, exponent))
            for share, exponent in product(shares, exponents)
        ),
    )
    steps = (high - low) / (len(shares) - 1), np.full(n, EXPONENT_STEP)
    for k in range(1, REFINEMENTS + 1):
        around = [
            tuple(
                np.clip(value + move * step / 3**k, least, most)
                for value, move, step, least, most in zip(
                    best,
                    moves,
                    steps,
                    (low, EXPONENTS[0]),
                    (high, EXPONENTS[1]),
                    strict=True,
                )
            )
            for moves in product(range(-3, 4), repeat=2)
        ]
        best = _best(z, means, ((one[0], one[1]) for one in around))
    return best


def _best(
    z: Floats, means: Floats, tried: Iterable[tuple[Floats, Floats]]
) -> tuple[Floats, Floats]:
    """Of pairs of threshold and exponent [U], that of the smallest error of each unit."""
    lowest = np.full(z.shape[1], np.inf)
    found = np.zeros(z.shape[1]), np.ones(z.shape[1])
    for threshold, exponent in tried:
        error = _line(z, means, threshold, exponent)[2]
        better = error < lowest
        lowest = np.where(better, error, lowest)
        found = (
            np.where(better, threshold, found[0]),
            np.where(better, exponent, found[1]),
        )
    return found


def _line(
    z: Floats, means: Floats, threshold: Floats, exponent: Floats
) -> tuple[Floats, Floats, Floats]:
    """Baseline and gain of least squares, gain not negative, and summed squares [U]."""
    above = np.maximum(z - threshold, 0) ** exponent
    x, y = above - above.mean(axis=0), means - means.mean(axis=0)
    size = (x**2).sum(axis=0)
    gain = np.maximum((x * y).sum(axis=0) / np.where(size > 0, size, 1), 0)
    baseline = means.mean(axis=0) - gain * above.mean(axis=0)
    return baseline, gain, ((y - gain * x) ** 2).sum(axis=0)


def correlation(first: Floats, second: Floats) -> Floats:
    """Pearson's correlation over rows [n, U]; NaN where one does not vary, [U]."""
    a, b = (values - values.mean(axis=0) for values in (first, second))
    size = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    usable = (size > 0) & ~is_flat(first, axis=0) & ~is_flat(second, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.where(usable, (a * b).sum(axis=0) / size, np.nan)
    return found
