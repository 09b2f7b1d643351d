"""Chance levels and power of permutations, against closed forms and brute force."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import kstest

from insilico_gui.analysis import (
    direction_tuning,
    gosi,
    parameter_map,
    parameter_tuning,
)
from insilico_gui.analysis.trials.strata import make_strata, shuffled
from insilico_gui.errors import AnalysisError

RATE = 30.0
GAINS = {0.1: 0.2, 0.3: 1.0, 1.0: 5.0}


def crossed(**columns):
    """A trial table of all combinations, one frame a trial."""
    rows = product(*columns.values())
    table = pd.DataFrame(list(rows), columns=list(columns))
    table["onset"] = np.arange(len(table)) / RATE
    return table.assign(duration=0.0)


def answered(values, trials):
    """Responses of which trial k is frame k."""
    return xr.DataArray(
        values,
        {
            "time": np.arange(len(values)) / RATE,
            "unit_id": ("unit", np.arange(values.shape[1]) + 7),
        },
        ("time", "unit"),
        attrs={"frame_rate": RATE, "trials": trials.to_dict("list")},
    )


def p_of(values, trials, name="p_gOSI", n=199, **options):
    tuning = direction_tuning(
        answered(values, trials),
        osi_variant="raw",
        burn_in_frames=0,
        n_permutations=n,
        **options,
    )
    return tuning[name].to_numpy()


def circle(n):
    return np.arange(n) * 360.0 / n


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize("other", ["mean", "best"])
def test_tuning_is_found_among_gains(rng, other):
    """Weak tuning (gOSI 0.10), and another parameter that scales it 25-fold."""
    trials = crossed(direction=circle(16), contrast=GAINS, repeat=range(4))
    theta = np.radians(trials["direction"].to_numpy())[:, None]
    gain = trials["contrast"].map(GAINS).to_numpy()[:, None]
    assert gosi(1 + 0.2 * np.cos(2 * theta[::12, 0]), circle(16)) == pytest.approx(0.1)
    rate = gain * (1 + 0.2 * np.cos(2 * theta))
    noisy = rate * (1 + 0.25 * rng.normal(size=(len(trials), 60)))
    p = p_of(noisy, trials, n=99, other=other)
    assert (p <= 0.05).mean() > (0.9 if other == "mean" else 0.4)


DESIGNS = {
    "one repeat of each, three contrasts": (
        {"direction": circle(8), "contrast": GAINS},
        "mean",
    ),
    "two repeats": ({"direction": circle(8), "repeat": range(2)}, "mean"),
    "two repeats without a column that says so": (
        {"direction": circle(8), "twice": "ab"},
        "mean",
    ),
    "two repeats at the best contrast": (
        {"direction": circle(16), "contrast": GAINS, "again": "ab"},
        "best",
    ),
    "two repeats at the best of three, blocks": (
        {"direction": circle(8), "contrast": GAINS, "repeat": range(2)},
        "best",
    ),
}


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("index", ["p_gOSI", "p_gDSI"])
def test_p_is_uniform_without_tuning(rng, name, index):
    columns, other = DESIGNS[name]
    trials = crossed(**columns)
    values = rng.gamma(2.0, size=(len(trials), 2000))
    if "contrast" in trials:
        values *= trials["contrast"].map(GAINS).to_numpy()[:, None]
    given = trials.drop(columns=[c for c in ("twice", "again") if c in trials])
    columns = {"other_columns": ["contrast"]} if other == "best" else {}
    p = p_of(values, given, index, other=other, **columns)
    assert not np.isnan(p).any()
    # p is one of 200 values: half a step is added at random
    assert kstest(p - rng.random(len(p)) / 200, "uniform").pvalue > 1e-3
    assert abs(p.mean() - 0.5) < 4 / np.sqrt(12 * len(p))


@pytest.mark.parametrize("other", ["mean", "best"])
def test_p_is_uniform_with_missing_responses(rng, other):
    trials = crossed(direction=circle(4), contrast=GAINS, repeat=range(3))
    values = rng.gamma(2.0, size=(len(trials), 2000))
    values[rng.random(values.shape) < 0.15] = np.nan
    values[:5] = np.nan  # cut off, for all units
    p = p_of(values, trials, other=other)
    known = p[~np.isnan(p)]
    assert len(known) > 1500
    assert kstest(known - rng.random(len(known)) / 200, "uniform").pvalue > 1e-3


def test_p_of_negative_responses_is_not_too_small(rng):
    """Often one orientation alone is above 0, and the index 1: p is then too large."""
    trials = crossed(direction=circle(4), repeat=range(3))
    p = p_of(rng.normal(size=(len(trials), 2000)), trials)
    known = np.sort(p[~np.isnan(p)])
    assert len(known) > 1500
    share = np.arange(1, len(known) + 1) / len(known)
    assert (share - known).max() < 1.63 / np.sqrt(len(known))  # one-sided, p = 0.005


def test_p_of_a_parameter_is_uniform(rng):
    trials = crossed(size_deg=[2.0, 4, 8, 16], direction=[0.0, 90], turn=range(3))
    gain = np.where(trials["direction"] == 0, 9, 1)[:, None]
    values = gain * rng.gamma(2.0, size=(len(trials), 2000))
    for other in ("mean", "best"):
        tuning = parameter_tuning(
            answered(values, trials.drop(columns="turn")),
            "size_deg",
            burn_in_frames=0,
            other=other,
            n_permutations=199,
        )
        p = tuning["p_tuning"].to_numpy()
        assert kstest(p - rng.random(len(p)) / 200, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("repeats", [1, 2])
def test_p_of_a_map_is_uniform(rng, repeats):
    """Of pairs of levels, among contrasts of other gains."""
    trials = crossed(
        size_deg=[2.0, 4, 8], speed=[1.0, 2, 4], contrast=GAINS, turn=range(repeats)
    )
    gain = trials["contrast"].map(GAINS).to_numpy()[:, None]
    values = gain * rng.gamma(2.0, size=(len(trials), 2000))
    tuning = parameter_map(
        answered(values, trials.drop(columns="turn")),
        ("size_deg", "speed"),
        burn_in_frames=0,
        n_permutations=199,
    )
    p = tuning["p_tuning"].to_numpy()
    assert kstest(p - rng.random(len(p)) / 200, "uniform").pvalue > 1e-3


@pytest.mark.parametrize(
    ("columns", "depth"),
    [
        ({"direction": circle(16), "contrast": GAINS, "turn": range(4)}, 0.2),
        ({"direction": circle(16), "contrast": GAINS, "turn": range(1)}, 0.4),
        ({"direction": circle(8), "contrast": [1.0], "turn": range(2)}, 0.6),
    ],
    ids=["four repeats", "one repeat", "two repeats and one contrast"],
)
@pytest.mark.parametrize("index", ["p_gOSI", "p_gDSI"])
def test_power_is_that_of_a_stratified_shuffle(rng, columns, depth, index):
    """Of a loop that shuffles directions within each contrast, on the same responses."""
    turns = {"p_gOSI": 2, "p_gDSI": 1}[index]
    trials = crossed(**columns)
    theta = np.radians(trials["direction"].to_numpy())
    gain = trials["contrast"].map(GAINS).to_numpy()[:, None]
    tuned = 1 + depth * np.cos(turns * theta)[:, None]
    values = gain * tuned * (1 + 0.35 * rng.normal(size=(len(trials), 400)))
    values = np.clip(values, 0, None)
    wave = np.exp(1j * turns * theta)

    def strength(wave):
        return np.abs(wave @ values) / values.sum(axis=0)

    reached = np.ones(400)
    for _ in range(199):
        drawn = wave.copy()
        for contrast in trials["contrast"].unique():
            here = np.flatnonzero(trials["contrast"] == contrast)
            drawn[here] = wave[rng.permutation(here)]
        reached += strength(drawn) >= strength(wave)
    wanted = (reached / 200 <= 0.05).mean()
    assert 0.2 < wanted < 1  # or there is nothing to compare
    found = (p_of(values, trials.drop(columns="turn"), index) <= 0.05).mean()
    assert found >= wanted - 0.03


def test_p_is_that_of_all_shuffles(rng):
    """Brute force: every way to exchange directions within both contrasts."""
    trials = crossed(direction=circle(4), contrast=[0.1, 1.0]).iloc[:8]
    trials = trials.sort_values("contrast", kind="stable", ignore_index=True)
    trials["onset"] = np.arange(8) / RATE
    values = rng.gamma(2.0, size=(8, 6)) * np.repeat([1.0, 5.0], 4)[:, None]
    first, second = values[:4], values[4:]
    orders = [list(order) for order in permutations(range(4))]
    curves = np.stack([(first[a] + second[b]) / 2 for a in orders for b in orders])
    drawn = np.stack([gosi(curve, circle(4)) for curve in curves])
    exact = (drawn >= drawn[0] - 1e-12).mean(axis=0)
    n = 3000
    p = p_of(values, trials, n=n, seed=2)
    spread = np.sqrt(exact * (1 - exact) / n)
    assert (np.abs(p - exact) < 4 * spread + 2 / n).all()


def test_a_shuffle_without_an_index_never_counts_as_smaller(rng):
    """Most shuffles leave this unit no response above 0 in the mean."""
    trials = crossed(direction=circle(4), repeat=range(2)).drop(columns="repeat")
    values = np.full((8, 1), -1.0)
    values[:2] = 0.9  # both of the same direction
    p = p_of(values, trials, n=99)
    # an index that exists is 1: that of one direction alone
    assert p[0] == 1


def test_what_is_rounding_is_not_significant(rng):
    trials = crossed(direction=circle(8), repeat=range(4))
    theta = np.radians(trials["direction"].to_numpy())[:, None]
    rounding = 3 * (1 + 3e-6 * np.cos(2 * theta))
    flat, tuned = np.full((len(trials), 1), 0.1), 3 * (1 + 1e-3 * np.cos(2 * theta))
    p = p_of(np.hstack([rounding, flat, tuned, 0 * flat]), trials, n=99)
    np.testing.assert_array_equal(p, [1, 1, 0.01, np.nan])


def test_strata_are_other_parameters_and_blocks():
    table = crossed(direction=circle(4), contrast=[0.1, 1.0], repeat=range(3))
    level = np.unique(table["direction"], return_inverse=True)[1]
    table["name"] = table["direction"].astype(str)  # the same in other words
    table["serial"] = np.arange(len(table))
    known = {"onset", "duration", "direction", "repeat"}
    strata = make_strata(table, level, (), known)
    pairs = table[["contrast", "repeat"]].assign(strata=strata).drop_duplicates()
    assert len(pairs) == 6 == len(set(strata))
    lost = table.drop(index=0).reset_index(drop=True)  # one presentation is missing
    assert len(set(make_strata(lost, level[1:], (), known))) == 6
    drawn = shuffled(level, strata, np.random.default_rng(0))
    assert (drawn != level).any()
    for stratum in set(strata):
        here = strata == stratum
        assert sorted(drawn[here]) == sorted(level[here])


def test_nothing_to_shuffle_is_said():
    trials = crossed(direction=circle(4), pair=range(2))
    trials["pair"] = np.arange(8)
    with pytest.raises(AnalysisError):
        p_of(np.ones((8, 1)), trials, other="best", other_columns=["pair"])
