"""Direction tuning with other conditions, few directions, and against chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from make_experiment import BLANK, SHOWN, experiment

from insilico_gui.analysis import direction_tuning, tuning_columns
from insilico_gui.analysis.tuning.registry import tune
from insilico_gui.errors import AnalysisError


def test_mean_over_or_best_of_other_conditions():
    gain = {0.02: 1.0, 0.04: 3.0, 0.08: 0.5}
    responses = experiment(spatial=tuple(gain), gain=gain)
    plain = experiment(repeats=3)
    mean = direction_tuning(responses)
    assert (mean["count"] == 9).all()
    np.testing.assert_allclose(
        mean["curve"],
        direction_tuning(plain)["curve"] * np.mean(list(gain.values())),
        rtol=1e-5,
    )
    best = direction_tuning(responses, other="best")
    assert (best["count"] == 3).all()
    np.testing.assert_allclose(best["best_spatial_frequency"], 0.04)
    np.testing.assert_allclose(
        best["curve"], direction_tuning(plain)["curve"] * 3, rtol=1e-5
    )
    assert best.attrs["analysis"]["other_columns"] == ["spatial_frequency"]
    again = direction_tuning(
        responses, other="best", other_columns=["spatial_frequency"]
    )
    xr.testing.assert_equal(again["curve"], best["curve"])


def test_blanks_are_left_out():
    responses = experiment()
    table = pd.DataFrame(responses.attrs["trials"])
    blank = table.iloc[[0]].assign(direction=np.nan, onset=0.4)
    tuning = direction_tuning(responses, pd.concat([table, blank]))
    assert tuning.attrs["analysis"]["n_presentations"] == len(table)
    xr.testing.assert_allclose(tuning["curve"], direction_tuning(responses)["curve"])


def test_four_directions_have_raw_indices_but_no_fit():
    responses = experiment(n_directions=4)
    with pytest.raises(AnalysisError, match="5 parameters"):
        direction_tuning(responses)
    tuning = direction_tuning(responses, osi_variant="raw")
    assert {"OSI_raw", "DSI_raw", "gOSI", "gDSI"} <= set(tuning)
    assert not {"OSI_fit", "pref_dir", "mu"} & set(tuning)
    assert "5 parameters" in tuning.attrs["absent"]["pref_dir"]
    assert "pref_dir" not in tuning_columns(tuning)


def test_seven_directions_have_a_fit_but_no_raw_index():
    responses = experiment(n_directions=7)
    with pytest.raises(AnalysisError, match="use the variant 'fit'"):
        direction_tuning(responses, osi_variant="raw")
    tuning = direction_tuning(responses)
    assert "OSI_raw" not in tuning
    assert "orthogonal" in tuning.attrs["absent"]["OSI_raw"]
    # among the columns there would be no OSI but that of the fit
    assert list(tune(responses, "direction")[1].attrs["absent"]) == ["DSI_raw"]
    off = (tuning["pref_dir"] - [0, 33, 90, 200, 350] + 180) % 360 - 180
    assert np.abs(off).max() < 0.1


def test_significance_tells_tuned_from_untuned():
    responses = experiment(repeats=8, noise=0.3)
    rng = np.random.default_rng(4)
    responses[:, 0] = rng.random(len(responses))
    responses[:, 1] = rng.random(len(responses))
    tuning = direction_tuning(responses, n_permutations=100, seed=3)
    p = tuning["p_gDSI"].to_numpy()
    np.testing.assert_allclose(p[2:], 1 / 101)
    assert (p[:2] > 0.01).all()
    assert {"p_gOSI", "p_gDSI"} <= set(tuning_columns(tuning))
    again = direction_tuning(responses, n_permutations=100, seed=3)
    xr.testing.assert_equal(again["p_gOSI"], tuning["p_gOSI"])


def test_chance_level_of_significance_is_uniform():
    """Of units that ignore direction, a tenth has p <= 0.1."""
    responses = experiment(preferred=np.zeros(400), n_directions=8, repeats=4)
    responses[:] = np.random.default_rng(0).random(responses.shape, np.float32)
    tuning = direction_tuning(responses, n_permutations=99)
    for name in ("p_gOSI", "p_gDSI"):
        assert 0.05 < (tuning[name] <= 0.1).mean() < 0.16


@pytest.mark.parametrize(("modulation", "tuned"), [(1e-5, False), (3e-5, True)])
def test_rounding_of_responses_is_no_preference(modulation, tuned):
    """Of each kind of preferred value, from a fit or the largest mean."""
    gain = {0.02: 1.0, 0.04: 3.0, 0.08: 0.5, 0.16: 0.7}
    responses = experiment(spatial=tuple(gain), gain=gain).astype(np.float64)
    curve = responses / responses.max("time")
    responses = (50 * (1 + modulation * (curve - 1))).assign_attrs(responses.attrs)
    _, columns = tune(responses, "direction")
    for name in ("pref_dir", "pref_ori"):
        assert (columns[name].notna() == tuned).all()
    assert columns[["OSI_fit", "DSI_raw", "gOSI", "gDSI"]].abs().max(axis=None) < 1e-4
    _, columns = tune(responses, "spatial_frequency")
    preferred = ["pref_sf_raw", "pref_sf_fit"]
    assert (columns[preferred].notna() == tuned).all(axis=None)
    _, columns = tune(responses, "direction x spatial_frequency")
    preferred = ["pref_direction_raw", "pref_spatial_frequency_raw"]
    assert (columns[preferred].notna() == tuned).all(axis=None)


def test_nothing_to_permute_is_refused():
    with pytest.raises(AnalysisError, match="presented only once"):
        direction_tuning(experiment(repeats=1), n_permutations=100)
    with pytest.raises(AnalysisError, match="too few"):
        direction_tuning(experiment(), n_permutations=-1)


def test_a_direction_lost_to_burn_in_is_named():
    responses = experiment(repeats=1)
    table = pd.DataFrame(responses.attrs["trials"])
    lost = table["direction"][0]
    with pytest.raises(
        AnalysisError, match=rf"directions {lost:g} has a response: .* in the burn-in"
    ):
        direction_tuning(responses, burn_in_frames=BLANK + SHOWN)
