"""Looming: a disc that grows as if it came nearer, or shrinks as if it went away.

An object of half-size l that approaches at a constant speed v, and would arrive a time
tau later, is seen under the angle ``2 atan((l / v) / tau)`` (Gabbiani, Krapp and
Laurent 1999, J. Neurosci. 19:1122); l/v is a time, mostly given in milliseconds. With
linear growth the diameter grows by the same number of degrees in every second.

The disc grows from ``start_deg`` to ``end_deg`` and stays so for ``hold_s``. Receding
is the same movie backwards. It is 128 - 127 contrast if dark, 128 + 127 contrast if
light.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.checks import MAX_SIZE_DEG, within
from insilico_gui.stimuli.core.display import Angles
from insilico_gui.stimuli.families.moving_bars import POLARITIES, Polarity
from insilico_gui.stimuli.render.carrier import distance_from
from insilico_gui.stimuli.render.shapes import SoftShape, fixed
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameter_types import Numbers, Words
from insilico_gui.stimuli.spec.parameters import (
    again,
    angle_measure,
    number,
    numbers,
    point,
    seconds,
    specification,
    word,
    words,
)
from insilico_gui.stimuli.spec.trial_spec import Painter, TrialSpec, with_center

Growth = Literal["approach", "linear"]
Motion = Literal["looming", "receding"]


@specification
class Looming(TrialSpec):
    """Looming discs, with their trial table.

    Parameters that take a sequence are crossed: every combination is a condition.
    ``trials`` has ``onset``, ``duration``, ``condition``, ``l_over_v_ms`` or
    ``speed_deg_s``, ``motion``, ``polarity``, ``contrast``, ``azimuth_deg``,
    ``elevation_deg`` and ``repeat``.
    """

    family: ClassVar[str] = "looming"

    growth: Growth = word(
        "approach",
        "As an object that comes nearer at a constant speed (approach), or by the same "
        "number of degrees in every second (linear).",
    )
    l_over_v_ms: Numbers = numbers(
        (20.0, 40.0, 80.0),
        "Half-size over speed of the object in milliseconds, for approach.",
        0,
        1e5,
        above=True,
        label="l/v (ms)",
    )
    speed_deg_s: Numbers = numbers(
        60.0,
        "Growth of the diameter in degrees per second, for linear.",
        0,
        1e5,
        above=True,
    )
    start_deg: float = number(4.0, "Smallest diameter in degrees.", above=True)
    end_deg: float = number(80.0, "Largest diameter in degrees.", 0, MAX_SIZE_DEG)
    hold_s: float = seconds(
        0.2, "How long the largest stays, in seconds; rounded to frames."
    )
    motion: Words[Motion] = words(
        ("looming",), "Growing (looming) or shrinking (receding); or both."
    )
    polarity: Words[Polarity] = words(
        ("dark",), "Brighter (light) or darker than the grey around it; or both."
    )
    contrast: float = number(1.0, "0 to 1.", 0, 1)
    center: tuple[float, float] = point(
        (0.0, 0.0),
        "Centre of the disc: x (right) and y (up), -1 to 1 from edge to edge.",
        label="centre (x, y)",
    )
    blank_s: float = again(1.0)
    angles: Angles = angle_measure()

    def _check(self) -> None:
        if self.growth == "approach":
            # An object that is seen under 180 degrees has arrived
            within(self.end_deg, "end_deg", 0, 179)
        if not self.start_deg < self.end_deg:
            raise StimulusError(
                f"start_deg is {self.start_deg:g} and end_deg {self.end_deg:g}; give a "
                "start that is smaller than the end, and motion receding for a disc "
                "that shrinks."
            )
        name = self._rate_name
        for rate in getattr(self, name):
            if self._growth_s(rate) * self.frame_rate < 1:
                raise StimulusError(
                    f"With {name} {rate:g} the disc grows within less than a frame; "
                    "take a slower one, or another start_deg or end_deg."
                )

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
    def conditions(self) -> pd.DataFrame:
        """See :attr:`TrialSpec.conditions`; with the centre of the disc."""
        crossed = super().conditions.assign(contrast=self.contrast)
        return with_center(crossed, self.display, self.center, self.angles)

    @property
    def condition_frames(self) -> NDArray[np.int64]:
        """See :attr:`TrialSpec.condition_frames`."""
        hold = round(self.hold_s * self.frame_rate)
        rates = self.conditions[self._rate_name]
        return np.array([self._growing_frames(rate) + hold for rate in rates])

    def diameters_deg(self, condition: int) -> NDArray[np.float64]:
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

        def paint(condition: int, frame: int) -> NDArray[np.uint8]:
            return shapes[condition](radii[condition][frame] - distance)

        return paint


looming = family_function(Looming, place=8)
