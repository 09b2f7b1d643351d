"""Amplitude spectra of pink noise on a screen: low-passed, and oriented.

A picture is a sum of waves that fit the screen a whole number of times, so it continues
beyond the right edge at the left, and beyond the top at the bottom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.stimuli.core.display import Display


@dataclass(frozen=True)
class PinkSpectrum:
    """Waves of a picture: half of the plane, as of a real Fourier transform.

    Attributes
    ----------
    display : Display
    cutoff : float
        Where the Gaussian low-pass halves the power, in cycles per degree.
    n_waves : int
        Waves across the screen up to which there are any (half the pattern's width).
    """

    display: Display
    cutoff: float
    n_waves: int

    @property
    def waves(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Periods per screen, down [rows] and to the right [columns]."""
        height, width = self.display.pixels
        # The wave of half the pixels is left out: moved by a fraction, it is not real
        down = min((height - 1) // 2, -(-self.n_waves * height // width))
        right = min((width - 1) // 2, self.n_waves)
        return np.r_[0 : down + 1, -down:0], np.arange(right + 1)

    @property
    def frequencies(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Cycles per degree **up** [rows, 1] and to the right [columns]."""
        height, width = self.display.pixels
        right, down = self.display.degrees_per_pixel
        rows, columns = self.waves
        return -(rows / (height * down))[:, None], columns / (width * right)

    def amplitude(self) -> NDArray[np.float64]:
        """Gains of all waves, 1/f times the low-pass; 0 for the mean.

        Scaled such that white noise whose real and imaginary parts have variance 1
        becomes a picture of variance 1.
        """
        frequency = np.hypot(*self.frequencies)
        frequency[0, 0] = np.inf
        low_pass = np.exp(-np.log(2) / 2 * np.square(frequency / self.cutoff))
        gain = low_pass / frequency
        # There, a wave and its mirror image have half the variance of the others
        gain[:, 0] *= np.sqrt(2)
        scaled: NDArray[np.float64] = gain / self._norm(gain)
        return scaled

    def oriented(
        self, direction: float, bandwidth: float, mix: float
    ) -> NDArray[np.float64]:
        """Gains with a band of orientations about that which moves in a direction.

        Parameters
        ----------
        direction : float
            Degrees; the waves of the middle of the band rise towards it.
        bandwidth : float
            Width of the band in degrees; 180 is all.
        mix : float
            1 leaves only the band, 0 leaves all waves as they are.

        Returns
        -------
        float64 array, [rows, columns]
            Gain of each of :attr:`waves`, scaled as in :meth:`amplitude`.
        """
        inside = self.band(direction, bandwidth)
        gain = self.amplitude() * np.where(inside, 1.0, 1.0 - mix)
        scaled: NDArray[np.float64] = gain / self._norm(gain)
        return scaled

    def band(self, direction: float, bandwidth: float) -> NDArray[np.bool_]:
        """Waves within a band of orientations; see :meth:`oriented`."""
        up, right = self.frequencies
        angle = np.degrees(np.arctan2(up, right))
        from_middle = np.abs((angle - direction + 90) % 180 - 90)
        inside: NDArray[np.bool_] = from_middle <= bandwidth / 2 + 1e-6
        inside[0, 0] = False  # the mean has no orientation
        return inside

    def _norm(self, gain: NDArray[np.float64]) -> float:
        # A wave and its mirror image add up to 2 (a cos - b sin), of variance 4; of the
        # first column, where mirror images are listed, only the real part is used
        power = 4 * np.square(gain[:, 1:]).sum() + np.square(gain[:, 0]).sum()
        return float(np.sqrt(power))
