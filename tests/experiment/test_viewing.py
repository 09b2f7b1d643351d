"""Selections and views of an experiment: each command, what it selects and tells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.errors import ExperimentError, SelectionError
from insilico_gui.experiment.analyses import Result
from insilico_gui.experiment.document import SessionEntry
from insilico_gui.stimuli import ArrayStimulus


@pytest.fixture
def session():
    return LeakySession()


@pytest.fixture
def experiment(session, frames):
    """A session and a clip, both open and encoded."""
    made = ig.Experiment(library=None)
    made.put_session(SessionEntry(id="leaky"), session, name="leaky", show=True)
    trials = pd.DataFrame(
        {"onset": [1.1, 1.7], "duration": 0.5, "condition": 0, "direction": [0, 90]}
    )
    shown = ArrayStimulus(frames, 10.0, trials=trials)
    made.add_stimulus(shown, name="clip", show=True)
    made.encode("leaky", "clip")
    return made


def result_of(experiment, values):
    """Take values, one per unit, as the result of an analysis."""
    task = experiment.analysis_task("sparseness", parameters={"over": "direction"})
    columns = pd.DataFrame({"gOSI": values})
    columns.attrs["latency_s"] = 0.05
    result = Result(xr.Dataset(), columns, np.arange(len(values)))
    experiment.finish_analysis(task, result)


@pytest.fixture
def told(experiment):
    seen = []
    experiment.changed.connect(lambda change: seen.append(change.command))
    return seen


def test_the_whole_way_to_a_file(experiment, session, frames, tmp_path):
    experiment.pick(areas=["V1"], fields=[1])
    written = experiment.export(
        tmp_path / "out.npz", selection=experiment.document.view.selection
    )
    loaded = ig.load_responses(written)
    chosen = experiment.picked()
    whole = ig.encode(session, ArrayStimulus(frames, 10.0))
    np.testing.assert_array_equal(loaded, whole[:, chosen.indices])
    assert loaded.attrs["selection"] == chosen.rule
    ids = session.units["unit_id"].iloc[chosen.indices]
    assert loaded["unit_id"].to_numpy().tolist() == ids.tolist()


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".parquet", ".zarr"])
def test_results_select_and_the_rule_goes_along(experiment, tmp_path, suffix):
    result_of(experiment, np.linspace(0, 1, 12))
    chosen = experiment.pick(areas=["V1", "LM"], where={"gOSI": (0.5, None)})
    units = experiment.units().iloc[chosen.indices]
    assert (units["gOSI"] >= 0.5).all() and len(units) == 4
    written = experiment.export(
        tmp_path / f"out{suffix}", selection=experiment.document.view.selection
    )
    loaded = ig.load_responses(written)
    assert loaded.attrs["selection"] == {
        "areas": ["V1", "LM"],
        "where": {"gOSI": [0.5, None]},
        "combine": "all",
    }
    np.testing.assert_array_equal(loaded["gOSI"], units["gOSI"])


def test_conditions_narrow_what_is_selected(experiment):
    result_of(experiment, np.linspace(0, 1, 12))
    experiment.pick(areas=["V1"])
    assert experiment.narrow({"gOSI": (0.5, None)}).indices.tolist() == [6, 9]
    assert experiment.narrow({"gOSI": (None, 0.5)}).indices.tolist() == [0, 3]
    experiment.narrow({"gOSI": (0, None)})  # the same units as without
    assert experiment.conditions == {"gOSI": [0, None]}
    experiment.narrow({})
    assert experiment.picked().rule == {"areas": ["V1"]}
    with pytest.raises(SelectionError, match="No session"):
        ig.Experiment(library=None).narrow({})


def test_conditions_follow_the_result_that_they_speak_of(experiment):
    result_of(experiment, np.linspace(0, 1, 12))
    experiment.pick(where={"gOSI": (0.9, None)}, areas=["AL"], combine="any")
    result_of(experiment, np.linspace(1, 0, 12))
    assert experiment.picked().indices.tolist() == [0, 1, 2, 5, 8, 11]
    measured = experiment.measured()
    assert measured.origin("area") is None
    name, parameters = measured.origin("gOSI")
    assert name == "sparseness of clip" and parameters["latency_s"] == 0.05


def test_a_command_is_told_once_and_nothing_if_nothing_changes(experiment, told):
    experiment.pick(areas=["V1"])
    experiment.pick(areas=["V1"])
    experiment.show(stimulus="clip")
    experiment.look(time_s=0.5)
    experiment.look(time_s=0.5)
    assert told == ["select", "look"]


def test_others_and_none(experiment):
    experiment.pick(areas=["V1"])
    others = experiment.pick_others()
    assert set(experiment.units().iloc[others.indices]["area"]) == {"LM", "AL"}
    assert len(experiment.pick_none()) == 0
    assert len(experiment.pick_others()) == 12
    experiment.undo()
    experiment.undo()
    assert experiment.picked().indices.tolist() == others.indices.tolist()


def test_a_view_has_no_history_and_a_selection_has(experiment):
    experiment.pick(areas=["LM"])
    experiment.look(layout="anatomical", unit_id=103)
    experiment.undo()
    assert experiment.picked().rule == {"all": True}
    experiment.redo()
    assert experiment.picked().rule == {"areas": ["LM"]}


def test_a_run_of_the_selected_units_keeps_them(experiment):
    experiment.pick(areas=["LM"])
    pair = experiment.plan_run(selected_only=True)
    experiment.pick(areas=["V1"])
    assert experiment.encode(*pair).sizes["unit"] == 4
    assert set(experiment.responses(*pair)["area"].to_numpy()) == {"LM"}
    experiment.pick_none()
    with pytest.raises(SelectionError, match="No unit is selected"):
        experiment.plan_run(selected_only=True)


def test_what_has_no_responses_is_not_exported(experiment, frames, tmp_path):
    experiment.add_stimulus(frames[:7], name="new", frame_rate=10.0, show=True)
    with pytest.raises(ExperimentError, match="encode them first"):
        experiment.export(tmp_path / "x.npz", stimulus="new")
    assert not list(tmp_path.iterdir())


def test_a_run_or_a_file_is_compared_with(experiment):
    experiment.compare_with("leaky", "clip")
    responses = experiment.responses("leaky", "clip")
    assert experiment.reference() is responses
    experiment.compare_with(file="other.npz")
    assert experiment.reference() is None  # not read yet
    experiment.put_recording("other.npz", responses)
    assert experiment.reference() is responses
    with pytest.raises(ExperimentError, match="no stimulus 'gone'"):
        experiment.compare_with("leaky", "gone")
    experiment.compare_with()
    assert experiment.reference() is None


def test_what_is_looked_at_goes_with_what_it_is_of(experiment):
    experiment.compare_with("leaky", "clip")
    experiment.look(unit_id=103, time_s=1.0)
    experiment.pick(areas=["V1"])
    experiment.remove_session("leaky")
    view = experiment.document.view
    assert view.reference is None and view.selection is None
    assert (view.session, view.unit_id, view.time_s) == (None, None, 0.0)
    assert experiment.on_show() == (None, "clip")
    with pytest.raises(ExperimentError, match="no session 'leaky'"):
        experiment.show(session="leaky")
    experiment.undo()
    assert experiment.document.view.session == "leaky"


def test_a_session_that_is_not_open_has_no_selection_yet(experiment, tmp_path):
    path = experiment.save(tmp_path / "x.insilico.yaml")
    opened = ig.Experiment.open(path, library=None)
    with pytest.raises(ExperimentError, match="not open yet"):
        opened.pick(areas=["V1"])
