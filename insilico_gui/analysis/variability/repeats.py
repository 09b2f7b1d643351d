"""How variable and how reliable responses to repeats are.

Of presentations y of C conditions, n of each, with means m and variances s**2 (n - 1):

* Fano factor: the mean over conditions of s**2 / m of counts. 1 for Poisson counts,
  whatever the mean is.
* Split-half reliability: the correlation over conditions of the means of either half of
  the presentations, averaged over random halves, brought to all presentations by
  Spearman and Brown's ``2 r / (1 + r)`` (Br. J. Psychol. 3:271 and 296, 1910).
* FEV, the fraction of explainable variance: ``1 - mean(s**2) / Var(y)`` with n - 1 in the
  variance over all presentations (Cadena et al. 2019, PLoS Comput. Biol. 15:e1006897).
* Jackknife oracle: the correlation over all presentations of each with the mean of the
  others of its condition. It is below what a perfect prediction would reach, as the mean
  of n - 1 presentations is noisy.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fits.flatness import FLAT, is_flat
from insilico_gui.analysis.trials.bootstrap import interval, resamples
from insilico_gui.analysis.trials.grouping import cell_means
from insilico_gui.analysis.trials.kept import frame_interval, result_dataset
from insilico_gui.analysis.variability.cells import (
    Repeats,
    moments,
    repeats_of,
)
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, in_blocks, parts
from insilico_gui.responses import BURN_IN_FRAMES
from insilico_gui.units.identity import of_result, result_table

Floats = NDArray[np.float64]

Unit = Literal["per_frame", "per_second"]
LEAST_CONDITIONS = 3
"""Of a correlation over conditions; with two it is 1 or -1."""


def response_variability(
    responses: xr.DataArray,
    *,
    over: str = "condition",
    counts: Unit = "per_frame",
    n_splits: int = 100,
    n_draws: int = 0,
    confidence: float = 0.95,
    seed: int = 0,
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    on_progress: OnProgress | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Fano factor, split-half reliability, FEV and jackknife oracle of each unit.

    Parameters
    ----------
    responses : xarray.DataArray
        To trials with repeats.
    over : str
        Column of the trial table whose levels are the conditions.
    counts : {"per_frame", "per_second"}
        What responses are, so that those in a window make a count: spikes in a frame, or
        a rate.
    n_splits : int
        Random halves of the presentations.
    n_draws, confidence
        Bootstrap of presentations within each condition, for intervals of Fano factor
        and FEV (halves and leaving one out make no sense of presentations that are drawn
        twice); 0 draws give none.
    seed : int
    latency_s, window_s, burn_in_frames
        See :func:`insilico_gui.analysis.trial_responses`.
    on_progress : callable(done, total), optional

    Returns
    -------
    dataset : xarray.Dataset
        ``curve`` and ``variance`` (``condition``, ``unit``) of the mean responses, and
        what is in the columns.
    columns : pandas.DataFrame
        ``fano_factor`` (0 without noise; NaN without a positive response),
        ``split_half_reliability``, ``FEV`` and ``oracle_jackknife``; see
        :mod:`insilico_gui.analysis.variability.repeats`; ``_low`` and ``_high`` of the
        first and the third if there are draws. The last three are NaN for units
        whose responses do not vary (by 1.5e-5 of the largest); nothing is clipped, so
        that FEV and reliability are below 0 where noise outweighs what there is to
        explain.

    Raises
    ------
    AnalysisError
        If fewer than three conditions were shown twice, or there are no splits.
    """
    if counts not in get_args(Unit):
        raise AnalysisError(
            f"counts is {counts!r}; choose 'per_frame' or 'per_second'."
        )
    if n_splits < 1:
        raise AnalysisError(f"{n_splits} splits are too few; use 100.")
    reading, splitting, drawing = parts(on_progress, 3)
    repeats = repeats_of(
        responses,
        over,
        LEAST_CONDITIONS,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=reading,
    )
    frames = repeats.n_frames.astype(np.float64)
    if counts == "per_second":
        frames = frames * frame_interval(responses)
    columns = {
        "fano_factor": fano_factor(repeats.values * frames[:, None], repeats.condition),
        "split_half_reliability": split_half(
            repeats.values, repeats.condition, n_splits, seed, splitting
        ),
        "FEV": explainable_fraction(repeats.values, repeats.condition),
        "oracle_jackknife": oracle_jackknife(repeats.values, repeats.condition),
    }
    if n_draws:
        draws = (n_draws, confidence, seed)
        columns |= _intervals(repeats, frames, draws, drawing)
    return _result(responses, repeats, over, columns, n_splits, n_draws, seed)


def _intervals(
    repeats: Repeats,
    frames: Floats,
    draws: tuple[int, float, int],
    on_progress: OnProgress | None,
) -> dict[str, Floats]:
    """Ends of the intervals of Fano factor and FEV.

    The variance of presentations drawn with replacement from n is too small by
    (n - 1) / n, which every condition makes up for. That of all presentations is not: what
    conditions lose, their means gain.
    """
    n_draws, confidence, seed = draws
    condition, n = repeats.condition, len(repeats.levels)
    shown = np.bincount(condition, minlength=n)
    larger = (shown / np.maximum(shown - 1, 1))[:, None]
    found: dict[str, list[Floats]] = {"fano_factor": [], "FEV": []}
    counts = repeats.values * frames[:, None]
    for rows, of in resamples(condition, n_draws, seed, on_progress):
        _, mean, variance = moments(counts[rows], of, n)
        found["fano_factor"].append(_mean_ratio(mean, variance * larger))
        _, _, within = moments(repeats.values[rows], of, n)
        noise, whole = variances(repeats.values[rows], of)
        missing = np.nanmean(np.where(np.isfinite(within), within * (larger - 1), 0), 0)
        found["FEV"].append(1 - (noise + missing) / whole)
    ends: dict[str, Floats] = {}
    for name, values in found.items():
        low, high = interval(np.stack(values), confidence)
        ends |= {f"{name}_low": low, f"{name}_high": high}
    return ends


