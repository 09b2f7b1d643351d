"""Generated sessions whose rates come from a known network, to score a fit against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insilico_gui.errors import FitError
from insilico_nnpoisson.data.events import (
    LEFT,
    RIGHT,
    STIMULUS,
    TIME,
    RawSession,
    RegionSpikes,
)
from insilico_nnpoisson.model import Model, model_of
from insilico_nnpoisson.network.layers import Sizes, initial_weights
from insilico_nnpoisson.simulation import thinned
from insilico_nnpoisson.stimulus_code import KNOWN

REGIONS = ("left-CP", "left-MOs", "left-SCm", "left-VISp")
N_CONTRASTS = 4
LATE = 0.06
"""Part of the trials whose response comes after the time limit."""

SECOND_MOVEMENT = 0.2
"""Part of the responses after which the animal moves once more."""

BACKGROUND_HZ = 2.0
"""Rate of each neuron between trials."""

GRID = 512
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Generated:
    """Sessions, and the network that their rates come from.

    Attributes
    ----------
    train, test : list of RawSession
    model : Model
        In float64; its outputs are `regions`.
    regions : tuple of str
    """

    train: list[RawSession]
    test: list[RawSession]
    model: Model
    regions: tuple[str, ...]


def known_model(
    seed: int = 0,
    regions: Sequence[str] = REGIONS,
    *,
    n_hidden: int = 10,
    rate_hz: float = 12.0,
    time_limit: float = 0.4,
) -> Model:
    """A network whose regions have bumps of activity at their own times.

    Each hidden unit passes its steepest point at a time of its own, which the stimulus
    moves; a region adds up a few of them, so its intensity is a sum of bumps.

    Parameters
    ----------
    seed : int
    regions : sequence of str
    n_hidden : int
    rate_hz : float
        Mean intensity of the regions.
    time_limit : float
        Seconds.

    Returns
    -------
    Model
        In float64.
    """
    generator = np.random.default_rng(seed)
    sizes = Sizes(2 * N_CONTRASTS, n_hidden, len(regions))
    w = initial_weights(sizes, seed)
    # one part in three is early, and every unit has a width of its own
    middle = generator.permutation(np.linspace(0.15, 0.9, n_hidden)) * time_limit
    steep = generator.uniform(2.5, 5.0, n_hidden) / time_limit
    w["neuro0.kernel"] = generator.normal(0, 0.8, (sizes.stimulus, n_hidden))
    w["neuro1.kernel"] = generator.normal(
        0, 1 / np.sqrt(n_hidden), (n_hidden, n_hidden)
    )
    w["neuro2.kernel"] = generator.normal(0, 0.6, (n_hidden, n_hidden))
    w["neuro3.kernel"] = steep[None, :]
    w["neuro2.bias"] = -steep * middle - 0.7 * w["neuro2.kernel"].sum(axis=0)
    w["neuro4.kernel"] = 0.8 * np.eye(n_hidden) + 0.05 * generator.random(
        (n_hidden, n_hidden)
    )
    w["neuro4.bias"] = np.zeros(n_hidden)
    w["neuro5.kernel"] = generator.normal(0, 0.1, (1, n_hidden))
    w["neuro6.kernel"] = generator.gamma(0.6, 1.0, (n_hidden, len(regions)))
    for side, sign in (("beh0", 1), ("beh2", -1)):
        w[f"{side}.kernel"] = (
            0.05
            * (1 + sign * np.linspace(-0.8, 0.8, len(regions)))[:, None]
            * np.ones((1, n_hidden))
        )
    model = model_of(w, dtype="float64", time_limit=time_limit)
    stimuli = all_stimuli()
    mean = model.courses(stimuli, np.array([0.0, time_limit]), np.ones(len(stimuli)))[0]
    counts = (mean[:, 1] - mean[:, 0])[:, : len(regions)].mean(axis=0)
    w["neuro6.kernel"] = w["neuro6.kernel"] * rate_hz * time_limit / counts
    about: dict[str, Any] = {
        "regions": list(regions),
        "time_limit": time_limit,
        "stimulus": list(KNOWN[2 * N_CONTRASTS]),
    }
    return model_of(
        _with_likely_choices(w, stimuli, time_limit), dtype="float64", **about
    )


def _with_likely_choices(
    w: dict[str, Floats], stimuli: Floats, time_limit: float
) -> dict[str, Floats]:
    """Weights whose actions happen in four of ten trials each, on average."""
    model = model_of(w, dtype="float64")
    for layer, output in (("beh1", -2), ("beh3", -1)):
        times = np.array([0.0, time_limit])
        counts = model.courses(stimuli, times, np.ones(len(stimuli)))[0]
        expected = (counts[:, 1] - counts[:, 0])[:, output].mean()
        for _ in range(20):  # softplus is no straight line: a few steps of scaling
            w[f"{layer}.kernel"] = w[f"{layer}.kernel"] * (0.4 / expected)
            model = model_of(w, dtype="float64")
            counts = model.courses(stimuli, times, np.ones(len(stimuli)))[0]
            expected = (counts[:, 1] - counts[:, 0])[:, output].mean()
    return w


def all_stimuli() -> Floats:
    """Every pair of contrasts as a one-hot row, [16, 8]."""
    pairs = np.array([(a, b) for a in range(N_CONTRASTS) for b in range(N_CONTRASTS)])
    rows = np.zeros((len(pairs), 2 * N_CONTRASTS))
    rows[np.arange(len(pairs)), pairs[:, 0]] = 1
    rows[np.arange(len(pairs)), N_CONTRASTS + pairs[:, 1]] = 1
    return rows


def make_synthetic_steinmetz(
    seed: int = 0,
    *,
    n_sessions: int = 4,
    n_test_sessions: int = 1,
    n_trials: int = 100,
    n_neurons: int = 12,
    regions: Sequence[str] = REGIONS,
    model: Model | None = None,
    time_limit: float = 0.4,
) -> Generated:
    """Sessions of a task of two contrasts, with spikes and choices of a known network.

    Among the trials are responses after the time limit, none at all, second movements, and
    responses before the go cue. Every session but the first lacks one of the regions in
    turn, if there are several sessions and regions.

    Parameters
    ----------
    seed : int
    n_sessions, n_test_sessions : int
    n_trials : int
        Of each session; the last one is not complete, so it does not count.
    n_neurons : int
        About how many of each region in each session.
    regions : sequence of str
    model : Model, optional
        With 8 columns and these regions; default :func:`known_model` of the seed.
    time_limit : float
        Seconds.

    Returns
    -------
    Generated
    """
    if min(n_sessions, n_test_sessions, n_neurons) < 1 or n_trials < 2:
        raise FitError(
            "Sessions need two trials and a neuron, and one is for the test."
        )
    if model is None:
        model = known_model(seed, regions, time_limit=time_limit)
    if (model.sizes.stimulus, model.sizes.regions) != (2 * N_CONTRASTS, len(regions)):
        raise FitError("The model must have 8 stimulus columns and these regions.")
    streams = np.random.default_rng(seed).spawn(n_sessions + n_test_sessions)
    sessions = []
    for k, generator in enumerate(streams):
        number = k if k < n_sessions else 0  # every region is tested
        lacking = (number - 1) % len(regions) if number and len(regions) > 1 else None
        sessions.append(
            _session(
                generator, model, regions, lacking, n_trials, n_neurons, time_limit
            )
        )
    return Generated(
        sessions[:n_sessions], sessions[n_sessions:], model, tuple(regions)
    )


def _session(
    generator: np.random.Generator,
    model: Model,
    regions: Sequence[str],
    lacking: int | None,
    n_trials: int,
    n_neurons: int,
    time_limit: float,
) -> RawSession:
    stimuli = all_stimuli()[generator.integers(0, N_CONTRASTS**2, n_trials)]
    sides, times = _choices(generator, model, stimuli, time_limit)
    numbers = np.maximum(1, generator.poisson(n_neurons, len(regions)))
    events: list[Floats] = []
    spikes: list[list[tuple[Floats, NDArray[np.int64]]]] = [[] for _ in regions]
    onset = 1.0 + generator.random()
    before = 0.0
    for trial in range(n_trials):
        taken = times[trial] if sides[trial] else np.inf
        end = min(time_limit, taken)
        columns = _events(generator, onset, stimuli[trial], int(sides[trial]), taken)
        events += columns
        found = thinned(
            generator, model, stimuli[trial], end, time_limit / end, numbers
        )
        for k, (after_onset, neurons) in enumerate(found):
            spikes[k].append((onset + after_onset, neurons))
            spikes[k].append(_background(generator, before, onset, numbers[k]))
        before = onset + end
        onset = columns[-1][TIME] + 1.0 + generator.random()
    kept = [k for k in range(len(regions)) if k != lacking]
    return RawSession(
        np.stack(events, axis=1),
        {regions[k]: _joined(spikes[k], int(numbers[k])) for k in kept},
    )


def _choices(
    generator: np.random.Generator, model: Model, stimuli: Floats, time_limit: float
) -> tuple[NDArray[np.int64], Floats]:
    """Side (0 if none) and time (s) of the response of each trial, [n] and [n].

    Expected numbers of actions are probabilities, and intensities densities of response
    times; together they are kept below 1. Some responses are put after the time limit.
    """
    grid = np.linspace(0, time_limit, GRID)
    counts = model.courses(stimuli, grid, np.ones(len(stimuli)))[0][:, :, -2:]
    until = counts - counts[:, :1]
    whole = until[:, -1] / np.maximum(1.0, until[:, -1].sum(axis=1, keepdims=True))
    drawn = generator.random(len(stimuli))
    sides = np.where(
        drawn < whole[:, 0], LEFT, np.where(drawn < whole.sum(axis=1), RIGHT, 0)
    )
    place = generator.random(len(stimuli))
    times = np.full(len(stimuli), np.inf)
    for k in range(len(stimuli)):
        if sides[k]:
            course = until[k, :, sides[k] - LEFT]
            times[k] = np.interp(place[k] * course[-1], course, grid)
    late = (generator.random(len(stimuli)) < LATE) & (sides > 0)
    times[late] = time_limit * (1.05 + generator.random(int(late.sum())))
    shortest = 0.05 * time_limit
    return sides, np.maximum(times, shortest)


def _events(
    generator: np.random.Generator,
    onset: float,
    stimulus: Floats,
    side: int,
    taken: float,
) -> list[Floats]:
    """Columns of a trial in order of time: stimulus, go cue, responses, feedback."""

    def event(time: float, row: int | None) -> Floats:
        column = np.zeros(STIMULUS + len(stimulus))
        column[TIME] = time
        if row is not None:
            column[row] = 1
        return column

    first = event(onset, None)
    first[STIMULUS:] = stimulus
    found = [first, event(onset + generator.uniform(0.1, 0.6), 1)]
    ends = onset + 1.5
    if side:
        found.append(event(onset + taken, side))
        ends = onset + taken + generator.uniform(0.05, 0.2)
        if generator.random() < SECOND_MOVEMENT:
            found.append(event(onset + taken + 0.04, LEFT + RIGHT - side))
    found.append(event(ends, 4 if side else 5))
    found.sort(key=lambda column: column[TIME])
    # the go cue is no part of what follows the feedback
    return [c for c in found if c[TIME] <= ends]


def _background(
    generator: np.random.Generator, start: float, stop: float, n_neurons: int
) -> tuple[Floats, NDArray[np.int64]]:
    """Spikes between trials."""
    n = generator.poisson(BACKGROUND_HZ * n_neurons * max(0.0, stop - start))
    return generator.uniform(start, stop, n), generator.integers(0, n_neurons, n)


def _joined(
    parts: list[tuple[Floats, NDArray[np.int64]]], n_neurons: int
) -> RegionSpikes:
    times = np.concatenate([part[0] for part in parts])
    neurons = np.concatenate([part[1] for part in parts])
    order = np.argsort(times, kind="stable")
    return RegionSpikes(times[order], neurons[order].astype(np.int64), n_neurons)
