"""Monet2: directional pink noise, after a published stimulus.

A block is divided into equal periods, one for each direction, in random order. Pink
noise flows through all of it. In the coherent window at the start of each period, its
waves are restricted to a band of orientations and it moves at right angles to the
middle of the band; in what is left of the period it has all orientations and rests.

- In time: noise is low-passed by a Hamming window from -1/b to 1/b seconds, whose
  spectrum has its first zero at b = ``temp_bandwidth``. *Half-hamming* is the half of
  the window that weights the past, so noise sets in at once and fades.
- In space: amplitude is 1/f, times a Gaussian that halves the power at
  ``spatial_cutoff``.
- The band of orientations is pi / ``ori_coherence`` wide; waves outside of it have the
  part 1 - ``ori_mix`` of their amplitude.
- Grey levels are normally distributed about 128; beyond 1 and 255 they are cut off.

The temporal spectrum is that of the noise as it moves: a pixel that a wave of f cycles
per degree passes at v degrees per second changes faster by f v.

Names and default values are those published with ``stimulus.Monet2``, as far as they
are known; its pixels cannot be had from its seeds, as it used another source of random
numbers. Directions are ours: 0 moves right, 90 up, counter-clockwise. The published
ones have 0 up and run clockwise; see :mod:`.monet_table`.
"""

from __future__ import annotations

from dataclasses import InitVar
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.checks import at_most, whole_number
from insilico_gui.stimuli.core.random_words import random_order
from insilico_gui.stimuli.render.monet_noise import MonetRenderer, Motion
from insilico_gui.stimuli.render.pink_spectrum import PinkSpectrum
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameter_types import OptionalAngles, OptionalCount
from insilico_gui.stimuli.spec.parameters import (
    angles,
    lasting,
    number,
    parameter,
    specification,
    whole,
    word,
)
from insilico_gui.stimuli.spec.parametric import Renderer, StimulusSpec
from insilico_gui.stimuli.spec.trial_spec import SEED_HELP, Order

TempKernel = Literal["hamming", "half-hamming"]

_ORDERS = 1  # stream of random numbers; the noise has stream 0


