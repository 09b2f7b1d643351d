"""Bins of rates, the tokens of the published program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import StimulusError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MOST_BINS = 1_000_000


@dataclass(frozen=True)
class RateBins:
    """Edges of bins of rates in Hz.

    Attributes
    ----------
    edges : float64 array [E]
        0, b, 2 b, ... below the highest recorded rate rounded up, then the maximal rate:
        the last bin is wide.
    """

    edges: NDArray[np.float64]

    @classmethod
    def of(cls, rates_hz: NDArray[np.float32], size: float, maximum: float) -> RateBins:
        """Bins of a width in Hz for recorded rates [T, P], up to a maximal rate.

        Raises
        ------
        StimulusError
            If the width is out of range, or rates reach the maximum.
        """
        top = float(np.ceil(rates_hz.max()))
        if not 0 < size <= maximum or top / size > _MOST_BINS:
            raise StimulusError(
                f"Bins of {size!r} Hz do not divide 0 to {maximum:g} Hz; 0.25 is usual."
            )
        inner = np.arange(0, top, size)
        if len(inner) and inner[-1] >= maximum:
            raise StimulusError(
                f"Recorded rates reach {rates_hz.max():g} Hz, and the maximal rate is "
                f"{maximum:g} Hz; the file of rates holds fractions from 0 to 1."
            )
        return cls(np.append(inner, maximum))

    def index(self, rates_hz: ArrayLike) -> NDArray[np.int64]:
        """Position of the upper edge of each rate's bin; the last one for higher rates."""
        found = np.digitize(np.asarray(rates_hz), self.edges)
        return np.asarray(np.clip(found, 1, len(self.edges) - 1))

    def bounds(self, rates_hz: ArrayLike) -> tuple[NDArray[np.float32], ...]:
        """Lower and upper edge in Hz of each rate's bin, float32."""
        index = self.index(rates_hz)
        edges = self.edges.astype(np.float32)
        return edges[index - 1], edges[index]

    def noisy(
        self, rates_hz: ArrayLike, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Rates drawn uniformly from the bin of each rate."""
        low, high = self.bounds(rates_hz)
        share = rng.random(low.shape, dtype=np.float32)
        return np.asarray(low + share * (high - low))

    def accuracy(self, rates_hz: ArrayLike, target_hz: ArrayLike) -> float:
        """Share of rates that are in the bin of their target."""
        return float((self.index(rates_hz) == self.index(target_hz)).mean())
