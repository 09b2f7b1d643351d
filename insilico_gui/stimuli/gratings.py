"""Drifting gratings: the standard probe of direction, orientation and frequency tuning.

Direction is that of the motion seen on the screen, in degrees counter-clockwise: 0 moves
to the right, 90 up. With azimuth x to the right and elevation y up, in degrees from the
centre of the screen, the carrier at time t after the onset of a trial is::

    cos(2 pi (sf (x cos(direction) + y sin(direction)) - tf t) + phase)

and the grey level is 128 + 127 contrast carrier: 128 is the mean and the grey of the
blanks, and a contrast of 1 spans 1 to 255.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.carrier import (
    GREY,
    Angles,
    Shader,
    Waveform,
    deviation_table,
    disc,
    phase_of,
    plane_wave,
)
from insilico_gui.stimuli.display import Display
from insilico_gui.stimuli.parametric import (
    RenderedStimulus,
    Renderer,
    StimulusSpec,
    finite_number,
    numbers,
    positive_number,
    whole_frames,
    whole_number,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_DIRECTIONS = 360

# For magicgui, which has no widget for a number or several: the value is typed as Python
# writes it, "0.04" or "(0.02, 0.04)"
_LITERAL = {"widget_type": "LiteralEvalLineEdit"}
_HIDDEN = {"bind": None}


@dataclass(frozen=True, kw_only=True)
class DriftingGratings(StimulusSpec):
    """Specification of a set of drifting gratings; see :func:`drifting_gratings`.

    Sequences are stored as tuples; everything is checked, so a spec that exists can be
    rendered.
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
    order: Literal["random", "sequential"] = "random"
    seed: int = 0
    phase_deg: float = 0.0
    waveform: Waveform = "sine"
    angles: Angles = "flat"

    def __post_init__(self) -> None:
        self._check_rate()
        checked: dict[str, Any] = {
            "directions": numbers(self.directions, "directions"),
            "spatial_frequency": numbers(self.spatial_frequency, "spatial_frequency"),
            "temporal_frequency": numbers(
                self.temporal_frequency, "temporal_frequency"
            ),
            "contrast": numbers(self.contrast, "contrast"),
            "duration_s": positive_number(self.duration_s, "duration_s"),
            "blank_s": finite_number(self.blank_s, "blank_s"),
            "repeats": whole_number(self.repeats, "repeats", 1),
            "edge_deg": finite_number(self.edge_deg, "edge_deg"),
            "seed": whole_number(self.seed, "seed", 0),
            "phase_deg": finite_number(self.phase_deg, "phase_deg"),
        }
        if self.size_deg is not None:
            checked["size_deg"] = positive_number(self.size_deg, "size_deg")
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        self._check_values()
        self._check_place()
        self._check_length()

    def _check_values(self) -> None:
        for name, values in (
            ("order", ("random", "sequential")),
            ("waveform", ("sine", "square")),
            ("angles", ("flat", "exact")),
        ):
            if getattr(self, name) not in values:
                raise StimulusError(
                    f"{name} is {getattr(self, name)!r}; use {' or '.join(values)}."
                )
        if self.blank_s < 0:
            raise StimulusError(f"blank_s is {self.blank_s}; give 0 or more seconds.")
        if self.grating_frames < 1:
            raise StimulusError(
                f"duration_s is {self.duration_s}, less than a frame at "
                f"{self.frame_rate:g} Hz; give at least {1 / self.frame_rate:.3g} s."
            )
        for value in self.contrast:
            if not 0 <= value <= 1:
                raise StimulusError(f"A contrast of {value} is not within 0 to 1.")
        for value in self.temporal_frequency:
            if not 0 < value <= self.frame_rate / 2:
                raise StimulusError(
                    f"A temporal frequency of {value:g} Hz cannot be shown at "
                    f"{self.frame_rate:g} frames per second; give one above 0 and up to "
                    f"{self.frame_rate / 2:g} Hz."
                )
        finest = 0.5 / max(self.display.degrees_per_pixel)
        for value in self.spatial_frequency:
            if not 0 < value <= finest:
                raise StimulusError(
                    f"A spatial frequency of {value:g} cycles per degree cannot be "
                    f"shown with {max(self.display.degrees_per_pixel):.3g} degrees per "
                    f"pixel; give one above 0 and up to {finest:.3g}."
                )

    def _check_place(self) -> None:
        try:
            x, y = (finite_number(v, "center") for v in self.center)
        except (TypeError, ValueError):
            raise StimulusError(
                f"center is {self.center!r}; give x and y between -1 and 1."
            ) from None
        if not (-1 <= x <= 1 and -1 <= y <= 1):
            raise StimulusError(
                f"center is {self.center!r}; x and y lie between -1 and 1 (y up)."
            )
        object.__setattr__(self, "center", (x, y))
        if self.size_deg is not None and self.size_deg > 360:
            raise StimulusError(
                f"size_deg is {self.size_deg:g}; give a diameter in degrees, or None "
                "for the full screen."
            )
        if self.edge_deg < 0:
            raise StimulusError(f"edge_deg is {self.edge_deg}; give 0 or more degrees.")

    @property
    def conditions(self) -> pd.DataFrame:
        """Parameters of each condition; the index is its number."""
        return pd.DataFrame(
            list(
                itertools.product(
                    self.directions,
                    self.spatial_frequency,
                    self.temporal_frequency,
                    self.contrast,
                )
            ),
            columns=["direction", "spatial_frequency", "temporal_frequency", "contrast"],
        )

    @property
    def trials(self) -> pd.DataFrame:
        """Trial table; onsets and durations are those of the frames."""
        shown = self.condition_order
        n_conditions = self.n_conditions
        onset_frames = np.arange(len(shown)) * self.frames_per_trial + self.blank_frames
        table = pd.DataFrame(
            {
                "onset": onset_frames / self.frame_rate,
                "duration": self.grating_frames / self.frame_rate,
                "condition": shown,
            }
        )
        parameters = self.conditions.iloc[shown].reset_index(drop=True)
        table = pd.concat([table, parameters], axis=1)
        table["repeat"] = np.arange(len(shown)) // n_conditions
        return table

    @property
    def n_frames(self) -> int:
        """Number of frames: for each trial the blank, then the grating."""
        return self.n_conditions * self.repeats * self.frames_per_trial

    def renderer(self) -> Renderer:
        """See :meth:`StimulusSpec.renderer`."""
        return _GratingRenderer(self).frames

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
    def condition_order(self) -> NDArray[np.int64]:
        """Condition of each trial."""
        n = self.n_conditions
        if self.order == "sequential":
            return np.tile(np.arange(n), self.repeats)
        rng = np.random.Generator(np.random.PCG64(self.seed))
        return np.concatenate([rng.permutation(n) for _ in range(self.repeats)])

    @property
    def grating_frames(self) -> int:
        """Frames of each grating."""
        return whole_frames(self.duration_s, self.frame_rate)

    @property
    def blank_frames(self) -> int:
        """Frames of grey before each grating."""
        return whole_frames(self.blank_s, self.frame_rate)

    @property
    def frames_per_trial(self) -> int:
        """Frames of grey and grating."""
        return self.blank_frames + self.grating_frames


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
    order: Literal["random", "sequential"] = "random",
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
        The trial table has the rounded times.
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
        Flat: a degree is as many pixels everywhere as at the centre of the screen. Exact:
        the true visual angle on a flat screen, so bars widen towards its edges.
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
        n = whole_number(
            n_directions if directions is None else directions, "n_directions", 1
        )
        if n > MAX_DIRECTIONS:
            raise StimulusError(
                f"n_directions is {n}; give at most {MAX_DIRECTIONS} (one a degree)."
            )
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