@specification
class Monet2(StimulusSpec):
    """Blocks of directional pink noise, with their trial table.

    ``trials`` has a row for each coherent window: ``onset``, ``duration``,
    ``condition``, ``direction``, ``speed_deg_s`` and ``repeat`` (the block).
    """

    family: ClassVar[str] = "monet2"

    n_blocks: int = whole(
        1,
        "How many blocks, each with other noise and another order of all directions.",
        1,
    )
    duration_s: float = lasting(
        15.0, "Length of a block in seconds; rounded to frames."
    )
    directions: OptionalAngles = angles(
        None,
        "Directions of motion in degrees, counter-clockwise: 0 = to the right, 90 = up.",
        count=("n_dirs", 16),
        empty="evenly spaced",
    )
    speed_deg_s: float = number(
        20.0, "Degrees per second, at the centre of the screen.", 0, 1e4
    )
    ori_coherence: float = number(
        6.0,
        "Band of orientations is 180 / `ori_coherence` degrees wide; 1 = all. The "
        "default is 15 degrees to either side.",
        1,
        180,
        label="orientation coherence",
    )
    ori_fraction: float = number(
        1.0,
        "Coherent part of each period, above 0, to 1.",
        above=True,
        label="coherent fraction",
    )
    ori_mix: float = number(
        1.0,
        "1 = only the band of orientations, 0 = noise of all orientations.",
        0,
        1,
        label="orientation mix",
    )
    temp_bandwidth: float = number(
        4.0,
        "Cut-off of the noise in time, in Hz.",
        above=True,
        label="temporal cut-off (Hz)",
    )
    temp_kernel: TempKernel = word(
        "hamming", "What the noise is smoothed with in time.", label="temporal kernel"
    )
    spatial_cutoff: float = number(
        0.5,
        "Cut-off of the noise in space, in cycles per degree.",
        above=True,
        label="spatial cut-off (cyc/deg)",
    )
    pattern_width: OptionalCount = parameter(
        None,
        "Detail as of a pattern so many pixels wide; default that of the display.",
        lambda value, name, spec: whole_number(value, name, 8, spec.display.pixels[1]),
        label="pattern width (px)",
        empty="that of the screen",
    )
    rms_contrast: float = number(
        0.3,
        "Standard deviation of the grey levels over their mean, 0.01 to 0.5.",
        0.01,
        0.5,
        label="RMS contrast",
    )
    order: Order = word("random", "Sequential: directions as given, in every block.")
    seed: int = whole(0, SEED_HELP)

    if TYPE_CHECKING:  # a parameter of the function
        n_dirs: InitVar[int] = 16
    else:
        n_dirs = property(lambda self: self.n_periods)

    def _check(self) -> None:
        self._check_window()
        self._check_band()
        self._check_nyquist()

    def _check_window(self) -> None:
        if self.ori_fraction > 1:
            raise StimulusError(
                f"ori_fraction is {self.ori_fraction:g}, so the coherent window "
                "would be longer than a period; give a number up to 1."
            )
        n = self.n_periods
        window = self.duration_s / n * self.ori_fraction
        if window * self.frame_rate < 2:
            raise StimulusError(
                f"The coherent window of each of {n} directions lasts {window:.3g} s, "
                f"less than two frames at {self.frame_rate:g} Hz; take fewer "
                "directions, a longer duration_s or a larger ori_fraction."
            )

    def _check_band(self) -> None:
        spectrum = self._spectrum
        for direction in self.directions:
            band = spectrum.band(direction, 180 / self.ori_coherence)
            if not band.any():
                raise StimulusError(
                    f"No wave that fits the screen moves towards {direction:g} degrees "
                    f"with an ori_coherence of {self.ori_coherence:g}; take a "
                    "smaller one or a finer display."
                )

    def _check_nyquist(self) -> None:
        degrees = self.display.pixels[1] * self.display.degrees_per_pixel[0]
        finest = min(
            (self.pattern_width or self.display.pixels[1]) / degrees / 2,
            0.5 / self.display.degrees_per_pixel[1],
        )
        cutoff, bandwidth = self.spatial_cutoff, self.temp_bandwidth
        if cutoff > finest:
            raise StimulusError(
                f"spatial_cutoff is {cutoff:g} cycles per degree; this pattern can "
                f"show up to {at_most(finest)}, half a cycle per pixel."
            )
        fastest = bandwidth + cutoff * self.speed_deg_s
        if fastest >= self.frame_rate / 2:
            raise StimulusError(
                f"Noise of {bandwidth:g} Hz (temp_bandwidth) that moves at "
                f"{self.speed_deg_s:g} degrees per second changes at up to "
                f"{fastest:.3g} Hz, which has to be below half the frame rate of "
                f"{self.frame_rate:g} Hz; take a lower speed_deg_s, temp_bandwidth or "
                "spatial_cutoff."
            )

    @property
    def n_periods(self) -> int:
        """Number of directions, and of periods in a block."""
        return len(self.directions)

    @property
    def block_frames(self) -> int:
        """Frames of a block."""
        return round(self.duration_s * self.frame_rate)

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return self.n_blocks * self.block_frames

    @property
    def windows(self) -> NDArray[np.int64]:
        """First frame of each coherent window of a block, and that after its last.

        The frames whose time lies from onset to onset + duration / n_periods x
        ori_fraction; int64 [n_periods, 2].
        """
        starts = np.arange(self.n_periods) / self.n_periods
        stops = starts + self.ori_fraction / self.n_periods
        frames = np.stack([starts, stops], 1) * self.block_frames
        return np.ceil(np.round(frames, 6)).astype(np.int64)

    def direction_order(self, block: int) -> NDArray[np.int64]:
        """Which of `directions` is shown in each period of a block."""
        if self.order == "sequential":
            return np.arange(self.n_periods)
        return random_order(self.seed, self.n_periods, stream=_ORDERS, part=block)

    @property
    def trials(self) -> pd.DataFrame:
        """Trial table: a row for each coherent window, as shown."""
        first, after = self.windows.T
        condition = np.concatenate(
            [self.direction_order(block) for block in range(self.n_blocks)]
        )
        block = np.repeat(np.arange(self.n_blocks), self.n_periods)
        onset = np.tile(first, self.n_blocks) + block * self.block_frames
        return pd.DataFrame(
            {
                "onset": onset / self.frame_rate,
                "duration": np.tile(after - first, self.n_blocks) / self.frame_rate,
                "condition": condition,
                "direction": np.array(self.directions)[condition],
                "speed_deg_s": self.speed_deg_s,
                "repeat": block,
            }
        )

    @property
    def _spectrum(self) -> PinkSpectrum:
        width = self.pattern_width or self.display.pixels[1]
        return PinkSpectrum(self.display, self.spatial_cutoff, width // 2)

    def motion(self, block: int) -> Motion:
        """What moves where in every frame of a block."""
        moves = np.full(self.block_frames, np.nan)
        order = self.direction_order(block)
        for (first, after), which in zip(self.windows, order, strict=True):
            moves[first:after] = self.directions[which]
        return Motion(moves, self.speed_deg_s / self.frame_rate)

    def renderer(self) -> Renderer:
        """See :meth:`StimulusSpec.renderer`."""
        return MonetRenderer(
            self._spectrum,
            bandwidth=180 / self.ori_coherence,
            mix=self.ori_mix,
            kernel_frames=self.frame_rate / self.temp_bandwidth,
            causal=self.temp_kernel == "half-hamming",
            deviation=128 * self.rms_contrast,
            block_frames=self.block_frames,
            motion=self.motion,
            seed=self.seed,
        ).render


monet2 = family_function(Monet2, place=12)
