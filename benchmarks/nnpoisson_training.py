"""Steps of the fit against a plain loop: ``nnpoisson_training.py [SECONDS]``.

The plain loop computes the same steps as their formulas say: a row for every spike and
trial, the derivative by time and the gradient by automatic differentiation, all outputs of
the network at every row. Both start from the same weights, and after as many steps their
weights are compared. With ``--row-by-row`` also a loop that evaluates rows one by one.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import torch
from insilico_nnpoisson import make_synthetic_steinmetz
from insilico_nnpoisson.data.files import of_sessions
from insilico_nnpoisson.data.trials import NO_RESPONSE, Recordings
from insilico_nnpoisson.network import forward
from insilico_nnpoisson.training.fitting_task import NNPoissonTask, batches
from insilico_nnpoisson.training.settings import EPSILON, Settings

COMPARED = 20


class Plain:
    """Steps of the fit, written as the losses are."""

    def __init__(self, data: Recordings, settings: Settings, one_by_one: bool) -> None:
        self.task = NNPoissonTask(data, settings)
        self.data, self.settings, self.one_by_one = data, settings, one_by_one
        self.cut = batches(data, settings.n_batches, settings.seed)
        self.names = list(self.task.flat.parts)
        self.order = [
            (b, region)
            for b in range(settings.n_batches)
            for region in sorted(self.cut)
        ]

    def step(self, k: int) -> None:
        """One step."""
        b, region = self.order[k % len(self.order)]
        weights = {
            name: torch.tensor(part, requires_grad=True)
            for name, part in self.task.flat.parts.items()
        }
        loss = self.loss(forward.Arrays(weights), region, self.cut[region][b])
        loss.backward()
        gradient = np.concatenate(
            [weights[name].grad.numpy().ravel() for name in self.names]
        )
        self.task._adam.step(gradient)

    def rows(
        self, net: forward.Arrays, stimulus: object, times: object, scale: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Expected counts of rows, and their times: all at once, or one by one."""
        parts = [torch.tensor(np.asarray(v), dtype=torch.float32) for v in (stimulus,)]
        t, c = (
            torch.tensor(np.asarray(v), dtype=torch.float32)[:, None]
            for v in (times, scale)
        )
        t.requires_grad_(True)
        if not self.one_by_one:
            return self.counts(net, parts[0], t, c), t
        each = [
            self.counts(net, parts[0][k : k + 1], t[k : k + 1], c[k : k + 1])
            for k in range(len(t))
        ]
        return torch.cat(each) if each else self.counts(net, parts[0], t, c), t

    def counts(
        self, net: forward.Arrays, s: torch.Tensor, t: torch.Tensor, c: torch.Tensor
    ) -> torch.Tensor:
        """Expected counts [n, R + 2]."""
        return forward.outputs(net, forward.drive(net, s), c * t) / c

    def log_rates(
        self, net: forward.Arrays, output: int, *rows: object
    ) -> torch.Tensor:
        """Sum of log intensities of an output at rows."""
        counts, t = self.rows(net, *rows)
        (rates,) = torch.autograd.grad(counts[:, output].sum(), t, create_graph=True)
        return torch.log(EPSILON + rates).sum()

    def loss(
        self, net: forward.Arrays, region: str, trials: np.ndarray
    ) -> torch.Tensor:
        """The weighted total of a step."""
        data, settings = self.data, self.settings
        spikes, behaviour = data.train.regions[region], data.train.behaviour
        output = data.region_index.index(region)
        scale = settings.time_limit / spikes.trial_end_times
        row = spikes.spike_rows
        used = np.isin(spikes.spike_trial_num, trials)
        here = np.isin(spikes.trial_num, trials)
        logs = self.log_rates(
            net,
            output,
            spikes.spike_stim_hist[used],
            spikes.stim_to_spike[used],
            scale[row][used],
        )
        counts, _ = self.rows(
            net, spikes.stim_hist[here], spikes.trial_end_times[here], scale[here]
        )
        nu = torch.tensor(spikes.n_neurons[here], dtype=torch.float32)
        total = (nu @ counts[:, output] - logs) / settings.neuro_norm_factor
        mine = np.isin(behaviour.trial_num, spikes.trial_num)
        stimulus = behaviour.stim_hist[mine]
        for k, action in enumerate(("left", "right")):
            times = behaviour.response(action)[mine]
            did = times != NO_RESPONSE
            column = len(data.region_index) + k
            logs = self.log_rates(net, column, stimulus[did], times[did], scale[did])
            ends = np.full(len(times), settings.time_limit)
            counts, _ = self.rows(net, stimulus, ends, scale)
            part = (counts[:, column].sum() - logs) / settings.beh_norm_factor
            total = total + settings.beh_weight * part
        return total


def rate(step: object, seconds: float) -> float:
    """Steps in a second of CPU time, which other programs do not change."""
    started, k = time.process_time(), 0
    while (spent := time.process_time() - started) < seconds or k < 3:
        step(k)  # type: ignore[operator]
        k += 1
    return k / spent


def main(seconds: float, one_by_one: bool) -> None:
    """Print both rates and their ratio."""
    made = make_synthetic_steinmetz(0, n_sessions=4, n_trials=100)
    data = of_sessions(made.train, made.test, 0.4)
    settings = Settings((8,), len(data.region_index), 0.4)
    ours, plain = NNPoissonTask(data, settings), Plain(data, settings, False)
    for k in range(COMPARED):
        ours.step(ours.steps[k % len(ours.steps)])
        plain.step(k)
    largest = np.abs(ours.flat.vector - plain.task.flat.vector).max()
    print(f"weights after {COMPARED} steps differ by {largest:.1e}")
    kinds = {"plain": plain}
    if one_by_one:
        kinds["row by row"] = Plain(data, settings, True)
    mine = rate(lambda k: ours.step(ours.steps[k % len(ours.steps)]), seconds)
    print(f"ours\t{mine:.0f} steps/s")
    for name, other in kinds.items():
        found = rate(other.step, seconds)
        print(f"{name}\t{found:.2f} steps/s\tours / {name}: {mine / found:.0f}")


if __name__ == "__main__":
    given = [word for word in sys.argv[1:] if not word.startswith("--")]
    torch.set_num_threads(1)
    main(float(given[0]) if given else 10.0, "--row-by-row" in sys.argv)
