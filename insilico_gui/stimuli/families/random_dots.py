"""Random-dot kinematograms: coherent motion of dots, among dots that move anyhow.

Half of the dots are white, half black, on grey. The coherent ones translate, move away
from the centre of the screen or towards it, or turn about it, all of them at the same
speed; each of the others moves at that speed in a direction of its own. After its
lifetime a dot is gone and another appears elsewhere. Dots that translate beyond an edge
come back at the opposite one. For the other motions, dots also live in a margin around
the screen, from which they can enter.
"""

# Without "from __future__ import annotations": magicgui needs the types themselves

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.checks import (
    angles_modulo,
    at_least,
    choices,
    contrast_above_zero,
    evenly_spaced,
    numbers_within,
    positive_number,
    size_in_degrees,
    within,
)
from insilico_gui.stimuli.render.dot_painter import DotPainter
from insilico_gui.stimuli.render.dot_paths import DotPaths, Trajectory
from insilico_gui.stimuli.spec.form_types import (
    LITERAL,
    HiddenDisplay,
    Numbers,
    several,
)
from insilico_gui.stimuli.spec.parametric import RenderedStimulus
from insilico_gui.stimuli.spec.trial_spec import Order, Painter, TrialSpec

DotMotion = Literal[
    "translation", "expansion", "contraction", "clockwise", "counterclockwise"
]
_MOTIONS: tuple[DotMotion, ...] = get_args(DotMotion)
DotMotions = Annotated[Sequence[str], several(*_MOTIONS)]

_MOST_DOTS = 20_000


@dataclass(frozen=True, kw_only=True)
class RandomDots(TrialSpec):
    """Specification of a set of random-dot kinematograms.

    The fields are the parameters of :func:`random_dots`, with sequences as tuples and
    directions as 0..360.
    """

    family: ClassVar[str] = "random_dots"

    motion: tuple[DotMotion, ...] = _MOTIONS
    directions: tuple[float, ...] = tuple(45.0 * k for k in range(8))
    coherence: tuple[float, ...] = (0.5, 1.0)
    speed_deg_s: tuple[float, ...] = (20.0, 40.0)
    dot_size_deg: float = 4.0
    density: float = 0.1
    lifetime_s: float = 0.5
    contrast: float = 1.0
    duration_s: float = 2.0
    same_dots: bool = False

    def _normalise(self) -> dict[str, object]:
        size = size_in_degrees(self.dot_size_deg, "dot_size_deg")
        smallest = max(self.display.degrees_per_pixel)
        if size < smallest:
            raise StimulusError(
                f"dot_size_deg is {size:g}, less than a pixel of this display; give at "
                f"least {at_least(smallest)} degrees."
            )
        values: dict[str, Any] = {
            **super()._normalise(),
            "motion": choices(self.motion, "motion", _MOTIONS),
            "directions": angles_modulo(self.directions, "directions", 360),
            "coherence": numbers_within(self.coherence, "coherence", 0, 1),
            "speed_deg_s": numbers_within(self.speed_deg_s, "speed_deg_s", 0, 1e4),
            "dot_size_deg": size,
            "density": within(
                positive_number(self.density, "density"), "density", 0, 0.5
            ),
            "lifetime_s": within(self.lifetime_s, "lifetime_s", 0, 3600),
            "contrast": contrast_above_zero(self.contrast),
            "duration_s": self._lasting("duration_s"),
        }
        if not isinstance(self.same_dots, bool):
            raise StimulusError(f"same_dots is {self.same_dots!r}; give True or False.")
        if round(values["lifetime_s"] * self.frame_rate) < 2:
            raise StimulusError(
                f"lifetime_s is {values['lifetime_s']:g}, less than two frames at "
                f"{self.frame_rate:g} Hz, so no dot would move; give at least "
                f"{at_least(2 / self.frame_rate)} s."
            )
        spacing = np.sqrt(np.pi * (size / 2) ** 2 / values["density"])
        step = max(values["speed_deg_s"]) / self.frame_rate
        if step >= spacing / 2:
            raise StimulusError(
                f"At {max(values['speed_deg_s']):g} degrees per second dots jump by "
                f"{step:.3g} degrees a frame, which has to be less than half of the "
                f"{spacing:.3g} degrees between them, so the motion could not be seen; "
                "take a lower speed_deg_s or density."
            )
        wrap = values["motion"] == ("translation",)
        most = max(self._n_dots(speed, wrap=wrap) for speed in values["speed_deg_s"])
        if most > _MOST_DOTS:
            raise StimulusError(
                f"There would be {most} dots on and around the screen and the limit is "
                f"{_MOST_DOTS}; take a larger dot_size_deg, a lower density or a "
                "shorter lifetime_s."
            )
        return values

    def _factors(self) -> dict[str, tuple[object, ...]]:
        trajectories: list[tuple[str, float]] = []
        for motion in self.motion:
            translates = motion == "translation"
            angles = self.directions if translates else (np.nan,)
            trajectories += [(motion, angle) for angle in angles]
        return {
            "trajectory": tuple(trajectories),
            "coherence": self.coherence,
            "speed_deg_s": self.speed_deg_s,
        }

    @property
    def conditions(self) -> pd.DataFrame:
        """See :attr:`TrialSpec.conditions`; a direction is that of a translation."""
        crossed = super().conditions
        motion, direction = zip(*crossed.pop("trajectory"), strict=True)
        crossed.insert(0, "motion", motion)
        crossed.insert(1, "direction", direction)
        return crossed

    @property
    def condition_frames(self) -> "NDArray[np.int64]":
        """See :attr:`TrialSpec.condition_frames`."""
        return np.full(self.n_conditions, round(self.duration_s * self.frame_rate))

    @property
    def _screen(self) -> tuple[float, float]:
        """Width and height of the screen in degrees."""
        height, width = self.display.pixels
        right, down = self.display.degrees_per_pixel
        return width * right, height * down

    def _area(self, speed: float, *, wrap: bool) -> tuple[float, float]:
        """Width and height of where dots live, in degrees."""
        width, height = self._screen
        margin = 0 if wrap else self.dot_size_deg / 2 + speed * self.lifetime_s
        return width + 2 * margin, height + 2 * margin

    def _n_dots(self, speed: float, *, wrap: bool) -> int:
        width, height = self._area(speed, wrap=wrap)
        each = np.pi * (self.dot_size_deg / 2) ** 2
        return max(2, round(self.density * width * height / each))

    def painter(self) -> Painter:
        """See :meth:`TrialSpec.painter`."""
        return self._painter(np.arange(self.n_conditions))

    def trial_painter(self) -> Painter:
        """See :meth:`TrialSpec.trial_painter`; here, trials have dots of their own."""
        if self.same_dots:
            return super().trial_painter()
        return self._painter(self.condition_order)

    def _painter(self, condition_of: "NDArray[np.int64]") -> Painter:
        """Paints sets of dots, which are numbered, each for one condition."""
        conditions = self.conditions
        painters = {
            wrap: DotPainter(self.display, self.dot_size_deg, self.contrast, wrap=wrap)
            for wrap in (True, False)
        }

        @lru_cache(maxsize=4)
        def paths(dots: int) -> tuple[bool, DotPaths]:
            row: Any = conditions.iloc[condition_of[dots]]
            wrap = row["motion"] == "translation"
            speed = float(row["speed_deg_s"])
            trajectory = Trajectory(
                row["motion"],
                row["direction"],
                speed / self.frame_rate,
                row["coherence"],
            )
            return wrap, DotPaths(
                trajectory,
                n_dots=self._n_dots(speed, wrap=wrap),
                area_deg=self._area(speed, wrap=wrap),
                wrap_deg=self._screen if wrap else None,
                lifetime=round(self.lifetime_s * self.frame_rate),
                seed=self.seed,
                part=dots,
            )

        def paint(dots: int, frame: int) -> "NDArray[np.uint8]":
            wrap, positions = paths(dots)
            return painters[wrap](positions(frame))

        return paint


