"""The experiment without a window: state, commands, signals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import insilico_gui as ig
from insilico_gui.errors import EncodingError, ExportError, SelectionError
from insilico_gui.experiment.window_state import WindowState
from insilico_gui.stimuli import ArrayStimulus
from insilico_gui.units.selection import Selection


@pytest.fixture
def experiment(leaky, clip):
    experiment = WindowState()
    experiment.use_session(leaky)
    experiment.use_stimulus(ArrayStimulus(clip, 10.0))
    return experiment


def run(experiment, **options):
    job = experiment.encoding_job(**options)
    experiment.use_job(job)
    steps = job.run()
    try:
        while True:
            next(steps)
    except StopIteration as end:
        experiment.use_responses(end.value)


def test_the_whole_job(experiment, leaky, clip, tmp_path):
    run(experiment)
    np.testing.assert_array_equal(experiment.responses, ig.encode(leaky, clip))
    experiment.select(areas=["V1"], fields=[1])
    written = experiment.export(tmp_path / "out.npz")
    loaded = ig.load_responses(written)
    columns = experiment.selection.indices
    np.testing.assert_array_equal(loaded, experiment.responses[:, columns])
    assert loaded.attrs["selection"] == experiment.selection.rule
    assert loaded["unit_id"].to_numpy().tolist() == (
        leaky.units["unit_id"].iloc[columns].tolist()
    )


def result_of(experiment, values):
    """Take values, one per encoded unit, as the result of an analysis."""
    columns = pd.DataFrame({"gOSI": values})
    columns.attrs["latency_s"] = 0.05
    experiment.use_analysis("direction tuning", xr.Dataset(), columns)


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".parquet", ".zarr"])
def test_results_select_and_the_rule_goes_along(experiment, tmp_path, suffix):
    run(experiment)
    result_of(experiment, np.linspace(0, 1, 12))
    experiment.select(areas=["V1", "LM"], where={"gOSI": (0.5, None)})
    units = experiment.units.iloc[experiment.selection.indices]
    assert (units["gOSI"] >= 0.5).all() and len(units) == 4
    loaded = ig.load_responses(experiment.export(tmp_path / f"out{suffix}"))
    assert loaded.attrs["selection"] == {
        "areas": ["V1", "LM"],
        "where": {"gOSI": [0.5, None]},
        "combine": "all",
    }
    np.testing.assert_array_equal(loaded["gOSI"], units["gOSI"])


def test_conditions_narrow_what_is_selected(experiment):
    run(experiment)
    result_of(experiment, np.linspace(0, 1, 12))
    experiment.select(areas=["V1"])
    experiment.use_conditions({"gOSI": (0.5, None)})
    assert experiment.selection.indices.tolist() == [6, 9]
    experiment.use_conditions({"gOSI": (None, 0.5)})
    assert experiment.selection.indices.tolist() == [0, 3]
    experiment.use_conditions({"gOSI": (0, None)})  # the same units as without
    assert experiment.conditions == {"gOSI": [0, None]}
    experiment.use_conditions({})
    assert experiment.selection.rule == {"areas": ["V1"]}
    with pytest.raises(SelectionError, match="No session"):
        WindowState().use_conditions({})


def test_conditions_follow_the_result_that_they_speak_of(experiment):
    run(experiment)
    result_of(experiment, np.linspace(0, 1, 12))
    experiment.select(where={"gOSI": (0.9, None)}, areas=["AL"], combine="any")
    result_of(experiment, np.linspace(1, 0, 12))
    assert experiment.selection.indices.tolist() == [0, 1, 2, 5, 8, 11]
    assert experiment.origin("area") is None
    name, parameters = experiment.origin("gOSI")
    assert name == "direction tuning" and parameters["latency_s"] == 0.05


def test_signals_tell_what_changed(experiment):
    seen = []
    for name in ("job", "responses", "selection", "stimulus", "session"):
        signal = getattr(experiment, f"{name}_changed")
        signal.connect(lambda name=name: seen.append(name))
    run(experiment)
    assert seen == ["job", "responses"]
    experiment.select(areas=["V1"])
    experiment.select(areas=["V1"])  # no change
    assert seen[2:] == ["selection"]


def test_another_stimulus_drops_the_responses(experiment, clip):
    run(experiment)
    experiment.use_stimulus(ArrayStimulus(clip[:7], 10.0))
    assert experiment.responses is None and experiment.job is None
    assert experiment.playback.n_frames == 7
    with pytest.raises(ExportError, match="no responses yet"):
        experiment.selected_responses()


def test_fit_is_recorded(leaky):
    experiment = WindowState()
    experiment.use_session(leaky)
    wide = np.zeros((5, 6, 24), np.uint8)
    experiment.use_stimulus(ArrayStimulus(wide, 10.0))
    experiment.use_fit("pad")
    run(experiment)
    assert experiment.responses.attrs["stimulus_attrs"]["fit"] == "pad"
    assert "bars fill 67 %" in experiment.conversion.summary


def test_response_at_a_frame(experiment):
    assert experiment.response_at(0) is None
    experiment.select(areas=["LM"])
    run(experiment, selected_only=True)
    row = experiment.response_at(4)
    chosen = experiment.selection.indices
    np.testing.assert_array_equal(row[chosen], experiment.responses[4])
    assert np.isnan(np.delete(row, chosen)).all()


def test_selection_within_what_was_encoded(experiment):
    experiment.select(areas=["LM"])
    run(experiment, selected_only=True)
    experiment.use_selection(Selection(np.array([1, 2, 4]), {"units": [1, 2, 4]}))
    assert experiment.selected_columns().tolist() == [0, 1]  # 1 and 4 are in LM
    experiment.select(areas=["V1"])
    with pytest.raises(ExportError, match="None of the encoded"):
        experiment.selected_responses()


def test_tuning_columns_join_the_unit_table_and_the_export(leaky):
    experiment = WindowState()
    experiment.use_session(leaky)
    trials = pd.DataFrame(
        {
            "onset": np.arange(8) * 1.0 + 1.0,
            "duration": 1.0,
            "condition": np.arange(8),
            "direction": np.arange(8) * 45.0,
        }
    )
    clip = np.random.default_rng(0).integers(0, 255, (100, 6, 8), np.uint8)
    experiment.use_stimulus(ArrayStimulus(clip, 10.0, trials=trials))
    experiment.select(areas=["LM"])
    run(experiment, selected_only=True)
    tuning = ig.analysis.direction_tuning(experiment.responses)
    columns = ig.analysis.tuning_columns(tuning)
    experiment.use_analysis("direction tuning", tuning, columns)
    in_lm = (leaky.units["area"] == "LM").to_numpy()
    assert np.isfinite(experiment.units.loc[in_lm, "gDSI"]).all()
    assert np.isnan(experiment.units.loc[~in_lm, "gDSI"]).all()
    exported = experiment.selected_responses()
    np.testing.assert_allclose(exported["gDSI"], columns["gDSI"])
    assert exported.attrs["analyses"]["direction tuning"]["burn_in_frames"] == 10
    experiment.use_stimulus(experiment.stimulus)
    assert experiment.analyses == {}


def test_what_is_missing_is_said(leaky):
    experiment = WindowState()
    with pytest.raises(EncodingError, match="No session"):
        experiment.encoding_job()
    experiment.use_session(leaky)
    with pytest.raises(EncodingError, match="no stimulus"):
        experiment.encoding_job()


def test_measured_columns_stay_apart_from_the_sessions_own(leaky):
    leaky.units["gOSI"] = -1.0
    experiment = WindowState()
    experiment.use_session(leaky)
    clip = np.random.default_rng(0).integers(0, 255, (40, 6, 8), np.uint8)
    experiment.use_stimulus(ArrayStimulus(clip, 10.0))
    run(experiment)
    columns = pd.DataFrame({"gOSI": np.arange(12.0), "shape": ["low-pass"] * 12})
    columns.attrs = {"latency_s": 0.1}
    experiment.use_analysis("tuning", pd.DataFrame().to_xarray(), columns)
    assert (experiment.units["gOSI"] == -1).all()
    taken = experiment.selected_responses()
    np.testing.assert_array_equal(taken["gOSI_measured"], np.arange(12.0))
    assert (taken["gOSI"] == -1).all()
    assert set(taken["shape"].to_numpy()) == {"low-pass"}
    about = taken.attrs["analyses"]["tuning"]
    assert about["latency_s"] == 0.1
    assert about["stimulus_hash"] == experiment.responses.attrs["stimulus_hash"]
    # a later result of the same analysis replaces all of the earlier
    fewer = pd.DataFrame({"gOSI": np.zeros(12)})
    experiment.use_analysis("tuning", pd.DataFrame().to_xarray(), fewer)
    assert "shape" not in experiment.units


def test_a_stimulus_that_does_not_fit_changes_nothing(experiment):
    run(experiment)
    before = experiment.responses, experiment.stimulus

    class Endless(ArrayStimulus):
        n_frames = 0

    bad = Endless(np.zeros((2, 6, 8), np.uint8), 10.0)
    bad.n_frames = 10**9
    with pytest.raises(ig.InsilicoError):
        experiment.use_stimulus(bad)
    assert (experiment.responses, experiment.stimulus) == before
