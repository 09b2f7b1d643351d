"""The closed form of losses and gradient against automatic differentiation, row by row."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from insilico_nnpoisson.data.trials import NO_RESPONSE
from insilico_nnpoisson.network import forward
from insilico_nnpoisson.training.fitting_task import NNPoissonTask, batches
from insilico_nnpoisson.training.settings import EPSILON, Settings
from support import nnpoisson


def plain_losses(w, data, settings, region, trials):
    """The losses of a step from their formulas: no rows are merged or left out."""
    net = forward.Arrays(w)
    output = data.region_index.index(region)
    spikes = data.train.regions[region]
    n_regions = len(data.region_index)

    def tensor(values):
        return torch.tensor(np.asarray(values), dtype=torch.float64)

    def at(stimulus, times, scale):
        """Expected counts and intensities of rows, [n, R + 2]."""
        t = tensor(times)[:, None].requires_grad_(True)
        c = tensor(scale)[:, None]
        counts = forward.outputs(net, forward.drive(net, tensor(stimulus)), c * t) / c
        rates = [
            torch.autograd.grad(counts[:, k].sum(), t, create_graph=True)[0]
            for k in range(n_regions + 2)
        ]
        return counts, torch.cat(rates, dim=1)

    scale = settings.time_limit / spikes.trial_end_times
    row = spikes.spike_rows
    used = np.isin(spikes.spike_trial_num, trials)
    _, rates = at(
        spikes.spike_stim_hist[used], spikes.stim_to_spike[used], scale[row][used]
    )
    here = np.isin(spikes.trial_num, trials)
    counts, _ = at(spikes.stim_hist[here], spikes.trial_end_times[here], scale[here])
    neural = -torch.log(EPSILON + rates[:, output]).sum()
    neural = neural + (tensor(spikes.n_neurons[here]) * counts[:, output]).sum()
    losses = {"neural": neural / settings.neuro_norm_factor}
    behaviour = data.train.behaviour
    mine = np.isin(behaviour.trial_num, spikes.trial_num)
    if settings.behaviour_scale == "none":
        scale = np.ones_like(scale)
    for k, action in enumerate(("left", "right")):
        times = behaviour.response(action)[mine]
        stimulus = behaviour.stim_hist[mine]
        did = times != NO_RESPONSE
        _, rates = at(stimulus[did], times[did], scale[did])
        counts, _ = at(stimulus, np.full(len(times), settings.time_limit), scale)
        column = n_regions + k
        total = counts[:, column].sum() - torch.log(EPSILON + rates[:, column]).sum()
        losses[action] = total / settings.beh_norm_factor
    losses["total"] = settings.neuro_weight * losses["neural"] + settings.beh_weight * (
        losses["left"] + losses["right"]
    )
    return losses


@pytest.mark.parametrize("behaviour_scale", ["reference", "none"])
def test_losses_and_gradient(golden, data, behaviour_scale):
    settings = Settings(
        (8,),
        3,
        0.4,
        n_batches=2,
        flt="64",
        behaviour_scale=behaviour_scale,
        neuro_weight=0.7,
        beh_weight=0.3,
    )
    task = NNPoissonTask(data, settings, nnpoisson.weights(golden))
    generator = np.random.default_rng(0)
    for part in task.flat.parts.values():  # far from the first values
        part *= np.exp(generator.normal(0, 0.5, part.shape))
    cut = batches(data, 2, 0)
    steps = [(b, region) for b in range(2) for region in sorted(data.train.regions)]
    for rows, (b, region) in zip(task.steps, steps, strict=True):
        gradient = task.flat.copy()
        found = task.losses.step(task.flat.parts, rows, gradient)
        w = {
            name: torch.tensor(part, requires_grad=True)
            for name, part in task.flat.parts.items()
        }
        plain = plain_losses(w, data, settings, region, cut[region][b])
        names = ("neural", "right", "left", "total")
        expected = [plain[name].item() for name in names]
        np.testing.assert_allclose(found, expected, 1e-10)
        plain["total"].backward()
        for name, tensor in w.items():
            right = tensor.grad.numpy()
            np.testing.assert_allclose(
                gradient[name], right, 1e-8, 1e-10 * np.abs(right).max(), err_msg=name
            )
        np.testing.assert_allclose(
            task.losses.neural(task.flat.parts, rows.neural), found[0], 1e-12
        )
        for k, action in ((1, "right"), (2, "left")):
            alone = task.losses.action(task.flat.parts, rows.behaviour, action)
            np.testing.assert_allclose(alone, found[k], 1e-12)


def test_equal_rows_are_merged(data):
    task = NNPoissonTask(data, Settings((8,), 3, 0.4, n_batches=2))
    n_stimuli = len(np.unique(data.train.behaviour.stim_hist, axis=0))
    for rows in task.steps:
        # the end of every trial, and every response, is at the scaled time W
        assert len(rows.neural.ends) <= n_stimuli
        for events in rows.behaviour.events.values():
            assert len(events) <= n_stimuli
