"""Random-dot kinematograms: coherent motion of dots, among dots that move anyhow.

Half of the dots are white, half black, on grey. The coherent ones translate, move away
from the centre of the screen or towards it, or turn about it, all of them at the same
speed; each of the others moves at that speed in a direction of its own. After its
lifetime a dot is gone and another appears elsewhere. Dots that translate beyond an edge
come back at the opposite one. For the other motions, dots also live in a margin around
the screen, from which they can enter.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.checks import at_least, at_least_a_pixel
from insilico_gui.stimuli.render.dot_painter import DotPainter
from insilico_gui.stimuli.render.dot_paths import DotPaths, Trajectory
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameter_types import AnglesOrCount, Numbers, Words
from insilico_gui.stimuli.spec.parameters import (
    angles,
    degrees,
    flag,
    lasting,
    number,
    numbers,
    seconds,
    specification,
    words,
)
from insilico_gui.stimuli.spec.trial_spec import Painter, TrialSpec

DotMotion = Literal[
    "translation", "expansion", "contraction", "clockwise", "counterclockwise"
]

_MOST_DOTS = 20_000


@specification
class RandomDots(TrialSpec):
    """Random-dot kinematograms, with their trial table.

    Every trajectory (a direction of translation, or another motion) is crossed with
    every coherence and speed. ``trials`` has ``onset``, ``duration``, ``condition``,
    ``motion``, ``direction`` (not a number unless translating), ``coherence``,
    ``speed_deg_s`` and ``repeat``.
    """

    family: ClassVar[str] = "random_dots"

    motion: Words[DotMotion] = words(
        get_args(DotMotion), "What the coherent dots do: one or several motions."
    )
    directions: AnglesOrCount = angles(
        8,
        "Of the translations, in degrees: 0 = to the right, 90 = up; or how many, evenly "
        "spaced.",
    )
    coherence: Numbers = numbers(
        (0.5, 1.0), "Part of the dots that follows the trajectory, 0 to 1.", 0, 1
    )
    speed_deg_s: Numbers = numbers(
        (20.0, 40.0), "Of every dot, in degrees per second.", 0, 1e4
    )
    dot_size_deg: float = degrees(4.0, "Diameter of a dot in degrees.")
    density: float = number(
        0.1, "Area of the dots over that of the screen, up to 0.5.", 0, 0.5, above=True
    )
    lifetime_s: float = seconds(
        0.5, "How long a dot exists, in seconds; rounded to frames."
    )
    contrast: float = number(1.0, "Above 0, to 1.", 0, 1, above=True)
    duration_s: float = lasting(2.0, "Length of a trial in seconds; rounded to frames.")
    same_dots: bool = flag(
        False,
        "Whether all repeats of a condition show the same dots; else, each trial has new "
        "ones.",
    )

    def _check(self) -> None:
        at_least_a_pixel(self.dot_size_deg, "dot_size_deg", self.display)
        if round(self.lifetime_s * self.frame_rate) < 2:
            raise StimulusError(
                f"lifetime_s is {self.lifetime_s:g}, less than two frames at "
                f"{self.frame_rate:g} Hz, so no dot would move; give at least "
                f"{at_least(2 / self.frame_rate)} s."
            )
        fastest = max(self.speed_deg_s)
        spacing = np.sqrt(np.pi * (self.dot_size_deg / 2) ** 2 / self.density)
        step = fastest / self.frame_rate
        if step >= spacing / 2:
            raise StimulusError(
                f"At {fastest:g} degrees per second dots jump by "
                f"{step:.3g} degrees a frame, which has to be less than half of the "
                f"{spacing:.3g} degrees between them, so the motion could not be seen; "
                "take a lower speed_deg_s or density."
            )
        wrap = self.motion == ("translation",)
        most = max(self._n_dots(speed, wrap=wrap) for speed in self.speed_deg_s)
        if most > _MOST_DOTS:
            raise StimulusError(
                f"There would be {most} dots on and around the screen and the limit is "
                f"{_MOST_DOTS}; take a larger dot_size_deg, a lower density or a "
                "shorter lifetime_s."
            )

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

    def _painter(self, condition_of: NDArray[np.int64]) -> Painter:
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

        def paint(dots: int, frame: int) -> NDArray[np.uint8]:
            wrap, positions = paths(dots)
            return painters[wrap](positions(frame))

        return paint


random_dots = family_function(RandomDots, place=11)
