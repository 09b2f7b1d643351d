"""Plaids, surrounds and coherent dots against loops, closed forms and scipy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from analysis.make_trials import of_trials

from insilico_gui.analysis.probes.neurometric import neurometric, roc_area
from insilico_gui.analysis.probes.plaids import plaid_tuning
from insilico_gui.analysis.probes.surround import surround_modulation
from insilico_gui.analysis.probes.weibull import fit_weibull
from insilico_gui.errors import AnalysisError

NO_BURN_IN = {"burn_in_frames": 0}
DIRECTIONS = np.arange(12) * 30.0


def curve(preferred, kappa=2.0):
    """Von Mises responses to 12 directions, above a baseline."""
    return 1 + 5 * np.exp(kappa * (np.cos(np.radians(DIRECTIONS - preferred)) - 1))


def plaid_trials(gratings, plaids, repeats, noise, seed=0):
    """Trials of curves [12, U], in random order."""
    rng = np.random.default_rng(seed)
    angle = np.repeat([0.0, 120.0], 12)
    direction = np.tile(DIRECTIONS, 2)
    values = np.concatenate([gratings, plaids])
    rows = rng.permutation(np.tile(np.arange(24), repeats))
    shown = values[rows] + noise * rng.normal(size=(len(rows), values.shape[1]))
    return of_trials(shown, direction=direction[rows], plaid_angle_deg=angle[rows])


def test_partial_correlations_are_those_of_residuals():
    """The textbook way: correlate what regressions on the other prediction leave."""
    rng = np.random.default_rng(0)
    gratings = np.stack([curve(p) for p in (0, 75, 200)], axis=1)
    plaids = rng.uniform(0, 5, size=(12, 3))
    _, found = plaid_tuning(plaid_trials(gratings, plaids, 1, 0.0), **NO_BURN_IN)
    for unit in range(3):
        pattern = gratings[:, unit]
        component = np.array(
            [pattern[k - 2] + pattern[(k + 2) % 12] for k in range(12)]
        )
        for name, one, other in (
            ("plaid_pattern_z", pattern, component),
            ("plaid_component_z", component, pattern),
        ):
            left = [
                y - np.polyval(np.polyfit(other, y, 1), other)
                for y in (plaids[:, unit], one)
            ]
            r = scipy.stats.pearsonr(*left)[0]
            z = np.sqrt(9) * 0.5 * np.log((1 + r) / (1 - r))
            assert found[name].iloc[unit] == pytest.approx(z, abs=1e-9)


def test_pattern_and_component_units_are_told_apart():
    """Of 100 units of each kind at 20 % noise, five repeats; and of none."""
    preferred = np.random.default_rng(1).uniform(0, 360, 100)
    gratings = np.stack([curve(p) for p in preferred], axis=1)
    component = np.roll(gratings, 2, axis=0) + np.roll(gratings, -2, axis=0)
    found = []
    for plaids in (gratings, component):
        _, columns = plaid_tuning(
            plaid_trials(gratings, plaids, 5, 1.0), n_draws=100, **NO_BURN_IN
        )
        found.append(columns)
        low, high = columns["plaid_index_low"], columns["plaid_index_high"]
        assert (low < high).all()
    pattern, of_gratings = found
    assert (pattern["plaid_class"] == "pattern").mean() >= 0.9
    assert (of_gratings["plaid_class"] == "component").mean() >= 0.9
    assert (pattern["plaid_index_low"] > 0).mean() > 0.8
    assert (of_gratings["plaid_index_high"] < 0).mean() > 0.8
    # plaids that have nothing to do with gratings: Z is normal
    rng = np.random.default_rng(2)
    many = np.tile(gratings, (1, 10))
    noise = rng.normal(5, 1, size=(12, 1000))
    _, none = plaid_tuning(plaid_trials(many, noise, 1, 0.0), **NO_BURN_IN)
    z = none["plaid_pattern_z"]
    assert abs(z.mean()) < 0.1 and 0.9 < z.std() < 1.2


def test_flat_curves_and_missing_directions():
    gratings = np.stack([curve(0), np.ones(12)], axis=1)
    _, found = plaid_tuning(plaid_trials(gratings, gratings, 1, 0.0), **NO_BURN_IN)
    assert np.isnan(found["plaid_index"].iloc[1])
    assert found["plaid_class"].tolist() == ["pattern", ""]
    responses = plaid_trials(gratings, gratings, 1, 0.0)
    with pytest.raises(AnalysisError, match="No plaid of 90"):
        plaid_tuning(responses, angle_deg=90.0, **NO_BURN_IN)
    few = of_trials(
        np.ones((8, 1)),
        direction=np.tile([0.0, 90, 180, 270], 2),
        plaid_angle_deg=np.repeat([0.0, 120], 4),
    )
    with pytest.raises(AnalysisError, match="8 or more directions"):
        plaid_tuning(few, **NO_BURN_IN)


def surround_trials(mean, repeats, noise, seed=0):
    """Trials of means [directions, surrounds, U]."""
    rng = np.random.default_rng(seed)
    names, angles = ["none", "same", "orthogonal"], [0.0, 90.0]
    rows = rng.permutation(np.tile(np.arange(6), repeats))
    shown = mean.reshape(6, -1)[rows]
    return of_trials(
        shown + noise * rng.normal(size=shown.shape),
        surround=[names[k % 3] for k in rows],
        direction=[angles[k // 3] for k in rows],
    )


def test_indices_of_the_surround_at_the_best_centre():
    mean = np.array(
        [
            [[8.0, 1, 4], [2.0, 1, 4], [6.0, 1, 8]],
            [[1.0, 6, 3], [5.0, 3, 9], [0.5, 9, 9]],
        ]
    )
    _, found = surround_modulation(surround_trials(mean, 2, 0.0), **NO_BURN_IN)
    iso = [(8 - 2) / 10, (6 - 3) / 9, 0]
    cross = [(8 - 6) / 14, (6 - 9) / 15, (4 - 8) / 12]
    both = [(6 - 2) / 8, (9 - 3) / 12, (8 - 4) / 12]
    np.testing.assert_allclose(found["surround_index_iso"], iso, atol=1e-12)
    np.testing.assert_allclose(found["surround_index_cross"], cross, atol=1e-12)
    np.testing.assert_allclose(found["surround_orientation_index"], both, atol=1e-12)
    assert found["best_direction"].tolist() == [0, 90, 0]
    with pytest.raises(AnalysisError, match="alone and with a surround"):
        alone = of_trials(np.ones((4, 1)), surround=["same", "none2"] * 2)
        surround_modulation(alone, **NO_BURN_IN)


def test_intervals_of_the_surround_hold_the_truth():
    """In 95 % of units, of 30 presentations; bias and spread beside it."""
    mean = np.empty((2, 3, 300))
    mean[0] = np.array([10.0, 5.0, 8.0])[:, None]
    mean[1] = 1.0
    _, found = surround_modulation(
        surround_trials(mean, 30, 3.0), n_draws=200, **NO_BURN_IN
    )
    off = found["surround_index_iso"] - 1 / 3
    assert abs(off.median()) < 0.02 and off.std() < 0.08
    inside = (found["surround_index_iso_low"] < 1 / 3) & (
        found["surround_index_iso_high"] > 1 / 3
    )
    assert 0.9 < inside.mean() < 0.98


def test_area_is_the_one_of_pairs_and_of_the_rank_test():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 6, (7, 20)).astype(float), rng.integers(0, 6, (9, 20)) / 1.0
    a[0, 0] = np.nan
    found = roc_area(a, b)
    for unit in range(20):
        one = a[:, unit][~np.isnan(a[:, unit])]
        u = scipy.stats.mannwhitneyu(one, b[:, unit]).statistic
        assert found[unit] == pytest.approx(u / len(one) / 9)


COHERENCES = np.array([0.05, 0.1, 0.2, 0.4, 0.8])


def dot_trials(strength, n_units, repeats, seed=0):
    """Normal responses whose mean follows coherence times the cosine of direction."""
    rng = np.random.default_rng(seed)
    angles = np.array([0.0, 90, 180, 270])
    coherence = np.tile(np.repeat(COHERENCES, 4), repeats)
    direction = np.tile(angles, len(coherence) // 4)
    preferred = rng.choice(angles, n_units)
    drive = np.cos(np.radians(direction[:, None] - preferred)) * coherence[:, None]
    values = 10 + strength * drive + rng.normal(size=drive.shape)
    order = rng.permutation(len(values))
    found = of_trials(
        values[order], coherence=coherence[order], direction=direction[order]
    )
    return found, preferred


def test_thresholds_of_normal_responses_are_the_closed_form():
    """Two normals 2 s c apart have an area of Phi(2 s c / sqrt 2)."""
    strength = 5.0
    responses, preferred = dot_trials(strength, 300, 30)
    dataset, found = neurometric(responses, **NO_BURN_IN)
    wanted = scipy.stats.norm.cdf(2 * strength * COHERENCES / np.sqrt(2))
    bias = dataset["area"].mean("unit").to_numpy() - wanted
    assert np.abs(bias).max() < 0.01, bias
    (alpha, beta), _ = scipy.optimize.curve_fit(
        lambda c, a, b: 1 - np.exp(-((c / a) ** b)) / 2, COHERENCES, wanted, (0.2, 1.0)
    )
    threshold = found["neurometric_threshold"]
    assert abs(threshold.median() / alpha - 1) < 0.05
    assert scipy.stats.iqr(threshold) < 0.35 * alpha
    assert abs(found["neurometric_slope"].median() / beta - 1) < 0.15
    assert (found["neurometric_pref_direction"] == preferred).mean() > 0.99


def test_without_a_signal_areas_are_one_half_and_there_is_no_threshold():
    responses, _ = dot_trials(0.0, 500, 6)
    dataset, found = neurometric(responses, **NO_BURN_IN)
    assert np.abs(dataset["area"].mean("unit") - 0.5).max() < 0.03
    assert found["neurometric_threshold"].isna().mean() > 0.7


def test_weibull_of_exact_curves():
    alpha, beta = np.meshgrid([0.08, 0.2, 0.5], [0.8, 1.5, 3.0])
    alpha, beta = alpha.ravel(), beta.ravel()
    share = 1 - np.exp(-((COHERENCES[:, None] / alpha) ** beta)) / 2
    fit = fit_weibull(COHERENCES, share)
    np.testing.assert_allclose(fit.threshold, alpha, rtol=0.01)
    np.testing.assert_allclose(fit.slope, beta, rtol=0.03)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"coherence": [0.5] * 8, "direction": [0, 180] * 4}, "two coherences"),
        ({"coherence": [0.5, 1.0] * 4, "direction": [0, 0, 90, 90] * 2}, "opposite"),
        (
            {"coherence": [0.5, 0.5, 1, 1], "direction": [0.0, 180.0] * 2},
            "twice or more",
        ),
    ],
)
def test_what_dots_lack_is_said(columns, said):
    n = len(columns["coherence"])
    with pytest.raises(AnalysisError, match=said):
        neurometric(of_trials(np.ones((n, 2)), **columns), **NO_BURN_IN)
