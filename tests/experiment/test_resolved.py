"""What is on show, resolved from an experiment without a window."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.errors import EncodingError, ExperimentError
from insilico_gui.experiment.document import SessionEntry
from insilico_gui.experiment.resolved import Resolver
from insilico_gui.stimuli import ArrayStimulus
from insilico_gui.stimuli.core.base import Origin

TRIALS = pd.DataFrame(
    {
        "onset": np.arange(8) * 1.0 + 1.0,
        "duration": 1.0,
        "condition": np.arange(8),
        "direction": np.arange(8) * 45.0,
    }
)


@pytest.fixture
def session():
    return LeakySession()


@pytest.fixture
def experiment(session):
    """A session and a clip with trials, both open, as in a window."""
    made = ig.Experiment(library=None)
    made.computes_when_asked = False
    made.put_session(SessionEntry(id="leaky"), session, name="leaky", show=True)
    clip = np.random.default_rng(0).integers(0, 255, (100, 6, 8), np.uint8)
    shown = ArrayStimulus(clip, 10.0, trials=TRIALS)
    made.add_stimulus(shown, name="clip", show=True)
    return made


@pytest.fixture
def resolver(experiment):
    return Resolver(experiment)


def tune(experiment):
    task = experiment.analysis_task("direction tuning")
    experiment.finish_analysis(task, task.compute())
    return experiment.document.analyses[-1]


def test_nothing_is_on_show_of_an_empty_experiment():
    now = Resolver(ig.Experiment(library=None)).resolve()
    assert (now.session, now.stimulus, now.selection, now.state) == (None,) * 4
    assert now.response_at(0) is None
    assert (len(now.encoded_rows), len(now.selected_columns)) == (0, 0)
    assert now.n_times == 1 and now.moment(0) == ""


def test_responses_come_with_the_run(experiment, resolver):
    before = resolver.resolve()
    assert before.state == "new" and before.responses is None
    responses = experiment.encode("leaky", "clip")
    now = resolver.resolve()
    assert now.responses is responses and now.state == "done"
    changed = now.changed_since(before)
    assert {"responses", "encoded", "state", "runs"} <= changed
    assert not changed & {"session", "stimulus", "units", "selection", "view"}
    assert resolver.resolve().changed_since(now) == frozenset()


def test_response_at_a_moment(experiment, resolver):
    experiment.pick(areas=["LM"])
    pair = experiment.plan_run(selected_only=True)
    responses = experiment.encode(*pair)
    now = resolver.resolve()
    row, chosen = now.response_at(4), now.selection.indices
    np.testing.assert_array_equal(row[chosen], responses[4])
    assert np.isnan(np.delete(row, chosen)).all()
    assert now.encoded_rows.tolist() == chosen.tolist()


def test_selection_within_what_was_encoded(experiment, resolver):
    experiment.pick(areas=["LM"])
    experiment.encode(*experiment.plan_run(selected_only=True))
    experiment.pick(indices=[1, 2, 4])
    assert resolver.resolve().selected_columns.tolist() == [0, 1]  # 1, 4 are in LM
    experiment.pick(areas=["V1"])
    assert resolver.resolve().selected_columns.tolist() == []


def test_another_stimulus_shows_its_own_responses(experiment, resolver):
    experiment.encode("leaky", "clip")
    first = resolver.resolve()
    other = ArrayStimulus(np.zeros((7, 6, 8), np.uint8), 10.0)
    experiment.add_stimulus(other, name="grey", show=True)
    now = resolver.resolve()
    assert now.responses is None and now.encoded is None and now.results == {}
    assert now.shown.n_items == 7 and now.state == "new"
    experiment.show(stimulus="clip")
    back = resolver.resolve()
    assert back.responses is first.responses  # at once, not computed again


def test_fit_is_resolved_and_recorded(experiment, resolver):
    wide = ArrayStimulus(np.zeros((5, 6, 24), np.uint8), 10.0)
    experiment.add_stimulus(wide, name="wide", show=True)
    experiment.encode("leaky", "wide")
    experiment.set_fit("wide", "pad")
    now = resolver.resolve()
    assert now.fit == "pad" and "bars fill 67 %" in now.conversion.summary
    assert now.state == "stale" and now.responses is None
    responses = experiment.encode("leaky", "wide")
    assert responses.attrs["stimulus_attrs"]["fit"] == "pad"
    experiment.undo()
    experiment.undo()
    assert resolver.resolve().fit == "crop"


def test_a_stimulus_that_does_not_fit_is_told(experiment, resolver, tmp_path):
    class Endless(ArrayStimulus):
        n_frames = 0

    bad = Endless(np.zeros((2, 6, 8), np.uint8), 10.0)
    bad.n_frames = 10**9
    (tmp_path / "endless.npy").write_bytes(b"as if it were long")
    bad.origin = Origin((tmp_path / "endless.npy",))
    experiment.encode("leaky", "clip")
    before = resolver.resolve()
    experiment.add_stimulus(bad, name="bad", show=True)
    now = resolver.resolve()
    assert now.shown is None and now.responses is None
    assert "the limit is 24" in now.misfit
    with pytest.raises(ig.InsilicoError, match="the limit is 24"):
        experiment.task("leaky", "bad").compute(None, None, None, progress=False)
    experiment.undo()
    assert resolver.resolve().responses is before.responses


def test_columns_of_results_join_the_unit_table_and_the_export(experiment, resolver):
    experiment.pick(areas=["LM"])
    experiment.encode(*experiment.plan_run(selected_only=True))
    tune(experiment)
    now = resolver.resolve()
    in_lm = (now.session.units["area"] == "LM").to_numpy()
    assert np.isfinite(now.units.loc[in_lm, "gDSI"]).all()
    assert np.isnan(now.units.loc[~in_lm, "gDSI"]).all()
    assert now.is_current("gDSI") and now.is_current("area")
    result = now.results["direction tuning"]
    exported = experiment.to_export("leaky", "clip")()
    np.testing.assert_allclose(exported["gDSI"], result.columns["gDSI"])
    about = exported.attrs["analyses"]["direction tuning of clip"]
    assert about["burn_in_frames"] == 10


def test_measured_columns_stay_apart_from_the_sessions_own(
    experiment, session, resolver
):
    session.units["gOSI"] = -1.0
    experiment.encode("leaky", "clip")
    tune(experiment)
    now = resolver.resolve()
    assert (now.units["gOSI"] == -1).all()
    taken = experiment.to_export("leaky", "clip")()
    result = now.results["direction tuning"]
    np.testing.assert_allclose(taken["gOSI_measured"], result.columns["gOSI"])
    assert (taken["gOSI"] == -1).all()


def test_what_is_being_computed_is_told(experiment, resolver):
    experiment.encode("leaky", "clip")
    task = experiment.analysis_task("direction tuning")
    experiment.start_analysis(task)
    assert resolver.resolve().computing == {"direction tuning"}
    experiment.stop_analysis(task)
    assert resolver.resolve().computing == frozenset()
    experiment.start_analysis(task)
    experiment.remove_stimulus("clip")
    with pytest.raises(ExperimentError, match="other responses"):
        experiment.finish_analysis(task, task.compute())
    assert resolver.resolve().results == {}


def test_a_run_in_the_background(experiment, resolver):
    task = experiment.task("leaky", "clip")
    experiment.start(task)
    assert resolver.resolve().state == "encoding"
    experiment.fail(task, cancelled=True)
    assert resolver.resolve().state == "new"
    experiment.start(task)
    experiment.fail(task)
    assert resolver.resolve().state == "failed"
    experiment.start(task)
    experiment.finish(task, task.compute(None, None, None, progress=False))
    assert resolver.resolve().state == "done"


def test_what_is_missing_is_said(session):
    experiment = ig.Experiment(library=None)
    with pytest.raises(ig.InsilicoError, match="no session"):
        experiment.plan_run()
    experiment.put_session(SessionEntry(id="leaky"), session, show=True)
    with pytest.raises(ig.InsilicoError, match="no stimulus"):
        experiment.plan_run()


def test_a_stimulus_that_the_session_does_not_take(experiment, resolver):
    table = ig.stimuli.ConditionTable(pd.DataFrame({"contrast": [0.0, 1.0]}))
    experiment.add_stimulus(table, name="table", show=True)
    now = resolver.resolve()
    assert now.shown is None and "table of conditions" in now.misfit
    with pytest.raises(EncodingError, match="table of conditions"):
        experiment.task("leaky", "table")
