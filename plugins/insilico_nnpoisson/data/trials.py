"""Trials: spikes of each region and responses of the animal, checked and scaled.

n trials, D stimulus columns, S spikes, N trials in which a region was recorded. Times are
in seconds from stimulus onset. Names are those of the published files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insilico_gui.errors import FitError, quoted

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NO_RESPONSE = -1.0


@dataclass(frozen=True)
class RegionTrials:
    """Spikes of a region, pooled over its neurons, and the trials it was recorded in.

    Attributes
    ----------
    stim_to_spike : array [S]
        Time of each spike.
    spike_stim_hist : array [S, D]
        Stimulus of its trial.
    spike_trial_num : int array [S]
    spike_id : int array [S]
        Its neuron.
    trial_end_times : array [N]
        ``T``: the response, or the time limit.
    stim_hist : array [N, D]
    trial_num : int array [N]
    n_neurons : array [N]
        Neurons recorded in the session of each trial.
    """

    stim_to_spike: Floats
    spike_stim_hist: Floats
    spike_trial_num: Ints
    spike_id: Ints
    trial_end_times: Floats
    stim_hist: Floats
    trial_num: Ints
    n_neurons: Floats

    @property
    def spike_rows(self) -> Ints:
        """Row of the trials that each spike belongs to, [S]."""
        order = np.argsort(self.trial_num, kind="stable")
        found: Ints = order[
            np.searchsorted(self.trial_num[order], self.spike_trial_num)
        ]
        return found


@dataclass(frozen=True)
class Behaviour:
    """Stimulus and response times of every trial; -1 where an action did not happen.

    Attributes
    ----------
    stim_hist : array [n, D]
    resp_time_left, resp_time_right : array [n]
    trial_num : int array [n]
    """

    stim_hist: Floats
    resp_time_left: Floats
    resp_time_right: Floats
    trial_num: Ints

    def response(self, action: str) -> Floats:
        """Response times of ``"left"`` or ``"right"``, [n]."""
        return self.resp_time_left if action == "left" else self.resp_time_right


@dataclass(frozen=True)
class Split:
    """A set of trials, for training or for a test.

    Attributes
    ----------
    regions : dict of str to RegionTrials
    behaviour : Behaviour
        Sorted by trial number.
    n_trials : int
    """

    regions: Mapping[str, RegionTrials]
    behaviour: Behaviour
    n_trials: int


@dataclass(frozen=True)
class Recordings:
    """What a fit learns from; satisfies :class:`insilico_gui.fitting.FitData`.

    Attributes
    ----------
    region_index : tuple of str
        Regions in order of the network's outputs.
    train, test : Split
    time_limit : float
        ``W`` (s).
    stimulus : tuple of str
        What each column means; empty if the files do not say.
    synthetic : bool
        Whether every region was recorded in all trials, as in the published synthetic
        set; the behaviour part of a step then uses all trials.
    """

    region_index: tuple[str, ...]
    train: Split
    test: Split
    time_limit: float
    stimulus: tuple[str, ...] = ()
    synthetic: bool = False
    fingerprint: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not self.fingerprint:
            object.__setattr__(self, "fingerprint", _fingerprint(self))

    @property
    def n_columns(self) -> int:
        """D, columns of the stimulus."""
        return int(self.train.behaviour.stim_hist.shape[1])

    def summary(self) -> dict[str, Any]:
        """See :meth:`insilico_gui.fitting.FitData.summary`."""
        spikes = {
            name: len(trials.stim_to_spike)
            for name, trials in self.train.regions.items()
        }
        return {
            "regions": len(self.region_index),
            "train_trials": self.train.n_trials,
            "test_trials": self.test.n_trials,
            "train_spikes": int(sum(spikes.values())),
            "time_limit_s": self.time_limit,
            "fewest_spikes": min(spikes.values(), default=0),
        }

    def n_neurons(self) -> dict[str, float]:
        """Mean number of neurons of each region in its training trials."""
        return {
            name: float(np.mean(trials.n_neurons))
            for name, trials in self.train.regions.items()
        }


def end_times(behaviour: Behaviour, split: Split, time_limit: float) -> Floats:
    """Ends of all trials [n]: the latest over regions, as the published test does.

    A trial that no region was recorded in ends with its response, or at the time limit.
    """
    found = np.zeros(len(behaviour.trial_num))
    for region in split.regions.values():
        rows = np.searchsorted(behaviour.trial_num, region.trial_num)
        np.maximum.at(found, rows, region.trial_end_times)
    answered = np.maximum(behaviour.resp_time_left, behaviour.resp_time_right)
    own = np.where(answered > 0, np.minimum(answered, time_limit), time_limit)
    return np.where(found > 0, found, own)


def region_trials(values: Mapping[str, Any], what: str, n_columns: int) -> RegionTrials:
    """Trials of a region from arrays by their published names.

    Raises
    ------
    FitError
        If an array is missing, of another length or type, or holds a value that cannot be.
    """
    n_spikes = len(_array(values, "stim_to_spike", what))
    n_trials = len(_array(values, "trial_num", what))
    found = RegionTrials(
        stim_to_spike=_floats(values, "stim_to_spike", (n_spikes,), what),
        spike_stim_hist=_floats(values, "spike_stim_hist", (n_spikes, n_columns), what),
        spike_trial_num=_ints(values, "spike_trial_num", (n_spikes,), what),
        spike_id=_ints(values, "spike_id", (n_spikes,), what)
        if "spike_id" in values
        else np.zeros(n_spikes, np.int64),
        trial_end_times=_floats(values, "trial_end_times", (n_trials,), what),
        stim_hist=_floats(values, "stim_hist", (n_trials, n_columns), what),
        trial_num=_ints(values, "trial_num", (n_trials,), what),
        n_neurons=_floats(values, "#neuron", (n_trials,), what),
    )
    _refuse_doubles(found.trial_num, what)
    if not np.isin(found.spike_trial_num, found.trial_num).all():
        stray = found.spike_trial_num[~np.isin(found.spike_trial_num, found.trial_num)]
        raise FitError(
            f"{what} has a spike in trial {stray[0]}, in which it was not recorded; "
            "prepare the data again."
        )
    if n_trials == 0:
        raise FitError(f"{what} was recorded in no trial; leave the region out.")
    if (found.trial_end_times <= 0).any():
        row = int(np.argmax(found.trial_end_times <= 0))
        raise FitError(
            f"{what} has a trial (number {found.trial_num[row]}) that ends at "
            f"{found.trial_end_times[row]:g} s, so its time scale is infinite; leave the "
            "trial out."
        )
    if (found.stim_to_spike < 0).any():
        raise FitError(f"{what} has a spike before the stimulus; leave it out.")
    if (found.n_neurons < 0).any():
        raise FitError(f"{what} has a negative number of neurons; prepare it again.")
    return found


def behaviour_of(values: Mapping[str, Any], what: str) -> Behaviour:
    """Behaviour from arrays by their published names, sorted by trial.

    Raises
    ------
    FitError
        As of :func:`region_trials`.
    """
    n_trials = len(_array(values, "trial_num", what))
    stimuli = _array(values, "stim_hist", what)
    if stimuli.ndim != 2 or n_trials == 0:
        raise FitError(f"{what} holds no trials with a stimulus; prepare it again.")
    found = Behaviour(
        _floats(values, "stim_hist", (n_trials, stimuli.shape[1]), what),
        _floats(values, "resp_time_left", (n_trials,), what),
        _floats(values, "resp_time_right", (n_trials,), what),
        _ints(values, "trial_num", (n_trials,), what),
    )
    _refuse_doubles(found.trial_num, what)
    for times in (found.resp_time_left, found.resp_time_right):
        wrong = (times != NO_RESPONSE) & (times <= 0)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise FitError(
                f"{what} has a response at {times[row]:g} s in trial "
                f"{found.trial_num[row]}; responses come after the stimulus, and -1 "
                "means none."
            )
    order = np.argsort(found.trial_num, kind="stable")
    return Behaviour(*(getattr(found, f.name)[order] for f in fields(found)))


def cut_split(split: Split, time_limit: float) -> Split:
    """The trials cut at the time limit: later spikes and responses did not happen."""
    regions = {}
    for name, region in split.regions.items():
        kept = region.stim_to_spike <= time_limit
        regions[name] = RegionTrials(
            region.stim_to_spike[kept],
            region.spike_stim_hist[kept],
            region.spike_trial_num[kept],
            region.spike_id[kept],
            np.minimum(region.trial_end_times, time_limit),
            region.stim_hist,
            region.trial_num,
            region.n_neurons,
        )
    given = split.behaviour
    left, right = (
        np.where(times > time_limit, NO_RESPONSE, times)
        for times in (given.resp_time_left, given.resp_time_right)
    )
    behaviour = Behaviour(given.stim_hist, left, right, given.trial_num)
    return Split(regions, behaviour, split.n_trials)


def recordings(
    train: Split,
    test: Split,
    region_index: tuple[str, ...],
    time_limit: float,
    *,
    stimulus: tuple[str, ...] = (),
    synthetic: bool = False,
) -> Recordings:
    """Trials for training and test, cut at the time limit and checked against each other.

    Raises
    ------
    FitError
        If a region or a trial is missing, or widths differ.
    """
    if not np.isfinite(time_limit) or time_limit <= 0:
        raise FitError(f"The time limit is {time_limit} s; give a positive one.")
    names = {"training": train, "test": test}
    width = train.behaviour.stim_hist.shape[1]
    for what, split in names.items():
        found = split.behaviour.stim_hist.shape[1]
        if found != width:
            raise FitError(
                f"The stimulus of the {what} data has {found} columns and that of the "
                f"training data {width}; prepare both alike."
            )
        for region, trials in split.regions.items():
            if region not in region_index:
                raise FitError(
                    f"The {what} data have a region {quoted(region)} that is not in the "
                    "index of regions; prepare them again."
                )
            strays = ~np.isin(trials.trial_num, split.behaviour.trial_num)
            if strays.any():
                raise FitError(
                    f"{quoted(region)} of the {what} data was recorded in trial "
                    f"{trials.trial_num[strays][0]}, of which no behaviour is known; "
                    "prepare them again."
                )
    for region in region_index:
        if region not in train.regions:
            raise FitError(
                f"The training data have no trials of {quoted(region)}, which is in the "
                "index of regions; leave it out there."
            )
    return Recordings(
        region_index,
        cut_split(train, time_limit),
        cut_split(test, time_limit),
        float(time_limit),
        stimulus,
        synthetic,
    )


def _array(values: Mapping[str, Any], name: str, what: str) -> NDArray[Any]:
    if name not in values:
        raise FitError(f"{what} has no {quoted(name)}; prepare the data again.")
    array = np.asarray(values[name])
    if array.ndim == 0 or array.dtype.kind not in "biuf":
        raise FitError(f"{what} has {quoted(name)} that is no array of numbers.")
    return array


def _floats(
    values: Mapping[str, Any], name: str, shape: tuple[int, ...], what: str
) -> Floats:
    array = _array(values, name, what)
    if array.shape != shape and not (0 in shape and array.size == 0):
        raise FitError(
            f"{what} has {quoted(name)} of shape {list(array.shape)}, and {list(shape)} "
            "fits its other arrays; prepare the data again."
        )
    numbers = array.astype(np.float64).reshape(shape)
    if not np.isfinite(numbers).all():
        raise FitError(
            f"{what} has a value in {quoted(name)} that is not finite; leave out the "
            "trials that lack it."
        )
    return numbers


def _ints(
    values: Mapping[str, Any], name: str, shape: tuple[int, ...], what: str
) -> Ints:
    numbers = _floats(values, name, shape, what)
    if (numbers != np.round(numbers)).any():
        raise FitError(f"{what} has fractions in {quoted(name)}; prepare it again.")
    return numbers.astype(np.int64)


def _refuse_doubles(trial_num: Ints, what: str) -> None:
    found, numbers = np.unique(trial_num, return_counts=True)
    if (numbers > 1).any():
        raise FitError(
            f"{what} has the trial {found[np.argmax(numbers > 1)]} twice; number trials "
            "once."
        )


def _fingerprint(data: Recordings) -> str:
    digest = hashlib.sha256(
        f"{data.region_index}{data.time_limit!r}{data.synthetic}".encode()
    )
    for split in (data.train, data.test):
        parts: list[Behaviour | RegionTrials] = [split.behaviour]
        parts += [split.regions[name] for name in sorted(split.regions)]
        for part in parts:
            for entry in fields(part):
                array = np.ascontiguousarray(getattr(part, entry.name))
                digest.update(f"{array.dtype}{array.shape}".encode())
                digest.update(array.data)
    return f"sha256:{digest.hexdigest()}"
