"""Places at which a step evaluates the network, gathered once before training.

Rows with the same stimulus and the same scaled time are one row with a weight: the end of
every trial is at the scaled time W, so the integral of the neural loss and the logarithm of
the behaviour loss need a row for each stimulus only. Spikes have a row each. Rows are in
order of stimulus, of which there are few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insilico_nnpoisson.data.trials import NO_RESPONSE, Behaviour, RegionTrials
from insilico_nnpoisson.training.settings import Settings

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]

ACTIONS = ("left", "right")


@dataclass(frozen=True)
class Rows:
    """Rows of the network's input.

    Attributes
    ----------
    stimulus : int array [n]
        Row of the table of different stimuli, ascending.
    scaled : array [n, 1]
        Scaled time (s).
    weight : array [n]
    """

    stimulus: Ints
    scaled: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.weight)


@dataclass(frozen=True)
class Joined:
    """Several rows, one after the other, evaluated at once.

    Attributes
    ----------
    scaled : array [n, 1]
    stops : tuple of int
        Where each of the parts ends.
    segment_stimulus, segment_length : int array [g]
        Runs of rows with the same stimulus.
    segment_start : int array [g]
    """

    scaled: Floats
    stops: tuple[int, ...]
    segment_stimulus: Ints
    segment_length: Ints
    segment_start: Ints


def join(*parts: Rows) -> Joined:
    """Rows one after the other."""
    stimulus = np.concatenate([part.stimulus for part in parts])
    stops = tuple(np.cumsum([len(part) for part in parts]).tolist())
    starts = np.flatnonzero(np.r_[True, np.diff(stimulus) != 0][: len(stimulus)])
    return Joined(
        np.concatenate([part.scaled for part in parts]),
        stops,
        stimulus[starts],
        np.diff(np.r_[starts, len(stimulus)]).astype(np.int64),
        starts.astype(np.int64),
    )


class Stimuli:
    """The different stimuli of a data set.

    Parameters
    ----------
    every : array [n, D]
    dtype : str
        ``"float32"`` or ``"float64"``.

    Attributes
    ----------
    table : array [K, D]
    """

    def __init__(self, every: Floats, dtype: str) -> None:
        self._known = np.unique(every, axis=0)
        self._dtype = dtype
        self.table: Floats = self._known.astype(dtype)

    def rows(
        self, stimulus: Floats, scaled: Floats, weight: Floats, *, merged: bool = True
    ) -> Rows:
        """Rows of stimuli [n, D] at scaled times [n] with weights [n].

        Rows with weight zero are left out, and if `merged` equal ones are one.
        """
        used = weight != 0
        index = self._index(stimulus[used])
        times: Floats = scaled[used].astype(self._dtype)
        weight = weight[used]
        if merged and len(index):
            pairs = np.stack([index.astype(np.float64), times.astype(np.float64)], 1)
            pairs, inverse = np.unique(pairs, axis=0, return_inverse=True)
            weight = np.bincount(inverse.ravel(), weight, len(pairs)).astype(np.float64)
            index = pairs[:, 0].astype(np.int64)
            times = pairs[:, 1]
        order = np.argsort(index, kind="stable")
        return Rows(
            index[order],
            times[order].astype(self._dtype)[:, None],
            weight[order].astype(self._dtype),
        )

    def _index(self, stimulus: Floats) -> Ints:
        """Row of the table of each stimulus [n, D]."""
        both = np.concatenate([self._known, stimulus])
        _, inverse = np.unique(both, axis=0, return_inverse=True)
        # every known stimulus is there, and np.unique sorts as it did for the table
        found: Ints = inverse.ravel()[len(self._known) :].astype(np.int64)
        return found


@dataclass(frozen=True)
class NeuralRows:
    """Rows of the neural loss of a region.

    Attributes
    ----------
    output : int
        Of the network.
    spikes : Rows
        Whose log intensities are added.
    ends : Rows
        Whose unscaled counts are added, weighted by ``nu / c``.
    """

    output: int
    spikes: Rows
    ends: Rows


@dataclass(frozen=True)
class BehaviourRows:
    """Rows of the behaviour losses.

    Attributes
    ----------
    events : dict of str to Rows
        For each action, rows whose log intensities are added.
    ends : Rows
        Whose unscaled counts of both actions are added, weighted by ``1 / c``.
    """

    events: dict[str, Rows]
    ends: Rows


def neural_rows(
    stimuli: Stimuli,
    region: RegionTrials,
    output: int,
    time_limit: float,
    trials: Ints | None = None,
) -> NeuralRows:
    """Rows of a region in some of its trials; default in all."""
    chosen = np.ones(len(region.trial_num), bool)
    if trials is not None:
        chosen = np.isin(region.trial_num, trials)
    scale = time_limit / region.trial_end_times
    row = region.spike_rows
    used = chosen[row]
    spikes = stimuli.rows(
        region.spike_stim_hist[used],
        (scale[row] * region.stim_to_spike)[used],
        np.ones(int(used.sum())),
        merged=False,
    )
    ends = stimuli.rows(
        region.stim_hist[chosen],
        (scale * region.trial_end_times)[chosen],
        (region.n_neurons / scale)[chosen],
    )
    return NeuralRows(output, spikes, ends)


def behaviour_rows(
    stimuli: Stimuli,
    behaviour: Behaviour,
    ends_s: Floats,
    settings: Settings,
    trials: Ints | None = None,
) -> BehaviourRows:
    """Rows of both actions in some trials; default in all.

    `ends_s` [n] are the ends of the trials of `behaviour` (s). The integral is over the
    whole time limit in every trial.
    """
    chosen = np.ones(len(behaviour.trial_num), bool)
    if trials is not None:
        chosen = np.isin(behaviour.trial_num, trials)
    scale = settings.time_limit / ends_s
    if settings.behaviour_scale == "none":
        scale = np.ones_like(scale)
    events = {}
    for action in ACTIONS:
        times = behaviour.response(action)
        happened = (times != NO_RESPONSE) & chosen
        events[action] = stimuli.rows(
            behaviour.stim_hist, scale * times, happened.astype(np.float64)
        )
    ends = stimuli.rows(
        behaviour.stim_hist,
        scale * settings.time_limit,
        np.where(chosen, 1 / scale, 0.0),
    )
    return BehaviourRows(events, ends)


@dataclass(frozen=True)
class StepRows:
    """All rows of one step.

    Attributes
    ----------
    neural : NeuralRows
    behaviour : BehaviourRows
    with_slope : Joined
        Spikes, then left and right responses: where intensities are needed.
    counts : Joined
        Ends of the neural loss, then those of the behaviour losses.
    """

    neural: NeuralRows
    behaviour: BehaviourRows
    with_slope: Joined
    counts: Joined

    @classmethod
    def of(cls, neural: NeuralRows, behaviour: BehaviourRows) -> StepRows:
        """Rows of a region and of behaviour, joined."""
        events = (behaviour.events[action] for action in ACTIONS)
        return cls(
            neural,
            behaviour,
            join(neural.spikes, *events),
            join(neural.ends, behaviour.ends),
        )
