"""The synthetic set of a sensory and an integration circuit (Wimmer et al. 2015).

A simulation is a trial: 0.5 s before the stimulus and 2.5 s with it. The choice is that of
the integration population whose rate first crosses a threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from insilico_gui.errors import FitError
from insilico_nnpoisson.data.trials import (
    NO_RESPONSE,
    Behaviour,
    RegionTrials,
    Split,
)

POPULATIONS = ("DE1s", "DE2s", "SE1s", "SE2s")
LEFT, RIGHT = "DE2s", "DE1s"
COHERENCES = (0.8, 0.5, 0.0)
BEFORE_S = 0.5
STIMULUS_S = 2.5
WINDOW_S = 0.05
THRESHOLD_HZ = 40.0
N_WINDOWS = 2951
"""Windows begin at every millisecond from 0 to 2950."""


@dataclass(frozen=True)
class Simulation:
    """Spikes of one simulation.

    Attributes
    ----------
    coherence : float
    spikes : mapping of str to list of array
        For each population, times of each neuron (s from the beginning).
    """

    coherence: float
    spikes: Mapping[str, list[NDArray[np.float64]]]


def window_rates(neurons: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Rate (Hz) of a population in windows [x, x + 50] ms, both ends included, [2951]."""
    times = np.sort(np.concatenate([*neurons, np.empty(0)])) * 1000
    starts = np.arange(N_WINDOWS, dtype=np.float64)
    first = np.searchsorted(times, starts, side="left")
    last = np.searchsorted(times, starts + WINDOW_S * 1000, side="right")
    rates: NDArray[np.float64] = (last - first) / (len(neurons) * WINDOW_S)
    return rates


def crossing(neurons: list[NDArray[np.float64]], threshold_hz: float) -> float:
    """When a population first crosses the threshold (s from onset); infinite if never."""
    above = window_rates(neurons)[round(BEFORE_S * 1000) :] > threshold_hz
    if not above.any():
        return float("inf")
    return float(np.argmax(above)) / 1000 + WINDOW_S


def split_of_simulations(
    simulations: list[Simulation], threshold_hz: float = THRESHOLD_HZ
) -> Split:
    """Trials of simulations, with choices and response times.

    Raises
    ------
    FitError
        If there are none, a coherence is unknown, or a population has no neurons.
    """
    if not simulations:
        raise FitError("The folder holds no simulations; generate some first.")
    stimuli, left, right, ends = [], [], [], []
    for k, simulation in enumerate(simulations):
        stimuli.append(_stimulus(simulation.coherence, k))
        for name in POPULATIONS:
            if not simulation.spikes[name]:
                raise FitError(f"Simulation {k} has no neurons of {name}.")
        on_left = crossing(simulation.spikes[LEFT], threshold_hz)
        on_right = crossing(simulation.spikes[RIGHT], threshold_hz)
        is_left = on_left <= on_right and np.isfinite(on_left)
        is_right = on_right < on_left
        left.append(on_left if is_left else NO_RESPONSE)
        right.append(on_right if is_right else NO_RESPONSE)
        taken = min(on_left, on_right)
        ends.append(taken if np.isfinite(taken) else STIMULUS_S)
    numbers = np.arange(len(simulations))
    behaviour = Behaviour(np.stack(stimuli), np.array(left), np.array(right), numbers)
    n_neurons = float(len(simulations[0].spikes[RIGHT]))  # of DE1, for every region
    regions = {
        name: _region(simulations, name, np.stack(stimuli), np.array(ends), n_neurons)
        for name in POPULATIONS
    }
    return Split(regions, behaviour, len(simulations))


def _stimulus(coherence: float, k: int) -> NDArray[np.float64]:
    found = [abs(coherence - value) < 1e-9 for value in COHERENCES]
    if not any(found):
        raise FitError(
            f"Simulation {k} has the coherence {coherence:g}; it is one of 0.8, 0.5 and 0."
        )
    return np.array(found, dtype=np.float64)


def _region(
    simulations: list[Simulation],
    name: str,
    stimuli: NDArray[np.float64],
    ends: NDArray[np.float64],
    n_neurons: float,
) -> RegionTrials:
    times, rows, ids = [], [], []
    for k, simulation in enumerate(simulations):
        for neuron, spikes in enumerate(simulation.spikes[name]):
            kept = spikes[spikes > BEFORE_S] - BEFORE_S
            kept = kept[kept < ends[k]]
            times.append(kept)
            rows.append(np.full(len(kept), k))
            ids.append(np.full(len(kept), neuron))
    row = np.concatenate(rows).astype(np.int64)
    return RegionTrials(
        np.concatenate(times),
        stimuli[row],
        row,
        np.concatenate(ids).astype(np.int64),
        ends,
        stimuli,
        np.arange(len(simulations)),
        np.full(len(simulations), n_neurons),
    )
