"""Trippy: the cosine of a smooth random phase that flows, after a published stimulus.

A coarse grid of nodes that spans the screen gets a random number each, 60 times a
second. They are smoothed in time by a Hann kernel, and in space by cubic B-splines
between the nodes, which makes a smooth surface S(x, y, t). The picture is::

    (cos(2 pi (S + temp_freq t)) + 1) / 2

S is scaled such that the root mean square of its spatial gradient, which is the local
spatial frequency, is ``spatial_freq``. Wherever one looks, there is a grating that
changes its frequency, orientation, and direction of motion slowly.

The names of the parameters and their values are those published for ``stimulus.Trippy``
(8 x 6 nodes, 2.5 Hz, Hann kernel of 61 samples at 60 Hz, 0.06 cycles per degree). The
published movie is made on a grid that is 24 times finer than the nodes and then
stretched over the screen; here the splines are evaluated at the pixels themselves.
Everything is done in whole numbers, so the bytes are the same on every machine.
"""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.checks import spatial_frequencies, within
from insilico_gui.stimuli.core.random_words import random_bytes
from insilico_gui.stimuli.render.carrier import deviation_table, levels_of, phase_of
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameters import (
    again,
    lasting,
    number,
    parameter,
    specification,
    whole,
)
from insilico_gui.stimuli.spec.trial_spec import Painter, TrialSpec

KERNEL_RATE = 60.0  # Hz; of the nodes' random numbers
_WEIGHT = 1 << 14  # fixed point of kernel and splines
_CYCLE = 1 << 16
_CHUNK = 16  # frames whose nodes are made at a time


@specification
class Trippy(TrialSpec):
    """Clips of Trippy, with their trial table.

    ``trials`` has ``onset``, ``duration``, ``condition``, ``clip`` and ``repeat``.
    """

    family: ClassVar[str] = "trippy"

    n_clips: int = whole(
        1, "How many different clips; repeats show the same clips again.", 1, 10_000
    )
    duration_s: float = lasting(15.0, "Length of a clip in seconds; rounded to frames.")
    xnodes: int = whole(
        8, "Nodes of random numbers across the screen.", 2, 64, label="nodes across"
    )
    ynodes: int = whole(
        6, "Nodes of random numbers down the screen.", 2, 64, label="nodes down"
    )
    temp_freq: float = parameter(
        2.5,
        "Mean rate at which the phase advances, in Hz.",
        lambda value, name, spec: within(value, name, 0, spec.frame_rate / 2),
        0,
        label="temporal freq. (Hz)",
    )
    temp_kernel_length: int = whole(
        61,
        "Length of the Hann kernel in samples of 1/60 s.",
        3,
        600,
        label="kernel length (1/60 s)",
    )
    spatial_freq: float = parameter(
        0.06,
        "Root mean square of the local spatial frequency, in cycles per degree.",
        lambda value, name, spec: spatial_frequencies([value], spec.display)[0],
        0,
        label="spatial freq. (cyc/deg)",
    )
    contrast: float = number(1.0, "Above 0, to 1.", 0, 1, above=True)
    blank_s: float = again(0.0)

    def _check(self) -> None:
        seconds = self.temp_kernel_length / KERNEL_RATE
        if seconds > self.duration_s:
            raise StimulusError(
                f"The temporal kernel lasts {seconds:.3g} s, longer than a clip of "
                f"{self.duration_s:g} s; take a smaller temp_kernel_length or a "
                "longer duration_s."
            )
        # Two standard deviations: 95 % of the screen
        fastest = self.temp_freq + 2 * self.rate_sd
        if fastest >= self.frame_rate / 2:
            raise StimulusError(
                f"With these parameters pixels change at up to {fastest:.3g} Hz, "
                "which has to be below half the frame rate of "
                f"{self.frame_rate:g} Hz; take a lower temp_freq or spatial_freq, more "
                "nodes, or a longer temp_kernel_length."
            )

    @property
    def rate_sd(self) -> float:
        """Standard deviation of the rate of the phase about `temp_freq`, in Hz."""
        # S is a sum over nodes of spline times number, so its variance is that of the
        # numbers times the mean squared spline; over time, Hann's slope against Hann
        seconds = self.temp_kernel_length / KERNEL_RATE
        relative_slope = np.pi / seconds * np.sqrt(4 / 3)
        return float(self._node_sd * _SPLINE_POWER * relative_slope)

    @property
    def _node_sd(self) -> float:
        """Standard deviation, in cycles, of the nodes' numbers smoothed in time."""
        height, width = self.display.pixels
        right, down = self.display.degrees_per_pixel
        per_degree = np.hypot(
            self.xnodes / (width * right), self.ynodes / (height * down)
        )
        slope = np.sqrt(_SLOPE_POWER * _SPLINE_POWER) * per_degree
        return float(self.spatial_freq / slope)

    def _factors(self) -> dict[str, tuple[object, ...]]:
        return {"clip": tuple(range(self.n_clips))}

    def painter(self) -> Painter:
        """See :meth:`TrialSpec.painter`."""
        height, width = self.display.pixels
        down, right = _splines(height, self.ynodes), _splines(width, self.xnodes)
        shape = (down.shape[1], right.shape[1])
        levels = levels_of(deviation_table(self.contrast, "sine"))
        # Uniform bytes, made odd numbers -255..255, have this standard deviation
        byte_sd = np.sqrt((256**2 - 1) / 3)

        @lru_cache(maxsize=2 * self.temp_kernel_length + _CHUNK)
        def numbers(clip: int, step: int) -> NDArray[np.float64]:
            drawn = random_bytes(self.seed, shape[0] * shape[1], part=clip, step=step)
            return 2 * drawn.astype(np.float64) - 255

        # Neighbouring frames share most of their samples
        @lru_cache(maxsize=4)
        def nodes(
            clip: int, chunk: int
        ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint16]]:
            """Smooth numbers of the nodes in a chunk of frames, their unit, drift."""
            times = np.arange(chunk * _CHUNK, (chunk + 1) * _CHUNK) / self.frame_rate
            first, kernels = _kernels(times * KERNEL_RATE, self.temp_kernel_length)
            steps = range(first, first + kernels.shape[1])
            smooth = kernels @ np.stack([numbers(clip, step) for step in steps])
            norm = byte_sd * np.sqrt(np.square(kernels).sum(axis=1)) * _WEIGHT**2
            unit = self._node_sd * _CYCLE / norm
            return smooth.reshape(-1, *shape), unit, phase_of(self.temp_freq * times)

        def paint(condition: int, frame: int) -> NDArray[np.uint8]:
            chunk, k = divmod(frame, _CHUNK)
            smooth, unit, drift = nodes(condition, chunk)
            # Sums and products so far are of whole numbers below 2**53: exact
            surface = down @ smooth[k] @ right.T
            surface *= unit[k]
            phase = np.rint(surface, out=surface).astype(np.int32).astype(np.uint16)
            phase += drift[k]
            # No phase is beyond the table; clipping is the fastest way not to check
            picture: NDArray[np.uint8] = levels.take(phase, mode="clip")
            return picture

        return paint


