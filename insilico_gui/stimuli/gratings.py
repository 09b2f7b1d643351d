"""Drifting gratings: the usual probe of direction and frequency tuning.

Direction is that of the motion seen on the screen, in degrees counter-clockwise: 0
moves to the right, 90 up. With azimuth x to the right and elevation y up, in degrees
from the centre of the screen, the carrier at time t after the onset of a trial is::

    cos(2 pi (sf (x cos(direction) + y sin(direction)) - tf t) + phase)

and the grey level is 128 + 127 contrast carrier: 128 is the mean and the grey of the
blanks, and a contrast of 1 spans 1 to 255.
"""

# Without "from __future__ import annotations": magicgui needs the types themselves

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
import pandas as pd

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.carrier import Angles, Waveform
from insilico_gui.stimuli.checks import (
    numbers,
    one_of,
    position,
    positive_number,
    whole_number,
    within,
)
from insilico_gui.stimuli.display import Display
from insilico_gui.stimuli.grating_renderer import GratingRenderer
from insilico_gui.stimuli.parametric import RenderedStimulus, Renderer, StimulusSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_DIRECTIONS = 360
MAX_SIZE_DEG = 360.0

Order = Literal["random", "sequential"]

# For magicgui, which has no widget for "a number or several": the value is typed as
# Python writes it, "0.04" or "(0.02, 0.04)"
_LITERAL = {"widget_type": "LiteralEvalLineEdit"}
_HIDDEN = {"bind": None}


@dataclass(frozen=True, kw_only=True)
class DriftingGratings(StimulusSpec):
    """Specification of a set of drifting gratings.

    The fields are the parameters of :func:`drifting_gratings`, with sequences as tuples
    and directions as 0..360. Everything is checked, so a spec that exists can be shown.
    """

    family: ClassVar[str] = "drifting_gratings"

    directions: tuple[float, ...] = tuple(22.5 * k for k in range(16))
    spatial_frequency: tuple[float, ...] = (0.04,)
    temporal_frequency: tuple[float, ...] = (2.0,)
    contrast: tuple[float, ...] = (1.0,)
    duration_s: float = 1.0
    blank_s: float = 0.5
    repeats: int = 1
    size_deg: float | None = None
    edge_deg: float = 1.0
    center: tuple[float, float] = (0.0, 0.0)
    order: Order = "random"
    seed: int = 0
    phase_deg: float = 0.0
    waveform: Waveform = "sine"
    angles: Angles = "flat"

    def _normalise(self) -> dict[str, object]:
        for name, choices in (
            ("order", ("random", "sequential")),
            ("waveform", ("sine", "square")),
            ("angles", ("flat", "exact")),
        ):
            one_of(getattr(self, name), name, choices)
        size = self.size_deg
        return {
            "directions": self._directions(),
            "spatial_frequency": self._frequencies(
                "spatial_frequency",
                0.5 / max(self.display.degrees_per_pixel),
                "cycles per degree, half a cycle per pixel of this display",
            ),
            "temporal_frequency": self._frequencies(
                "temporal_frequency", self.frame_rate / 2, "Hz, half the frame rate"
            ),
            "contrast": tuple(
                within(c, "contrast", 0, 1) for c in numbers(self.contrast, "contrast")
            ),
            "duration_s": self._duration(),
            "blank_s": within(self.blank_s, "blank_s", 0, 3600),
            "repeats": whole_number(self.repeats, "repeats", 1),
            "size_deg": None if size is None else self._size(size),
            "edge_deg": within(self.edge_deg, "edge_deg", 0, MAX_SIZE_DEG),
            "center": position(self.center, "center"),
            "seed": whole_number(self.seed, "seed", 0),
            "phase_deg": within(self.phase_deg, "phase_deg", -360, 360),
        }

    @property
    def conditions(self) -> pd.DataFrame:
        """Parameters of each condition; the index is its number."""
        names = ["direction", "spatial_frequency", "temporal_frequency", "contrast"]
        crossed = itertools.product(
            self.directions,
            self.spatial_frequency,
            self.temporal_frequency,
            self.contrast,
        )
        return pd.DataFrame(list(crossed), columns=names)

    @property
    def condition_order(self) -> "NDArray[np.int64]":
        """Condition of each trial."""
        n = self.n_conditions
        if self.order == "sequential":
            return np.tile(np.arange(n), self.repeats)
        rng = np.random.Generator(np.random.PCG64(self.seed))
        return np.concatenate([rng.permutation(n) for _ in range(self.repeats)])

    @property
    def trials(self) -> pd.DataFrame:
        """Trial table; onsets and durations are those of the frames."""
        shown = self.condition_order
        onset_frame = np.arange(len(shown)) * self.frames_per_trial + self.blank_frames
        times = pd.DataFrame(
            {
                "onset": onset_frame / self.frame_rate,
                "duration": self.grating_frames / self.frame_rate,
                "condition": shown,
            }
        )
        parameters = self.conditions.iloc[shown].reset_index(drop=True)
        trials = pd.concat([times, parameters], axis=1)
        trials["repeat"] = np.arange(len(shown)) // self.n_conditions
        return trials

    @property
    def n_conditions(self) -> int:
        """Number of combinations of the parameters."""
        return (
            len(self.directions)
            * len(self.spatial_frequency)
            * len(self.temporal_frequency)
            * len(self.contrast)
        )

    @property
    def grating_frames(self) -> int:
        """Frames of each grating."""
        return round(self.duration_s * self.frame_rate)

    @property
    def blank_frames(self) -> int:
        """Frames of grey before each grating and after the last."""
        return round(self.blank_s * self.frame_rate)

    @property
    def frames_per_trial(self) -> int:
        """Frames of grey and grating."""
        return self.blank_frames + self.grating_frames

    @property
    def n_frames(self) -> int:
        """Number of frames: for each trial the blank, then the grating; a last blank."""
        # The last blank is for late responses: a window that starts with a latency.
        trials = self.n_conditions * self.repeats * self.frames_per_trial
        return trials + self.blank_frames

    def renderer(self) -> Renderer:
        """See :meth:`StimulusSpec.renderer`."""
        return GratingRenderer(self).frames

    def _directions(self) -> tuple[float, ...]:
        given = numbers(self.directions, "directions")
        return numbers([direction % 360 for direction in given], "directions")

    def _frequencies(self, name: str, highest: float, unit: str) -> tuple[float, ...]:
        frequencies = numbers(getattr(self, name), name)
        for frequency in frequencies:
            if not 0 < frequency <= highest:
                raise StimulusError(
                    f"A {name} of {frequency:g} cannot be shown; give one above 0 and "
                    f"up to {highest:.4g} {unit}."
                )
        return frequencies

    def _duration(self) -> float:
        duration = positive_number(self.duration_s, "duration_s")
        if round(duration * self.frame_rate) < 1:
            raise StimulusError(
                f"duration_s is {duration:g}, less than a frame at {self.frame_rate:g} "
                f"Hz; give at least {1 / self.frame_rate:.3g} s."
            )
        return duration

    @staticmethod
    def _size(size_deg: float) -> float:
        size = positive_number(size_deg, "size_deg")
        return within(size, "size_deg", 0, MAX_SIZE_DEG)


