"""Tuning of the demo twin, whose true preferences are in its unit table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

import insilico_gui as ig
from insilico_gui.analysis import (
    contrast_columns,
    frequency_columns,
    parameter_map,
    parameter_tuning,
    size_columns,
    speed_columns,
)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def demo():
    return ig.open_session("demo", device="cpu")


@pytest.fixture(scope="module")
def units(demo):
    """A sixth of the tuned units."""
    return np.flatnonzero((demo.units["true_class"] != "untuned").to_numpy())[::6]


def octaves(found, truth):
    return np.abs(np.log2(np.asarray(found) / np.asarray(truth)))


@pytest.mark.parametrize(
    ("parameter", "levels", "short", "duration_s"),
    [
        ("spatial_frequency", 0.01 * 2 ** np.arange(0, 4.1, 0.5), "sf", 1.2),
        # half a second, and a cycle of the slowest
        ("temporal_frequency", 0.5 * 2 ** np.arange(0, 4.6, 0.5), "tf", 2.5),
    ],
)
def test_frequencies_are_found_within_a_step(
    demo, units, parameter, levels, short, duration_s
):
    stimulus = ig.stimuli.drifting_gratings(
        n_directions=8,
        duration_s=duration_s,
        blank_s=0.1,
        **{parameter: levels.tolist()},
    )
    responses = ig.encode(demo, stimulus, indices=units)
    tuning = parameter_tuning(responses, parameter, other="best")
    table = frequency_columns(tuning)
    truth = demo.units[f"true_{short}"].to_numpy()[units]
    for variant in ("raw", "fit"):
        error = octaves(table[f"pref_{short}_{variant}"], truth)
        assert np.mean(error <= 1) >= 0.95
    signed = np.log2(table[f"pref_{short}_fit"] / truth)
    assert abs(signed.median()) <= 0.05
    assert signed.abs().median() <= 0.06
    assert (table[f"{short}_model_fit"] != "").mean() > 0.95
    assert (table[f"{short}_low_fit"] < table[f"pref_{short}_fit"]).mean() > 0.4
    assert (table[f"{short}_shape_fit"] == "band-pass").mean() > 0.95
    assert (table[f"{short}_r2_fit"] > 0.97).mean() > 0.95


def test_contrast_of_half_the_response_is_found(demo, units):
    stimulus = ig.stimuli.drifting_gratings(
        n_directions=8, contrast=(0.05, 0.1, 0.2, 0.4, 0.7, 1), blank_s=0.1
    )
    responses = ig.encode(demo, stimulus, indices=units)
    tuning = parameter_tuning(
        responses, "contrast", other="best", latency_s=0.5, window_s=0.5
    )
    table = contrast_columns(tuning)
    error = octaves(table["c50_fit"], demo.units["true_c50"].to_numpy()[units])
    assert np.mean(error <= 1) >= 0.95
    assert np.median(error) < 0.15
    exponent = demo.units["true_contrast_exponent"].to_numpy()[units]
    assert np.median(exponent) == pytest.approx(2, abs=0.15)
    assert table["contrast_exponent_fit"].median() == pytest.approx(2, abs=0.15)
    error = table["contrast_exponent_fit"] - exponent
    assert abs(error.median()) < 0.05
    assert error.abs().median() < 0.15


def test_demo_units_prefer_frequencies_not_speeds(demo, units):
    """Their filters are separable in space and time."""
    stimulus = ig.stimuli.drifting_gratings(
        n_directions=4,
        spatial_frequency=(0.02, 0.04, 0.08),
        temporal_frequency=(1, 2, 4),
        duration_s=1.5,
        blank_s=0.1,
    )
    responses = ig.encode(demo, stimulus, indices=units)
    tuning = parameter_map(
        responses,
        ("spatial_frequency", "temporal_frequency"),
        other="best",
        latency_s=0.5,
        window_s=1.0,
    )
    table = speed_columns(tuning)
    true_tf, true_sf = demo.units[["true_tf", "true_sf"]].to_numpy()[units].T
    truth = true_tf / true_sf
    inside = table["speed_inside_fit"].to_numpy()
    assert inside.mean() > 0.5
    assert np.mean(octaves(table["pref_speed_fit"], truth)[inside] <= 1) >= 0.95
    assert table["speed_index_fit"][inside].abs().median() < 0.1


def test_preferred_size_is_found_within_a_step(demo):
    """Patches centred on a unit, at its own direction and frequencies."""
    table = demo.units.reset_index(drop=True)
    central = table[
        (table["true_class"] == "direction")
        & (np.hypot(table["rf_x"], table["rf_y"]) < 0.3)
    ].index[::12][:4]
    sizes = (4.0, 8, 16, 32, 64, 128)
    for unit in central:
        truth = table.loc[unit]
        patches = [
            ig.stimuli.drifting_gratings(
                directions=[truth["true_direction"]],
                spatial_frequency=truth["true_sf"],
                temporal_frequency=truth["true_tf"],
                size_deg=size,
                edge_deg=0,
                center=(truth["rf_x"], truth["rf_y"]),
                duration_s=1.5,
                blank_s=0.5,
            )
            for size in sizes
        ]
        videos = np.stack([patch.frames(0, patch.n_frames) for patch in patches])
        trials = pd.concat([patch.trials for patch in patches], ignore_index=True)
        trials = trials.assign(size_deg=sizes, trial=range(len(sizes)))
        responses = ig.encode(demo, videos, indices=[unit])
        tuning = parameter_tuning(
            responses, "size_deg", trials, latency_s=0.5, window_s=1.0
        )
        found = size_columns(tuning, baseline=truth["true_baseline"]).iloc[0]
        for variant in ("raw", "fit"):
            assert octaves(found[f"pref_size_{variant}"], truth["true_size"]) <= 1
        assert found["size_suppressed_fit"]
        assert 0 < found["SI_fit"] < found["SI_net_fit"] < 1