def _spline(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cubic B-spline on whole knots, at distances from its middle; 0 from 2 on."""
    far = np.clip(2 - np.abs(distance), 0, None)
    near = np.clip(1 - np.abs(distance), 0, None)
    weight: NDArray[np.float64] = (far**3 - 4 * near**3) / 6
    return weight


# Integrals of the squared spline and of its squared slope, over all distances
_SPLINE_POWER = 151 / 315
_SLOPE_POWER = 2 / 3


def _splines(n_pixels: int, n_nodes: int) -> NDArray[np.float64]:
    """Weight of each node at each pixel, in whole units; [n_pixels, n_nodes + 3].

    The nodes divide the screen into equal cells; some more lie outside, so that the
    surface is as random at the edges as in the middle.
    """
    place = (np.arange(n_pixels) + 0.5) / n_pixels * n_nodes
    nodes = np.arange(-1, n_nodes + 2)
    weights = _spline(place[:, None] - nodes) * _WEIGHT
    return np.rint(np.round(weights, 6))


def _kernels(now: NDArray[np.float64], length: int) -> tuple[int, NDArray[np.float64]]:
    """Hann kernels about several times, which ascend, in samples.

    Returns
    -------
    int
        Number of the first sample, counted from the first that time 0 needs.
    float64 array, [n_times, n_samples]
        Whole weights of that sample and those after it.
    """
    half = (length + 1) / 2
    first = np.floor(np.round(now - half, 6)).astype(np.int64) + 1
    samples = first[:, None] + np.arange(length + 1)
    place = (samples - now[:, None]) / half
    weights = (1 + np.cos(np.pi * np.clip(place, -1, 1))) / 2
    kernels = np.zeros((len(now), samples[-1, -1] - first[0] + 1))
    rows = np.arange(len(now))[:, None]
    kernels[rows, samples - first[0]] = np.rint(np.round(weights * _WEIGHT, 6))
    return int(first[0]) + length, kernels


trippy = family_function(Trippy, place=13)
