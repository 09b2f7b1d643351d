"""Selections with names: kept apart from the one worked with, combined, undone."""

from __future__ import annotations

import numpy as np
import pytest
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.errors import ExperimentError, SelectionError
from insilico_gui.experiment.document import SessionEntry


@pytest.fixture
def experiment():
    made = ig.Experiment(library=None)
    made.put_session(SessionEntry(id="leaky"), LeakySession(), show=True)
    return made


def rows(experiment):
    return experiment.picked().indices.tolist()


def test_what_is_kept_stays_as_it_is(experiment, tmp_path):
    experiment.pick(areas=["V1"])
    experiment.keep_selection("V1", "#56b4e9")
    assert experiment.document.view.selection == "V1"
    experiment.pick_unit(4)
    assert rows(experiment) == [4]
    assert experiment.document.view.selection != "V1"
    assert experiment.use_selection("V1").rule == {"areas": ["V1"]}
    assert rows(experiment) == [0, 3, 6, 9]
    # a condition narrows what is worked with, and not what is kept
    experiment.narrow({"rf_x": (0, None)})
    assert len(experiment.selection("V1")) == 4
    path = experiment.save(tmp_path / "x.insilico.yaml")
    reopened = ig.Experiment.open(path, library=None)
    assert reopened.document.selections["V1"].color == "#56b4e9"
    experiment.use_selection(None)
    assert experiment.picked().rule == {"all": True}


def test_selections_are_combined_with_the_selected_units(experiment):
    experiment.pick(areas=["V1"])
    experiment.keep_selection("V1")
    for how, expected in (
        ("union", [0, 1, 3, 6, 9]),
        ("intersection", [0, 3]),
        ("difference", [1]),
    ):
        experiment.pick(indices=[0, 1, 3])
        assert experiment.combine_with("V1", how).indices.tolist() == expected
        assert rows(experiment) == expected
        experiment.undo()
        assert rows(experiment) == [0, 1, 3]
        experiment.redo()
        assert rows(experiment) == expected
    assert experiment.selection("V1").indices.tolist() == [0, 3, 6, 9]


def test_each_is_one_command_that_can_be_undone(experiment):
    told = []
    experiment.changed.connect(lambda change: told.append(change.command))
    experiment.pick(areas=["V1"])
    before = experiment.document
    experiment.keep_selection("a")
    experiment.color_selection("a", "#0072b2")
    experiment.pick(indices=[2])
    experiment.keep_selection("a", replace=True)
    assert experiment.selection("a").indices.tolist() == [2]
    assert experiment.document.selections["a"].color == "#0072b2"
    experiment.use_selection(None)
    assert told == [
        *("select", "keep_selection", "color_selection", "select"),
        *("keep_selection", "use_selection"),
    ]
    for _ in range(5):
        experiment.undo()
    assert experiment.document == before


def test_colors_differ_as_long_as_there_are_any(experiment):
    for k in range(6):
        experiment.pick(indices=[k])
        experiment.keep_selection(f"s{k}")
    kept = {f"s{k}": experiment.document.selections[f"s{k}"].color for k in range(6)}
    assert len(set(kept.values())) >= 5  # the one worked with has a colour as well


def test_what_cannot_be_is_said(experiment):
    experiment.pick(areas=["V1"])
    experiment.keep_selection("V1")
    with pytest.raises(ExperimentError, match="a selection 'V1' already"):
        experiment.keep_selection(" V1 ")
    with pytest.raises(ExperimentError, match="no selection 'V2'"):
        experiment.use_selection("V2")
    with pytest.raises(ExperimentError, match="'sum' is no way to combine"):
        experiment.combine_with("V1", "sum")
    with pytest.raises(ExperimentError):
        experiment.color_selection("V1", "blue")
    other = SessionEntry(id="leaky", directory="elsewhere")
    experiment.put_session(other, LeakySession(30), show=True)
    with pytest.raises(ExperimentError, match="of another session"):
        experiment.use_selection("V1")
    with pytest.raises(SelectionError, match="No session"):
        ig.Experiment(library=None).use_selection(None)
    assert np.all(experiment.picked().indices == np.arange(30))
