"""What a linear decoder tells from the responses of a population in one trial.

Ridge regression on one indicator for each class, the largest of which is the decision:
a linear classifier with a closed form, so that the same data always give the same answer.
Units are standardised and weighted on trials of the other folds only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.analysis.population.matched import matched_units
from insilico_gui.analysis.trials.strata import shuffled
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import in_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.progress import OnProgress

    Floats = NDArray[np.float64]
    Labels = NDArray[np.int64]

N_FOLDS = 5
RIDGE = 1.0
MOST_TRIALS = 4000
"""Every trial is compared with every other."""


@dataclass(frozen=True)
class Decoding:
    """What was decoded.

    Attributes
    ----------
    accuracy : dict of array, [n_draws]
        Share of the trials that are right, by area and draw of units.
    confusion : dict of array, [K, K]
        Share of the trials of each class (rows) that was taken for each, over draws.
    p : dict of float
        Chance of an accuracy, averaged over draws, as large with shuffled labels.
    n_units, n_trials, n_folds : int
    """

    accuracy: dict[str, Floats]
    confusion: dict[str, Floats]
    p: dict[str, float]
    n_units: int
    n_trials: int
    n_folds: int


def decode_population(
    values: Floats,
    labels: Labels,
    areas: ArrayLike,
    *,
    n_units: int | None = None,
    n_draws: int = 20,
    n_folds: int = N_FOLDS,
    ridge: float = RIDGE,
    n_permutations: int = 0,
    strata: Labels | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Decoding:
    """Cross-validated decoding at one number of units for all areas.

    Parameters
    ----------
    values : array, [n, U]
        Response of each unit in each trial; units with NaN, and those that do not vary,
        are not used.
    labels : int array, [n]
        Class of each trial, from 0.
    areas : array, [U]
    n_units, n_draws
        See :func:`.matched_units`.
    n_folds : int
        Every class is spread over all folds; at most as many as trials of the rarest.
    ridge : float
        Relative to the mean variance of the trials.
    n_permutations : int
        Shuffles of the labels; of no more than 0 there is no p.
    strata : int array, [n], optional
        Labels are exchanged within each of them, and within each fold, so that folds
        hold as many of every class as before: folds that do not are decoded worse than
        by chance, and p would be too small.
    seed : int
    on_progress : callable(done, total), optional

    Raises
    ------
    AnalysisError
        If there is one class only, a class was shown once, or trials are too many.
    """
    folds = make_folds(labels, n_folds, seed)
    if not (np.isfinite(ridge) and ridge > 0):
        raise AnalysisError(
            f"The ridge is {ridge:g}; give a positive number such as 1."
        )
    if n_permutations < 0:
        raise AnalysisError(f"{n_permutations} permutations are not possible; use 100.")
    usable = np.isfinite(values).all(axis=0) & ~is_flat(values, axis=0)
    drawn = matched_units(areas, usable, n_units, n_draws, seed)
    rng, n_classes = np.random.default_rng([seed, 1]), int(labels.max()) + 1
    apart = folds if strata is None else strata * (folds.max() + 1) + folds
    exchanged = [shuffled(labels, apart, rng) for _ in range(n_permutations)]
    work = [(name, units) for name, draws in drawn.items() for units in draws]
    accuracy: dict[str, list[float]] = {name: [] for name in drawn}
    confusion = {name: np.zeros((n_classes, n_classes)) for name in drawn}
    by_chance = {name: np.zeros(n_permutations) for name in drawn}
    for block in in_blocks(len(work), 1, on_progress):
        name, units = work[block.start]
        weights = fold_weights(values[:, units], folds, ridge)
        decoded = decide(weights, labels, folds, n_classes)
        accuracy[name].append(float((decoded == labels).mean()))
        np.add.at(confusion[name], (labels, decoded), 1.0)
        for k, other in enumerate(exchanged):
            guessed = decide(weights, other, folds, n_classes)
            by_chance[name][k] += (guessed == other).mean()
    p = {}
    if n_permutations:
        for name, reached in by_chance.items():
            as_good = reached >= np.sum(accuracy[name]) - 1e-9
            p[name] = float((1 + as_good.sum()) / (1 + n_permutations))
    return Decoding(
        {name: np.array(found) for name, found in accuracy.items()},
        {k: v / v.sum(axis=1, keepdims=True) for k, v in confusion.items()},
        p,
        next(iter(drawn.values())).shape[1],
        len(labels),
        int(folds.max()) + 1,
    )


def make_folds(labels: Labels, n_folds: int, seed: int) -> Labels:
    """Fold of each trial, [n]: the trials of every class are dealt out in turn."""
    counts = np.bincount(labels)
    if len(counts) < 2:
        raise AnalysisError("There is one class only, so there is nothing to decode.")
    if counts.min() < 2 or n_folds < 2:
        raise AnalysisError(
            "Decoding needs two folds or more, and every class to be shown twice or "
            "more; show repeats, or decode a parameter with fewer levels."
        )
    if len(labels) > MOST_TRIALS:
        raise AnalysisError(
            f"{len(labels)} trials are more than the {MOST_TRIALS} that are compared "
            "with each other; show fewer."
        )
    rng, n = np.random.default_rng([seed, 2]), min(n_folds, int(counts.min()))
    folds = np.empty(len(labels), np.int64)
    for one in range(len(counts)):
        rows = rng.permutation(np.flatnonzero(labels == one))
        folds[rows] = (np.arange(len(rows)) + one) % n
    return folds


def fold_weights(
    values: Floats, folds: Labels, ridge: float
) -> Sequence[tuple[Labels, Labels, Floats]]:
    """For each fold its trials, the others, and what each of them counts for the first."""
    found = []
    for fold in range(int(folds.max()) + 1):
        test, train = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        mean, deviation = values[train].mean(axis=0), values[train].std(axis=0)
        scale = np.where(deviation > 0, deviation, np.inf)
        seen, new = (values[train] - mean) / scale, (values[test] - mean) / scale
        alike = seen @ seen.T
        held = ridge * max(float(np.trace(alike)) / len(train), 1e-12)
        alike[np.diag_indices(len(train))] += held
        found.append((test, train, np.linalg.solve(alike, seen @ new.T).T))
    return found


def decide(
    weights: Sequence[tuple[Labels, Labels, Floats]],
    labels: Labels,
    folds: Labels,
    n_classes: int,
) -> Labels:
    """Class of each trial by the trials of the other folds, [n]."""
    indicator = np.eye(n_classes)[labels]
    decoded = np.empty(len(folds), np.int64)
    for test, train, weight in weights:
        share = indicator[train].mean(axis=0)
        decoded[test] = (share + weight @ (indicator[train] - share)).argmax(axis=1)
    return decoded
