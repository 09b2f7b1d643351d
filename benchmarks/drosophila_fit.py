"""What train1 gains on a made-up fly: loss, and correlation on frames not trained on.

    python benchmarks/drosophila_fit.py [--neurons N] [--epochs N] [--dt MS] [--json F]

A network is trained on the first two thirds of the recording. Before and after, it is
driven by the recorded rates of the other frames, and what it makes of each is compared
with the next frame: over all values (``correlation``), which is high as soon as neuropils
have the right level, and in time, for each neuropil (``in_time``). ``previous`` is what
the drive itself, the frame before, reaches. ``--gain`` multiplies the input weights that
training starts from, and ``--bias`` is added to every kick, in mV: how many neurons are
between silence and a spike at every kick (``graded``) depends on them. ``by_hand`` is a
network without training, in which the kick of a neuron grows with the rate of the neuropil
where it has most synapses, from 0.35 to 1.15 mV: what the model can do at least.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from insilico_drosophila import make_synthetic_fly, open_fly
from insilico_drosophila.fitting.first_round import batch_steps, new_trainer
from insilico_drosophila.fitting.frames import FrameRunner, correlation
from insilico_drosophila.fitting.settings import Settings
from insilico_drosophila.fitting.tokens import RateBins
from results import add

if TYPE_CHECKING:
    from collections.abc import Generator

    from insilico_drosophila import Fly
    from numpy.typing import NDArray


def compared(rates: NDArray[np.float32], target: NDArray[np.float32]) -> dict[str, Any]:
    """Correlations and mean squared error in Hz^2 of rates [T, P]."""
    pairs = zip(rates.T, target.T, strict=True)
    in_time = [round(correlation(a, b), 3) for a, b in pairs]
    level = correlation(rates.mean(axis=0), target.mean(axis=0))
    return {
        "correlation": correlation(rates.reshape(-1), target.reshape(-1)),
        "of_levels": level,
        "mean_in_time": float(np.mean(in_time)),
        "in_time": in_time,
        "mse": float(((rates - target) ** 2).mean()),
    }


def tested(fly: Fly, settings: Settings, first: int) -> dict[str, Any]:
    """How well the frames from `first` on lead to those after them."""
    runner = FrameRunner(fly, settings)
    truth = fly.rates_hz[first:]
    kicks = np.array([fly.input_mv(row) for row in truth])
    rates = np.array([ended(runner.frame(row)) for row in kicks[:-1]])
    graded = float(((kicks > 0.2) & (kicks < 1)).mean())
    spread = float((rates.std(axis=0) / truth[1:].std(axis=0)).mean())
    return {**compared(rates, truth[1:]), "graded": graded, "spread": spread}


def ended(going: Generator[int, None, Any]) -> Any:
    """What a generator of steps returns."""
    while True:
        try:
            next(going)
        except StopIteration as end:
            return end.value


def by_hand(fly: Fly, n_trained: int) -> Fly:
    """Kicks that grow with the rate of each neuron's own neuropil."""
    own = fly.omega.toarray().argmax(axis=0)
    seen = fly.rates_hz[:n_trained]
    low, high = seen.min(axis=0)[own], seen.max(axis=0)[own]
    slope = (0.8 / (high - low)).astype(np.float32)
    n = fly.connectome.n_neurons
    weight = np.zeros((len(fly.neuropils), n), np.float32)
    weight[own, np.arange(n)] = slope
    spread = np.random.default_rng(0).normal(0, 0.3, n)
    bias = (0.35 - slope * low + spread).astype(np.float32)
    return fly.with_weights(replace(fly.weights, input_weight=weight, input_bias=bias))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neurons", type=int, default=500)
    parser.add_argument("--frames", type=int, default=151)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--dt", type=float, default=0.2)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--decay", type=float, default=0.99)
    parser.add_argument("--gain", type=float, default=1.0)
    parser.add_argument("--bias", type=float, default=0.0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    settings = Settings(
        batch_size=arguments.batch,
        dt=arguments.dt,
        lr=arguments.lr,
        etrace_decay=arguments.decay,
    )
    with tempfile.TemporaryDirectory() as folder:
        fly = open_fly(
            make_synthetic_fly(folder, 1, arguments.neurons, arguments.frames)
        )
    n_trained = 2 * arguments.frames // 3 + 1
    seen = copy(fly)
    seen.rates_hz = fly.rates_hz[:n_trained]
    trainer = new_trainer(seen, settings)
    with torch.no_grad():
        trainer.parameters.input_weight.mul_(arguments.gain)
        trainer.parameters.input_bias.add_(arguments.bias)
    bins = RateBins.of(fly.rates_hz, settings.bin_size, settings.max_firing_rate)
    later = fly.rates_hz[n_trained:]
    previous = compared(later[:-1], later[1:])
    print("previous:", previous, flush=True)
    hand = tested(by_hand(fly, n_trained), settings, n_trained)
    print("by hand:", hand, flush=True)
    before = tested(fly.with_weights(trainer.weights), settings, n_trained)
    print("untrained:", before, flush=True)
    losses, after = [], before
    start = time.perf_counter()
    for epoch in range(arguments.epochs):
        for batch in range((n_trained - 1) // settings.batch_size):
            going = batch_steps(trainer, seen, settings, bins, epoch, batch)
            result, _ = ended(going)
            losses.append(result.loss)
        if (epoch + 1) % 20 == 0 or epoch + 1 == arguments.epochs:
            after = tested(fly.with_weights(trainer.weights), settings, n_trained)
            print(
                f"epoch {epoch}: loss {np.mean(losses[-5:]):.2f}, {after}", flush=True
            )
    row: dict[str, Any] = {
        "name": f"{arguments.neurons}-neurons-{arguments.dt}-ms",
        "settings": {k: v for k, v in vars(arguments).items() if k != "json"},
        "first_losses": float(np.mean(losses[:2])),
        "last_losses": float(np.mean(losses[-4:])),
        "seconds_per_step": (time.perf_counter() - start) / len(losses),
        "previous": previous,
        "by_hand": hand,
        "untrained": before,
        "trained": after,
    }
    print(row)
    if arguments.json:
        add(arguments.json, "drosophila_fit", row)


if __name__ == "__main__":
    main()
