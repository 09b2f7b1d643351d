"""How good a fit is: bits per spike, time rescaling, choices, and a known truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from insilico_gui.errors import AnalysisError
from insilico_nnpoisson.choices import CHOICES, read_choices
from insilico_nnpoisson.data.trials import NO_RESPONSE
from insilico_nnpoisson.model import Model
from insilico_nnpoisson.network.model_files import ModelFile
from insilico_nnpoisson.stimulus_code import stimulus_code
from insilico_nnpoisson.training.settings import EPSILON

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_nnpoisson.data.trials import Recordings, RegionTrials

Q_POINTS = 200
"""Quantiles that a time-rescaling check keeps for its plot."""

LEVEL_95 = 1.358
"""Of the Kolmogorov-Smirnov distance times the root of n (asymptotic 95 %)."""


def judge(model: Model, data: Recordings) -> pd.DataFrame:
    """Fit quality of each region on the test trials.

    Parameters
    ----------
    model : Model
        Whose outputs are the regions of `data`, in order.
    data : Recordings

    Returns
    -------
    pandas.DataFrame
        Indexed by region: ``n_spikes``; ``bits_per_spike`` over a model of constant rate
        that was fitted to the training trials, with expected counts from stimulus onset;
        ``bits_per_spike_published``, with the published loss, whose integral begins before
        it; ``ks_distance`` of rescaled intervals from the exponential distribution, with
        ``ks_p`` and the 95 % bound ``ks_bound``.

    Raises
    ------
    AnalysisError
        If the model has other columns or regions than the data.
    """
    exact = _fitting(model, data)
    rows = {}
    for output, name in enumerate(data.region_index):
        region = data.test.regions.get(name)
        if region is None or not len(region.stim_to_spike):
            rows[name] = {"n_spikes": 0.0}
            continue
        constant = _constant_rate(data.train.regions[name])
        gains = _gains(exact, region, output, data.time_limit, constant)
        intervals = rescaled_intervals(exact, region, output, data.time_limit)
        found = stats.kstest(intervals, "expon")
        rows[name] = {
            "n_spikes": float(len(region.stim_to_spike)),
            "bits_per_spike": gains[0],
            "bits_per_spike_published": gains[1],
            "ks_distance": float(found.statistic),
            "ks_p": float(found.pvalue),
            "ks_bound": LEVEL_95 / np.sqrt(len(intervals)),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def time_rescaling(model: Model, data: Recordings) -> xr.Dataset:
    """Quantiles of rescaled intervals of each region, for a plot.

    Intervals of the test spikes, in time rescaled by the expected count of all neurons, are
    exponential with mean 1 if the model is right; ``1 - exp(-interval)`` is then uniform.

    Returns
    -------
    xarray.Dataset
        ``observed`` (region, expected), where ``expected`` is 0 to 1, and ``bound``
        (region): the 95 % band is ``expected`` plus and minus it.
    """
    exact = _fitting(model, data)
    expected = (np.arange(Q_POINTS) + 0.5) / Q_POINTS
    observed = np.full((len(data.region_index), Q_POINTS), np.nan)
    bound = np.full(len(data.region_index), np.nan)
    for output, name in enumerate(data.region_index):
        region = data.test.regions.get(name)
        if region is None or not len(region.stim_to_spike):
            continue
        intervals = rescaled_intervals(exact, region, output, data.time_limit)
        observed[output] = np.quantile(1 - np.exp(-intervals), expected)
        bound[output] = LEVEL_95 / np.sqrt(len(intervals))
    return xr.Dataset(
        {"observed": (("region", "expected"), observed), "bound": ("region", bound)},
        {"region": list(data.region_index), "expected": expected},
    )


def rescaled_intervals(
    model: Model, region: RegionTrials, output: int, time_limit: float
) -> NDArray[np.float64]:
    """Intervals between pooled spikes in rescaled time, trial after trial, [S].

    The trials follow each other without a gap, so the first interval of one goes on from
    the end of the one before.
    """
    row = region.spike_rows
    order = np.lexsort((region.stim_to_spike, row))
    row, times = row[order], region.stim_to_spike[order]
    scale = time_limit / region.trial_end_times
    counts = _since_onset(model, region.stim_hist[row], times, scale[row], output)
    whole = _since_onset(model, region.stim_hist, region.trial_end_times, scale, output)
    nu = region.n_neurons
    before = np.r_[0, np.cumsum(nu * whole)[:-1]]
    place = before[row] + nu[row] * counts
    return np.diff(np.r_[0, place])


def choice_table(model: Model, data: Recordings) -> pd.DataFrame:
    """Choices in the test trials and of the model, for each stimulus that was shown.

    Returns
    -------
    pandas.DataFrame
        A row per stimulus: the parameters, ``n_trials``, ``data_left``, ``data_right``,
        ``data_none`` (parts of the trials), and ``A_left`` ... ``B_none``, probabilities of
        both readings of a full-length trial.
    """
    exact = _fitting(model, data)
    behaviour = data.test.behaviour
    stimuli, which = np.unique(behaviour.stim_hist, axis=0, return_inverse=True)
    which = which.ravel()
    code = stimulus_code(data.n_columns, list(data.stimulus) or None)
    numbers = np.bincount(which, minlength=len(stimuli))
    columns: dict[str, Any] = {**code.of_rows(stimuli), "n_trials": numbers}
    left, right = (
        np.bincount(which, behaviour.response(action) != NO_RESPONSE, len(stimuli))
        / numbers
        for action in CHOICES[:2]
    )
    columns.update(
        {"data_left": left, "data_right": right, "data_none": 1 - left - right}
    )
    lengths = np.full(len(stimuli), data.time_limit)
    for reading in ("A", "B"):
        found = read_choices(
            exact, stimuli, lengths, np.array([0.0]), data.time_limit, reading
        )
        for k, choice in enumerate(CHOICES):
            columns[f"{reading}_{choice}"] = found["probability"].to_numpy()[:, k]
    return pd.DataFrame(columns)


def against_truth(model: Model, truth: Model, data: Recordings) -> pd.DataFrame:
    """A fit against the network that generated its data.

    Returns
    -------
    pandas.DataFrame
        Indexed by region: ``correlation`` of intensities over all stimuli of the test
        and 101 times; ``loss`` and ``true_loss``, sums of the neural loss on the test
        trials (with divisor 1); ``excess``, the difference as a part of the true one.
    """
    fitted, exact = _fitting(model, data), _fitting(truth, data)
    stimuli = np.unique(data.test.behaviour.stim_hist, axis=0)
    times = np.linspace(0, data.time_limit, 101)
    ones = np.ones(len(stimuli))
    ours, theirs = (m.courses(stimuli, times, ones)[1] for m in (fitted, exact))
    rows = {}
    for output, name in enumerate(data.region_index):
        region = data.test.regions[name]
        loss, true_loss = (
            _published_loss(m, region, output, data.time_limit) for m in (fitted, exact)
        )
        rows[name] = {
            "correlation": float(
                np.corrcoef(ours[..., output].ravel(), theirs[..., output].ravel())[
                    0, 1
                ]
            ),
            "loss": loss,
            "true_loss": true_loss,
            "excess": (loss - true_loss) / abs(true_loss),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _fitting(model: Model, data: Recordings) -> Model:
    """The model in float64, if it has the columns and regions of the data."""
    sizes = model.sizes
    if (sizes.stimulus, sizes.regions) != (data.n_columns, len(data.region_index)):
        raise AnalysisError(
            f"The model has {sizes.stimulus} stimulus columns and {sizes.regions} "
            f"regions, and the data have {data.n_columns} and "
            f"{len(data.region_index)}; judge it on data of its own kind."
        )
    regions = model.about.get("regions")
    if regions is not None and tuple(regions) != data.region_index:
        raise AnalysisError(
            "The regions of the model are not those of the data, or in another order; "
            "judge it on data that were prepared alike."
        )
    if model.dtype == "float64":
        return model
    return Model(ModelFile(model.weights, model.about), dtype="float64")


def _since_onset(
    model: Model,
    stimulus: NDArray[np.float64],
    times: NDArray[np.float64],
    scale: NDArray[np.float64],
    output: int,
) -> NDArray[np.float64]:
    """Expected spikes per neuron from onset to `times`, [n]."""
    late = model.expected_counts(stimulus, times, scale)[2][:, output]
    early = model.expected_counts(stimulus, np.zeros_like(times), scale)[2][:, output]
    found: NDArray[np.float64] = (late - early).astype(np.float64)
    return found


def _constant_rate(region: RegionTrials) -> float:
    """Most likely constant rate (Hz per neuron)."""
    exposure = float((region.n_neurons * region.trial_end_times).sum())
    return max(len(region.stim_to_spike), 0.5) / max(exposure, 1e-12)


def _log_rates(
    model: Model, region: RegionTrials, output: int, time_limit: float
) -> float:
    row = region.spike_rows
    scale = time_limit / region.trial_end_times
    rates = model.intensities(region.stim_hist[row], region.stim_to_spike, scale[row])[
        2
    ]
    return float(np.log(EPSILON + rates[:, output]).sum())


def _published_loss(
    model: Model, region: RegionTrials, output: int, time_limit: float
) -> float:
    """The neural loss with divisor 1: its integral begins before onset."""
    scale = time_limit / region.trial_end_times
    counts = model.expected_counts(region.stim_hist, region.trial_end_times, scale)[2]
    expected = float((region.n_neurons * counts[:, output]).sum())
    return expected - _log_rates(model, region, output, time_limit)


def _gains(
    model: Model,
    region: RegionTrials,
    output: int,
    time_limit: float,
    constant: float,
) -> tuple[float, float]:
    """Bits per spike over a constant rate: as likelihoods, and with the published loss."""
    n = len(region.stim_to_spike)
    exposure = float((region.n_neurons * region.trial_end_times).sum())
    baseline = constant * exposure - n * np.log(EPSILON + constant)
    scale = time_limit / region.trial_end_times
    since = _since_onset(model, region.stim_hist, region.trial_end_times, scale, output)
    logs = _log_rates(model, region, output, time_limit)
    loss = float((region.n_neurons * since).sum()) - logs
    published = _published_loss(model, region, output, time_limit)
    return (
        float((baseline - loss) / (n * np.log(2))),
        float((baseline - published) / (n * np.log(2))),
    )
