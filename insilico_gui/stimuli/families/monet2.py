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

# Without "from __future__ import annotations": magicgui needs the types themselves

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.checks import (
    angles_modulo,
    at_most,
    evenly_spaced,
    one_of,
    positive_number,
    whole_number,
    within,
)
from insilico_gui.stimuli.core.random_words import random_order
from insilico_gui.stimuli.render.monet_noise import MonetRenderer, Motion
from insilico_gui.stimuli.render.pink_spectrum import PinkSpectrum
from insilico_gui.stimuli.spec.form_types import LITERAL, HiddenDisplay
from insilico_gui.stimuli.spec.parametric import (
    RenderedStimulus,
    Renderer,
    StimulusSpec,
)
from insilico_gui.stimuli.spec.trial_spec import Order

TempKernel = Literal["hamming", "half-hamming"]

_ORDERS = 1  # stream of random numbers; the noise has stream 0


@dataclass(frozen=True, kw_only=True)
class Monet2(StimulusSpec):
    """Specification of blocks of directional pink noise.

    The fields are the parameters of :func:`monet2`, with directions as 0..360.
    """

    family: ClassVar[str] = "monet2"

    n_blocks: int = 1
    duration_s: float = 15.0
    directions: tuple[float, ...] = tuple(22.5 * k for k in range(16))
    speed_deg_s: float = 20.0
    ori_coherence: float = 6.0
    ori_fraction: float = 1.0
    ori_mix: float = 1.0
    temp_bandwidth: float = 4.0
    temp_kernel: TempKernel = "hamming"
    spatial_cutoff: float = 0.5
    pattern_width: int | None = None
    rms_contrast: float = 0.3
    order: Order = "random"
    seed: int = 0

    def _normalise(self) -> dict[str, object]:
        one_of(self.temp_kernel, "temp_kernel", get_args(TempKernel))
        one_of(self.order, "order", get_args(Order))
        values: dict[str, Any] = {
            "n_blocks": whole_number(self.n_blocks, "n_blocks", 1),
            "duration_s": self._lasting("duration_s"),
            "directions": angles_modulo(self.directions, "directions", 360),
            "speed_deg_s": within(self.speed_deg_s, "speed_deg_s", 0, 1e4),
            "ori_coherence": within(self.ori_coherence, "ori_coherence", 1, 180),
            "ori_fraction": positive_number(self.ori_fraction, "ori_fraction"),
            "ori_mix": within(self.ori_mix, "ori_mix", 0, 1),
            "temp_bandwidth": positive_number(self.temp_bandwidth, "temp_bandwidth"),
            "spatial_cutoff": positive_number(self.spatial_cutoff, "spatial_cutoff"),
            "rms_contrast": within(self.rms_contrast, "rms_contrast", 0.01, 0.5),
            "seed": whole_number(self.seed, "seed", 0),
        }
        if self.pattern_width is not None:
            values["pattern_width"] = whole_number(
                self.pattern_width, "pattern_width", 8, self.display.pixels[1]
            )
        self._check_window(values)
        self._check_band(values)
        self._check_nyquist(values)
        return values

    def _check_window(self, values: Mapping[str, Any]) -> None:
        if values["ori_fraction"] > 1:
            raise StimulusError(
                f"ori_fraction is {values['ori_fraction']:g}, so the coherent window "
                "would be longer than a period; give a number up to 1."
            )
        n = len(values["directions"])
        window = values["duration_s"] / n * values["ori_fraction"]
        if window * self.frame_rate < 2:
            raise StimulusError(
                f"The coherent window of each of {n} directions lasts {window:.3g} s, "
                f"less than two frames at {self.frame_rate:g} Hz; take fewer "
                "directions, a longer duration_s or a larger ori_fraction."
            )

    def _check_band(self, values: Mapping[str, Any]) -> None:
        spectrum = self._spectrum
        for direction in values["directions"]:
            band = spectrum.band(direction, 180 / values["ori_coherence"])
            if not band.any():
                raise StimulusError(
                    f"No wave that fits the screen moves towards {direction:g} degrees "
                    f"with an ori_coherence of {values['ori_coherence']:g}; take a "
                    "smaller one or a finer display."
                )

    def _check_nyquist(self, values: Mapping[str, Any]) -> None:
        degrees = self.display.pixels[1] * self.display.degrees_per_pixel[0]
        finest = min(
            (self.pattern_width or self.display.pixels[1]) / degrees / 2,
            0.5 / self.display.degrees_per_pixel[1],
        )
        cutoff = values["spatial_cutoff"]
        if cutoff > finest:
            raise StimulusError(
                f"spatial_cutoff is {cutoff:g} cycles per degree; this pattern can "
                f"show up to {at_most(finest)}, half a cycle per pixel."
            )
        bandwidth = values["temp_bandwidth"]
        fastest = bandwidth + cutoff * values["speed_deg_s"]
        if fastest >= self.frame_rate / 2:
            raise StimulusError(
                f"Noise of {bandwidth:g} Hz (temp_bandwidth) that moves at "
                f"{values['speed_deg_s']:g} degrees per second changes at up to "
                f"{fastest:.3g} Hz, which has to be below half the frame rate of "
                f"{self.frame_rate:g} Hz; take a lower speed_deg_s, temp_bandwidth or "
                "spatial_cutoff."
            )

    @property
    def n_dirs(self) -> int:
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

        The frames whose time lies from onset to onset + duration / n_dirs x
        ori_fraction; int64 [n_dirs, 2].
        """
        starts = np.arange(self.n_dirs) / self.n_dirs
        stops = starts + self.ori_fraction / self.n_dirs
        frames = np.stack([starts, stops], 1) * self.block_frames
        return np.ceil(np.round(frames, 6)).astype(np.int64)

    def direction_order(self, block: int) -> NDArray[np.int64]:
        """Which of `directions` is shown in each period of a block."""
        if self.order == "sequential":
            return np.arange(self.n_dirs)
        return random_order(self.seed, self.n_dirs, stream=_ORDERS, part=block)

    @property
    def trials(self) -> pd.DataFrame:
        """Trial table: a row for each coherent window, as shown."""
        first, after = self.windows.T
        condition = np.concatenate(
            [self.direction_order(block) for block in range(self.n_blocks)]
        )
        block = np.repeat(np.arange(self.n_blocks), self.n_dirs)
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


def monet2(
    *,
    n_blocks: int = 1,
    duration_s: float = 15.0,
    n_dirs: int = 16,
    directions: Annotated[Sequence[float] | None, LITERAL] = None,
    speed_deg_s: float = 20.0,
    ori_coherence: float = 6.0,
    ori_fraction: float = 1.0,
    ori_mix: float = 1.0,
    temp_bandwidth: float = 4.0,
    temp_kernel: TempKernel = "hamming",
    spatial_cutoff: float = 0.5,
    pattern_width: Annotated[int | None, LITERAL] = None,
    rms_contrast: float = 0.3,
    order: Order = "random",
    seed: int = 0,
    display: HiddenDisplay = None,
    frame_rate: float = 30.0,
) -> RenderedStimulus:
    """Make blocks of directional pink noise, with their trial table.

    Parameters
    ----------
    n_blocks : int
        How many blocks, each with other noise and another order of all directions.
    duration_s : float
        Length of a block in seconds; rounded to frames.
    n_dirs : int
        Number of directions, evenly spaced from 0; not used if `directions` are given.
    directions : sequence of float, optional
        Directions of motion in degrees, counter-clockwise: 0 = to the right, 90 = up.
    speed_deg_s : float
        Degrees per second, at the centre of the screen.
    ori_coherence : float
        Band of orientations is 180 / `ori_coherence` degrees wide; 1 = all. The
        default is 15 degrees to either side.
    ori_fraction : float
        Coherent part of each period, above 0, to 1.
    ori_mix : float
        1 = only the band of orientations, 0 = noise of all orientations.
    temp_bandwidth : float
        Cut-off of the noise in time, in Hz.
    temp_kernel : {"hamming", "half-hamming"}
    spatial_cutoff : float
        Cut-off of the noise in space, in cycles per degree.
    pattern_width : int, optional
        Detail as of a pattern so many pixels wide; default that of the display.
    rms_contrast : float
        Standard deviation of the grey levels over their mean, 0.01 to 0.5.
    order : {"random", "sequential"}
        Sequential: directions as given, in every block.
    seed : int
    display, frame_rate
        See :func:`.gratings.drifting_gratings`.

    Returns
    -------
    RenderedStimulus
        ``trials`` has a row for each coherent window: ``onset``, ``duration``,
        ``condition``, ``direction``, ``speed_deg_s`` and ``repeat`` (the block).

    Raises
    ------
    StimulusError
        If a value makes no sense or cannot be shown.
    """
    fields = dict(locals())
    n = fields.pop("n_dirs")
    if directions is None:
        fields["directions"] = evenly_spaced(n, "n_dirs", 360)
    return Monet2.of_arguments(fields)
