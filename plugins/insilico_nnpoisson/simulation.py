"""Simulated trials: spikes of a condition by thinning, from a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from insilico_nnpoisson.model import Model

MARGIN = 1.05
"""Of the bound over the largest intensity on the grid."""

GRID = 256

Spikes = tuple[NDArray[np.float64], NDArray[np.int64]]


def thinned(
    generator: np.random.Generator,
    model: Model,
    stimulus: NDArray[np.float64],
    length: float,
    scale: float,
    n_neurons: NDArray[np.int64],
) -> list[Spikes]:
    """Spikes of one trial in each region: times (s, ascending) and neurons.

    Parameters
    ----------
    generator : numpy Generator
    model : Model
    stimulus : array [D]
    length : float
        Of the trial (s).
    scale : float
    n_neurons : int array [R]

    Returns
    -------
    list of (float array [k], int array [k])
        One for each region.
    """
    n_regions = model.sizes.regions
    grid = np.linspace(0, length, GRID)
    scales = np.array([scale])
    rates = model.courses(stimulus[None], grid, scales)[1][0, :, :n_regions]
    bounds = MARGIN * rates.max(axis=0)
    numbers = generator.poisson(bounds * length * n_neurons)
    times = generator.uniform(0, length, numbers.sum())
    marks = generator.uniform(0, 1, len(times))
    regions = np.repeat(np.arange(n_regions), numbers)
    neurons = generator.integers(0, np.maximum(1, n_neurons)[regions])
    rows = np.broadcast_to(stimulus, (len(times), len(stimulus)))
    exact = model.intensities(rows, times, np.full(len(times), scale))[2]
    chance = exact[np.arange(len(times)), regions] / bounds[regions]
    kept = marks < chance
    found = []
    for region in range(n_regions):
        mine = np.flatnonzero(kept & (regions == region))
        mine = mine[np.argsort(times[mine], kind="stable")]
        found.append((times[mine], neurons[mine]))
    return found


def simulate_trials(
    model: Model,
    stimuli: NDArray[np.float64],
    lengths: NDArray[np.float64],
    time_limit: float,
    regions: Sequence[str],
    n_neurons: NDArray[np.int64],
    seed: int,
) -> pd.DataFrame:
    """Spikes of one trial of each stimulus [n, D]; see :class:`.SpikingSession`.

    Each row has a stream of random numbers of its own, so the first rows of a table give
    the same spikes as a shorter table.
    """
    tables = []
    for trial, (stimulus, length) in enumerate(zip(stimuli, lengths, strict=True)):
        generator = np.random.default_rng([seed, trial])
        scale = time_limit / length
        spikes = thinned(generator, model, stimulus, length, scale, n_neurons)
        for region, (times, neurons) in zip(regions, spikes, strict=True):
            order = np.lexsort((times, neurons))
            tables.append(
                pd.DataFrame(
                    {
                        "trial": np.full(len(times), trial),
                        "unit_id": np.full(len(times), region, dtype=object),
                        "neuron": neurons[order],
                        "time": times[order],
                    }
                )
            )
    found = pd.concat(tables, ignore_index=True)
    return found.astype({"trial": np.int64, "unit_id": str, "neuron": np.int64})
