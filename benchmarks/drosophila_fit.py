"""What train1 gains on a made-up fly: loss, and correlation on frames not trained on.

    python benchmarks/drosophila_fit.py [--neurons N] [--epochs N] [--dt MS] [--json F]

A network is trained on the first two thirds of the recording. Before and after, it is
driven by the recorded rates of the other frames, and what it makes of each is correlated
with the next frame: over all values, and in time, for each neuropil, averaged.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from insilico_drosophila import make_synthetic_fly, open_fly
from insilico_drosophila.fitting.evaluation import correlation, driven_frames
from insilico_drosophila.fitting.first_round import new_trainer, train_batch
from insilico_drosophila.fitting.settings import Settings
from insilico_drosophila.fitting.tokens import RateBins
from insilico_drosophila.network.state import random_state
from results import add

if TYPE_CHECKING:
    from insilico_drosophila import Fly


def tested(fly: Fly, settings: Settings, first: int) -> dict[str, float]:
    """Correlations and mean squared error in Hz^2 of the frames from `first` on."""
    state = random_state(fly.connectome.n_neurons)
    simulation = fly.simulate(
        settings.dt, settings.scale_factor, frame=0, v0=state.v, g0=state.g, seed=7
    )
    truth = fly.rates_hz[first:]
    rates = np.array(list(driven_frames(fly, simulation, truth[:-1], settings)))
    target = truth[1:]
    in_time = [correlation(a, b) for a, b in zip(rates.T, target.T, strict=True)]
    return {
        "correlation": correlation(rates.reshape(-1), target.reshape(-1)),
        "correlation_in_time": float(np.mean(in_time)),
        "mse": float(((rates - target) ** 2).mean()),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neurons", type=int, default=500)
    parser.add_argument("--frames", type=int, default=61)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--dt", type=float, default=0.2)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    settings = Settings(batch_size=arguments.batch, dt=arguments.dt)
    with tempfile.TemporaryDirectory() as folder:
        fly = open_fly(
            make_synthetic_fly(folder, 1, arguments.neurons, arguments.frames)
        )
    n_trained = 2 * arguments.frames // 3 + 1
    seen = copy(fly)
    seen.rates_hz = fly.rates_hz[:n_trained]
    trainer = new_trainer(seen, settings)
    bins = RateBins.of(fly.rates_hz, settings.bin_size, settings.max_firing_rate)
    before = tested(fly.with_weights(trainer.weights), settings, n_trained)
    print("untrained:", before, flush=True)
    losses = []
    start = time.perf_counter()
    for epoch in range(arguments.epochs):
        for batch in range((n_trained - 1) // settings.batch_size):
            result, _ = train_batch(trainer, seen, settings, bins, epoch, batch)
            losses.append(result.loss)
        print(f"epoch {epoch}: loss {losses[-1]:.3f}", flush=True)
    after = tested(fly.with_weights(trainer.weights), settings, n_trained)
    print("trained:", after)
    row: dict[str, Any] = {
        "name": f"{arguments.neurons}-neurons-{arguments.dt}-ms",
        "first_losses": float(np.mean(losses[:2])),
        "last_losses": float(np.mean(losses[-4:])),
        "seconds_per_step": (time.perf_counter() - start) / len(losses),
        **{f"untrained_{k}": v for k, v in before.items()},
        **{f"trained_{k}": v for k, v in after.items()},
    }
    print(row)
    if arguments.json:
        add(arguments.json, "drosophila_fit", row)


if __name__ == "__main__":
    main()
