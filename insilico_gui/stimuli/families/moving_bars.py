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

# Without "from __future__ import annotations": magicgui needs the types themselves

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.checks import (
    angles_modulo,
    at_least,
    at_most,
    choices,
    evenly_spaced,
    numbers,
    numbers_within,
    size_in_degrees,
    temporal_frequencies,
    within,
)
from insilico_gui.stimuli.render.carrier import (
    GREY,
    Angles,
    along,
    check_angles,
    is_per_axis,
    phase_of,
)
from insilico_gui.stimuli.render.shapes import SoftShape, fixed
from insilico_gui.stimuli.spec.form_types import (
    AnglesOrCount,
    HiddenDisplay,
    Numbers,
    OptionalNumber,
    several,
)
from insilico_gui.stimuli.spec.parametric import RenderedStimulus
from insilico_gui.stimuli.spec.trial_spec import Order, Painter, TrialSpec

Polarity = Literal["light", "dark"]

POLARITIES = {"light": 1.0, "dark": -1.0}

Polarities = Annotated[Sequence[str], several(*POLARITIES)]
"""One or both, for a form."""

MAX_SPEED = 10_000.0  # degrees per second


@dataclass(frozen=True, kw_only=True)
class MovingBars(TrialSpec):
    """Specification of a set of moving bars.

    The fields are the parameters of :func:`moving_bars`, with sequences as tuples and
    directions as 0..360.
    """

    family: ClassVar[str] = "moving_bars"

    directions: tuple[float, ...] = (0.0, 90.0, 180.0, 270.0)
    width_deg: tuple[float, ...] = (20.0,)
    speed_deg_s: tuple[float, ...] = (30.0,)
    polarity: tuple[Polarity, ...] = ("light",)
    contrast: float = 1.0
    checker_deg: float | None = None
    reversal_hz: float = 3.0
    angles: Angles = "flat"

    def _normalise(self) -> dict[str, object]:
        object.__setattr__(self, "angles", check_angles(self.angles))
        widths = tuple(
            self._shown(width, "width_deg")
            for width in numbers(self.width_deg, "width_deg")
        )
        speeds = numbers_within(self.speed_deg_s, "speed_deg_s", 0, MAX_SPEED)
        for speed in speeds:
            if not 0 < speed <= min(widths) * self.frame_rate:
                raise StimulusError(
                    f"speed_deg_s is {speed:g}; give one above 0 and up to "
                    f"{at_most(min(widths) * self.frame_rate)} degrees per second, at "
                    "which the bar moves its own width from frame to frame."
                )
        checker = self.checker_deg
        reversal = temporal_frequencies(
            self.reversal_hz, self.frame_rate, "reversal_hz"
        )
        return {
            **super()._normalise(),
            "directions": angles_modulo(self.directions, "directions", 360),
            "width_deg": widths,
            "speed_deg_s": speeds,
            "polarity": choices(self.polarity, "polarity", tuple(POLARITIES)),
            "contrast": within(self.contrast, "contrast", 0, 1),
            "checker_deg": None
            if checker is None
            else self._shown(checker, "checker_deg"),
            "reversal_hz": reversal[0],
        }

    def _shown(self, value: object, name: str) -> float:
        size = size_in_degrees(value, name)
        pixel = max(self.display.degrees_per_pixel)
        if size < pixel:
            raise StimulusError(
                f"{name} is {size:g}, less than a pixel of this display; give at least "
                f"{at_least(pixel)} degrees."
            )
        return size

    def _factors(self) -> dict[str, tuple[object, ...]]:
        return {
            "direction": self.directions,
            "width_deg": self.width_deg,
            "speed_deg_s": self.speed_deg_s,
            "polarity": self.polarity,
        }

    @property
    def conditions(self) -> "pd.DataFrame":
        """See :attr:`TrialSpec.conditions`; with where the bar starts and ends."""
        crossed = super().conditions.assign(contrast=self.contrast)
        theta = np.radians(crossed["direction"].to_numpy())
        start, speed = self._start, crossed["speed_deg_s"].to_numpy()
        end = start + speed * self.condition_frames / self.frame_rate
        for when, place in (("start", start), ("end", end)):
            crossed[f"azimuth_{when}_deg"] = np.round(place * np.cos(theta), 6) + 0.0
            crossed[f"elevation_{when}_deg"] = np.round(place * np.sin(theta), 6) + 0.0
        return crossed

    @property
    def condition_frames(self) -> "NDArray[np.int64]":
        """See :attr:`TrialSpec.condition_frames`."""
        speed = super().conditions["speed_deg_s"].to_numpy()
        seconds: NDArray[np.float64] = -2 * self._start / speed
        frames: NDArray[np.float64] = np.ceil(np.round(seconds * self.frame_rate, 6))
        return frames.astype(np.int64)

    @property
    def _start(self) -> "NDArray[np.float64]":
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
        def field(direction: float) -> "tuple[NDArray[np.int32], NDArray[np.intp]]":
            distance = fixed(along(self.display, direction, self.angles)).ravel()
            # Rows of it ascend or descend, which this kind of sort makes use of
            pixels = np.argsort(distance, kind="stable")
            return distance[pixels], pixels

        def paint(condition: int, frame: int) -> "NDArray[np.uint8]":
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

    def _squares(self) -> "NDArray[np.bool_] | None":
        """Checkerboard, a corner of it at the centre of the screen; [H x W]."""
        if self.checker_deg is None:
            return None
        side = fixed(self.checker_deg)
        exact = is_per_axis(self.angles)
        azimuth, elevation = self.display.pixel_degrees(exact=exact)
        column, row = fixed(azimuth) // side, fixed(elevation) // side
        odd: NDArray[np.bool_] = (column + row[:, None]) % 2 == 1
        return odd.ravel()


