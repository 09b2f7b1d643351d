"""The joint fit of frequencies and direction against surfaces that are known."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from analysis.make_trials import of_trials

from insilico_gui.analysis.probes.joint_frequency import (
    JOINT,
    joint_tuning,
    separability,
)
from insilico_gui.errors import AnalysisError

SF = np.array([0.02, 0.04, 0.08, 0.16])
TF = np.array([1.0, 2.0, 4.0, 8.0])
DIRECTIONS = np.arange(8) * 45.0
GRID = list(product(SF, TF, DIRECTIONS))


def truth(n, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "sf": 2 ** rng.uniform(np.log2(0.03), np.log2(0.11), n),
        "tf": 2 ** rng.uniform(np.log2(1.5), np.log2(5.5), n),
        "xi": rng.choice([0.0, 0.5, 1.0], n),
        "direction": rng.uniform(0, 360, n),
        "opposite": rng.uniform(0, 0.8, n),
    }


def responses_of(unit, known):
    """The model in the docs, one number at a time."""
    found = []
    for sf, tf, direction in GRID:
        z = np.log2(sf / known["sf"][unit]) / 0.9
        shifted = known["xi"][unit] * np.log2(sf / known["sf"][unit])
        w = (np.log2(tf / known["tf"][unit]) - shifted) / 1.1
        cos = np.cos(np.radians(direction - known["direction"][unit]))
        lobes = np.exp(2 * (cos - 1)) + known["opposite"][unit] * np.exp(2 * (-cos - 1))
        found.append(1 + 6 * np.exp(-(z**2 + w**2) / 2) * lobes)
    return np.array(found)


def trials(values, repeats, noise, seed=1):
    rng = np.random.default_rng(seed)
    shown = np.tile(values, (repeats, 1))
    sf, tf, direction = np.tile(np.array(GRID), (repeats, 1)).T
    return of_trials(
        shown + noise * rng.normal(size=shown.shape),
        spatial_frequency=sf,
        temporal_frequency=tf,
        direction=direction,
    )


@pytest.fixture(scope="module")
def population():
    known = truth(60)
    return known, np.stack([responses_of(unit, known) for unit in range(60)], axis=1)


@pytest.mark.parametrize(("noise", "largest"), [(0.0, 1e-3), (0.6, 0.25)])
def test_parameters_are_found(population, noise, largest):
    """Signed bias and spread: octaves, degrees and Q, at 10 % noise and 3 repeats."""
    known, values = population
    _, found = joint_tuning(trials(values, 3, noise), burn_in_frames=0)
    off = {
        "sf": np.log2(found["joint_sf"] / known["sf"]),
        "tf": np.log2(found["joint_tf"] / known["tf"]),
        "q": found["joint_q"] - (known["xi"] - 1),
        "opposite": found["joint_opposite"] - known["opposite"],
    }
    for name, values_off in off.items():
        assert abs(values_off.median()) < 0.05 * (noise > 0) + 1e-3, name
        assert scipy.stats.iqr(values_off.dropna()) < largest, name
    turned = (found["joint_direction"] - known["direction"] + 180) % 360 - 180
    assert abs(turned.median()) < 2 and scipy.stats.iqr(turned.dropna()) < 8
    assert found["joint_sf"].notna().mean() > 0.95


def test_fit_is_that_of_scipy(population):
    known, values = population
    noisy = values[:, :4] + 0.5 * np.random.default_rng(3).normal(size=(128, 4))
    dataset, found = joint_tuning(trials(noisy, 1, 0.0), burn_in_frames=0)

    def model(p):
        x, y, d = (np.array(axis) for axis in zip(*GRID, strict=True))
        z = (np.log2(x) - p[2]) / p[3]
        w = (np.log2(y) - p[4] - p[6] * (np.log2(x) - p[2])) / p[5]
        cos = np.cos(np.radians(d) - p[7])
        lobes = np.exp(p[8] * (cos - 1)) + p[9] * np.exp(p[8] * (-cos - 1))
        return p[0] + p[1] * np.exp(-(z**2 + w**2) / 2) * lobes

    for unit in range(4):
        start = [1, 6, np.log2(known["sf"][unit]), 0.9, np.log2(known["tf"][unit]), 1.1]
        start += [known["xi"][unit], np.radians(known["direction"][unit]), 2, 0.4]
        lower = [0, 0, -6, 0.4, -1, 0.4, -2, -10, 0.05, 0]
        upper = [50, 50, 0, 4, 4, 4, 2, 10, 30, 1]
        best = scipy.optimize.least_squares(
            lambda p, unit=unit: model(p) - noisy[:, unit], start, bounds=(lower, upper)
        )
        fitted = dataset["fitted"][..., unit].to_numpy().ravel()
        ours = ((fitted - noisy[:, unit]) ** 2).sum()
        assert ours <= 2 * best.cost * 1.001
        assert found["joint_q"].iloc[unit] == pytest.approx(best.x[6] - 1, abs=0.02)


def test_derivatives_are_differences():
    rng = np.random.default_rng(0)
    axes = JOINT.axes(SF, TF, DIRECTIONS)
    p = np.array([[0.2, 0.8, -4.2, -0.1, 1.2, 0.2, 0.6, 1.0, 0.7, 0.4]])
    p = p + 0.05 * rng.normal(size=(3, 10))
    slopes = JOINT.jacobian(p, *axes)
    for k in range(10):
        step = np.zeros(10)
        step[k] = 1e-6
        wanted = (
            JOINT.predict(p + step, *axes) - JOINT.predict(p - step, *axes)
        ) / 2e-6
        np.testing.assert_allclose(slopes[..., k], wanted, atol=1e-7)


def test_separability_is_one_of_a_product_and_less_of_a_slant(population):
    known, values = population
    mean = values.reshape(4, 4, 8, 60)
    found = separability(mean, np.ones(60))
    product_like = known["xi"] == 0
    np.testing.assert_allclose(found[product_like], 1, atol=1e-9)
    assert found[known["xi"] == 1].max() < 0.995
    assert np.isnan(separability(np.ones((3, 3, 4, 1)), np.zeros(1)))[0]


def test_too_few_levels():
    shown = list(product([0.02, 0.04], TF, DIRECTIONS))
    sf, tf, direction = np.array(shown).T
    responses = of_trials(
        np.ones((len(shown), 2)),
        spatial_frequency=sf,
        temporal_frequency=tf,
        direction=direction,
    )
    with pytest.raises(AnalysisError, match="3 or more levels of spatial_frequency"):
        joint_tuning(responses, burn_in_frames=0)
