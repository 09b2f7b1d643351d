"""Intervals and q values, against closed forms, scipy and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control, norm
from test_significance import answered, circle, crossed

from insilico_gui.analysis.trials.bootstrap import bootstrap, interval, q_values
from insilico_gui.analysis.tuning.uncertainty import direction_uncertainty, vector_angle
from insilico_gui.errors import AnalysisError


@pytest.fixture
def rng():
    return np.random.default_rng(8)


def test_intervals_of_a_mean_are_those_of_its_standard_error(rng):
    values = rng.normal(3, 2, size=(40, 50))
    none = np.zeros(40, np.int64)
    mean = {"mean": lambda curve: curve[0]}
    draws = bootstrap(values, none, none, np.zeros(50, np.int64), mean, 2000, 1)["mean"]
    low, high = interval(draws, 0.9)
    error = values.std(axis=0) / np.sqrt(40)
    for ends, side in ((low, 0.05), (high, 0.95)):
        wanted = values.mean(axis=0) + norm.ppf(side) * error
        np.testing.assert_allclose(ends, wanted, atol=0.2 * error.max())


def test_draws_are_within_cells(rng):
    """With equal presentations in each cell, every draw is the same curve."""
    level, combination = np.tile([0, 1, 2], 8), np.repeat([0, 1], 12)
    curve = rng.normal(size=(2, 3, 5))
    values = curve[combination, level]
    best = np.array([0, 1, 0, 1, 1])
    found = bootstrap(
        values,
        level,
        combination,
        best,
        {f"{k}": lambda c, k=k: c[k] for k in range(3)},
        100,
        0,
    )
    for k in range(3):
        wanted = curve[best, k, np.arange(5)]
        np.testing.assert_allclose(found[f"{k}"], np.tile(wanted, (100, 1)))


def test_intervals_around_the_circle(rng):
    true = np.array([2.0, 358.0, 180.0, 90.0])
    draws = (true + 10 * rng.normal(size=(4000, 4))) % 360
    low, high = interval(draws, 0.95, around=true, period=360)
    wide = (high - low) % 360
    np.testing.assert_allclose(wide, 2 * 1.96 * 10, rtol=0.06)
    np.testing.assert_allclose((low + wide / 2 - true + 180) % 360, 180, atol=1)
    assert low[0] > high[0]


@pytest.mark.parametrize("n", [4, 400])
def test_q_values_are_those_of_scipy(rng, n):
    p = rng.random(n) ** 2
    np.testing.assert_allclose(q_values(p), false_discovery_control(p))
    holed = np.insert(p, [1, 3], np.nan)
    q = q_values(holed)
    np.testing.assert_allclose(q[~np.isnan(holed)], false_discovery_control(p))
    assert np.isnan(q[np.isnan(holed)]).all()
    assert q_values([np.nan]).shape == (1,)
    with pytest.raises(AnalysisError):
        q_values([1.2])


def test_intervals_cover_the_truth(rng):
    """In about 95 of 100 experiments: direction and index of known curves in noise."""
    trials = crossed(direction=circle(12), contrast=[0.5, 1.0], repeat=range(12))
    theta = np.radians(trials["direction"].to_numpy())[:, None]
    true = rng.uniform(0, 360, 600)
    gain = np.where(trials["contrast"] == 1, 2.0, 1.0)[:, None]
    rate = gain * (1 + 0.6 * np.cos(theta - np.radians(true)))
    values = rate + 0.5 * rng.normal(size=rate.shape)
    _, columns = direction_uncertainty(
        answered(values, trials), burn_in_frames=0, n_draws=200, n_permutations=99
    )
    low, high = columns["vector_dir_low"], columns["vector_dir_high"]
    covered = (true - low) % 360 <= (high - low) % 360
    assert 0.90 < covered.mean() < 0.985
    inside = (columns["gDSI_low"] <= 0.3) & (columns["gDSI_high"] >= 0.3)
    assert 0.87 < inside.mean() < 0.985  # of 12 presentations they are a little narrow
    assert (columns["q_gDSI"] < 0.05).all()
    assert columns.attrs["confidence"] == 0.95


def test_q_values_of_units_without_tuning(rng):
    trials = crossed(direction=circle(8), repeat=range(4))
    values = rng.gamma(3.0, size=(len(trials), 300))
    _, columns = direction_uncertainty(
        answered(values, trials), burn_in_frames=0, n_draws=100, n_permutations=199
    )
    assert (columns["q_gOSI"] < 0.05).sum() == 0
    assert (columns["q_gOSI"] >= columns["p_gOSI"] - 1e-12).all()


def test_vector_angles_are_those_of_a_loop(rng):
    curve = rng.gamma(2.0, size=(8, 5))
    for turns, period in ((1, 360.0), (2, 180.0)):
        found = vector_angle(curve, circle(8), turns, period)
        for unit in range(5):
            x = sum(
                r * np.cos(turns * np.radians(d))
                for r, d in zip(curve[:, unit], circle(8), strict=True)
            )
            y = sum(
                r * np.sin(turns * np.radians(d))
                for r, d in zip(curve[:, unit], circle(8), strict=True)
            )
            wanted = np.degrees(np.arctan2(y, x)) / turns % period
            assert found[unit] == pytest.approx(wanted)
    assert np.isnan(vector_angle(np.ones((8, 1)), circle(8), 1, 360.0)).all()


def test_what_cannot_be_drawn_is_said(rng):
    trials = crossed(direction=circle(8))
    shown = answered(rng.random((8, 2)), trials)
    with pytest.raises(AnalysisError, match="once"):
        direction_uncertainty(shown, burn_in_frames=0)
    with pytest.raises(AnalysisError, match="100"):
        direction_uncertainty(shown, burn_in_frames=0, n_draws=5)
    with pytest.raises(AnalysisError, match="between 0 and 1"):
        interval(np.ones((9, 2)), 95)
