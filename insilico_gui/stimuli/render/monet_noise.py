"""From random bytes to frames of moving, oriented pink noise.

Random bytes are the amplitudes of the waves of a frame, and are smoothed over frames
by whole-numbered weights, which is exact. Gains, motion and the Fourier transform are
in double precision. Machines differ there by about 1e-13 of a grey level, which turns
a pixel over when it lies that close to the half between two levels: a few in a million
blocks of 15 s hold such a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.stimuli.core.random_words import random_bytes
from insilico_gui.stimuli.render.carrier import AMPLITUDE, GREY

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from insilico_gui.stimuli.render.pink_spectrum import PinkSpectrum

_CHUNK = 32  # frames made at a time
_BYTE_SD = np.sqrt((256**2 - 1) / 3)  # of odd whole numbers -255..255
_LARGEST_SUM = 2**24 // 255  # of weights: float32 is exact up to 2**24


@dataclass(frozen=True)
class Motion:
    """What moves where in each frame of a block.

    Attributes
    ----------
    direction : float64 array, [n_frames]
        Degrees; NaN where all orientations rest.
    step_deg : float
        Degrees between a frame that moves and the one before.
    """

    direction: NDArray[np.float64]
    step_deg: float

    def displacement(self) -> NDArray[np.float64]:
        """How far the noise has moved, to the right and up, in degrees; [n_frames, 2].

        It stays where it is when it comes to rest.
        """
        angle = np.radians(self.direction)
        steps = np.stack([np.cos(angle), np.sin(angle)], 1) * self.step_deg
        # The first frame of a window is the first that is oriented, where it is
        starts = np.r_[True, self.direction[1:] != self.direction[:-1]]
        steps[starts | np.isnan(self.direction)] = 0
        return np.cumsum(steps, 0)


class MonetRenderer:
    """Renders frames, a chunk at a time; any thread may call it.

    Parameters
    ----------
    spectrum : PinkSpectrum
    bandwidth : float
        Degrees of the band of orientations.
    mix : float
        How much waves outside of the band are weakened, 0 to 1.
    kernel_frames : float
        Half the length of the Hamming window in frames.
    causal : bool
        Only the half of the window that weights the past.
    deviation : float
        Standard deviation in grey levels.
    block_frames : int
        Frames of a block.
    motion : callable
        From the number of a block to its :class:`Motion`.
    seed : int
    """

    def __init__(
        self,
        spectrum: PinkSpectrum,
        *,
        bandwidth: float,
        mix: float,
        kernel_frames: float,
        causal: bool,
        deviation: float,
        block_frames: int,
        motion: Callable[[int], Motion],
        seed: int,
    ) -> None:
        self._spectrum = spectrum
        self._bandwidth, self._mix = bandwidth, mix
        self._kernel = hamming(kernel_frames, causal=causal)
        norm = _BYTE_SD * np.sqrt(np.square(self._kernel).sum())
        self._scale = float(deviation / norm)
        self._block_frames = block_frames
        self._motion = motion
        self._seed = seed
        self._rows, self._columns = spectrum.waves
        self._gains = lru_cache(maxsize=32)(self._make_gains)
        self._paths = lru_cache(maxsize=4)(self._make_path)
        self._chunks = lru_cache(maxsize=4)(self._make_chunk)

    def render(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Frames `start` to `stop` (excluded), uint8 [stop - start, H, W]."""
        shape = self._spectrum.display.pixels
        frames = np.empty((stop - start, *shape), np.uint8)
        k = start
        while k < stop:
            block, frame = divmod(k, self._block_frames)
            chunk, inside = divmod(frame, _CHUNK)
            part = self._chunks(block, chunk)[inside : inside + stop - k]
            frames[k - start : k - start + len(part)] = part
            k += len(part)
        return frames

    def _make_gains(self, direction: float | None) -> NDArray[np.float64]:
        if direction is None:
            gain = self._spectrum.amplitude()
        else:
            gain = self._spectrum.oriented(direction, self._bandwidth, self._mix)
        return gain * self._scale

    def _make_path(self, block: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        motion = self._motion(block)
        return motion.direction, motion.displacement()

    def _make_chunk(self, block: int, chunk: int) -> NDArray[np.uint8]:
        first = chunk * _CHUNK
        n = min(_CHUNK, self._block_frames - first)
        direction, displacement = self._paths(block)
        waves = self._smooth_noise(block, first, n)
        from scipy import fft  # slow: not at the start

        up, right = self._spectrum.frequencies
        height, width = self._spectrum.display.pixels
        padded = np.zeros((height, width // 2 + 1), np.complex128)
        frames = np.empty((n, height, width), np.uint8)
        for k in range(n):
            theta = direction[first + k]
            x, y = displacement[first + k]
            gain = self._gains(None if np.isnan(theta) else float(theta))
            moved = waves[k] * (gain * np.exp(-2j * np.pi * up * y))
            moved *= np.exp(-2j * np.pi * right * x)
            padded[self._rows, : len(self._columns)] = moved
            picture = fft.irfft2(padded, s=(height, width), norm="forward")
            np.clip(np.rint(picture), -AMPLITUDE, AMPLITUDE, out=picture)
            frames[k] = picture + GREY
        return frames

    def _smooth_noise(self, block: int, first: int, n: int) -> NDArray[np.complex64]:
        """Amplitudes of all waves of `n` frames, smoothed in time; whole numbers."""
        shape = (len(self._rows), len(self._columns))
        size = 2 * shape[0] * shape[1]
        length = len(self._kernel)
        noise = np.empty((n + length - 1, size), np.float32)
        for k in range(len(noise)):
            noise[k] = random_bytes(self._seed, size, part=block, step=first + k)
        noise *= 2
        noise -= 255
        band = np.zeros((n, len(noise)), np.float32)
        for k in range(n):
            band[k, k : k + length] = self._kernel
        smooth = band @ noise
        return smooth.view(np.complex64).reshape(n, *shape)


def hamming(half_frames: float, *, causal: bool) -> NDArray[np.float32]:
    """Hamming window that ends so many frames from its middle, in whole numbers.

    Parameters
    ----------
    half_frames : float
    causal : bool
        Only the half before and at the middle, which is the present.

    Returns
    -------
    float32 array, [n]
        Weights from the earliest frame on; their sum times a byte is exact in float32.
    """
    reach = int(np.ceil(np.round(half_frames, 6))) - 1
    frames = np.arange(-reach, 1 if causal else reach + 1)
    weights = 0.54 + 0.46 * np.cos(np.pi * frames / half_frames)
    # Half a unit each is what rounding can add
    unit = (_LARGEST_SUM - len(weights)) / weights.sum()
    whole: NDArray[np.float32] = np.rint(np.round(weights * unit, 6)).astype(np.float32)
    return whole
