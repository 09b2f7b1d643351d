"""Trials carry what was shown in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from make_experiment import experiment

import insilico_gui as ig
from insilico_gui.analysis import trial_responses


def test_trials_are_grouped_by_their_labels():
    responses = experiment(spatial=(0.04, 0.08))
    trials = pd.DataFrame(responses.attrs["trials"])
    windowed = trial_responses(responses, latency_s=0.1)
    for name in ("direction", "repeat", "onset", "condition", "spatial_frequency"):
        assert windowed[name].dims == ("trial",)
        np.testing.assert_array_equal(windowed[name], trials[name])
    means = windowed.groupby("direction").mean()
    expected = (
        pd.DataFrame(windowed.to_numpy()).groupby(trials["direction"].to_numpy()).mean()
    )
    np.testing.assert_allclose(means.transpose("direction", "unit"), expected)
    assert windowed.sel(unit_id=52).dims == ("trial",)


def test_repeats_are_counted_where_the_table_does_not():
    responses = experiment(repeats=3)
    trials = pd.DataFrame(responses.attrs["trials"])
    plain = trials.drop(columns=["repeat", "condition"]).assign(unit="deg")
    windowed = trial_responses(responses, plain)
    for _, group in windowed["repeat"].groupby("direction"):
        assert sorted(group.to_numpy()) == [0, 1, 2]
    assert "unit" not in windowed.coords  # the name of a dimension


@pytest.fixture(scope="module")
def demo():
    return ig.open_session("demo", device="cpu")


@pytest.fixture(scope="module")
def batch(demo):
    shown = [
        ig.stimuli.drifting_gratings(
            directions=[direction], duration_s=0.3, blank_s=0.2
        )
        for direction in (0, 90, 225)
    ]
    return ig.encode(demo, shown, units=ig.select(demo, indices=[4, 9]))


def test_a_batch_says_what_each_video_showed(batch):
    assert batch.dims == ("trial", "time", "unit")
    np.testing.assert_array_equal(batch["direction"], [0, 90, 225])
    assert {"onset", "condition", "repeat"} <= set(batch.coords)
    assert batch["time"].attrs["units"] == "s"
    peak = batch.max("time").groupby("direction").mean()
    np.testing.assert_allclose(peak.sel(direction=90), batch[1].max("time"))


@pytest.mark.parametrize("suffix", [".npz", ".zarr", ".csv", ".parquet"])
def test_labels_of_trials_survive_a_file(batch, suffix, tmp_path):
    path = ig.export(batch.isel(trial=[2, 0]), tmp_path / f"batch{suffix}")
    loaded = ig.load_responses(path)
    xr.testing.assert_identical(loaded.load(), batch.isel(trial=[2, 0]))
