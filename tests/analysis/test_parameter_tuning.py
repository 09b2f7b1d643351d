"""Tuning to any column of the trial table, on responses with known curves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from make_experiment import experiment

from insilico_gui.analysis import (
    contrast_columns,
    direction_tuning,
    frequency_columns,
    parameter_map,
    parameter_tuning,
    size_columns,
    sparseness_columns,
    speed_columns,
)
from insilico_gui.errors import AnalysisError

GAIN = {0.02: 1.0, 0.04: 3.0, 0.08: 0.5, 0.16: 0.25}
UNITS = np.array([1.0, 2.0, 5.0])


def shown(rates, columns, repeats=2, noise=0.0):
    """Responses [n rows of columns] * units, one frame a trial, shuffled."""
    table = pd.concat([pd.DataFrame(columns).assign(row=range(len(rates)))] * repeats)
    table = table.sample(frac=1, random_state=0, ignore_index=True)
    table["onset"] = np.arange(len(table)) + 1.0
    table["duration"] = 0.0
    values = np.zeros((len(table) + 2, len(UNITS)))
    values[1:-1] = np.asarray(rates)[table["row"]][:, None] * UNITS
    values[1:-1] += noise * np.random.default_rng(0).normal(size=(len(table), 3))
    return xr.DataArray(
        values,
        {"time": np.arange(len(values), dtype=float), "unit_id": ("unit", [7, 8, 9])},
        ("time", "unit"),
        attrs={
            "session": "made",
            "frame_rate": 1.0,
            "trials": table.drop(columns="row").to_dict("list"),
        },
    )


def tune(responses, parameter, **options):
    return parameter_tuning(responses, parameter, burn_in_frames=0, **options)


def test_tuning_to_direction_is_direction_tuning():
    responses = experiment(noise=0.1)
    tuning = parameter_tuning(responses, "direction")
    known = direction_tuning(responses)
    for name in ("curve", "sem", "count"):
        xr.testing.assert_equal(tuning[name].variable, known[name].variable)
    assert tuning.attrs["session"] == "synthetic"
    assert tuning["area"].dims == ("unit",)


def test_mean_over_or_best_direction():
    responses = experiment(spatial=tuple(GAIN), gain=GAIN)
    gains = np.array(list(GAIN.values()))
    best = parameter_tuning(responses, "spatial_frequency", other="best")
    np.testing.assert_allclose(best["spatial_frequency"], list(GAIN))
    np.testing.assert_allclose(
        best["curve"] / best["curve"][0], np.tile(gains[:, None], 5), rtol=1e-5
    )
    np.testing.assert_array_equal(best["best_direction"], [0, 45, 90, 180, 0])
    np.testing.assert_array_equal(best["best_level"], 0.04)
    assert (best["count"] == 3).all()
    mean = parameter_tuning(responses, "spatial_frequency")
    assert (mean["count"] == 24).all()
    assert (mean["curve"] < best["curve"]).all()
    assert "best_direction" not in mean


def test_permuting_trial_order_changes_nothing():
    responses = experiment(spatial=tuple(GAIN), gain=GAIN, noise=0.2)
    table = pd.DataFrame(responses.attrs["trials"])
    other = table.sample(frac=1, random_state=9)
    first = parameter_tuning(responses, "spatial_frequency", table)
    second = parameter_tuning(responses, "spatial_frequency", other)
    xr.testing.assert_allclose(first["curve"], second["curve"])
    xr.testing.assert_allclose(first["sem"], second["sem"])


def test_frequency_columns_say_how_they_were_made():
    responses = experiment(spatial=tuple(GAIN), gain=GAIN)
    tuning = parameter_tuning(
        responses, "spatial_frequency", other="best", latency_s=0.05
    )
    table = frequency_columns(tuning)
    assert list(table) == [
        "pref_sf_raw",
        "pref_sf_fit",
        "sf_low_fit",
        "sf_high_fit",
        "sf_bandwidth_fit",
        "sf_shape_fit",
        "sf_model_fit",
        "sf_r2_fit",
    ]
    assert len(table) == 5
    assert (table["pref_sf_raw"] == 0.04).all()
    assert table["pref_sf_fit"].between(0.02, 0.06).all()
    expected = {
        "variant": "best of log-Gaussian, linear and skewed Gaussian, and difference "
        "of Gaussians",
        "latency_s": 0.05,
        "burn_in_frames": 10,
        "window_s": None,
        "n_presentations": 96,
        "other": "best",
        "parameters": ["spatial_frequency"],
    }
    assert expected.items() <= table.attrs.items()


def test_three_frequencies_have_a_best_one_but_no_fit():
    gain = {0.02: 1.0, 0.04: 3.0, 0.08: 0.5}
    tuning = parameter_tuning(
        experiment(spatial=tuple(gain), gain=gain), "spatial_frequency"
    )
    table = frequency_columns(tuning)
    assert list(table) == ["pref_sf_raw"]
    assert "needs 4 levels" in table.attrs["absent"]["pref_sf_fit"]


def test_speeds_that_differ_by_rounding_are_one_level():
    tf, sf = np.array([1.0, 2, 3, 6, 7]), np.array([0.01, 0.02, 0.03, 0.06, 0.07])
    assert len(np.unique(tf / sf)) > 1
    tuning = tune(shown([1, 2, 3, 4, 5], {"speed": tf / sf}), "speed")
    np.testing.assert_array_equal(tuning["speed"], 100)
    np.testing.assert_allclose(tuning["curve"][0], 3 * UNITS)


def test_names_are_levels_too():
    responses = shown([1.0, 4.0, 0.5], {"polarity": ["off", "on", ""]})
    tuning = tune(responses, "polarity")
    assert tuning["polarity"].values.tolist() == ["off", "on"]
    np.testing.assert_allclose(tuning["curve"], np.outer([1, 4], UNITS))
    np.testing.assert_array_equal(tuning["best_level"], 1)
    np.testing.assert_allclose(tuning["blank"], 0.5 * UNITS)
    with pytest.raises(AnalysisError, match="'polarity' are names"):
        frequency_columns(tuning)


def test_contrast_columns():
    contrasts = np.array([0, 0.1, 0.2, 0.4, 0.8])
    rates = 0.1 + contrasts**2 / (contrasts**2 + 0.3**2)
    table = contrast_columns(tune(shown(rates, {"contrast": contrasts}), "contrast"))
    np.testing.assert_allclose(table["c50_fit"], 0.3)
    np.testing.assert_allclose(table["contrast_exponent_fit"], 2)
    np.testing.assert_allclose(table["contrast_baseline_fit"], 0.1 * UNITS)
    with pytest.raises(AnalysisError, match="tuning to size_deg, not to contrast"):
        contrast_columns(tune(shown(rates, {"size_deg": contrasts}), "size_deg"))


def test_size_columns_use_blanks_as_the_baseline():
    sizes = [5.0, 10, 20, 40, 60, np.nan]
    rates = [0.8, 1.9, 2.2, 1.4, 1.2, 0.2]
    tuning = tune(shown(rates, {"size_deg": sizes}), "size_deg")
    assert tuning.attrs["analysis"]["n_presentations"] == 10
    table = size_columns(tuning)
    assert table.attrs["variant"] == "rog"
    np.testing.assert_allclose(table["pref_size_raw"], 20)
    assert table["pref_size_fit"].between(10, 25).all()
    np.testing.assert_allclose(table["SI_raw"], 1 / 2.2)
    np.testing.assert_allclose(table["SI_net_raw"], 1 / 2.0)
    np.testing.assert_allclose(table["SI_fit"], 1 / 2.2, atol=0.05)
    assert table["size_suppressed_fit"].all()


def frequencies():
    sf, tf = (0.01 * 2.0 ** np.arange(4), 1.0 * 2.0 ** np.arange(4))
    pairs = [(s, t) for s in sf for t in tf]
    rates = [
        np.exp(-(np.log2(s / 0.03) ** 2) / 2 - np.log2(t / s / 80) ** 2 / (2 * 0.8**2))
        for s, t in pairs
    ]
    spatial, temporal = zip(*pairs, strict=True)
    columns = {"spatial_frequency": spatial, "temporal_frequency": temporal}
    return rates, columns


def test_map_over_two_parameters_and_its_speed():
    rates, columns = frequencies()
    responses = shown(rates, columns)
    names = ("spatial_frequency", "temporal_frequency")
    tuning = parameter_map(responses, names, burn_in_frames=0)
    assert tuning["curve"].dims == (*names, "unit")
    np.testing.assert_allclose(
        tuning["curve"], np.multiply.outer(np.reshape(rates, (4, 4)), UNITS)
    )
    assert (tuning["count"] == 2).all()
    turned = parameter_map(responses, names[::-1], burn_in_frames=0)
    for table in (speed_columns(tuning), speed_columns(turned)):
        np.testing.assert_allclose(table["pref_speed_fit"], 80)
        np.testing.assert_allclose(table["speed_index_fit"], 1)
        np.testing.assert_allclose(table["pref_speed_raw"], 2 / 0.02)
    with pytest.raises(AnalysisError, match="not a tuning to 1 parameter"):
        frequency_columns(tuning)
    sparse = sparseness_columns(tuning)["lifetime_sparseness_vinje_gallant"]
    a = np.mean(rates) ** 2 / np.mean(np.square(rates))
    np.testing.assert_allclose(sparse, (1 - a) / (1 - 1 / 16))


def test_significance_tells_tuned_from_untuned():
    levels = np.repeat([1.0, 2.0, 4.0, 8.0], 6)
    responses = shown(levels, {"level": levels}, noise=0.5)
    responses[:, 1] = np.random.default_rng(3).random(len(responses))
    tuning = tune(responses, "level", n_permutations=100)
    p = tuning["p_tuning"].to_numpy()
    np.testing.assert_allclose(p[[0, 2]], 1 / 101)
    assert p[1] > 0.01
    assert "p_level" in frequency_columns(tuning)
    with pytest.raises(AnalysisError, match="presented only once"):
        tune(shown([1, 2], {"level": [1, 2]}, repeats=1), "level", n_permutations=10)


def test_a_part_of_the_units():
    responses = experiment(spatial=tuple(GAIN), gain=GAIN)
    whole = parameter_tuning(responses, "spatial_frequency")
    part = parameter_tuning(responses.isel(unit=[3, 1]), "spatial_frequency")
    xr.testing.assert_equal(part["curve"], whole["curve"].isel(unit=[3, 1]))


def test_what_cannot_be_tuned_is_said():
    rates, columns = frequencies()
    responses = shown(rates, columns)
    with pytest.raises(AnalysisError, match=r"no column 'colour'; it has .*onset"):
        tune(responses, "colour")
    with pytest.raises(AnalysisError, match="no tuning to 'onset'"):
        tune(responses, "onset")
    with pytest.raises(AnalysisError, match="two different columns"):
        parameter_map(responses, ("spatial_frequency",) * 2)
    with pytest.raises(AnalysisError, match="'median'; choose 'mean' or 'best'"):
        tune(responses, "spatial_frequency", other="median")
    part = pd.DataFrame(responses.attrs["trials"])
    part = part[(part.spatial_frequency != 0.02) | (part.temporal_frequency != 4)]
    with pytest.raises(
        AnalysisError, match=r"frequency 0.02 and temporal_frequency 4 together"
    ):
        parameter_map(responses, tuple(columns), part, burn_in_frames=0)
    with pytest.raises(AnalysisError, match=r"of level 1 has a response: .*burn-in"):
        parameter_tuning(
            shown([1, 2], {"level": [1, 2]}, repeats=1),
            "level",
            pd.DataFrame({"level": [1, 2], "onset": [1.0, 2], "duration": 0.0}),
            burn_in_frames=2,
        )
    with pytest.raises(AnalysisError, match="infinite number"):
        tune(shown([1, 2], {"level": [1, np.inf]}), "level")
    with pytest.raises(AnalysisError, match=r"No row .* has a level"):
        tune(shown([1, 2], {"level": [np.nan, np.nan]}), "level")
