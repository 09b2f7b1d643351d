"""Populations: decoding, dimensions, dissimilarities, correlations, sparseness."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.spatial.distance import pdist, squareform
from scipy.stats import norm, spearmanr

from validating import of_direction
from validating.checks import (
    Settings,
    checks,
    columns_of,
    measure,
    responses_of,
    trials,
)
from validating.demo import AREAS, demos
from validating.quantities import Quantity

NO_BURN_IN: dict[str, Any] = {"burn_in_frames": 0}


@checks("population decoding")
def two_classes(settings: Settings) -> Iterator[Quantity]:
    """Normal responses to two conditions, of populations d apart."""
    n, n_trials = 8, 200
    for distance in (1.0, 2.0, 3.0):
        found = []
        for seed in range(settings.of(20, 6)):
            rng = np.random.default_rng(seed)
            table = trials(direction=[0.0, 180.0], turn=range(n_trials))
            sign = np.where(table["direction"] == 0, -0.5, 0.5)[:, None]
            values = distance / np.sqrt(n) * sign + rng.normal(size=(len(table), n))
            columns = columns_of(
                "population decoding",
                responses_of(values, table),
                over="direction",
                n_draws=1,
                **NO_BURN_IN,
            )
            found.append(columns["decoding_accuracy"].iloc[0])
        true = norm.cdf(distance / 2)
        yield Quantity(f"decoding_accuracy, two classes, d' {distance:g}", true, found)


@checks("population decoding")
def no_information(settings: Settings) -> Iterator[Quantity]:
    """Accuracy and p of populations that tell nothing."""
    accuracy, p = [], []
    for seed in range(settings.of(100, 20)):
        rng = np.random.default_rng(seed)
        table = trials(direction=[0.0, 90.0, 180.0, 270.0], turn=range(10))
        values = rng.normal(size=(len(table), 8))
        columns = columns_of(
            "population decoding",
            responses_of(values, table),
            over="direction",
            n_draws=1,
            n_permutations=19,
            seed=seed,
            **NO_BURN_IN,
        )
        accuracy.append(columns["decoding_accuracy"].iloc[0])
        p.append(columns["p_decoding"].iloc[0] <= 0.05)
    yield Quantity("decoding_accuracy, no information", 0.25, accuracy)
    yield Quantity("p_decoding <= 0.05, no information", 0.05, p, unit="share")


@checks("participation ratio")
def dimensions(settings: Settings) -> Iterator[Quantity]:
    """Normal responses, whose ratio is 1 / (1 / n + 1 / (K - 1)); areas of the demo."""
    found, n, n_conditions = [], 20, 200
    for seed in range(settings.of(20, 5)):
        values = np.random.default_rng(seed).normal(size=(n_conditions, n))
        table = trials(condition=list(range(n_conditions)))
        columns = columns_of(
            "participation ratio", responses_of(values, table), n_draws=1, **NO_BURN_IN
        )
        found.append(columns["participation_ratio"].iloc[0])
    true = 1 / (1 / n + 1 / (n_conditions - 1))
    yield Quantity("participation_ratio, normal responses", true, found)
    demo = demos(settings)[0]
    result = measure(
        "participation ratio",
        of_direction.responses(demo, 1),
        of_direction.shown(1),
        demo.session,
        demo.rows,
        n_units=5 if settings.quick else 20,
        n_draws=settings.of(200, 20),
        **of_direction.WINDOW_S,
    )
    curve = of_direction.true_curve(demo, of_direction.STEPS[:, None])
    rng = np.random.default_rng(0)
    n_drawn = result.dataset.attrs["n_units_of_each_area"]
    true_ratio = []
    for name in AREAS:
        members = np.flatnonzero(demo.units["area"] == name)
        ratios = []
        for _ in range(200):
            chosen = rng.choice(members, n_drawn, replace=False)
            spread = np.linalg.eigvalsh(np.cov(curve[:, chosen].T))
            ratios.append(spread.sum() ** 2 / (spread**2).sum())
        true_ratio.append(np.mean(ratios))
    measured = result.dataset["participation"].mean("draw").sel(area=list(AREAS))
    yield Quantity(
        "participation_ratio, areas of the demo",
        true_ratio,
        measured.to_numpy(),
        truth_is="closed form, eigenvalues",
        source=demo.name,
    )


def _in_noise(seed: int) -> tuple[Any, Any]:
    """Eight noisy presentations of 20 conditions in four dimensions, and the means."""
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(20, 4)) @ rng.normal(size=(4, 24))
    table = trials(condition=list(range(20)), turn=range(8))
    shown = means[table["condition"].to_numpy()]
    noisy = shown + 2 * rng.normal(size=shown.shape)
    return responses_of(noisy, table), means


@checks("participation ratio")
def without_noise(settings: Settings) -> Iterator[Quantity]:
    """Means in four dimensions under noise, with and without what noise adds."""
    true: list[float] = []
    plain: list[float] = []
    crossed: list[float] = []
    for seed in range(settings.of(40, 8)):
        given, means = _in_noise(seed)
        size = np.linalg.eigvalsh(np.cov(means.T))
        true.append(size.sum() ** 2 / (size**2).sum())
        for ratios, crossvalidated in ((plain, False), (crossed, True)):
            columns = columns_of(
                "participation ratio",
                given,
                n_draws=1,
                crossvalidated=crossvalidated,
                **NO_BURN_IN,
            )
            name = "participation_ratio" + "_crossvalidated" * crossvalidated
            ratios.append(columns[name].iloc[0])
    for name, ratios in (("", plain), ("_crossvalidated", crossed)):
        yield Quantity(f"participation_ratio{name}, noise", true, ratios)


@checks("representational dissimilarity")
def distances(settings: Settings) -> Iterator[Quantity]:
    """Mean squared distance of conditions in variances of the noise, per unit."""
    true, found = [], []
    for seed in range(settings.of(40, 8)):
        given, means = _in_noise(seed)
        true.append(np.mean(pdist(means / 2, "sqeuclidean")) / means.shape[1])
        columns = columns_of(
            "representational dissimilarity",
            given,
            n_draws=1,
            crossvalidated=True,
            **NO_BURN_IN,
        )
        found.append(columns["rdm_distance"].iloc[0])
    yield Quantity("rdm_distance, noise", true, found)


@checks("representational dissimilarity")
def dissimilarities(settings: Settings) -> Iterator[Quantity]:
    """All units of two areas, against scipy pair by pair."""
    rng, n = np.random.default_rng(17), 30
    area = np.repeat(["A", "B"], n)
    common = rng.normal(size=(12, 4))
    values = common @ rng.normal(size=(4, 2 * n)) + rng.normal(size=(12, 2 * n))
    result = measure(
        "representational dissimilarity",
        responses_of(values, trials(condition=list(range(12))), area),
        n_draws=1,
        **NO_BURN_IN,
    )
    one, other = (pdist(values[:, area == name], "correlation") for name in "AB")
    yield Quantity(
        "dissimilarity",
        np.stack([squareform(one), squareform(other)]).ravel(),
        result.dataset["dissimilarity"].to_numpy().ravel(),
        truth_is="scipy",
    )
    if result.columns is not None:
        yield Quantity(
            "rdm_similarity",
            spearmanr(one, other)[0],
            result.columns["rdm_similarity"],
            truth_is="scipy",
        )


def _pearson(curve: Any) -> Any:
    """Mean correlation of each unit [.., U] with all others, pair by pair."""
    pairs = np.corrcoef(curve.T)
    np.fill_diagonal(pairs, np.nan)
    return np.nanmean(pairs, axis=1)


def _vinje_gallant(curve: Any) -> Any:
    """(1 - mean^2 / mean square) / (1 - 1 / n), [U]."""
    ratio = curve.mean(axis=0) ** 2 / (curve**2).mean(axis=0)
    return (1 - ratio) / (1 - 1 / len(curve))


@checks("signal correlations")
def correlations(settings: Settings) -> Iterator[Quantity]:
    """Units of two groups that answer alike, and the demo."""
    rng, n = np.random.default_rng(17), 40
    signal = rng.normal(size=(4000, 2))
    group = np.repeat([0, 1], n // 2)
    values = signal[:, group] + rng.normal(size=(len(signal), n))
    table = trials(condition=list(range(len(signal))))
    found = columns_of("signal correlations", responses_of(values, table), **NO_BURN_IN)
    # 0.5 with 19 units of the own group, 0 with the 20 others
    yield Quantity(
        "mean_signal_correlation, two groups", 0.5 * 19 / 39, found.iloc[:, 0]
    )
    yield from _of_curves(
        settings, "signal correlations", "mean_signal_correlation", _pearson
    )


@checks("sparseness")
def sparse(settings: Settings) -> Iterator[Quantity]:
    """Units that answer to k of 50 conditions, and the demo."""
    number = np.arange(1, 41)
    values = (np.arange(50)[:, None] < number).astype(float) * 3
    shown = responses_of(values, trials(condition=list(range(50))))
    name = "lifetime_sparseness_vinje_gallant"
    found = columns_of("sparseness", shown, **NO_BURN_IN)
    true = (1 - number / 50) / (1 - 1 / 50)
    yield Quantity(f"{name}, k of 50 conditions", true, found[name])
    yield from _of_curves(settings, "sparseness", name, _vinje_gallant)


def _of_curves(
    settings: Settings, analysis: str, name: str, true: Any
) -> Iterator[Quantity]:
    """A column of the demo's responses to directions against that of closed forms."""
    for demo in demos(settings):
        repeats = settings.of(4, 2) if demo.is_noisy else 1
        # the others answer alike to all directions
        tuned = np.flatnonzero(demo.truth("cell") != "untuned")
        found = columns_of(
            analysis,
            of_direction.responses(demo, repeats).isel(unit=tuned),
            of_direction.shown(repeats),
            demo.session,
            demo.rows[tuned],
            over="direction",
            **of_direction.WINDOW_S,
        )
        curve = of_direction.true_curve(demo, of_direction.STEPS[:, None])
        wanted, measured = np.full((2, len(demo.rows)), np.nan)
        wanted[tuned], measured[tuned] = true(curve[:, tuned]), found[name]
        yield demo.quantity(name, wanted, measured)


@checks("functional layout")
def layout(settings: Settings) -> Iterator[Quantity]:
    """Places by principal components against a singular value decomposition.

    Distances between units, relative to the largest, for axes may point either way.
    """
    rng, n = np.random.default_rng(17), settings.of(200, 60)
    hidden = rng.normal(size=(300, 3)) * [3.0, 2.0, 1.0]
    values = hidden @ rng.normal(size=(3, n)) + 0.5 * rng.normal(size=(300, n))
    found = measure("functional layout", responses_of(values), of="responses")
    scaled = ((values - values.mean(axis=0)) / values.std(axis=0)).T
    left, size, _ = np.linalg.svd(scaled - scaled.mean(axis=0), full_matrices=False)
    true = pdist(left[:, :2] * size[:2])
    if found.columns is not None:
        places = found.columns[["functional_x", "functional_y"]].to_numpy()
        apart = pdist(places)
        yield Quantity(
            "distance in the plane, of the largest",
            true / true.max(),
            apart / apart.max(),
            truth_is="numpy",
        )
    share = size[:2] ** 2 / (size**2).sum()
    yield Quantity(
        "explained", share, found.dataset.attrs["explained"], truth_is="numpy"
    )
