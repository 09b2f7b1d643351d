"""Full-field flashes: the whole screen at one grey level, then grey again."""

# Without "from __future__ import annotations": magicgui needs the types themselves

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.stimuli.core.checks import at_least_a_frame, numbers, whole_numbers
from insilico_gui.stimuli.render.carrier import GREY
from insilico_gui.stimuli.spec.form_types import HiddenDisplay, Numbers
from insilico_gui.stimuli.spec.parametric import RenderedStimulus
from insilico_gui.stimuli.spec.trial_spec import Order, Painter, TrialSpec


@dataclass(frozen=True, kw_only=True)
class FullFieldFlashes(TrialSpec):
    """Specification of a set of flashes.

    The fields are the parameters of :func:`full_field_flashes`, with sequences as
    tuples.
    """

    family: ClassVar[str] = "full_field_flashes"

    levels: tuple[int, ...] = (0, 255)
    durations_s: tuple[float, ...] = (0.3,)
    blank_s: float = 1.0
    repeats: int = 10

    def _normalise(self) -> dict[str, object]:
        durations = numbers(self.durations_s, "durations_s")
        return {
            **super()._normalise(),
            "levels": whole_numbers(self.levels, "levels", 0, 255),
            "durations_s": tuple(
                at_least_a_frame(duration, "durations_s", self.frame_rate)
                for duration in durations
            ),
        }

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
    def condition_frames(self) -> "NDArray[np.int64]":
        """See :attr:`TrialSpec.condition_frames`."""
        frames = [round(duration * self.frame_rate) for duration in self.durations_s]
        return np.tile(np.array(frames, np.int64), len(self.levels))

    def painter(self) -> Painter:
        """See :meth:`TrialSpec.painter`."""
        levels = self.conditions["level"].to_numpy(np.uint8)
        shape = self.display.pixels

        def paint(condition: int, frame: int) -> "NDArray[np.uint8]":
            return np.broadcast_to(levels[condition], shape)

        return paint


def full_field_flashes(
    *,
    levels: Numbers = (0, 255),
    durations_s: Numbers = 0.3,
    blank_s: float = 1.0,
    repeats: int = 10,
    order: Order = "random",
    seed: int = 0,
    display: HiddenDisplay = None,
    frame_rate: float = 30.0,
) -> RenderedStimulus:
    """Make full-field flashes, with their trial table.

    Parameters that take a sequence are crossed: every combination is a condition.

    Parameters
    ----------
    levels : int or sequence of int
        Grey levels, 0 (black) to 255 (white); the grey between flashes is 128.
    durations_s : float or sequence of float
        Lengths of the flashes in seconds; rounded to frames.
    blank_s : float
        Grey before each flash and after the last, in seconds; rounded to frames.
    repeats, order, seed
        See :class:`.trial_spec.TrialSpec`.
    display, frame_rate
        See :func:`.gratings.drifting_gratings`.

    Returns
    -------
    RenderedStimulus
        ``trials`` has ``onset``, ``duration``, ``condition``, ``level``, ``contrast``
        (Weber, against the grey) and ``repeat``.

    Raises
    ------
    StimulusError
        If a value makes no sense.
    """
    return FullFieldFlashes.of_arguments(locals())
