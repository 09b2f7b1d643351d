"""Noise correlations, Fano factors, reliability and FEVE, by closed forms and loops."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import xarray as xr
from test_significance import answered, crossed

from insilico_gui.analysis import noise_correlations, response_variability
from insilico_gui.analysis.agreement.recordings import Recording
from insilico_gui.analysis.variability.explained import (
    explained_by_frames,
    explained_by_trials,
    explained_variance,
)
from insilico_gui.errors import AnalysisError

ALL = {"burn_in_frames": 0}


@pytest.fixture
def rng():
    return np.random.default_rng(31)


def repeated(n_conditions, n):
    table = crossed(condition=np.arange(n_conditions), turn=range(n))
    return table.drop(columns="turn")


def correlated(rng, shape, rho):
    """Standard normal values [n, U] of which every pair correlates by rho."""
    shared = rng.normal(size=(shape[0], 1))
    return np.sqrt(rho) * shared + np.sqrt(1 - rho) * rng.normal(size=shape)


def mean_pair(matrix):
    matrix = np.asarray(matrix)
    return matrix[np.triu_indices(len(matrix), 1)].mean()


@pytest.mark.parametrize("scaled", ["each_condition", "together"])
def test_noise_correlations_are_those_of_a_loop(rng, scaled):
    trials = repeated(5, 4)
    values = rng.poisson(rng.uniform(1, 9, size=(1, 7)), size=(20, 7)).astype(float)
    values[trials["condition"] == 2, 3] = 4.0  # this unit does not vary here
    found, columns = noise_correlations(
        answered(values, trials), scaled=scaled, matrix=True, **ALL
    )
    for i in range(7):
        others = []
        for j in range(7):
            left = []
            for condition in range(5):
                pair = values[trials["condition"] == condition][:, [i, j]]
                spread = pair.std(axis=0, ddof=1)
                if (spread == 0).any():
                    continue
                scale = spread if scaled == "each_condition" else 1
                left.append((pair - pair.mean(axis=0)) / scale)
            x, y = np.concatenate(left).T
            r = (x * y).sum() / np.sqrt((x**2).sum() * (y**2).sum())
            assert found["noise_correlation"].values[i, j] == pytest.approx(r, abs=1e-6)
            if i != j:
                others.append(r)
        mean = columns["mean_noise_correlation"].iloc[i]
        assert mean == pytest.approx(np.mean(others), abs=1e-9)


@pytest.mark.parametrize(("n", "rho"), [(2, 0.5), (5, 0.5), (20, 0.5), (20, 0.1)])
def test_bias_and_spread_of_noise_correlations(rng, n, rho):
    """Closed forms: 2 / pi asin(rho) of pairs, less (1 - rho**2) / (2 n) of the truth."""
    trials, measured = repeated(400 // n, n), {"each_condition": [], "together": []}
    for _ in range(4):
        values = 10 * correlated(rng, (len(trials), 24), rho)
        values += 50 * rng.random((len(trials) // n, 24))[trials["condition"]]
        for scaled, found in measured.items():
            shown = answered(values, trials)
            matrix = noise_correlations(shown, scaled=scaled, matrix=True, **ALL)[0]
            found.append(mean_pair(matrix["noise_correlation"]))
    bias = {scaled: np.mean(found) - rho for scaled, found in measured.items()}
    assert abs(bias["together"]) < 0.03
    wanted = -rho * (1 - rho**2) / 2 / n
    if n == 2:
        wanted = 2 / np.pi * np.arcsin(rho) - rho
    assert abs(bias["each_condition"] - wanted) < 0.03


def test_noise_correlations_by_area(rng):
    trials, areas = repeated(8, 10), np.array(["V1", "V1", "LM", "LM", "V1", "RL"])
    values = rng.normal(size=(80, 6))
    values[:, areas == "V1"] += 2 * rng.normal(size=(80, 1))
    shown = answered(values, trials).assign_coords(area=("unit", areas))
    found, columns = noise_correlations(shown, matrix=True, **ALL)
    matrix = found["noise_correlation"].to_numpy()
    np.testing.assert_array_equal(np.diag(matrix), 1)
    for first in ("V1", "LM", "RL"):
        for second in ("V1", "LM", "RL"):
            pairs = [
                matrix[i, j]
                for i in np.flatnonzero(areas == first)
                for j in np.flatnonzero(areas == second)
                if i != j
            ]
            here = found.sel(area=first, area_2=second)
            n = len(pairs) // (1 + (first == second))
            assert here["area_pairs"] == n
            if pairs:
                assert here["area_mean"] == pytest.approx(np.mean(pairs), abs=1e-6)
                assert here["area_sd"] == pytest.approx(np.std(pairs), abs=1e-5)
            else:
                assert np.isnan(here["area_mean"])
    assert found.sel(area="V1", area_2="V1")["area_mean"] > 0.6
    assert abs(found.sel(area="V1", area_2="LM")["area_mean"]) < 0.15
    within = columns["mean_noise_correlation_area"].to_numpy()
    assert within[0] == pytest.approx((matrix[0, 1] + matrix[0, 4]) / 2, abs=1e-6)
    assert np.isnan(within[5])


def test_a_twin_without_noise_has_no_noise_correlation():
    trials = repeated(4, 3)
    values = np.arange(12.0)[trials["condition"]][:, None] * np.ones(3)
    values[:, 2] += 1e-7 * np.arange(12)  # rounding
    found, columns = noise_correlations(answered(values, trials), matrix=True, **ALL)
    assert np.isnan(found["noise_correlation"]).all()
    assert np.isnan(columns["mean_noise_correlation"]).all()


@pytest.mark.parametrize("frames", [1, 4])
def test_fano_factors_of_poisson_counts_and_of_gains(rng, frames):
    """1 for Poisson counts of any mean; 1 + mean * variance of a shared gain."""
    table = repeated(12, 10)
    n = len(table)
    rates = rng.uniform(0.5, 8, size=(12, 300))
    gain = rng.gamma(1 / 0.25, 0.25, size=(n, 300))
    gain[:, :150] = 1
    lam = rates[table["condition"]] * gain
    frame = np.repeat(np.arange(n), frames + 1)
    counts = rng.poisson(lam[frame] / frames).astype(float)
    table["onset"] = np.arange(n) * (frames + 1) / 30
    table["duration"] = (frames - 1) / 30
    shown = xr.DataArray(
        counts,
        {"time": np.arange(len(frame)) / 30, "unit_id": ("unit", np.arange(300))},
        ("time", "unit"),
        attrs={"frame_rate": 30.0, "trials": table.to_dict("list")},
    )
    found = response_variability(shown, n_splits=1, **ALL)[1]["fano_factor"]
    poisson, gains = found[:150], found[150:]
    spread = np.sqrt(2 / 9 / 12)  # of a variance of 10, over 12 conditions
    assert abs(poisson.mean() - 1) < 4 * spread / np.sqrt(150)
    assert poisson.std() == pytest.approx(spread, rel=0.25)
    wanted = 1 + 0.25 * rates[:, 150:].mean(axis=0)
    assert abs((gains - wanted).mean()) < 0.12 * wanted.mean()
    rate = shown * 30
    again = response_variability(rate, counts="per_second", n_splits=1, **ALL)[1]
    np.testing.assert_allclose(again["fano_factor"], found)


def test_reliability_of_known_signal_and_noise(rng):
    """Closed forms of signal variance S and noise variance N over n presentations."""
    n, noise = 6, 2.0
    trials = repeated(60, n)
    signal = rng.normal(size=(60, 80))
    signal = (signal - signal.mean(axis=0)) / signal.std(axis=0)
    values = 9 + signal[trials["condition"]]
    values += np.sqrt(noise) * rng.normal(size=values.shape)
    columns = response_variability(answered(values, trials), **ALL)[1]
    wanted = {
        "split_half_reliability": 1 / (1 + noise / n),
        "FEV": 1 / (1 + noise),
        "oracle_jackknife": 1 / np.sqrt((1 + noise) * (1 + noise / (n - 1))),
    }
    for name, value in wanted.items():
        found = columns[name]
        assert abs(found.mean() - value) < 0.02, name  # bias
        assert found.std() < 0.08, name  # and spread


def test_reliability_is_that_of_loops(rng):
    trials = repeated(7, 2).sample(frac=1, random_state=1, ignore_index=True)
    trials["onset"] = np.arange(14) / 30
    values = rng.gamma(2.0, size=(14, 5))
    columns = response_variability(answered(values, trials), **ALL)[1]
    by = [values[trials["condition"] == c] for c in range(7)]
    for unit in range(5):
        noise = np.mean([one[:, unit].var(ddof=1) for one in by])
        whole = values[:, unit].var(ddof=1)
        assert columns["FEV"].iloc[unit] == pytest.approx(1 - noise / whole)
        y = np.concatenate([one[:, unit] for one in by])
        others = np.concatenate([one[::-1, unit] for one in by])
        oracle = np.corrcoef(y, others)[0, 1]
        assert columns["oracle_jackknife"].iloc[unit] == pytest.approx(oracle)
    # two presentations can be split in one way up to the order in each condition
    drawn = []
    for _ in range(4000):
        turn = rng.integers(0, 2, 7)
        first = np.stack([one[k] for one, k in zip(by, turn, strict=True)])
        second = np.stack([one[1 - k] for one, k in zip(by, turn, strict=True)])
        drawn.append([np.corrcoef(first[:, u], second[:, u])[0, 1] for u in range(5)])
    r = np.mean(drawn, axis=0)
    many = response_variability(answered(values, trials), n_splits=4000, **ALL)[1]
    found = many["split_half_reliability"].to_numpy()
    np.testing.assert_allclose(found / (2 - found), r, atol=0.02)


def test_feve_of_perfect_and_of_smaller_predictions(rng):
    """1 for the truth; 1 - (1 - a)**2 (1 + m**2 / S) for a times it, of mean m."""
    condition = np.repeat(np.arange(300), 4)
    signal = 5 + rng.normal(size=(300, 60))
    truth = signal[condition]
    values = truth + 1.5 * rng.normal(size=truth.shape)
    for a in (1.0, 0.8):
        _, feve, _ = explained_variance(values, condition, a * truth)
        wanted = 1 - (1 - a) ** 2 * (1 + 25)
        assert abs(feve.mean() - wanted) < 0.02
        assert feve.std() < 0.15
    _, worse, _ = explained_variance(values, condition, 0 * truth + 5)
    assert abs(worse.mean()) < 0.02  # as good as the mean


def test_feve_is_that_of_a_loop_over_frames(rng):
    recorded = rng.gamma(2.0, size=(3, 25, 4))
    model = rng.gamma(2.0, size=(25, 4)).astype(np.float32)
    shown = xr.DataArray(
        model,
        {"time": np.arange(25) / 30, "unit_id": ("unit", np.arange(4))},
        ("time", "unit"),
    )
    table = explained_by_frames(shown, Recording("r.npy", recorded), "it", 5)
    for unit in range(4):
        y = recorded[:, 5:, unit]
        noise = np.mean([y[:, t].var(ddof=1) for t in range(20)])
        error = np.mean([(r - model[5:, unit]) ** 2 for r in y])
        whole = y.ravel().var(ddof=1)
        row = table.iloc[unit]
        assert row["FEV"] == pytest.approx(1 - noise / whole)
        if whole > noise:
            feve = 1 - (error - noise) / (whole - noise)
            assert row["FEVE"] == pytest.approx(feve)
        else:
            assert np.isnan(row["FEVE"])
        loo = np.stack([y[[k for k in range(3) if k != r]].mean(0) for r in range(3)])
        oracle = np.corrcoef(y.ravel(), loo.ravel())[0, 1]
        assert row["oracle_jackknife"] == pytest.approx(oracle)
    with pytest.raises(AnalysisError, match="single repeat"):
        explained_by_frames(shown, Recording("r.npy", recorded[:1]), "it", 5)


def test_feve_of_trials_is_matched_by_condition_and_unit(rng):
    """The prediction shows each condition once, in another order, and other units."""
    trials = repeated(30, 5)
    signal = rng.normal(size=(30, 4)) + 3
    values = signal[trials["condition"]] + 0.5 * rng.normal(size=(150, 4))
    once = repeated(30, 1).sample(frac=1, random_state=2, ignore_index=True)
    once["onset"] = np.arange(30) / 30
    recorded = answered(values, trials)
    predicted = answered(signal[once["condition"]], once).isel(unit=[3, 1, 0])
    table = explained_by_trials(predicted, recorded, **ALL)
    condition = trials["condition"].to_numpy()
    for row, unit in enumerate((3, 1, 0)):
        _, feve, _ = explained_variance(
            values[:, [unit]], condition, signal[condition][:, [unit]]
        )
        assert table["FEVE"].iloc[row] == pytest.approx(feve[0])
        assert table["FEVE"].iloc[row] > 0.95
    assert table.index.tolist() == [10, 8, 7]


def test_what_has_no_repeats_is_said(rng):
    shown = answered(rng.random((5, 2)), repeated(5, 1))
    with pytest.raises(AnalysisError, match="two presentations"):
        noise_correlations(shown, **ALL)
    with pytest.raises(AnalysisError, match="3 conditions"):
        response_variability(answered(rng.random((6, 2)), repeated(2, 3)), **ALL)


def test_intervals_of_fano_factors_and_explainable_variance_hold_the_truth(rng):
    """95 % intervals, but for chance (1 in 1000): Poisson counts, and a known noise."""
    n_units, trials = 150, repeated(15, 12)
    rates = rng.uniform(1, 8, size=(15, n_units))
    counts = rng.poisson(rates[trials["condition"]]).astype(float)
    found = response_variability(
        answered(counts, trials), n_splits=1, n_draws=200, **ALL
    )[1]
    signal = rng.normal(size=(15, n_units))
    signal = (signal - signal.mean(axis=0)) / signal.std(axis=0)
    values = 9 + signal[trials["condition"]] + rng.normal(size=counts.shape)
    normal = response_variability(
        answered(values, trials), n_splits=1, n_draws=200, **ALL
    )[1]
    n = len(trials)
    known = {"fano_factor": (found, 1.0), "FEV": (normal, 1 - 1 / (1 + n / (n - 1)))}
    fewest = scipy.stats.binom.ppf(0.001, n_units, 0.95)
    for name, (table, truth) in known.items():
        low, high = table[f"{name}_low"], table[f"{name}_high"]
        assert fewest <= ((low <= truth) & (truth <= high)).sum(), name
        middle = (low + high) / 2
        assert abs((middle - table[name]).mean()) < 0.1 * (high - low).mean()
    # few presentations of much noise
    trials = repeated(60, 6)
    signal = rng.normal(size=(60, n_units))
    signal = (signal - signal.mean(axis=0)) / signal.std(axis=0)
    values = signal[trials["condition"]] + np.sqrt(2) * rng.normal(size=(360, n_units))
    noisy = response_variability(
        answered(values, trials), n_splits=1, n_draws=200, **ALL
    )[1]
    low, high = noisy["FEV_low"], noisy["FEV_high"]
    assert fewest <= ((low <= 1 / 3) & (1 / 3 <= high)).sum()
    assert abs(((low + high) / 2 - noisy["FEV"]).mean()) < 0.1 * (high - low).mean()
    trials = repeated(15, 12)
    plain = response_variability(answered(counts, trials), n_splits=1, **ALL)[1]
    assert "fano_factor_low" not in plain
    np.testing.assert_array_equal(plain["fano_factor"], found["fano_factor"])
