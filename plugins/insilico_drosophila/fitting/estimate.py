"""What a fit takes here in time and memory, measured before it starts."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import psutil
import torch

from insilico_drosophila.fitting.first_round import check_batches, new_trainer
from insilico_drosophila.fitting.frames import FrameRunner
from insilico_drosophila.fitting.recurrent import RecurrentNetwork, initial_recurrent
from insilico_drosophila.fitting.second_round import (
    STEPS_PER_EPOCH,
    new_optimizer,
    samples,
    step,
)
from insilico_drosophila.fitting.tokens import RateBins
from insilico_drosophila.network.events import PoissonEvents
from insilico_drosophila.network.neuron_model import step_constants
from insilico_drosophila.network.state import random_state
from insilico_gui.device import available_devices
from insilico_gui.errors import FitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from insilico_drosophila.fitting.settings import Settings
    from insilico_drosophila.fly import Fly

_FLOATS_OF_TRACES = 21
"""Arrays of one float for each neuron of each copy: state, traces, temporaries."""
_FLOATS_OF_A_STEP = 3.25
"""The same for each step of a block: inputs, events, kicks, and spikes as bytes."""
_MOST_ELEMENTS = 2_000_000
_FEW_STEPS, _MORE_STEPS = 9, 27
_MOST_STEPS_OF_A_FRAME = 225
_MOST_SEQUENCES = 8
_LONG_H = 12.0


@dataclass(frozen=True)
class Estimate:
    """What train1 costs.

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


def memory_sentence(fly: Fly, settings: Settings) -> list[str]:
    """What train1 takes in memory, of what there is.

    Raises
    ------
    FitError
        If that is not enough.
    """
    needed = memory_bytes(fly, settings)
    free = free_bytes(fly.device)
    if needed > free:
        raise FitError(
            f"train1 takes about {_size(needed)} for a batch of {settings.batch_size}, "
            f"and {_size(free)} are free on {fly.device}; "
            "use a smaller --batch_size, or another --device."
        )
    return [
        f"train1 takes about {_size(needed)} of the {_size(free)} that are free on "
        f"{fly.device}."
    ]


def sentences(fly: Fly, settings: Settings, stages: Sequence[str]) -> list[str]:
    """How long the stages take, and what would be faster."""
    seconds = {name: seconds_of(name, fly, settings) for name in stages}
    parts = ", ".join(f"{name} {_duration(value)}" for name, value in seconds.items())
    total = sum(seconds.values())
    found = [f"On {fly.device} the fit takes about {_duration(total)} ({parts})."]
    if fly.device == "cpu" and total > 3600 * _LONG_H:
        gpus = available_devices()[1:]
        found.append(
            f"Here is a GPU: --device {gpus[0]} is faster."
            if gpus
            else "That is long: use a machine with a GPU, where --device cuda is faster, "
            "fewer epochs, or a smaller network."
        )
    return found


def seconds_of(stage: str, fly: Fly, settings: Settings) -> float:
    """Seconds of all rounds of a stage, measured over a few steps."""
    if stage == "train1":
        return estimate_first(fly, settings).seconds
    if stage == "train2":
        return _seconds_of_second(fly, settings)
    return _seconds_of_frames(fly, settings)


def estimate_first(fly: Fly, settings: Settings) -> Estimate:
    """Measure a few steps of :class:`.first_round.FirstRound`, and extrapolate.

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
    total = per_batch * n_batches * settings.epoch_round1
    return Estimate(per_batch, total, memory_bytes(fly, settings))


def memory_bytes(fly: Fly, settings: Settings) -> int:
    """Memory of the arrays of train1 that grow with the batch."""
    block = step_constants(settings.dt).n_delay * _FLOATS_OF_A_STEP
    elements = fly.connectome.n_neurons * settings.batch_size
    return int(4 * elements * (_FLOATS_OF_TRACES + block))


def free_bytes(device: str) -> int:
    """Memory that is free on a device."""
    if device == "cpu":
        return int(psutil.virtual_memory().available)
    free, _ = torch.cuda.mem_get_info(device)
    return int(free)


def _seconds_of_frames(fly: Fly, settings: Settings) -> float:
    runner = FrameRunner(fly, settings)
    input_mv = fly.input_mv(fly.rates_hz[0])
    start, made = time.perf_counter(), 0
    for made in runner.frame(input_mv):
        if made >= _MOST_STEPS_OF_A_FRAME:
            break
    per_step = (time.perf_counter() - start) / max(made, 1)
    return per_step * settings.steps_per_frame * len(fly.rates_hz)


def _seconds_of_second(fly: Fly, settings: Settings) -> float:
    """Steps of few sequences, taken to be in proportion to them; at most too long."""
    truth = fly.rates_hz
    n = min(settings.batch_size, _MOST_SEQUENCES)
    few = replace(settings, batch_size=n)
    bins = RateBins.of(truth, settings.bin_size, settings.max_firing_rate)
    weights = initial_recurrent(truth.shape[1], settings.n_hidden, settings.seed)
    network = RecurrentNetwork(weights, fly.device)
    optimizer = new_optimizer(network, settings)
    edges = [torch.from_numpy(e).to(fly.device)[1:, None] for e in bins.bounds(truth)]
    start = time.perf_counter()
    given = samples(truth, truth, bins, few, np.random.default_rng(0))
    step(network, optimizer, torch.from_numpy(given).to(fly.device), *edges)
    per_step = time.perf_counter() - start
    return per_step * settings.batch_size / n * STEPS_PER_EPOCH * settings.epoch_round2


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


def _size(n_bytes: int) -> str:
    """In the unit that suits it."""
    if n_bytes >= 2**30:
        return f"{n_bytes / 2**30:.1f} GiB"
    return f"{max(n_bytes / 2**20, 1):.0f} MiB"


def _duration(seconds: float) -> str:
    """In the unit that suits it."""
    for unit, length in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
