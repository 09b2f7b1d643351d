"""Chance and power of the test of responsiveness, against scipy and brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import f_oneway, false_discovery_control, kstest
from test_significance import answered, crossed

from insilico_gui.analysis import responsiveness
from insilico_gui.errors import AnalysisError

RATE = 30.0
N = 2000


@pytest.fixture
def rng():
    return np.random.default_rng(21)


def with_blanks(n_conditions, repeats, n_blanks, **more):
    """A trial table in which the last rows, without a size, are blanks."""
    table = crossed(size_deg=[*np.arange(n_conditions) + 1.0], repeat=range(repeats))
    blank = crossed(size_deg=[np.nan], repeat=range(n_blanks))
    table = pd.concat([table, blank], ignore_index=True)
    return table.assign(onset=np.arange(len(table)) / RATE, duration=0.0, **more)


def p_table(values, trials, **options):
    return responsiveness(
        answered(values, trials),
        burn_in_frames=0,
        over="size_deg",
        **{"n_permutations": 199, **options},
    )[1]


def before_and_after(rng, trials, n_units, rate=2.0, shown=None, latency=0):
    """Counts by frame: three frames before each onset, three frames of the trial."""
    n_frames = 6 * len(trials) + 6
    onset = 3 + 6 * np.arange(len(trials))
    lam = np.full((n_frames, n_units), rate)
    if shown is not None:
        for first, extra in zip(onset, shown, strict=True):
            lam[first + latency : first + latency + 3] += extra
    trials = trials.assign(onset=onset / RATE, duration=3 / RATE)
    return xr.DataArray(
        rng.poisson(lam).astype(float),
        {
            "time": np.arange(n_frames) / RATE,
            "unit_id": ("unit", np.arange(n_units)),
        },
        ("time", "unit"),
        attrs={"frame_rate": RATE, "trials": trials.to_dict("list")},
    )


DESIGNS = {
    "two repeats, as many blanks": (6, 2, 2),
    "many conditions, few blanks": (16, 3, 4),
    "two conditions, many blanks": (2, 4, 20),
}


def is_uniform(p, n=199):
    """Of p that are multiples of 1 / (n + 1): half a step is added at random."""
    spread = np.random.default_rng(0).random(len(p)) / (n + 1)
    return kstest(p - spread, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("blocks", [False, True])
def test_p_against_blanks_is_uniform_without_a_response(rng, name, blocks):
    trials = with_blanks(*DESIGNS[name])
    values = rng.gamma(2.0, size=(len(trials), N))
    if blocks:  # a gain that drifts from block to block
        values *= 1 + trials["repeat"].to_numpy()[:, None]
    else:
        trials = trials.drop(columns="repeat")
    assert is_uniform(p_table(values, trials)["p_response"].to_numpy())


@pytest.mark.parametrize(("n_conditions", "repeats"), [(3, 3), (8, 2), (1, 8)])
def test_p_against_the_baseline_is_uniform_without_a_response(
    rng, n_conditions, repeats
):
    table = crossed(size_deg=np.arange(n_conditions) + 1.0, turn=range(repeats))
    responses = before_and_after(rng, table.drop(columns="turn"), N, rate=200.0)
    p = responsiveness(
        responses, burn_in_frames=0, over="size_deg", n_permutations=199
    )[1]["p_response"].to_numpy()
    if n_conditions * repeats == 8 and n_conditions == 1:
        # one mean: its sign makes no difference, so that p comes in 128 steps
        assert abs(p.mean() - 0.5) < 0.03
    assert is_uniform(p)


def test_rare_spikes_are_not_called_responses(rng):
    """Of few counts many shuffles are equal, and p is too large and never too small."""
    table = crossed(size_deg=np.arange(4) + 1.0, turn=range(3))
    responses = before_and_after(rng, table.drop(columns="turn"), N, rate=0.05)
    p = responsiveness(responses, burn_in_frames=0, over="size_deg", n_permutations=99)
    p = np.sort(p[1]["p_response"])
    share = np.arange(1, N + 1) / N
    assert (share - p)[:-1][np.diff(p) > 0].max(initial=0) < 1.63 / np.sqrt(N)


def test_p_is_that_of_all_signs(rng):
    """Brute force over all 2**6 signs of the differences of six trials."""
    table = crossed(size_deg=[1.0, 2.0], turn=range(3)).drop(columns="turn")
    responses = before_and_after(rng, table, 8, rate=50.0, shown=[8.0] * 6)
    frames = responses.to_numpy()
    away = np.stack(
        [
            frames[3 + 6 * k : 6 + 6 * k].mean(axis=0)
            - frames[6 * k : 3 + 6 * k].mean(axis=0)
            for k in range(6)
        ]
    )

    def unevenness(signs):
        flipped = away * np.asarray(signs)[:, None]
        return (flipped[:3].sum(0) ** 2 + flipped[3:].sum(0) ** 2) / 3

    every = np.stack([unevenness(s) for s in product((-1, 1), repeat=6)])
    exact = (every >= unevenness([1] * 6) - 1e-9).mean(axis=0)
    n = 2000
    _, columns = responsiveness(
        responses, burn_in_frames=0, over="size_deg", n_permutations=n
    )
    spread = np.sqrt(exact * (1 - exact) / n)
    assert (np.abs(columns["p_response"] - exact) < 4 * spread + 2 / n).all()


def test_power_against_blanks_is_that_of_an_analysis_of_variance(rng):
    trials = with_blanks(5, 4, 8).drop(columns="repeat")
    shown = np.nan_to_num(trials["size_deg"].to_numpy())
    values = rng.normal(5, 1, size=(len(trials), 300))
    values += 1.3 * (shown == 3)[:, None]
    columns = p_table(values, trials)
    groups = [values[shown == size] for size in range(6)]
    wanted = (f_oneway(*groups).pvalue <= 0.05).mean()
    assert 0.2 < wanted < 0.9
    assert abs((columns["p_response"] <= 0.05).mean() - wanted) < 0.05
    np.testing.assert_allclose(
        columns["q_response"], false_discovery_control(columns["p_response"])
    )


def test_a_response_is_found_and_measured(rng):
    """Against the baseline, with a latency; the change has the size that it was given."""
    table = crossed(size_deg=[1.0, 2.0, 3.0], turn=range(10)).drop(columns="turn")
    extra = np.where(table["size_deg"] == 2.0, 6.0, 0.0)
    responses = before_and_after(rng, table, 100, rate=4.0, shown=extra, latency=1)
    _, columns = responsiveness(
        responses,
        burn_in_frames=0,
        over="size_deg",
        latency_s=1 / RATE,
        n_permutations=199,
    )
    assert (columns["p_response"] <= 0.05).mean() > 0.95
    off = columns["response_change"] - 6
    assert abs(off.mean()) < 0.3
    assert off.std() == pytest.approx(np.sqrt((10 + 4) / 2 / 10), rel=0.3)
    assert columns.attrs["against"] == "baseline"


def test_d_prime_is_that_of_known_noise(rng):
    trials = with_blanks(2, 60, 60).drop(columns="repeat")
    shown = np.nan_to_num(trials["size_deg"].to_numpy())
    values = rng.normal(size=(len(trials), 200)) * 2 + 5 * (shown == 1)[:, None]
    found = p_table(values, trials)["response_d_prime"]
    assert abs(found.mean() - 2.5) < 0.05  # 5 / 2
    assert (found > 0).all()


def test_a_silent_unit_and_one_without_noise(rng):
    trials = with_blanks(3, 4, 4).drop(columns="repeat")
    shown = np.nan_to_num(trials["size_deg"].to_numpy())[:, None]
    values = np.hstack([0 * shown, 3 + 0 * shown, 1 + shown, 3 + 1e-5 * shown])
    found = p_table(values, trials)
    np.testing.assert_allclose(found["p_response"], [1, 1, 1 / 200, 1])
    assert np.isnan(found["response_d_prime"]).all()


def test_what_cannot_be_tested_is_said(rng):
    trials = crossed(size_deg=[1.0, 2.0], turn=range(3)).drop(columns="turn")
    shown = answered(rng.random((6, 2)), trials)
    options = {"burn_in_frames": 0, "over": "size_deg"}
    with pytest.raises(AnalysisError, match="without a pause"):
        responsiveness(shown, **options)
    with pytest.raises(AnalysisError, match="fewer than two blanks"):
        responsiveness(shown, against="blanks", **options)
    once = before_and_after(rng, trials.iloc[[0, 3]], 2)
    with pytest.raises(AnalysisError, match="once"):
        responsiveness(once, **options)
    several = before_and_after(rng, trials, 2)
    with pytest.raises(AnalysisError, match="does not fit"):
        responsiveness(several, baseline_s=1.0, **options)