def moving_bars(
    *,
    directions: AnglesOrCount = 4,
    width_deg: Numbers = 20.0,
    speed_deg_s: Numbers = 30.0,
    polarity: Polarities = ("light",),
    contrast: float = 1.0,
    checker_deg: OptionalNumber = None,
    reversal_hz: float = 3.0,
    blank_s: float = 0.5,
    repeats: int = 1,
    order: Order = "random",
    seed: int = 0,
    angles: Angles = "flat",
    display: HiddenDisplay = None,
    frame_rate: float = 30.0,
) -> RenderedStimulus:
    """Make moving bars, with their trial table.

    Parameters that take a sequence are crossed: every combination is a condition.

    Parameters
    ----------
    directions : int or sequence of float
        How many, evenly spaced, or which, in degrees counter-clockwise: 0 = to the
        right, 90 = up.
    width_deg : float or sequence of float
        Width of the bar along its motion, in degrees; at least a pixel.
    speed_deg_s : float or sequence of float
        Degrees per second; at most the width of a bar for each frame.
    polarity : {"light", "dark"} or a sequence of them
    contrast : float
        0 to 1.
    checker_deg : float, optional
        Side of the squares of a checkerboard in degrees; default a plain bar.
    reversal_hz : float
        Cycles of the reversal of the checkerboard per second.
    blank_s : float
        Grey before each sweep and after the last, in seconds; rounded to frames.
    repeats, order, seed
        See :class:`.trial_spec.TrialSpec`.
    angles, display, frame_rate
        See :func:`.gratings.drifting_gratings`.

    Returns
    -------
    RenderedStimulus
        ``trials`` has ``onset``, ``duration``, ``condition``, ``direction``,
        ``width_deg``, ``speed_deg_s``, ``polarity``, ``contrast``,
        ``azimuth_start_deg``, ``elevation_start_deg``, ``azimuth_end_deg``,
        ``elevation_end_deg`` and ``repeat``.

    Raises
    ------
    StimulusError
        If a value makes no sense or cannot be shown on this display.
    """
    arguments = {
        **locals(),
        "directions": evenly_spaced(directions, "directions", 360),
    }
    return MovingBars.of_arguments(arguments)
