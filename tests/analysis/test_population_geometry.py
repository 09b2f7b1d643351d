"""Decoding, participation ratio and dissimilarities against loops and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats

from insilico_gui.analysis.population.decoding import decode_population, make_folds
from insilico_gui.analysis.population.geometry import (
    dissimilarity,
    participation_ratio,
    similarity,
)
from insilico_gui.analysis.population.matched import matched_units
from insilico_gui.errors import AnalysisError


def trials(distance, n_units, n_trials, seed=0):
    """Two classes whose means are `distance` apart along one axis; unit noise."""
    rng = np.random.default_rng(seed)
    labels = np.tile([0, 1], n_trials // 2)
    axis = rng.normal(size=n_units)
    axis /= np.linalg.norm(axis)
    values = distance * (labels[:, None] - 0.5) * axis + rng.normal(
        size=(n_trials, n_units)
    )
    return values, labels


@pytest.mark.parametrize("distance", [1.0, 2.0, 3.0])
def test_accuracy_of_two_classes_is_the_closed_form(distance):
    """Best possible: Phi(d / 2); a decoder of 400 trials comes close, from below."""
    found = []
    for seed in range(5):
        values, labels = trials(distance, 8, 400, seed)
        done = decode_population(values, labels, ["V1"] * 8, n_draws=1)
        found.append(done.accuracy["V1"][0])
    off = np.array(found) - scipy.stats.norm.cdf(distance / 2)
    assert -0.04 < off.mean() < 0.01 and off.std() < 0.03, off


def test_decisions_are_those_of_ridge_regression_written_out():
    rng = np.random.default_rng(0)
    values, labels = rng.normal(size=(40, 6)), np.tile(np.arange(4), 10)
    values[:, :4] += np.eye(4)[labels]
    done = decode_population(
        values, labels, ["V1"] * 6, n_draws=1, n_folds=5, ridge=0.5, seed=3
    )
    folds = make_folds(labels, 5, 3)
    right = 0
    for fold in range(5):
        train, test = folds != fold, folds == fold
        mean, deviation = values[train].mean(axis=0), values[train].std(axis=0)
        x, new = (values[train] - mean) / deviation, (values[test] - mean) / deviation
        penalty = 0.5 * (x**2).sum() / train.sum() * np.eye(6)
        scores = []
        for one in range(4):
            y = (labels[train] == one).astype(float)
            weight = np.linalg.inv(x.T @ x + penalty) @ x.T @ (y - y.mean())
            scores.append(y.mean() + new @ weight)
        right += (np.argmax(scores, axis=0) == labels[test]).sum()
    assert done.accuracy["V1"][0] == right / 40
    np.testing.assert_allclose(done.confusion["V1"].sum(axis=1), 1)


def test_p_of_nothing_is_uniform_and_of_something_small():
    """200 populations without information: p is uniform, and accuracy is chance."""
    p, accuracy = [], []
    for seed in range(200):
        values, labels = trials(0.0, 4, 40, seed)
        done = decode_population(
            values, labels, ["A"] * 4, n_draws=1, n_permutations=19, seed=seed
        )
        p.append(done.p["A"])
        accuracy.append(done.accuracy["A"][0])
    # p takes 20 values, and accuracies that are equal make it larger
    levels = np.array([0.05, 0.1, 0.25, 0.5, 0.75])
    above = np.mean(np.array(p)[:, None] <= levels + 1e-9, axis=0) - levels
    spread = np.sqrt(levels * (1 - levels) / 200)
    assert (above < 2.5 * spread).all() and (above > -0.15).all(), above
    assert abs(np.mean(accuracy) - 0.5) < 0.03
    values, labels = trials(3.0, 4, 24)
    done = decode_population(values, labels, ["A"] * 4, n_draws=1, n_permutations=39)
    assert done.p["A"] == 1 / 40


def test_areas_are_compared_at_one_number_of_units():
    areas = np.array(["V1"] * 50 + ["LM"] * 20 + ["AL"] * 1)
    drawn = matched_units(areas, np.ones(71, bool), None, 30, 0)
    assert {name: draws.shape for name, draws in drawn.items()} == {
        "V1": (30, 20),
        "LM": (30, 20),
    }
    for name, draws in drawn.items():
        assert (areas[draws] == name).all()
        assert all(len(set(draw)) == 20 for draw in draws.tolist())
    counts = np.bincount(drawn["V1"].ravel(), minlength=71)[:50]
    assert abs(counts.mean() - 12) < 1e-9 and counts.std() < 4
    alone = matched_units(areas[:50], np.ones(50, bool), 20, 30, 0)
    np.testing.assert_array_equal(alone["V1"], drawn["V1"])
    with pytest.raises(AnalysisError, match="largest area has 50"):
        matched_units(areas, np.ones(71, bool), 60, 1, 0)
    # a population of more units decodes better: at one number it does not
    values, labels = trials(0.0, 71, 200)
    values += 0.35 * (labels[:, None] - 0.5)
    matched = decode_population(values, labels, areas, n_draws=10)
    large = decode_population(values[:, :50], labels, areas[:50], n_draws=1)
    means = [matched.accuracy[name].mean() for name in ("V1", "LM")]
    assert abs(means[0] - means[1]) < 0.08
    assert large.accuracy["V1"][0] > means[0]


@pytest.mark.parametrize(
    ("labels", "options", "said"),
    [
        ([0] * 6, {}, "one class only"),
        ([0, 0, 1, 1, 2], {}, "shown twice"),
        ([0, 1] * 3, {"n_folds": 1}, "two folds"),
        ([0, 1] * 3, {"ridge": 0.0}, "positive number"),
        ([0, 1] * 3, {"n_draws": 0}, "draw once"),
    ],
)
def test_what_cannot_be_decoded_is_said(labels, options, said):
    values = np.random.default_rng(0).normal(size=(len(labels), 3))
    with pytest.raises(AnalysisError, match=said):
        decode_population(values, np.array(labels), ["A"] * 3, **options)


def test_participation_ratio_is_that_of_eigenvalues():
    rng = np.random.default_rng(0)
    for shape in ((40, 6), (6, 40)):
        values = rng.normal(size=shape) * rng.uniform(0.2, 3, shape[1])
        eigenvalues = np.linalg.eigvalsh(np.cov(values.T))
        wanted = eigenvalues.sum() ** 2 / (eigenvalues**2).sum()
        assert participation_ratio(values) == pytest.approx(wanted)
    # equal variance along n axes, and along one
    n = 7
    orthogonal = np.linalg.qr(rng.normal(size=(n, n)))[0]
    signs = np.concatenate([np.eye(n), -np.eye(n)])
    assert participation_ratio(signs @ orthogonal) == pytest.approx(n)
    assert participation_ratio(np.outer(rng.normal(size=9), np.ones(4))) == (
        pytest.approx(1)
    )
    # of normal responses of n units to K conditions: 1 / (1 / n + 1 / (K - 1))
    found = [participation_ratio(rng.normal(size=(101, 50))) for _ in range(50)]
    assert np.mean(found) / (1 / (1 / 50 + 1 / 100)) == pytest.approx(1, abs=0.03)


def test_dissimilarities_are_those_of_scipy():
    values = np.random.default_rng(0).normal(size=(7, 30))
    wanted = scipy.spatial.distance.squareform(
        scipy.spatial.distance.pdist(values, "correlation")
    )
    found = dissimilarity(values)
    np.testing.assert_allclose(found, wanted, atol=1e-12)
    other = dissimilarity(values + np.random.default_rng(1).normal(size=(7, 30)))
    upper = np.triu_indices(7, 1)
    wanted_r = scipy.stats.spearmanr(found[upper], other[upper])[0]
    alike = similarity({"a": found, "b": other})
    np.testing.assert_allclose(alike, [[1, wanted_r], [wanted_r, 1]], atol=1e-12)
    values[2] = 4.0
    assert np.isnan(dissimilarity(values)[2]).all()
