"""Losses of spikes and of actions, on rows that are gathered once.

Rows with the same stimulus and the same scaled time are one row with a weight: the end of
every trial is at the scaled time W, so the integral of the neural loss and the logarithm of
the behaviour loss need a row for each stimulus only. Spikes have a row each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from insilico_nnpoisson.data.trials import NO_RESPONSE, Behaviour, RegionTrials
from insilico_nnpoisson.network import forward
from insilico_nnpoisson.training.settings import EPSILON, Settings

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Places where the network is evaluated.

    Attributes
    ----------
    stimulus : int Tensor [n]
        Row of the table of different stimuli.
    scaled : Tensor [n, 1]
        Scaled time.
    weight : Tensor [n]
    """

    stimulus: Tensor
    scaled: Tensor
    weight: Tensor

    def __len__(self) -> int:
        return len(self.weight)


class Stimuli:
    """The different stimuli of a data set.

    Parameters
    ----------
    every : array [n, D]
    dtype : torch.dtype

    Attributes
    ----------
    table : Tensor [K, D]
    """

    def __init__(self, every: Floats, dtype: torch.dtype) -> None:
        self._known = np.unique(every, axis=0)
        self._dtype = dtype
        self.table = torch.tensor(self._known, dtype=dtype)

    def rows(
        self, stimulus: Floats, scaled: Floats, weight: Floats, *, merged: bool = True
    ) -> Rows:
        """Rows of stimuli [n, D] at scaled times [n] with weights [n].

        Rows with weight zero are left out, and equal ones are merged.
        """
        used = weight != 0
        stimulus, scaled, weight = stimulus[used], scaled[used], weight[used]
        index = self._index(stimulus)
        numpy_dtype = np.float32 if self._dtype == torch.float32 else np.float64
        times = scaled.astype(numpy_dtype)
        if merged and len(index):
            pairs = np.stack(
                [index.astype(np.float64), times.astype(np.float64)], axis=1
            )
            pairs, inverse = np.unique(pairs, axis=0, return_inverse=True)
            weight = np.bincount(inverse.ravel(), weight, len(pairs))
            index, times = pairs[:, 0].astype(np.int64), pairs[:, 1].astype(numpy_dtype)
        return Rows(
            torch.tensor(index, dtype=torch.int64),
            torch.tensor(times, dtype=self._dtype).reshape(-1, 1),
            torch.tensor(weight, dtype=self._dtype),
        )

    def _index(self, stimulus: Floats) -> NDArray[np.int64]:
        """Row of the table of each stimulus [n, D]."""
        if not len(stimulus):
            return np.empty(0, np.int64)
        both = np.concatenate([self._known, stimulus])
        _, inverse = np.unique(both, axis=0, return_inverse=True)
        place = np.empty(inverse.max() + 1, np.int64)
        place[inverse.ravel()[: len(self._known)]] = np.arange(len(self._known))
        found: NDArray[np.int64] = place[inverse.ravel()[len(self._known) :]]
        return found


@dataclass(frozen=True)
class NeuralRows:
    """Rows of the neural loss of a region.

    Attributes
    ----------
    output : int
        Of the network.
    spikes : Rows
        Whose log intensities are added.
    ends : Rows
        Whose unscaled counts are added, weighted by ``nu / c``.
    """

    output: int
    spikes: Rows
    ends: Rows


@dataclass(frozen=True)
class ActionRows:
    """Rows of the behaviour loss of an action.

    Attributes
    ----------
    events : Rows
        Whose log intensities are added.
    ends : Rows
        Whose unscaled counts are added, weighted by ``1 / c``.
    """

    events: Rows
    ends: Rows