def _result(
    responses: xr.DataArray,
    repeats: Repeats,
    over: str,
    columns: dict[str, Floats],
    n_splits: int,
    n_draws: int,
    seed: int,
) -> tuple[xr.Dataset, pd.DataFrame]:
    _, mean, variance = moments(repeats.values, repeats.condition, len(repeats.levels))
    attrs: dict[str, Any] = {
        **repeats.attrs,
        "parameters": [over],
        "variant": "Fano; Spearman-Brown; FEV; jackknife oracle, over presentations",
        "n_presentations": len(repeats.condition),
        "n_splits": n_splits,
        "n_draws": n_draws,
        "seed": seed,
    }
    arrays: dict[str, Any] = {"curve": mean, "variance": variance}
    dataset = result_dataset(
        responses,
        {
            **{k: (("condition", "unit"), v) for k, v in arrays.items()},
            **{k: ("unit", v) for k, v in columns.items()},
        },
        {"condition": repeats.levels},
        attrs,
    )
    table = result_table(columns, of_result(dataset))
    table.attrs.update(attrs)
    return dataset, table


def fano_factor(counts: Floats, condition: NDArray[np.int64]) -> Floats:
    """Mean over conditions of variance over mean, of counts [n, U]; [U].

    Conditions without a count above 0 do not enter.
    """
    _, mean, variance = moments(counts, condition, int(condition.max()) + 1)
    return _mean_ratio(mean, variance)


def _mean_ratio(mean: Floats, variance: Floats) -> Floats:
    """Mean of variance over mean [C, U] over conditions with a positive mean, [U]."""
    positive = (mean > 0) & np.isfinite(variance)
    ratio = np.where(positive, variance, 0) / np.where(positive, mean, 1)
    number = positive.sum(axis=0)
    return np.asarray(ratio.sum(axis=0) / np.where(number > 0, number, np.nan))


def split_half(
    values: Floats,
    condition: NDArray[np.int64],
    n_splits: int = 100,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Floats:
    """Split-half reliability of presentations [n, U], by Spearman and Brown; [U].

    Of an odd number of presentations of a condition, another one is left out of each
    split. Units without a response to one in a condition that it needs are NaN.
    """
    rng, n = np.random.default_rng(seed), int(condition.max()) + 1
    total = np.zeros(values.shape[1])
    for _ in in_blocks(n_splits, 1, on_progress):
        order = np.lexsort((rng.random(len(condition)), condition))
        turn = np.arange(len(order)) - np.searchsorted(
            condition[order], condition[order]
        )
        size = np.bincount(condition, minlength=n)[condition[order]] // 2
        first, second = order[turn < size], order[(turn >= size) & (turn < 2 * size)]
        halves = [
            cell_means(values[rows], condition[rows], n) for rows in (first, second)
        ]
        total += correlation(*halves)
    r = total / n_splits
    return np.asarray(2 * r / (1 + r))


def explainable_fraction(values: Floats, condition: NDArray[np.int64]) -> Floats:
    """FEV of presentations [n, U]: the share of their variance that is not noise; [U]."""
    noise, whole = variances(values, condition)
    return np.asarray(1 - noise / whole)


def variances(values: Floats, condition: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Mean variance within conditions, and variance of all presentations, [U] each.

    Both NaN where responses do not vary by more than rounding.
    """
    known = ~np.isnan(values)
    _, _, within = moments(values, condition, int(condition.max()) + 1)
    repeated = np.isfinite(within)
    number = repeated.sum(axis=0)
    noise = np.where(repeated, within, 0).sum(axis=0) / np.where(
        number > 0, number, np.nan
    )
    all_of_one = np.zeros(len(values), np.int64)
    whole = moments(values, all_of_one, 1)[2][0]
    varies = ~is_flat(values, 0, known) & (whole > 0)
    return np.where(varies, noise, np.nan), np.where(varies, whole, np.nan)


def oracle_jackknife(values: Floats, condition: NDArray[np.int64]) -> Floats:
    """Correlation of presentations [n, U] with the mean of the others; [U]."""
    n = int(condition.max()) + 1
    count, mean, _ = moments(values, condition, n)
    shown, whole = count[condition], mean[condition]
    others = (whole * shown - values) / np.where(shown > 1, shown - 1, np.nan)
    return correlation(values, others)


def correlation(first: Floats, second: Floats) -> Floats:
    """Pearson correlation over the first axis of [K, U], NaN left out pairwise; [U].

    NaN for fewer than three pairs, and where either does not vary by more than rounding.
    """
    known = np.isfinite(first) & np.isfinite(second)
    number = known.sum(axis=0)
    deviations = []
    for one in (first, second):
        filled = np.where(known, one, 0)
        mean = filled.sum(axis=0) / np.maximum(number, 1)
        away = np.where(known, one - mean, 0)
        size = np.sqrt((away**2).sum(axis=0))
        largest = np.abs(filled).max(axis=0)
        varies = (number >= LEAST_CONDITIONS) & (size > FLAT * largest)
        deviations.append(away / np.where(varies, size, np.nan))
    return np.asarray((deviations[0] * deviations[1]).sum(axis=0))
