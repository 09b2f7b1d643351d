"""Dimensions and distances without noise: unbiased, and intervals that hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from insilico_gui.analysis.population.crossvalidated import (
    jackknife,
    mean_distance,
    presentations_of,
    unbiased_distances,
    unbiased_participation,
)
from insilico_gui.analysis.population.geometry import participation_ratio
from insilico_gui.errors import AnalysisError

K, U, N = 10, 24, 8
LABEL = np.tile(np.arange(K), N)
N_POPULATIONS = 150


def population(rng, signal, noise):
    """Presentations of conditions, with noise that units share in part."""
    shared = rng.normal(size=(K * N, 1))
    own = rng.normal(size=(K * N, U))
    return signal[LABEL] + noise * (0.6 * shared + 0.8 * own)


def signals(rng):
    """Means with a covariance that falls off, and its participation ratio in the open."""
    axes = np.linalg.qr(rng.normal(size=(U, 4)))[0]
    signal = rng.normal(size=(K, 4)) * np.array([4.0, 3, 2, 1]) @ axes.T
    values = np.linalg.eigvalsh(np.cov(signal.T))
    return signal, values.sum() ** 2 / (values**2).sum()


def holds(held):
    low, high = scipy.stats.binom.interval(0.999, len(held), 0.95)
    return low <= np.sum(held) <= high


@pytest.fixture(scope="module")
def populations():
    rng = np.random.default_rng(4)
    signal, ratio = signals(rng)
    return signal, ratio, [population(rng, signal, 2.0) for _ in range(N_POPULATIONS)]


def test_participation_ratios_are_unbiased_and_their_intervals_hold(populations):
    _, truth, drawn = populations
    turn = presentations_of(LABEL, 5, "A ratio")
    found, held, plain = [], [], []
    for values in drawn:
        ratio, low, high = jackknife(
            lambda kept, values=values: unbiased_participation(
                values[kept], LABEL[kept], 2
            ),
            turn,
            0.95,
            positive=True,
        )
        found.append(ratio)
        held.append(low <= truth <= high)
        means = [values[LABEL == k].mean(axis=0) for k in range(K)]
        plain.append(participation_ratio(means))
    assert abs(np.mean(found) - truth) < 0.05 * truth
    assert np.mean(plain) > 1.25 * truth  # what noise adds
    assert holds(held), np.mean(held)


def test_distances_are_unbiased_and_their_intervals_hold(populations):
    signal, _, drawn = populations
    pairs = [(i, j) for i in range(K) for j in range(i)]
    # The standard deviation of noise, which is that of 0.6 shared + 0.8 own, is 2
    truth = {(i, j): ((signal[i] - signal[j]) ** 2).mean() / 4 for i, j in pairs}
    mean = np.mean(list(truth.values()))
    turn = presentations_of(LABEL, 3, "A distance")
    held, found = [], []
    for values in drawn:
        value, low, high = jackknife(
            lambda kept, values=values: mean_distance(
                unbiased_distances(values[kept], LABEL[kept])
            ),
            turn,
            0.95,
        )
        found.append(value)
        held.append(low <= mean <= high)
    assert np.mean(found) == pytest.approx(mean, rel=0.02)
    assert holds(held), np.mean(held)


def test_equal_conditions_are_at_no_distance():
    rng = np.random.default_rng(2)
    found = [
        unbiased_distances(population(rng, np.zeros((K, U)), 1.0), LABEL)
        for _ in range(200)
    ]
    of_pairs = np.array([one[np.triu_indices(K, 1)] for one in found])
    error = of_pairs.mean(axis=1).std() / np.sqrt(200)
    assert abs(of_pairs.mean()) < 4 * error < 0.02
    assert 0.3 < (of_pairs < 0).mean() < 0.8


def test_distances_are_those_of_all_pairs_of_presentations():
    """By a loop over pairs of different presentations, with equal noise taken away."""
    rng = np.random.default_rng(3)
    values = population(rng, rng.normal(size=(K, U)), 1.0)
    found = unbiased_distances(values, LABEL)
    of = [values[LABEL == k] for k in range(K)]
    noise = sum(((one - one.mean(axis=0)) ** 2).sum(axis=0) for one in of)
    noise = noise / (K * (N - 1) - 2)
    for i, j in ((0, 1), (2, 7)):
        products = np.zeros(U)
        for r in range(N):
            for s in range(N):
                if r != s:
                    products += (
                        (of[i][r] * of[i][s] + of[j][r] * of[j][s]) / N / (N - 1)
                    )
                products -= 2 * of[i][r] * of[j][s] / N**2
        assert found[i, j] == pytest.approx((products / noise).mean(), rel=1e-9)


def test_without_noise_both_are_those_of_means():
    rng = np.random.default_rng(5)
    signal, truth = signals(rng)
    values = signal[LABEL]
    assert unbiased_participation(values, LABEL) == pytest.approx(truth)
    expected = ((signal[:, None] - signal[None]) ** 2).mean(axis=2)
    np.testing.assert_allclose(unbiased_distances(values, LABEL), expected, atol=1e-9)


def test_few_presentations_are_refused():
    with pytest.raises(AnalysisError, match=r"needs 4 presentations.*are 2"):
        presentations_of(LABEL[: 2 * K], 4, "A participation ratio")
