"""The noise of ``demo/noisy``: Poisson events on gains that units share.

In each frame a unit has a Poisson number of events whose mean is its noise-free response
times its gain (a doubly stochastic process: Goris, Movshon & Simoncelli 2014). Gains are
log-normal with mean 1, so the mean over repeats is the response of ``demo``; their
logarithms follow one slow process that all units share and one of each area, which makes
noise correlations that are larger within areas than across (Cohen & Kohn 2011).

The random numbers of a frame are those of a counter-based generator. Its counter is made
of the frame's number and a running checksum of the frames so far, so that a split of a
video or a choice of units changes nothing, a repeat within a video differs, and so do
two videos.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_demo.screen import FRAME_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 2014  # Goris, Movshon & Simoncelli 2014
EVENTS_PER_S = 15.0  # of a unit whose response is 1
GAIN_TAU = 1.0  # s, of the slow processes
SHARED_SD = 0.20  # of the logarithm of the gain that all units share
AREA_SD = 0.15  # of the one of each area
LOADINGS = (0.5, 1.5)  # how much of both a unit takes, uniform

MAX_EVENTS = 200  # in one frame; a mean of 100 exceeds it with a probability of 1e-18


@dataclass(frozen=True)
class NoiseMemory:
    """What is carried from frame to frame, for N videos and G areas.

    Attributes
    ----------
    n_frames : int
        Frames seen so far.
    checksums : tuple of int
        Of the frames of each video so far.
    slow : float64, [N, 1 + G]
        The slow processes, each of variance 1: the shared one, then the areas'.
    """

    n_frames: int
    checksums: tuple[int, ...]
    slow: NDArray[np.float64]


class NoiseLayer:
    """Noise on the responses of all units, before calcium smooths them.

    Parameters
    ----------
    area : str array, [U]
        Areas of all units of the session.
    seed : int
        Equal seeds and equal videos give equal responses.
    """

    def __init__(self, area: NDArray[np.str_], seed: int = SEED) -> None:
        self.seed = seed
        names, group = np.unique(area, return_inverse=True)
        self.group = group + 1  # column of NoiseMemory.slow
        self.n_slow = 1 + len(names)
        low, high = LOADINGS
        draws = np.random.Generator(np.random.PCG64(seed)).random(area.size)
        self.loading = (low + (high - low) * draws).round(3)

    @property
    def attrs(self) -> dict[str, Any]:
        """The constants, for the attributes of a session."""
        return {
            "seed": self.seed,
            "events_per_s": EVENTS_PER_S,
            "gain_tau_s": GAIN_TAU,
            "shared_sd": SHARED_SD,
            "area_sd": AREA_SD,
        }

    def rest(self, n_videos: int) -> NoiseMemory:
        """State before the first frame: the slow processes are as at any time."""
        slow = [
            self._random(k, 0, 0).standard_normal(self.n_slow) for k in range(n_videos)
        ]
        return NoiseMemory(0, (0,) * n_videos, np.array(slow).reshape(-1, self.n_slow))

    def advance(
        self,
        memory: NoiseMemory,
        frames: NDArray[np.uint8],
        responses: NDArray[np.float32],
        units: NDArray[np.int64] | None,
    ) -> tuple[NDArray[np.float32], NoiseMemory]:
        """Events in place of responses, and the state after them.

        Parameters
        ----------
        memory : NoiseMemory
            Not changed.
        frames : uint8, [N, n, H, W]
        responses : float32, [n, N, K]
            Without noise; of `units`, or of all.
        units : int64 array, [K], optional

        Returns
        -------
        float32, [n, N, K]
            Their expectation is `responses`.
        memory : NoiseMemory
        """
        chosen = slice(None) if units is None else units
        loading, group = self.loading[chosen], self.group[chosen]
        decay = np.exp(-1 / (FRAME_RATE * GAIN_TAU))
        fresh = np.sqrt(1 - decay**2)
        per_frame = EVENTS_PER_S / FRAME_RATE
        variance = (SHARED_SD**2 + AREA_SD**2) * loading**2
        noisy = np.empty_like(responses)
        slow, checksums = memory.slow.copy(), list(memory.checksums)
        for t in range(frames.shape[1]):
            for k in range(len(frames)):
                checksums[k] = zlib.crc32(frames[k, t].tobytes(), checksums[k])
                random = self._random(k, 1 + memory.n_frames + t, checksums[k])
                steps = random.standard_normal(self.n_slow)
                slow[k] = decay * slow[k] + fresh * steps
                common = SHARED_SD * slow[k, 0] + AREA_SD * slow[k, group]
                gain = np.exp(loading * common - variance / 2)
                u = random.random(self.loading.size)[chosen]
                noisy[t, k] = poisson(responses[t, k] * gain * per_frame, u) / per_frame
        return noisy, NoiseMemory(
            memory.n_frames + frames.shape[1], tuple(checksums), slow
        )

    def _random(self, video: int, frame: int, checksum: int) -> np.random.Generator:
        """The generator of one frame of one video."""
        counter, key = np.zeros(4, np.uint64), np.zeros(2, np.uint64)
        counter[2:], key[:] = (frame, checksum), (self.seed, video)
        return np.random.Generator(np.random.Philox(counter=counter, key=key))


def poisson(
    mean: NDArray[np.floating[Any]], u: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Poisson deviates by inversion: the quantiles `u` of their distributions, [K].

    One uniform deviate makes one event count, whatever the mean, so that the counts of
    a unit do not depend on those of others.
    """
    rate = np.asarray(mean, dtype=np.float64)
    term = np.exp(-rate)
    reached = term.copy()
    counts = np.zeros(rate.shape)
    for n in range(1, MAX_EVENTS + 1):
        below = u >= reached
        if not below.any():
            break
        counts += below
        term = term * rate / n
        reached += term
    return counts
