"""Looming: a disc that grows as if it came nearer, or shrinks as if it went away.

An object of half-size l that approaches at a constant speed v, and would arrive a time
tau later, is seen under the angle ``2 atan((l / v) / tau)`` (Gabbiani, Krapp and
Laurent 1999, J. Neurosci. 19:1122); l/v is a time, mostly given in milliseconds. With
linear growth the diameter grows by the same number of degrees in every second.

The disc grows from ``start_deg`` to ``end_deg`` and stays so for ``hold_s``. Receding
is the same movie backwards. It is 128 - 127 contrast if dark, 128 + 127 contrast if
light.
"""

# Without "from __future__ import annotations": magicgui needs the types themselves

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.checks import (
    MAX_SIZE_DEG,
    choices,
    numbers,
    numbers_within,
    one_of,
    position,
    positive_number,
    within,
)
from insilico_gui.stimuli.families.moving_bars import POLARITIES, Polarities, Polarity
from insilico_gui.stimuli.render.carrier import Angles, check_angles, distance_from
from insilico_gui.stimuli.render.shapes import SoftShape, fixed
from insilico_gui.stimuli.spec.form_types import HiddenDisplay, Numbers, several
from insilico_gui.stimuli.spec.parametric import RenderedStimulus
from insilico_gui.stimuli.spec.trial_spec import Order, Painter, TrialSpec, with_center

Growth = Literal["approach", "linear"]
Motion = Literal["looming", "receding"]

Motions = Annotated[Sequence[str], several(*get_args(Motion))]
"""One or both, for a form."""


@dataclass(frozen=True, kw_only=True)
class Looming(TrialSpec):
    """Specification of a set of looming discs.

    The fields are the parameters of :func:`looming`, with sequences as tuples.
    """

    family: ClassVar[str] = "looming"

    growth: Growth = "approach"
    l_over_v_ms: tuple[float, ...] = (20.0, 40.0, 80.0)
    speed_deg_s: tuple[float, ...] = (60.0,)
    start_deg: float = 4.0
    end_deg: float = 80.0
    hold_s: float = 0.2
    motion: tuple[Motion, ...] = ("looming",)
    polarity: tuple[Polarity, ...] = ("dark",)
    contrast: float = 1.0
    center: tuple[float, float] = (0.0, 0.0)
    blank_s: float = 1.0
    angles: Angles = "flat"

    def _normalise(self) -> dict[str, object]:
        one_of(self.growth, "growth", get_args(Growth))
        object.__setattr__(self, "angles", check_angles(self.angles))
        # An object that is seen under 180 degrees has arrived
        largest = 179.0 if self.growth == "approach" else MAX_SIZE_DEG
        start = positive_number(self.start_deg, "start_deg")
        end = within(self.end_deg, "end_deg", 0, largest)
        if not start < end:
            raise StimulusError(
                f"start_deg is {start:g} and end_deg {end:g}; give a start that is "
                "smaller than the end, and motion receding for a disc that shrinks."
            )
        values = {
            **super()._normalise(),
            "l_over_v_ms": self._positive("l_over_v_ms", 1e5),
            "speed_deg_s": self._positive("speed_deg_s", 1e5),
            "start_deg": start,
            "end_deg": end,
            "hold_s": within(self.hold_s, "hold_s", 0, 3600),
            "motion": choices(self.motion, "motion", get_args(Motion)),
            "polarity": choices(self.polarity, "polarity", tuple(POLARITIES)),
            "contrast": within(self.contrast, "contrast", 0, 1),
            "center": position(self.center, "center"),
        }
        name = self._rate_name
        for rate in numbers(getattr(self, name), name):
            if self._growth_s(rate) * self.frame_rate < 1:
                raise StimulusError(
                    f"With {name} {rate:g} the disc grows within less than a frame; "
                    "take a slower one, or another start_deg or end_deg."
                )
        return values

    def _positive(self, name: str, highest: float) -> tuple[float, ...]:
        values = numbers_within(getattr(self, name), name, 0, highest)
        return tuple(positive_number(value, name) for value in values)

    @property
    def _rate_name(self) -> str:
        """Parameter that says how fast the disc grows."""
        return "l_over_v_ms" if self.growth == "approach" else "speed_deg_s"

    def _factors(self) -> dict[str, tuple[object, ...]]:
        name = self._rate_name
        return {
            name: getattr(self, name),
            "motion": self.motion,
            "polarity": self.polarity,
        }

    @property
    def conditions(self) -> "pd.DataFrame":
        """See :attr:`TrialSpec.conditions`; with the centre of the disc."""
        crossed = super().conditions.assign(contrast=self.contrast)
        return with_center(crossed, self.display, self.center, self.angles)

    @property
    def condition_frames(self) -> "NDArray[np.int64]":
        """See :attr:`TrialSpec.condition_frames`."""
        hold = round(self.hold_s * self.frame_rate)
        rates = self.conditions[self._rate_name]
        return np.array([self._growing_frames(rate) + hold for rate in rates])

    def diameters_deg(self, condition: int) -> "NDArray[np.float64]":
        """Diameter of the disc in every frame of a condition, in degrees."""
        row: Any = self.conditions.iloc[condition]
        rate = float(row[self._rate_name])
        seconds = np.arange(self._growing_frames(rate)) / self.frame_rate
        if self.growth == "linear":
            growing = self.start_deg + rate * seconds
        else:
            l_over_v = rate / 1000
            to_arrival = l_over_v / np.tan(np.radians(self.start_deg / 2)) - seconds
            growing = np.degrees(2 * np.arctan(l_over_v / to_arrival))
        held = np.full(round(self.hold_s * self.frame_rate), self.end_deg)
        diameters = np.concatenate([growing, held])
        return diameters[::-1] if row["motion"] == "receding" else diameters

    def _growing_frames(self, rate: float) -> int:
        # The first frame has the start size, the last does not exceed the end size
        return int(np.floor(np.round(self._growth_s(rate) * self.frame_rate, 6))) + 1

    def _growth_s(self, rate: float) -> float:
        """Seconds from the start to the end size."""
        if self.growth == "linear":
            return (self.end_deg - self.start_deg) / rate
        start, end = np.tan(np.radians([self.start_deg / 2, self.end_deg / 2]))
        return float(rate / 1000 * (1 / start - 1 / end))

    def painter(self) -> Painter:
        """See :meth:`TrialSpec.painter`."""
        edge = max(self.display.degrees_per_pixel)
        conditions = self.conditions
        shapes = [
            SoftShape(POLARITIES[polarity] * self.contrast, edge)
            for polarity in conditions["polarity"]
        ]
        radii = [fixed(self.diameters_deg(k) / 2) for k in range(len(conditions))]
        distance = fixed(distance_from(self.display, self.center, self.angles))

        def paint(condition: int, frame: int) -> "NDArray[np.uint8]":
            return shapes[condition](radii[condition][frame] - distance)

        return paint