def neural_rows(
    stimuli: Stimuli,
    region: RegionTrials,
    output: int,
    time_limit: float,
    trials: NDArray[np.int64] | None = None,
) -> NeuralRows:
    """Rows of a region in some of its trials; default in all."""
    chosen = np.ones(len(region.trial_num), bool)
    if trials is not None:
        chosen = np.isin(region.trial_num, trials)
    scale = time_limit / region.trial_end_times
    row = region.spike_rows
    used = chosen[row]
    spikes = stimuli.rows(
        region.spike_stim_hist[used],
        (scale[row] * region.stim_to_spike)[used],
        np.ones(int(used.sum())),
        merged=False,
    )
    ends = stimuli.rows(
        region.stim_hist[chosen],
        (scale * region.trial_end_times)[chosen],
        (region.n_neurons / scale)[chosen],
    )
    return NeuralRows(output, spikes, ends)


def behaviour_rows(
    stimuli: Stimuli,
    behaviour: Behaviour,
    ends_s: Floats,
    settings: Settings,
    trials: NDArray[np.int64] | None = None,
) -> dict[str, ActionRows]:
    """Rows of both actions in some trials; default in all.

    `ends_s` [n] are the ends of the trials of `behaviour` (s). The integral is over the
    whole time limit in every trial.
    """
    chosen = np.ones(len(behaviour.trial_num), bool)
    if trials is not None:
        chosen = np.isin(behaviour.trial_num, trials)
    scale = settings.time_limit / ends_s
    if settings.behaviour_scale == "none":
        scale = np.ones_like(scale)
    found = {}
    for action in forward.ACTIONS:
        times = behaviour.response(action)
        happened = (times != NO_RESPONSE) & chosen
        found[action] = ActionRows(
            stimuli.rows(
                behaviour.stim_hist, scale * times, happened.astype(np.float64)
            ),
            stimuli.rows(
                behaviour.stim_hist,
                scale * settings.time_limit,
                np.where(chosen, 1 / scale, 0.0),
            ),
        )
    return found


class Losses:
    """The losses of a network at rows.

    Parameters
    ----------
    stimuli : Stimuli
    settings : Settings
    """

    def __init__(self, stimuli: Stimuli, settings: Settings) -> None:
        self._stimuli = stimuli
        self._settings = settings

    def drive(self, net: forward.Arrays) -> forward.Drive:
        """What of the network depends on the stimulus, for each different one [K]."""
        return forward.drive(net, self._stimuli.table)

    def neural(
        self, net: forward.Arrays, drive: forward.Drive, rows: NeuralRows
    ) -> Tensor:
        """The neural loss of a region."""
        kernel = net.of["neuro6.kernel"][:, rows.output]
        bias = net.of["neuro6.bias"][rows.output]
        second, slope = forward.hidden_and_slope(
            net, drive[rows.spikes.stimulus], rows.spikes.scaled
        )
        rates = torch.sigmoid(second @ kernel + bias) * (slope @ kernel)
        ends = forward.hidden(net, drive[rows.ends.stimulus], rows.ends.scaled)
        counts = forward.softplus(ends @ kernel + bias)
        total = rows.ends.weight @ counts - torch.log(EPSILON + rates).sum()
        return total / self._settings.neuro_norm_factor

    def action(
        self,
        net: forward.Arrays,
        drive: forward.Drive,
        action: str,
        rows: ActionRows,
    ) -> Tensor:
        """The behaviour loss of an action."""
        y, slope = forward.counts_and_rates(
            net, drive[rows.events.stimulus], rows.events.scaled
        )
        rates = forward.action_counts_and_rates(net, action, y, slope)[1][:, 0]
        y = forward.counts(net, drive[rows.ends.stimulus], rows.ends.scaled)
        counts = forward.action_counts(net, action, y)[:, 0]
        total = rows.ends.weight @ counts - rows.events.weight @ torch.log(
            EPSILON + rates
        )
        return total / self._settings.beh_norm_factor

    def step(
        self,
        net: forward.Arrays,
        neural: NeuralRows,
        actions: dict[str, ActionRows],
    ) -> Tensor:
        """Losses [4] of one step: neural, right, left, and the weighted total."""
        drive = self.drive(net)
        spikes = self.neural(net, drive, neural)
        right = self.action(net, drive, "right", actions["right"])
        left = self.action(net, drive, "left", actions["left"])
        total = self._settings.neuro_weight * spikes + self._settings.beh_weight * (
            left + right
        )
        return torch.stack([spikes, right, left, total])
