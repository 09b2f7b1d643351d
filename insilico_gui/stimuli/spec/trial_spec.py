"""Stimuli that are a series of trials: a condition, grey, the next condition.

What is common to such families: conditions are shown in the order given or in a new
random order for each repeat, each after a grey blank, with one more blank at the end
for late responses. A family says which conditions there are, how many frames each
lasts, and how a frame of one looks.
"""

from __future__ import annotations

import itertools
import math
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pandas as pd

from insilico_gui.stimuli.render.carrier import GREY
from insilico_gui.stimuli.spec.parameters import seconds, specification, whole, word
from insilico_gui.stimuli.spec.parametric import Renderer, StimulusSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.stimuli.core.display import Angles, Display

Order = Literal["random", "sequential"]

SEED_HELP = "Of random numbers: equal seeds give equal stimuli."

Painter = Callable[[int, int], "NDArray[np.uint8]"]
"""From the number of a condition and of a frame since its onset to uint8 [H, W]."""


def with_center(
    conditions: pd.DataFrame,
    display: Display,
    center: tuple[float, float],
    angles: Angles,
) -> pd.DataFrame:
    """Conditions with the place on the screen as azimuth (right), elevation (up)."""
    azimuth, elevation = display.to_degrees(*center, angles=angles)
    return conditions.assign(
        azimuth_deg=round(float(azimuth), 6), elevation_deg=round(float(elevation), 6)
    )


@specification
class TrialSpec(StimulusSpec):
    """Base of the families that show conditions one after the other."""

    shown: ClassVar[str] = "duration_s"
    """Parameter that says how long each condition is shown, in seconds."""

    blank_s: float = seconds(
        0.5, "Grey before each trial and after the last, in seconds; rounded to frames."
    )
    repeats: int = whole(1, "How often each condition is shown.", 1)
    order: Order = word(
        "random",
        "Random: each repeat shows all conditions in a new order, drawn with `seed`.",
    )
    seed: int = whole(0, SEED_HELP)

    @abstractmethod
    def _factors(self) -> Mapping[str, tuple[object, ...]]:
        """Parameters that are crossed to make the conditions, and their values."""

    @property
    def condition_frames(self) -> NDArray[np.int64]:
        """Frames that each condition lasts; int64 [n_conditions], at least 1."""
        shown_s: float = getattr(self, self.shown)
        return np.full(self.n_conditions, round(shown_s * self.frame_rate))

    @abstractmethod
    def painter(self) -> Painter:
        """Prepare rendering; any thread may call the function returned."""

    @property
    def conditions(self) -> pd.DataFrame:
        """Parameters of each condition; the index is its number or name."""
        factors = self._factors()
        return pd.DataFrame(
            list(itertools.product(*factors.values())), columns=list(factors)
        )

    @property
    def n_conditions(self) -> int:
        """Number of combinations of the parameters."""
        return math.prod(len(values) for values in self._factors().values())

    @property
    def n_trials(self) -> int:
        """Number of presentations."""
        return self.n_conditions * self.repeats

    @property
    def condition_order(self) -> NDArray[np.int64]:
        """Condition of each trial, as a row of `conditions`."""
        n = self.n_conditions
        if self.order == "sequential":
            return np.tile(np.arange(n), self.repeats)
        rng = np.random.Generator(np.random.PCG64(self.seed))
        return np.concatenate([rng.permutation(n) for _ in range(self.repeats)])

    @property
    def blanks(self) -> NDArray[np.int64]:
        """Frames of grey before each trial and after the last; int64 [n_trials + 1]."""
        return np.full(self.n_trials + 1, round(self.blank_s * self.frame_rate))

    @property
    def n_frames(self) -> int:
        """Number of frames: for each trial the blank, then what is shown; a blank."""
        shown = int(self.condition_frames.sum()) * self.repeats
        return shown + round(self.blank_s * self.frame_rate) * (self.n_trials + 1)

    @property
    def _fewest_frames(self) -> int:
        return self.n_trials

    @property
    def onset_frames(self) -> NDArray[np.int64]:
        """First frame of each trial."""
        shown = self.condition_frames[self.condition_order]
        # Behind each trial lie all blanks so far and all trials but itself
        onsets: NDArray[np.int64] = np.cumsum(self.blanks[:-1] + shown) - shown
        return onsets

    @property
    def trials(self) -> pd.DataFrame:
        """Trial table; onsets and durations are those of the frames."""
        order = self.condition_order
        conditions = self.conditions
        times = pd.DataFrame(
            {
                "onset": self.onset_frames / self.frame_rate,
                "duration": self.condition_frames[order] / self.frame_rate,
                "condition": conditions.index[order],
            }
        )
        parameters = conditions.iloc[order].reset_index(drop=True)
        trials = pd.concat([times, parameters], axis=1)
        trials["repeat"] = np.arange(len(order)) // self.n_conditions
        return trials

    def trial_painter(self) -> Painter:
        """Paints by the number of a trial; all trials of a condition look alike."""
        order = self.condition_order
        paint = self.painter()
        return lambda trial, frame: paint(int(order[trial]), frame)

    def renderer(self) -> Renderer:
        """See :meth:`StimulusSpec.renderer`."""
        order = self.condition_order
        onset = self.onset_frames
        shown = self.condition_frames[order]
        shape = self.display.pixels
        paint = self.trial_painter()

        def render(start: int, stop: int) -> NDArray[np.uint8]:
            frames = np.full((stop - start, *shape), GREY, np.uint8)
            numbers = np.arange(start, stop)
            trials = np.searchsorted(onset, numbers, side="right") - 1
            for frame, k, trial in zip(frames, numbers, trials, strict=True):
                since_onset = int(k - onset[trial])
                if trial >= 0 and since_onset < shown[trial]:
                    frame[:] = paint(int(trial), since_onset)
            return frames

        return render