def random_dots(
    *,
    motion: DotMotions = _MOTIONS,
    directions: Annotated[Sequence[float] | int, LITERAL] = 8,
    coherence: Numbers = (0.5, 1.0),
    speed_deg_s: Numbers = (20.0, 40.0),
    dot_size_deg: float = 4.0,
    density: float = 0.1,
    lifetime_s: float = 0.5,
    contrast: float = 1.0,
    duration_s: float = 2.0,
    same_dots: bool = False,
    blank_s: float = 0.5,
    repeats: int = 1,
    order: Order = "random",
    seed: int = 0,
    display: HiddenDisplay = None,
    frame_rate: float = 30.0,
) -> RenderedStimulus:
    """Make random-dot kinematograms, with their trial table.

    Every trajectory (a direction of translation, or another motion) is crossed with
    every coherence and speed.

    Parameters
    ----------
    motion : sequence of str
        Out of ``"translation"``, ``"expansion"``, ``"contraction"``, ``"clockwise"``
        and ``"counterclockwise"``.
    directions : sequence of float or int
        Of the translations, in degrees: 0 = to the right, 90 = up; or how many, evenly
        spaced.
    coherence : float or sequence of float
        Part of the dots that follows the trajectory, 0 to 1.
    speed_deg_s : float or sequence of float
        Of every dot, in degrees per second.
    dot_size_deg : float
        Diameter of a dot in degrees.
    density : float
        Area of the dots over that of the screen, up to 0.5.
    lifetime_s : float
        How long a dot exists, in seconds; rounded to frames.
    contrast : float
        Above 0, to 1.
    duration_s : float
        Length of a trial in seconds; rounded to frames.
    same_dots : bool
        Whether all repeats of a condition show the same dots; else, each trial has new
        ones.
    blank_s : float
        Grey before each trial and after the last, in seconds; rounded to frames.
    repeats, order, seed
        See :class:`.trial_spec.TrialSpec`; `seed` draws the dots as well.
    display, frame_rate
        See :func:`.gratings.drifting_gratings`.

    Returns
    -------
    RenderedStimulus
        ``trials`` has ``onset``, ``duration``, ``condition``, ``motion``, ``direction``
        (not a number unless translating), ``coherence``, ``speed_deg_s`` and
        ``repeat``.

    Raises
    ------
    StimulusError
        If a value makes no sense or cannot be shown.
    """
    fields = dict(locals())
    fields["directions"] = evenly_spaced(directions, "directions", 360)
    return RandomDots.of_arguments(fields)
