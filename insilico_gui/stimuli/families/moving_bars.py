"""Moving bars: they sweep over the whole screen, to map which place a unit looks at.

A bar is as long as the screen, at right angles to its motion, and passes from just
outside one side to just outside the other at a constant speed. Its centre line crosses
the line through the centre of the screen along its direction; the trial table has
the azimuth and elevation of that crossing at the onset and at the end of each trial, in
between it is linear in time. Direction: 0 moves to the right, 90 up.

A light bar is 128 + 127 contrast, a dark one 128 - 127 contrast. With a checkerboard,
squares of both levels stand still on the screen, are seen where the bar is, and swap
their levels twice in each cycle of the reversal.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.checks import (
    MAX_SIZE_DEG,
    at_least_a_pixel,
    at_most,
    temporal_frequencies,
)
from insilico_gui.stimuli.core.display import Angles
from insilico_gui.stimuli.families.drifting import DIRECTIONS
from insilico_gui.stimuli.render.carrier import (
    GREY,
    along,
    phase_of,
)
from insilico_gui.stimuli.render.shapes import SoftShape, fixed
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameter_types import (
    AnglesOrCount,
    Numbers,
    OptionalNumber,
    Words,
)
from insilico_gui.stimuli.spec.parameters import (
    angle_measure,
    angles,
    degrees,
    number,
    numbers,
    parameter,
    specification,
    words,
)
from insilico_gui.stimuli.spec.trial_spec import Painter, TrialSpec

Polarity = Literal["light", "dark"]

POLARITIES = {"light": 1.0, "dark": -1.0}

MAX_SPEED = 10_000.0  # degrees per second


@specification
class MovingBars(TrialSpec):
    """Moving bars, with their trial table.

    Parameters that take a sequence are crossed: every combination is a condition.
    ``trials`` has ``onset``, ``duration``, ``condition``, ``direction``, ``width_deg``,
    ``speed_deg_s``, ``polarity``, ``contrast``, ``azimuth_start_deg``,
    ``elevation_start_deg``, ``azimuth_end_deg``, ``elevation_end_deg`` and ``repeat``.
    """

    family: ClassVar[str] = "moving_bars"

    directions: AnglesOrCount = angles(4, DIRECTIONS)
    width_deg: Numbers = numbers(
        20.0,
        "Width of the bar along its motion, in degrees; at least a pixel.",
        0,
        MAX_SIZE_DEG,
        above=True,
    )
    speed_deg_s: Numbers = numbers(
        30.0,
        "Degrees per second; at most the width of a bar for each frame.",
        0,
        MAX_SPEED,
    )
    polarity: Words[Polarity] = words(
        ("light",), "Brighter (light) or darker than the grey around it; or both."
    )
    contrast: float = number(1.0, "0 to 1.", 0, 1)
    checker_deg: OptionalNumber = degrees(
        None,
        "Side of the squares of a checkerboard in degrees; default a plain bar.",
        empty="a plain bar",
    )
    reversal_hz: float = parameter(
        3.0,
        "Cycles of the reversal of the checkerboard per second.",
        lambda value, name, spec: temporal_frequencies(value, spec.frame_rate, name)[0],
        0,
    )
    angles: Angles = angle_measure()

    def _check(self) -> None:
        for width in self.width_deg:
            at_least_a_pixel(width, "width_deg", self.display)
        if self.checker_deg is not None:
            at_least_a_pixel(self.checker_deg, "checker_deg", self.display)
        fastest = min(self.width_deg) * self.frame_rate
        for speed in self.speed_deg_s:
            if not 0 < speed <= fastest:
                raise StimulusError(
                    f"speed_deg_s is {speed:g}; give one above 0 and up to "
                    f"{at_most(fastest)} degrees per second, at "
                    "which the bar moves its own width from frame to frame."
                )

    def _factors(self) -> dict[str, tuple[object, ...]]:
        return {
            "direction": self.directions,
            "width_deg": self.width_deg,
            "speed_deg_s": self.speed_deg_s,
            "polarity": self.polarity,
        }

    @property
    def conditions(self) -> pd.DataFrame:
        """See :attr:`TrialSpec.conditions`; with where the bar starts and ends."""
        crossed = super().conditions.assign(contrast=self.contrast)
        theta = np.radians(crossed["direction"].to_numpy())
        start, speed = self._start, crossed["speed_deg_s"].to_numpy()
        end = start + speed * self.condition_frames / self.frame_rate
        for when, place in (("start", start), ("end", end)):
            azimuth, elevation = place * np.cos(theta), place * np.sin(theta)
            if self.angles == "spherical":  # on the great circle through the centre
                far = np.radians(place)
                azimuth = np.degrees(
                    np.arctan2(np.sin(far) * np.cos(theta), np.cos(far))
                )
                elevation = np.degrees(np.arcsin(np.sin(far) * np.sin(theta)))
            crossed[f"azimuth_{when}_deg"] = np.round(azimuth, 6) + 0.0
            crossed[f"elevation_{when}_deg"] = np.round(elevation, 6) + 0.0
        return crossed

    @property
    def condition_frames(self) -> NDArray[np.int64]:
        """See :attr:`TrialSpec.condition_frames`."""
        speed = super().conditions["speed_deg_s"].to_numpy()
        seconds: NDArray[np.float64] = -2 * self._start / speed
        frames: NDArray[np.float64] = np.ceil(np.round(seconds * self.frame_rate, 6))
        return frames.astype(np.int64)

    @property
    def _start(self) -> NDArray[np.float64]:
        """Position of the bar at the onset of each condition: just out of sight."""
        crossed = super().conditions
        half_pixel = max(self.display.degrees_per_pixel) / 2
        reach = {
            direction: along(self.display, direction, self.angles).max() + half_pixel
            for direction in self.directions
        }
        half_width = crossed["width_deg"].to_numpy() / 2
        return -(crossed["direction"].map(reach).to_numpy(float) + half_width)

    def painter(self) -> Painter:
        """See :meth:`TrialSpec.painter`."""
        conditions: list[Any] = list(self.conditions.itertuples(index=False))
        starts = self._start
        edge = max(self.display.degrees_per_pixel)
        shapes = {
            name: SoftShape(sign * self.contrast, edge)
            for name, sign in POLARITIES.items()
        }
        squares = self._squares()

        @lru_cache(maxsize=4)
        def field(direction: float) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
            distance = fixed(along(self.display, direction, self.angles)).ravel()
            # Rows of it ascend or descend, which this kind of sort makes use of
            pixels = np.argsort(distance, kind="stable")
            return distance[pixels], pixels

        def paint(condition: int, frame: int) -> NDArray[np.uint8]:
            bar = conditions[condition]
            seconds = frame / self.frame_rate
            place = fixed(starts[condition] + bar.speed_deg_s * seconds)
            half_width = fixed(bar.width_deg / 2)
            shape = shapes[bar.polarity]
            # Pixels in the order in which the bar passes: those it is on are in a row
            distance, pixels = field(bar.direction)
            ends = place + np.array([-1, 1]) * (half_width + shape.reach)
            on_bar = slice(*distance.searchsorted(ends))
            inside = half_width - np.abs(distance[on_bar] - place)
            levels = shape(inside)
            if squares is not None:
                other = shapes["dark" if bar.polarity == "light" else "light"](inside)
                is_reversed = phase_of(self.reversal_hz * seconds) >= 1 << 15
                is_other = squares[pixels[on_bar]] ^ is_reversed
                levels = np.where(is_other, other, levels)
            picture = np.full(self.display.pixels, GREY, np.uint8)
            picture.reshape(-1)[pixels[on_bar]] = levels
            return picture

        return paint

    def _squares(self) -> NDArray[np.bool_] | None:
        """Checkerboard, a corner of it at the centre of the screen; [H x W]."""
        if self.checker_deg is None:
            return None
        side = fixed(self.checker_deg)
        azimuth, elevation = self.display.pixel_degrees(angles=self.angles)
        if elevation.ndim == 1:
            elevation = elevation[:, None]
        column, row = fixed(azimuth) // side, fixed(elevation) // side
        odd: NDArray[np.bool_] = (column + row) % 2 == 1
        return odd.ravel()


moving_bars = family_function(MovingBars, place=7)
