"""Dimensions and distances of population responses without those that noise adds.

Noise of presentations adds dimensions and distance to means of conditions. Products of
responses in *different* presentations have none of it on average: noise is independent
from one presentation to the next, however it correlates between units.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.trials.grouping import cell_means
from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.int64]

LEAST_QUARTERS = 4
"""Presentations of each condition whose products tell the squared covariance."""

N_SPLITS = 10


def presentations_of(label: Labels, least: int, what: str) -> Labels:
    """Which presentation of its condition each is [n], from 0, in the order shown.

    Raises
    ------
    AnalysisError
        If a condition was shown less than `least` times.
    """
    order = np.argsort(label, kind="stable")
    turn = np.empty(len(label), np.int64)
    turn[order] = np.arange(len(label)) - np.searchsorted(label[order], label[order])
    fewest = int(np.bincount(label).min())
    if fewest < least:
        raise AnalysisError(
            f"{what} without noise needs {least} presentations of every condition, and "
            f"there {'is' if fewest == 1 else 'are'} {fewest} of one; show more repeats."
        )
    return turn


def unbiased_participation(
    values: Floats, label: Labels, n_splits: int = N_SPLITS, seed: int = 0
) -> float:
    """Participation ratio of the signal in presentations [n, U] of conditions [n].

    ``(tr C)**2 / tr C**2`` with C the covariance of units over the means of conditions
    (:func:`.participation_ratio`). Presentations are divided into four groups at random,
    and both products estimated from groups that have no presentation in common (as for
    spectra of signal covariances in Stringer et al. 2019, Nature 571:361, with two
    halves), averaged over pairings and splits before the ratio is taken. NaN where the
    estimate of ``tr C**2`` is not positive. A condition needs four presentations.
    """
    rng = np.random.default_rng(seed)
    squared, products = 0.0, 0.0
    n = int(label.max()) + 1
    for _ in range(n_splits):
        means = _group_means(values, label, n, rng)
        gram = {(i, j): means[i] @ means[j].T for i, j in combinations(range(4), 2)}
        for one, other in (((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2))):
            a, b = gram[one], gram[other]
            squared += float(np.trace(a) * np.trace(b))
            # Both ways around: a product of other groups, and as unbiased
            products += float(((a + a.T) * b).sum()) / 2
    return squared / products if products > 0 else float("nan")


def _group_means(
    values: Floats, label: Labels, n: int, rng: np.random.Generator
) -> list[Floats]:
    """Means [K, U] of four groups of the presentations, less their mean over K."""
    order = np.lexsort((rng.random(len(label)), label))
    turn = np.arange(len(label)) - np.searchsorted(label[order], label[order])
    cell = label[order] * 4 + turn % 4
    means = cell_means(values[order], cell, 4 * n).reshape(n, 4, -1)
    means = means - means.mean(axis=0)
    return [means[:, group] for group in range(4)]


def unbiased_distances(values: Floats, label: Labels) -> Floats:
    """Squared distances of conditions in presentations [n, U], without noise, [K, K].

    The crossnobis distance (Walther et al. 2016, NeuroImage 137:188) with noise that is
    scaled for each unit, per unit: 1 is a difference of one standard deviation of the
    noise in every unit. It is what all pairs of different presentations give on average,
    which is the squared difference of means less the variances of both means. Without a
    difference it is 0 on average, and so is negative for half of such pairs. A condition
    needs two presentations; units without noise are left out, unless none has any.
    """
    n = int(label.max()) + 1
    count = np.bincount(label, minlength=n)[:, None]
    mean = cell_means(values, label, n)
    away = cell_means((values - mean[label]) ** 2, label, n) * count
    variance = away / (count - 1)
    freedom = len(label) - n
    # Over n - 2: 1 / noise is too large by n / (n - 2) on average
    noise = away.sum(axis=0) / max(freedom - 2, 1)
    noisy = noise > 1e-12 * np.maximum((mean**2).mean(axis=0), 1e-300)
    if noisy.any():
        scale = np.where(noisy, 1 / np.sqrt(np.where(noisy, noise, 1)), 0)
        mean, variance = mean * scale, variance * scale**2
        n_units = int(noisy.sum())
    else:
        n_units = values.shape[1]
    squares = (mean**2).sum(axis=1)
    distance = squares[:, None] + squares - 2 * mean @ mean.T
    of_mean = (variance / count).sum(axis=1)
    found: Floats = (distance - of_mean[:, None] - of_mean) / n_units
    found[np.diag_indices(n)] = 0.0
    return found


def mean_distance(distances: Floats) -> float:
    """Mean over all pairs of conditions of distances [K, K]."""
    return float(distances[np.triu_indices(len(distances), 1)].mean())


def jackknife(
    measure: Callable[[NDArray[np.bool_]], float],
    turn: Labels,
    confidence: float,
    *,
    positive: bool = False,
) -> tuple[float, float, float]:
    """A measure of presentations, and the ends of its interval.

    Each presentation of all conditions is left out in turn. (Drawing presentations again
    would put one into groups that are taken to be independent.) The interval is that of
    Student's t with as many presentations, on a logarithmic axis if `positive`.

    Parameters
    ----------
    measure : callable(bool array [n]) -> float
        Of the presentations that are kept.
    turn : int array, [n]
        Which presentation of its condition each is.

    Returns
    -------
    value, low, high : float
        Ends are NaN if a condition would be left with too few presentations.
    """
    from scipy.special import stdtrit  # slow: not at the start

    if not 0 < confidence < 1:
        raise AnalysisError(
            f"A confidence of {confidence:g} is not possible; give 0.95, or another share "
            "between 0 and 1."
        )
    n = int(turn.max()) + 1
    whole = measure(np.ones(len(turn), bool))
    left = np.array([measure(turn != k) for k in range(n)])
    values = np.append(left, whole)
    if positive:
        values = np.log(np.where(values > 0, values, np.nan))
    if not np.isfinite(values).all():
        return whole, float("nan"), float("nan")
    spread = values[:-1] - values[:-1].mean()
    error = np.sqrt((n - 1) / n * (spread**2).sum())
    reach = float(stdtrit(n - 1, (1 + confidence) / 2)) * error
    ends = values[-1] - reach, values[-1] + reach
    low, high = np.exp(ends) if positive else ends
    return whole, float(low), float(high)