class _GratingRenderer:
    """Renders any range of frames of a :class:`DriftingGratings`."""

    def __init__(self, spec: DriftingGratings) -> None:
        self._spec = spec
        conditions = list(spec.conditions.itertuples(index=False))
        self._shown = [conditions[k] for k in spec.condition_order]
        weights = None
        if spec.size_deg is not None:
            weights = disc(
                spec.display, spec.size_deg, spec.edge_deg, spec.center, spec.angles
            )
        self._shaders = {
            contrast: Shader(deviation_table(contrast, spec.waveform), weights)
            for contrast in spec.contrast
        }
        self._wave = lru_cache(maxsize=4)(
            lambda direction, frequency: plane_wave(
                spec.display, direction, frequency, spec.angles
            )
        )

    def frames(self, start: int, stop: int) -> NDArray[np.uint8]:
        spec = self._spec
        frames = np.full((stop - start, *spec.display.pixels), GREY, np.uint8)
        for frame, k in zip(frames, range(start, stop), strict=True):
            trial, position = divmod(k, spec.frames_per_trial)
            since_onset = (position - spec.blank_frames) / spec.frame_rate
            if since_onset >= 0:
                shown = self._shown[trial]
                drift = phase_of(
                    shown.temporal_frequency * since_onset - spec.phase_deg / 360
                )
                wave = self._wave(shown.direction, shown.spatial_frequency)
                frame[:] = self._shaders[shown.contrast](wave - drift)
        return frames