def drifting_gratings(
    *,
    n_directions: int = 16,
    directions: Annotated[Sequence[float] | int | None, _LITERAL] = None,
    spatial_frequency: Annotated[float | Sequence[float], _LITERAL] = 0.04,
    temporal_frequency: Annotated[float | Sequence[float], _LITERAL] = 2.0,
    contrast: Annotated[float | Sequence[float], _LITERAL] = 1.0,
    duration_s: float = 1.0,
    blank_s: float = 0.5,
    repeats: int = 1,
    size_deg: Annotated[float | None, _LITERAL] = None,
    edge_deg: float = 1.0,
    center: tuple[float, float] = (0.0, 0.0),
    order: Order = "random",
    seed: int = 0,
    phase_deg: float = 0.0,
    waveform: Waveform = "sine",
    angles: Angles = "flat",
    display: Annotated[Display | None, _HIDDEN] = None,
    frame_rate: float = 30.0,
) -> RenderedStimulus:
    """Make drifting gratings, with their trial table.

    Parameters that take a sequence are crossed: every combination is a condition.

    Parameters
    ----------
    n_directions : int
        Number of directions, evenly spaced from 0; not used if `directions` are given.
    directions : sequence of float, optional
        Directions of motion in degrees, counter-clockwise: 0 = to the right, 90 = up.
        A single whole number means `n_directions`.
    spatial_frequency : float or sequence of float
        Cycles per degree.
    temporal_frequency : float or sequence of float
        Cycles per second (Hz), at most half of `frame_rate`.
    contrast : float or sequence of float
        0 to 1.
    duration_s, blank_s : float
        Length of the grating and of the grey before it, in seconds; rounded to frames.
        As much grey follows the last grating. The trial table has the rounded times.
    repeats : int
        How often each condition is shown.
    size_deg : float, optional
        Diameter of a round aperture in degrees; default the full screen.
    edge_deg : float
        Width of the aperture's soft edge in degrees.
    center : (float, float)
        Centre of the aperture: x (right) and y (up), -1..1 from edge to edge.
    order : {"random", "sequential"}
        Random: each repeat shows all conditions in a new order, drawn with `seed`.
    seed : int
    phase_deg : float
        Phase at the centre of the screen when a grating appears.
    waveform : {"sine", "square"}
    angles : {"flat", "exact"}
        Flat: a degree is as many pixels everywhere as at the centre of the screen.
        Exact: the true visual angle on a flat screen, so bars widen towards its edges.
    display : Display, optional
        Screen and its pixels; default a 56.5 x 31.8 cm screen 15 cm from the eye with
        256 x 144 pixels.
    frame_rate : float
        Frames per second (Hz).

    Returns
    -------
    RenderedStimulus
        ``trials`` has ``onset`` and ``duration`` (s), ``condition``, ``direction``,
        ``spatial_frequency``, ``temporal_frequency``, ``contrast`` and ``repeat``.

    Raises
    ------
    StimulusError
        If a value makes no sense or cannot be shown on this display.
    """
    if directions is None or isinstance(directions, int | np.integer):
        given = n_directions if directions is None else directions
        n = whole_number(given, "n_directions", 1, MAX_DIRECTIONS)
        directions = [360 * k / n for k in range(n)]
    return DriftingGratings(
        directions=numbers(directions, "directions"),
        spatial_frequency=numbers(spatial_frequency, "spatial_frequency"),
        temporal_frequency=numbers(temporal_frequency, "temporal_frequency"),
        contrast=numbers(contrast, "contrast"),
        duration_s=duration_s,
        blank_s=blank_s,
        repeats=repeats,
        size_deg=size_deg,
        edge_deg=edge_deg,
        center=center,
        order=order,
        seed=seed,
        phase_deg=phase_deg,
        waveform=waveform,
        angles=angles,
        display=display or Display(),
        frame_rate=frame_rate,
    ).stimulus()
