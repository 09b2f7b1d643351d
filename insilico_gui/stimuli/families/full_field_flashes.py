"""Full-field flashes: the whole screen at one grey level, then grey again."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.stimuli.core import checks
from insilico_gui.stimuli.render.carrier import GREY
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameter_types import Numbers, WholeNumbers
from insilico_gui.stimuli.spec.parameters import again, parameter, specification
from insilico_gui.stimuli.spec.trial_spec import Painter, TrialSpec


def _durations(value: object, name: str, spec: Any) -> tuple[float, ...]:
    return tuple(
        checks.at_least_a_frame(duration, name, spec.frame_rate)
        for duration in checks.numbers(value, name)
    )


@specification
class FullFieldFlashes(TrialSpec):
    """Full-field flashes, with their trial table.

    Parameters that take a sequence are crossed: every combination is a condition.
    ``trials`` has ``onset``, ``duration``, ``condition``, ``level``, ``contrast``
    (Weber, against the grey) and ``repeat``.
    """

    family: ClassVar[str] = "full_field_flashes"

    levels: WholeNumbers = parameter(
        (0, 255),
        "Grey levels, 0 (black) to 255 (white); the grey between flashes is 128.",
        lambda value, name, spec: checks.whole_numbers(value, name, 0, 255),
        label="grey levels",
    )
    durations_s: Numbers = parameter(
        0.3, "Lengths of the flashes in seconds; rounded to frames.", _durations
    )
    blank_s: float = again(1.0)
    repeats: int = again(10)

    def _factors(self) -> dict[str, tuple[object, ...]]:
        return {"level": self.levels, "duration_s": self.durations_s}

    @property
    def conditions(self) -> pd.DataFrame:
        """See :attr:`TrialSpec.conditions`.

        ``contrast`` is Weber's, against the grey of the blanks: -1 is black.
        """
        crossed = super().conditions
        contrast = (crossed["level"] - GREY) / GREY
        # The duration is in every trial table already
        return pd.DataFrame({"level": crossed["level"], "contrast": contrast})

    @property
    def condition_frames(self) -> NDArray[np.int64]:
        """See :attr:`TrialSpec.condition_frames`."""
        frames = [round(duration * self.frame_rate) for duration in self.durations_s]
        return np.tile(np.array(frames, np.int64), len(self.levels))

    def painter(self) -> Painter:
        """See :meth:`TrialSpec.painter`."""
        levels = self.conditions["level"].to_numpy(np.uint8)
        shape = self.display.pixels

        def paint(condition: int, frame: int) -> NDArray[np.uint8]:
            return np.broadcast_to(levels[condition], shape)

        return paint


full_field_flashes = family_function(FullFieldFlashes, place=6)
