"""Direction tuning from responses to its columns of the unit table."""

from __future__ import annotations

import json
import time

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from make_experiment import BLANK, RATE, experiment

from insilico_gui.analysis import direction_tuning, fit_von_mises, gosi, tuning_columns
from insilico_gui.errors import AnalysisError


def test_preferences_are_recovered():
    preferred = np.array([0.0, 33.0, 90.0, 200.0, 350.0])
    tuning = direction_tuning(experiment(preferred))
    off = (tuning["pref_dir"].to_numpy() - preferred + 180) % 360 - 180
    assert np.abs(off).max() < 0.05
    off = (tuning["pref_ori"].to_numpy() - preferred + 90) % 180 - 90
    assert np.abs(off).max() < 0.05
    assert ((tuning["pref_ori"] >= 0) & (tuning["pref_ori"] < 180)).all()
    np.testing.assert_allclose(tuning["kappa"], 1.5, rtol=1e-3)
    np.testing.assert_allclose(tuning["phi"], 0.8, rtol=1e-3)
    np.testing.assert_allclose(tuning["amplitude"], 1, rtol=1e-3)
    assert tuning["success"].all()


def test_curve_is_the_mean_over_presentations_with_its_error_and_count():
    responses = experiment(noise=0.1, repeats=4)
    tuning = direction_tuning(responses)
    assert tuning["trial_response"].dims == ("trial", "unit")
    trials = pd.DataFrame(tuning["trial_response"].to_numpy())
    grouped = trials.groupby(tuning["trial_direction"].to_numpy())
    np.testing.assert_allclose(tuning["curve"], grouped.mean())
    np.testing.assert_allclose(tuning["sem"], grouped.sem(), rtol=1e-9)
    assert (tuning["count"] == 4).all()
    np.testing.assert_array_equal(tuning["direction"], np.arange(8) * 45)
    np.testing.assert_array_equal(
        tuning["trial_direction"], responses.attrs["trials"]["direction"]
    )


def test_indices_are_those_of_the_curve():
    tuning = direction_tuning(experiment(noise=0.1))
    curve, directions = tuning["curve"].to_numpy(), tuning["direction"].to_numpy()
    np.testing.assert_allclose(tuning["gOSI"], gosi(curve, directions))
    fit = fit_von_mises(curve, directions)
    np.testing.assert_array_equal(tuning["OSI_fit"], fit.osi)
    np.testing.assert_array_equal(tuning["DSI_fit"], fit.dsi)
    np.testing.assert_array_equal(tuning["mse"], fit.mse)


def test_order_of_the_trial_table_does_not_matter():
    responses = experiment(noise=0.1)
    table = pd.DataFrame(responses.attrs["trials"])
    forward = direction_tuning(responses)
    for seed in range(3):
        shuffled = table.sample(frac=1, random_state=seed)
        again = direction_tuning(responses, shuffled)
        for name in ("curve", "sem", "count", "gOSI", "gDSI", "OSI_raw", "pref_dir"):
            np.testing.assert_allclose(again[name], forward[name], rtol=1e-6)


def test_rotating_the_stimulus_by_a_step_rotates_the_preference():
    responses = experiment(noise=0.02)
    table = pd.DataFrame(responses.attrs["trials"])
    before = direction_tuning(responses)
    after = direction_tuning(responses, table.assign(direction=table["direction"] + 45))
    moved = (after["pref_dir"] - before["pref_dir"]) % 360
    np.testing.assert_allclose(moved, 45, atol=0.01)
    for name in ("gOSI", "gDSI", "OSI_raw", "DSI_raw"):
        np.testing.assert_allclose(after[name], before[name], atol=1e-9)


def test_gain_changes_no_index():
    responses = experiment(noise=0.02)
    before, after = direction_tuning(responses), direction_tuning(responses * 8)
    assert "trials" in (responses * 8).attrs
    for name in ("gOSI", "gDSI", "OSI_raw", "OSI_folded", "OSI_fit", "pref_dir"):
        np.testing.assert_allclose(after[name], before[name], atol=1e-6)


def test_nan_presentations_are_left_out_of_their_unit():
    responses = experiment(repeats=3)
    clean = direction_tuning(responses)
    trials = pd.DataFrame(responses.attrs["trials"])
    first = round(trials["onset"][4] * RATE)
    responses[first + 3, 2] = np.nan
    tuning = direction_tuning(responses)
    missing = tuning["count"].sel(direction=trials["direction"][4])
    np.testing.assert_array_equal(missing, [3, 3, 2, 3, 3])
    np.testing.assert_allclose(tuning["curve"], clean["curve"], rtol=1e-6)


def test_a_lost_presentation_is_not_counted():
    responses = experiment(repeats=3)
    last = responses.isel(time=slice(0, -BLANK - 5))
    tuning = direction_tuning(last)
    assert tuning.attrs["analysis"]["cut_off"] == 1
    assert tuning.attrs["analysis"]["n_presentations"] == 23
    assert tuning["count"].sum("direction").max() == 23
    assert np.isfinite(tuning["gOSI"]).all()


