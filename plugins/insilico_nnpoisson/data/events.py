"""From events of recorded sessions to trials: stimulus, first response, spikes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insilico_gui.errors import FitError, quoted
from insilico_nnpoisson.data.trials import (
    NO_RESPONSE,
    Behaviour,
    RegionTrials,
    Split,
)
from insilico_nnpoisson.region_centers import REGIONS

TIME, LEFT, RIGHT = 0, 2, 3
FEEDBACK = slice(4, 6)
STIMULUS = 6
"""First row of the stimulus."""


@dataclass(frozen=True)
class RegionSpikes:
    """Spikes of a region in a session.

    Attributes
    ----------
    times : array [n]
        Seconds, ascending.
    neurons : int array [n]
    n_neurons : int
    """

    times: NDArray[np.float64]
    neurons: NDArray[np.int64]
    n_neurons: int


@dataclass(frozen=True)
class RawSession:
    """A recorded session.

    Attributes
    ----------
    events : array [6 + D, n]
        A column per event, in order of time: row 0 its time, 1 the go cue, 2 and 3 a left
        or right response, 4 and 5 feedback, 6 and on the stimulus.
    regions : mapping of str to RegionSpikes
    """

    events: NDArray[np.float64]
    regions: Mapping[str, RegionSpikes]


@dataclass
class _Open:
    """The trial that is open: its onset, stimulus and first response (0 if none)."""

    onset: float
    stimulus: NDArray[np.float64]
    responded: float = 0.0
    side: int = 0
    ended: bool = False


@dataclass(frozen=True)
class _Trial:
    onset: float
    end: float
    stimulus: NDArray[np.float64]
    left: float
    right: float


def check_session(session: RawSession, what: str) -> None:
    """Raise a FitError if the events or spikes of a session cannot be."""
    events = session.events
    if events.ndim != 2 or events.shape[0] <= STIMULUS or not events.shape[1]:
        raise FitError(
            f"{what} has events of shape {list(events.shape)}; they are [6 + D, n] with "
            "the stimulus in the last D rows."
        )
    if not np.isfinite(events).all():
        raise FitError(f"{what} has an event that is not finite; leave it out.")
    if (np.diff(events[TIME]) < 0).any():
        raise FitError(f"{what} has events that are not in order of time; sort them.")
    for name, region in session.regions.items():
        if region.times.shape != region.neurons.shape or region.times.ndim != 1:
            raise FitError(
                f"{what} has {len(region.times)} spikes of {quoted(name)} and "
                f"{len(region.neurons)} numbers of neurons; prepare it again."
            )
        if not np.isfinite(region.times).all():
            raise FitError(f"{what} has a spike of {quoted(name)} that is not finite.")
        if region.n_neurons < 1:
            raise FitError(f"{what} has {quoted(name)} without neurons; leave it out.")


def trials_of_events(events: NDArray[np.float64], time_limit: float) -> list[_Trial]:
    """Trials of a session: each is given out by the stimulus after its feedback.

    The last trial of a session is therefore never given out.
    """
    found = []
    current: _Open | None = None
    for column in events.T:
        now = float(column[TIME])
        if column[STIMULUS:].sum() >= 1:
            if current is not None and current.ended:
                found.append(_closed(current, time_limit))
            current = _Open(now, column[STIMULUS:].copy())
        if current is None or current.ended:
            continue
        if column[LEFT : RIGHT + 1].sum() > 0 and not current.responded:
            current.responded = now
            current.side = LEFT if column[LEFT] > 0 else RIGHT
        if column[FEEDBACK].sum() > 0:
            current.ended = True
    return found


def _closed(trial: _Open, time_limit: float) -> _Trial:
    left = right = NO_RESPONSE
    end = time_limit
    if trial.responded:
        taken = trial.responded - trial.onset
        end = min(time_limit, taken)
        if taken <= time_limit:
            left, right = (taken, right) if trial.side == LEFT else (left, taken)
    return _Trial(trial.onset, end, trial.stimulus, left, right)


def split_of_sessions(
    sessions: Sequence[RawSession],
    time_limit: float,
    regions: Sequence[str] | None = REGIONS,
) -> tuple[Split, tuple[str, ...]]:
    """Trials of sessions, and their regions in order of first appearance.

    Parameters
    ----------
    sessions : sequence of RawSession
    time_limit : float
        Seconds.
    regions : sequence of str or None
        Regions that are kept; None for all.

    Raises
    ------
    FitError
        If a session is wrong, or no trial is complete.
    """
    order: dict[str, None] = {}
    parts: dict[str, list[dict[str, NDArray[Any]]]] = {}
    trials: list[_Trial] = []
    for k, session in enumerate(sessions):
        what = f"Session {k}"
        check_session(session, what)
        if trials and session.events.shape[0] - STIMULUS != len(trials[0].stimulus):
            raise FitError(
                f"{what} has {session.events.shape[0] - STIMULUS} stimulus rows and the "
                f"sessions before {len(trials[0].stimulus)}; prepare all alike."
            )
        found = trials_of_events(session.events, time_limit)
        for name in sorted(session.regions):
            if regions is not None and name not in regions:
                continue
            order.setdefault(name)
            part = _cut_spikes(session.regions[name], found, len(trials))
            parts.setdefault(name, []).append(part)
        trials += found
    if not trials:
        raise FitError(
            "The sessions hold no complete trial: a stimulus, feedback, and the stimulus "
            "of the next trial, which closes it."
        )
    if not order:
        raise FitError("The sessions hold none of the regions that are fitted.")
    behaviour = Behaviour(
        np.stack([trial.stimulus for trial in trials]),
        np.array([trial.left for trial in trials]),
        np.array([trial.right for trial in trials]),
        np.arange(len(trials)),
    )
    joined = {name: _joined(parts[name]) for name in order}
    kept = {name: r for name, r in joined.items() if len(r.trial_num)}
    return Split(kept, behaviour, len(trials)), tuple(n for n in order if n in kept)


def _cut_spikes(
    region: RegionSpikes, trials: Sequence[_Trial], first: int
) -> dict[str, NDArray[Any]]:
    """Spikes of a region within trials, whose numbers begin with `first`."""
    order = np.argsort(region.times, kind="stable")
    times, neurons = region.times[order], region.neurons[order]
    rows, spikes = [], []
    for k, trial in enumerate(trials):
        start = int(np.searchsorted(times, trial.onset, side="right"))
        stop = int(np.searchsorted(times, trial.onset + trial.end, side="left"))
        spikes.append(np.arange(start, stop))
        rows.append(np.full(max(0, stop - start), k))
    row = np.concatenate([*rows, np.empty(0, np.int64)]).astype(np.int64)
    spike = np.concatenate([*spikes, np.empty(0, np.int64)]).astype(np.int64)
    onsets = np.array([trial.onset for trial in trials])
    stimuli = np.array([trial.stimulus for trial in trials])
    return {
        "stim_to_spike": times[spike] - onsets[row] if len(row) else np.empty(0),
        "spike_row": row,
        "spike_trial_num": row + first,
        "spike_id": neurons[spike],
        "trial_end_times": np.array([trial.end for trial in trials]),
        "stim_hist": stimuli,
        "trial_num": np.arange(len(trials)) + first,
        "n_neurons": np.full(len(trials), float(region.n_neurons)),
    }


def _joined(parts: list[dict[str, NDArray[Any]]]) -> RegionTrials:
    parts = [part for part in parts if len(part["trial_num"])] or parts[:1]
    spike_stimuli = [
        part["stim_hist"][part["spike_row"]]
        if len(part["spike_row"])
        else np.empty((0, part["stim_hist"].shape[-1]))
        for part in parts
    ]

    def all_of(key: str) -> NDArray[Any]:
        return np.concatenate([part[key] for part in parts])

    return RegionTrials(
        all_of("stim_to_spike"),
        np.concatenate(spike_stimuli),
        all_of("spike_trial_num"),
        all_of("spike_id"),
        all_of("trial_end_times"),
        all_of("stim_hist"),
        all_of("trial_num"),
        all_of("n_neurons"),
    )