def looming(
    *,
    growth: Growth = "approach",
    l_over_v_ms: Numbers = (20.0, 40.0, 80.0),
    speed_deg_s: Numbers = 60.0,
    start_deg: float = 4.0,
    end_deg: float = 80.0,
    hold_s: float = 0.2,
    motion: Motions = ("looming",),
    polarity: Polarities = ("dark",),
    contrast: float = 1.0,
    center: tuple[float, float] = (0.0, 0.0),
    blank_s: float = 1.0,
    repeats: int = 1,
    order: Order = "random",
    seed: int = 0,
    angles: Angles = "flat",
    display: HiddenDisplay = None,
    frame_rate: float = 30.0,
) -> RenderedStimulus:
    """Make looming discs, with their trial table.

    Parameters that take a sequence are crossed: every combination is a condition.

    Parameters
    ----------
    growth : {"approach", "linear"}
        As an object that comes nearer at a constant speed, or by the same number of
        degrees in every second.
    l_over_v_ms : float or sequence of float
        Half-size over speed of the object in milliseconds, for ``"approach"``.
    speed_deg_s : float or sequence of float
        Growth of the **diameter** in degrees per second, for ``"linear"``.
    start_deg, end_deg : float
        Smallest and largest diameter in degrees.
    hold_s : float
        How long the largest stays, in seconds; rounded to frames.
    motion : {"looming", "receding"} or a sequence of them
    polarity : {"dark", "light"} or a sequence of them
    contrast : float
        0 to 1.
    center : (float, float)
        Centre of the disc: x (right) and y (up), -1..1 from edge to edge.
    blank_s : float
        Grey before each disc and after the last, in seconds; rounded to frames.
    repeats, order, seed
        See :class:`.trial_spec.TrialSpec`.
    angles, display, frame_rate
        See :func:`.gratings.drifting_gratings`.

    Returns
    -------
    RenderedStimulus
        ``trials`` has ``onset``, ``duration``, ``condition``, ``l_over_v_ms`` or
        ``speed_deg_s``, ``motion``, ``polarity``, ``contrast``, ``azimuth_deg``,
        ``elevation_deg`` and ``repeat``.

    Raises
    ------
    StimulusError
        If a value makes no sense.
    """
    return Looming.of_arguments(locals())