def test_unit_without_any_response_to_a_direction_is_nan():
    responses = experiment(repeats=1)
    first = round(responses.attrs["trials"]["onset"][4] * RATE)
    responses[first, 2] = np.nan
    tuning = direction_tuning(responses)
    assert np.isnan(tuning["curve"][:, 2]).sum() == 1
    for name in ("gOSI", "gDSI", "OSI_raw", "OSI_fit", "pref_dir", "pref_ori"):
        np.testing.assert_array_equal(
            np.isnan(tuning[name]), [False, False, True, False, False]
        )
    assert not tuning["success"][2]


def test_silent_and_flat_units_have_no_preference():
    responses = experiment()
    responses[:, 0] = 0
    responses[:, 1] = 2.5
    tuning = direction_tuning(responses)
    assert np.isnan(tuning["pref_dir"][:2]).all()
    assert np.isnan(tuning["gOSI"][0])
    assert tuning["gOSI"][1] == pytest.approx(0, abs=1e-12)
    assert tuning["OSI_fit"][1] == 0


def test_only_chosen_units():
    responses = experiment()
    everything = direction_tuning(responses)
    some = direction_tuning(responses.isel(unit=[3, 1]))
    np.testing.assert_array_equal(some["unit_id"], [53, 51])
    np.testing.assert_array_equal(some["curve"], everything["curve"][:, [3, 1]])
    mask = np.array([False, True, False, True, False])
    masked = direction_tuning(responses, units=mask)
    np.testing.assert_array_equal(masked["unit_id"], [51, 53])


def test_released_columns_do_not_mix_with_computed_ones():
    responses = experiment().assign_coords(
        gOSI=("unit", np.full(5, -1.0)), cc_max=("unit", np.arange(5.0))
    )
    tuning = direction_tuning(responses)
    assert (tuning["gOSI"] > 0).all()
    assert "cc_max" in tuning.coords


def test_released_columns_do_not_stand_in_for_what_was_not_computed():
    responses = experiment(n_directions=4).assign_coords(
        pref_dir=("unit", np.arange(5.0)), p_gOSI=("unit", np.zeros(5))
    )
    tuning = direction_tuning(responses, osi_variant="raw")
    assert "pref_dir" in tuning.attrs["absent"]  # too few directions for the fit
    assert "pref_dir" not in tuning
    assert list(tuning_columns(tuning)) == ["OSI_raw", "DSI_raw", "gOSI", "gDSI"]


def test_columns_for_the_unit_table():
    tuning = direction_tuning(experiment(), latency_s=0.1, window_s=0.4)
    columns = tuning_columns(tuning)
    assert list(columns) == [
        "pref_dir",
        "pref_ori",
        "OSI_fit",
        "DSI_raw",
        "DSI_fit",
        "gOSI",
        "gDSI",
    ]
    assert list(columns.index) == list(tuning["unit_id"].values)
    assert columns.index.name == "unit_id"
    variants = columns.attrs.pop("variants")
    assert columns.attrs == tuning.attrs["analysis"]
    assert variants["gOSI"] == "vector sum"
    assert columns.attrs["latency_s"] == 0.1
    assert columns.attrs["window_s"] == 0.4
    assert columns.attrs["burn_in_frames"] == 10
    assert columns.attrs["osi_variant"] == "fit"
    assert columns.attrs["n_presentations"] == 24
    folded = tuning_columns(direction_tuning(experiment(), osi_variant="folded"))
    assert "OSI_folded" in folded
    assert "OSI" not in folded
    assert "OSI_fit" not in folded


def test_provenance_goes_with_the_tuning():
    tuning = direction_tuning(experiment())
    assert tuning.attrs["session"] == "synthetic"
    assert tuning.attrs["absent"] == {}
    json.dumps(tuning.attrs)


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        ({"direction": None}, {}, "no column 'direction'"),
        ({"direction": "right"}, {}, "not numeric"),
        ({"direction": np.nan}, {}, "No row"),
        ({}, {"osi_variant": "vector"}, "no OSI variant 'vector'"),
        ({}, {"other": "worst"}, "'mean' or 'best'"),
        ({}, {"other_columns": ["speed"], "other": "best"}, "no column 'speed'"),
        ({}, {"units": [3]}, r"sel\(unit_id=.* or by position with .*isel"),
        ({}, {"units": [51, 53]}, "0 or 1 for each of the 5 units"),
        ({}, {"units": [0] * 5}, "at least one"),
        ({}, {"units": [0.5] * 5}, "0 or 1"),
    ],
)
def test_what_cannot_be_analysed_is_refused(change, arguments, message):
    responses = experiment()
    table = pd.DataFrame(responses.attrs["trials"]).assign(**change)
    if change.get("direction", 0) is None:
        table = table.drop(columns="direction")
    with pytest.raises(AnalysisError, match=message):
        direction_tuning(responses, table, **arguments)


def test_other_datasets_have_no_columns():
    with pytest.raises(AnalysisError, match="not a direction tuning"):
        tuning_columns(xr.Dataset())


def test_a_scan_of_units_takes_seconds():
    rng = np.random.default_rng(0)
    responses = experiment(
        preferred=rng.uniform(0, 360, 3000), n_directions=16, repeats=4, noise=0.1
    )
    start = time.perf_counter()
    direction_tuning(responses)
    assert time.perf_counter() - start < 15  # about 1.5 s on an idle machine
