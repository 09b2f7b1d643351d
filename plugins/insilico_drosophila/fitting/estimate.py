"""How long training of the spiking network takes here, measured before it starts."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from insilico_drosophila.fitting.first_round import check_batches, new_trainer
from insilico_drosophila.network.events import PoissonEvents
from insilico_drosophila.network.neuron_model import step_constants
from insilico_drosophila.network.state import random_state

if TYPE_CHECKING:
    from insilico_drosophila.fitting.settings import Settings
    from insilico_drosophila.fly import Fly

_FLOATS_OF_TRACES = 21
"""Arrays of one float for each neuron of each copy: state, traces, temporaries."""
_FLOATS_OF_A_STEP = 3.25
"""The same for each step of a block: inputs, events, kicks, and spikes as bytes."""
_MOST_ELEMENTS = 2_000_000
_FEW_STEPS, _MORE_STEPS = 9, 27


@dataclass(frozen=True)
class Estimate:
    """What training costs.

    Attributes
    ----------
    seconds_per_batch, seconds : float
        Of one gradient step, and of all epochs.
    memory_bytes : int
        Of the arrays that grow with the batch.
    """

    seconds_per_batch: float
    seconds: float
    memory_bytes: int


def estimate_first(fly: Fly, settings: Settings) -> Estimate:
    """Measure a few steps of :func:`.first_round.train_first`, and extrapolate.

    Steps of fewer copies are measured where the batch would take long; time is taken to
    be in proportion to them.
    """
    n = fly.connectome.n_neurons
    n_batches = check_batches(fly, settings)
    n_copies = max(1, min(settings.batch_size, _MOST_ELEMENTS // n))
    few, more = (
        _measured(fly, settings, n_copies, n_steps)
        for n_steps in (_FEW_STEPS, _MORE_STEPS)
    )
    per_step = max(more - few, 1e-9) / (_MORE_STEPS - _FEW_STEPS)
    per_batch = per_step * settings.steps_per_frame * settings.batch_size / n_copies
    block = step_constants(settings.dt).n_delay * _FLOATS_OF_A_STEP
    floats = n * settings.batch_size * (_FLOATS_OF_TRACES + block)
    total = per_batch * n_batches * settings.epoch_round1
    return Estimate(per_batch, total, int(4 * floats))


def _measured(fly: Fly, settings: Settings, n_copies: int, n_steps: int) -> float:
    """Seconds of a gradient step of so many copies and time steps, the second time."""
    n = fly.connectome.n_neurons
    trainer = new_trainer(fly, settings)
    trainer.options = replace(trainer.options, n_steps=n_steps, n_discarded=0)
    rates = np.ascontiguousarray(
        np.broadcast_to(fly.rates_hz[0], (n_copies, len(fly.neuropils)))
    )
    p = step_constants(settings.dt).p_event
    seconds = 0.0
    for seed in range(2):
        start = time.perf_counter()
        trainer.step(
            rates, rates, random_state(n), PoissonEvents(n_copies * n, p, seed)
        )
        if fly.device != "cpu":
            torch.cuda.synchronize(fly.device)
        seconds = time.perf_counter() - start
    return seconds
