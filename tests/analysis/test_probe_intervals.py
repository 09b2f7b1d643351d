"""Intervals and p values of probes hold the truth as often as they say."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from analysis.make_trials import of_trials

from insilico_gui.analysis.probes.joint_frequency import joint_tuning
from insilico_gui.analysis.probes.neurometric import neurometric
from insilico_gui.errors import AnalysisError

COHERENCES = np.array([0.05, 0.1, 0.2, 0.4, 0.8])


def holds(share, n, of=0.95):
    """Whether a share of n is that of a nominal one, but for chance (1 in 1000)."""
    low, high = scipy.stats.binom.interval(0.999, n, of)
    return low / n <= share <= high / n


def coverage(found, name, truth, period=None):
    low, high = found[f"{name}_low"].to_numpy(), found[f"{name}_high"].to_numpy()
    known = np.isfinite(low)
    if period is None:
        held = (low <= truth) & (truth <= high)
    else:
        held = (truth - low) % period <= (high - low) % period
    return held[known].mean(), int(known.sum())


def dots(n_units, signal, repeats, seed=0):
    """Normal responses whose means differ by the coherence, and the trials."""
    rng = np.random.default_rng(seed)
    shown = list(product(COHERENCES, [0.0, 180.0])) * repeats
    coherence, direction = np.array(shown).T
    sign = np.where(direction == 0, 1, -1)
    mean = 10 + signal * (coherence * sign)[:, None]
    values = mean + rng.normal(size=(len(shown), n_units))
    return of_trials(values, coherence=coherence, direction=direction)


def test_intervals_of_thresholds_hold_the_truth():
    """Truth: the Weibull function fitted by scipy to areas in closed form."""
    n, signal = 90, 1.5
    areas = scipy.stats.norm.cdf(2 * signal * COHERENCES / np.sqrt(2))
    (threshold, _), _ = scipy.optimize.curve_fit(
        lambda c, t, b: 1 - np.exp(-((c / t) ** b)) / 2, COHERENCES, areas, (0.3, 1.0)
    )
    _, found = neurometric(dots(n, signal, 30), n_draws=150, burn_in_frames=0)
    for name, truth in {
        "neurometric_threshold": threshold,
        "neurometric_area": areas[-1],
    }.items():
        share, known = coverage(found, name, truth)
        assert known >= 0.97 * n
        assert holds(share, known), (name, share)
    assert (found["neurometric_pref_direction_low"] == 0).all()
    again = neurometric(dots(n, signal, 30), burn_in_frames=0)[1]
    assert not [name for name in again if name.endswith(("_low", "_high"))]
    for name in again:
        np.testing.assert_array_equal(again[name], found[name])


def test_p_of_units_that_do_not_tell_directions_apart_is_uniform():
    _, found = neurometric(dots(400, 0.0, 12), n_permutations=99, burn_in_frames=0)
    p = found["p_neurometric"].to_numpy()
    steps = np.arange(0.05, 1, 0.05)
    off = [(p <= step).mean() - step for step in steps]
    assert np.abs(off).max() < 1.63 / np.sqrt(len(p)) + 0.01  # Kolmogorov, 1 %
    assert (found["q_neurometric"] >= found["p_neurometric"]).all()
    _, strong = neurometric(dots(20, 3.0, 12), n_permutations=99, burn_in_frames=0)
    assert (strong["p_neurometric"] == 0.01).all()


SF = np.array([0.02, 0.04, 0.08, 0.16])
TF = np.array([1.0, 2.0, 4.0, 8.0])
GRID = np.array(list(product(SF, TF, np.arange(8) * 45.0)))


def surfaces(n, seed=0):
    """Responses [cells, n] of the model of the docs, and what it was made of."""
    rng = np.random.default_rng(seed)
    known = {
        "joint_sf": 2 ** rng.uniform(np.log2(0.03), np.log2(0.1), n),
        "joint_tf": 2 ** rng.uniform(np.log2(1.6), np.log2(5), n),
        "joint_speed_index": rng.uniform(0, 1, n),
        "joint_direction": rng.uniform(0, 360, n),
    }
    x = np.log2(GRID[:, :1] / known["joint_sf"])
    y = np.log2(GRID[:, 1:2] / known["joint_tf"]) - known["joint_speed_index"] * x
    cos = np.cos(np.radians(GRID[:, 2:] - known["joint_direction"]))
    lobes = np.exp(2 * (cos - 1)) + 0.3 * np.exp(2 * (-cos - 1))
    return 1 + 6 * np.exp(-(x**2 / 0.9**2 + y**2 / 1.1**2) / 2) * lobes, known


def gratings(values, repeats, noise, seed=1):
    rng = np.random.default_rng(seed)
    shown = np.tile(values, (repeats, 1))
    sf, tf, direction = np.tile(GRID, (repeats, 1)).T
    return of_trials(
        shown + noise * rng.normal(size=shown.shape),
        spatial_frequency=sf,
        temporal_frequency=tf,
        direction=direction,
    )


@pytest.fixture(scope="module")
def joint():
    values, known = surfaces(60)
    _, found = joint_tuning(gratings(values, 5, 1.0), n_draws=100, burn_in_frames=0)
    return found, known


@pytest.mark.parametrize(
    "name", ["joint_sf", "joint_tf", "joint_speed_index", "joint_direction"]
)
def test_intervals_of_joint_fits_hold_the_truth(joint, name):
    found, known = joint
    period = 360.0 if name == "joint_direction" else None
    share, n = coverage(found, name, known[name], period)
    assert n >= 57
    assert holds(share, n), share


def test_untuned_units_are_not_fitted():
    """Of 200 units without tuning nearly none is fitted, and p is uniform."""
    values, _ = surfaces(10)
    untuned = np.full((len(GRID), 200), 3.0)
    both = np.concatenate([values, untuned], axis=1)
    _, found = joint_tuning(gratings(both, 2, 1.0), n_permutations=50, burn_in_frames=0)
    assert found["joint_sf"][:10].notna().all()
    assert (found["p_joint"][:10] < 0.02).all()
    none = found[10:]
    assert none["joint_sf"].notna().mean() <= 0.02
    assert none["joint_direction"].isna().equals(none["joint_sf"].isna())
    assert scipy.stats.kstest(none["p_joint"], "uniform").statistic < 0.12
    assert (found["q_joint"] >= found["p_joint"]).all()


def test_few_draws_and_single_presentations_are_refused():
    values, _ = surfaces(3)
    with pytest.raises(AnalysisError, match="100 or more"):
        joint_tuning(gratings(values, 2, 1.0), n_draws=20, burn_in_frames=0)
    with pytest.raises(AnalysisError, match="only once"):
        joint_tuning(gratings(values, 1, 1.0), n_draws=100, burn_in_frames=0)
