"""Selections that are kept in the document, and what is resolved from it."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.experiment.document import MOST_STROKES, SessionEntry
from insilico_gui.experiment.resolved import Resolver


@pytest.fixture
def experiment():
    made = ig.Experiment(library=None)
    entry = SessionEntry(id="leaky")
    made.put_session(entry, LeakySession(), show=True, opens_again=True)
    return made


def test_conditions_on_names_are_kept_and_reopened(experiment, tmp_path):
    wanted = {"rf_x": [-0.5, None], "area": ["V1", "LM"]}
    experiment.narrow({"rf_x": (-0.5, None), "area": ["V1"]})
    chosen = experiment.narrow(wanted)
    units = experiment.units()
    rows = (units["rf_x"] >= -0.5) & (units["area"] != "AL")
    assert chosen.indices.tolist() == np.flatnonzero(rows).tolist()
    assert experiment.conditions == chosen.rule["where"] == wanted
    path = experiment.save(tmp_path / "x.insilico.yaml")
    reopened = ig.Experiment.open(path, library=None)
    entry = reopened.document.sessions["leaky"]
    reopened.put_session(entry, LeakySession(), show=True)
    assert reopened.picked() == chosen
    assert reopened.picked().rule == chosen.rule


def test_sessions_of_one_id_have_units_of_their_own(experiment):
    assert len(experiment.picked()) == 12
    entry = SessionEntry(id="leaky", directory="elsewhere")
    experiment.put_session(entry, LeakySession(30), show=True)
    assert len(experiment.picked()) == 30
    experiment.pick(areas=["LM"])
    experiment.show(session="leaky")
    assert experiment.picked().rule == {"all": True} and len(experiment.picked()) == 12


def test_what_was_drawn_is_kept_with_the_selection(experiment):
    corners = np.array([[0, 0], [0, 1], [1, 1.00049]])
    chosen = experiment.lasso("anatomical", corners, [2, 5])
    assert chosen.indices.tolist() == [2, 5]
    expected = [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    assert chosen.rule == {"lasso": expected, "layout": "anatomical"}
    (entry,) = experiment.document.selections.values()
    assert entry.lasso.layout == "anatomical"
    assert entry.rule == {"indices": (2, 5)}
    # what replaces the selection was not drawn
    assert experiment.pick(areas=["V1"]).rule == {"areas": ["V1"]}
    (entry,) = experiment.document.selections.values()
    assert entry.lasso is None
    experiment.undo()
    assert experiment.picked().rule["lasso"] == expected


def test_what_has_not_changed_is_resolved_to_the_same(experiment):
    empty = Resolver(ig.Experiment(library=None))
    assert empty.resolve().changed_since(empty.resolve()) == frozenset()
    resolver = Resolver(experiment)
    experiment.add_stimulus(
        np.zeros((12, 6, 8), np.uint8), frame_rate=10.0, name="clip", show=True
    )
    experiment.encode("leaky", "clip")
    experiment.narrow({"rf_x": (-0.5, None), "area": ["V1"]})
    before = resolver.resolve()
    assert before.responses is not None and before.frames is not None
    assert resolver.resolve().changed_since(before) == frozenset()
    experiment.look(limits=(0.0, 1.0))
    changed = resolver.resolve().changed_since(before)
    assert changed == {"view", "view.limits"}


def test_what_is_removed_is_let_go_and_opened_again(experiment):
    entry = experiment.document.sessions["leaky"]
    frames = np.ones((12, 6, 8), np.uint8)
    experiment.add_stimulus(frames, frame_rate=10.0, name="clip", show=True)
    experiment.encode("leaky", "clip")
    experiment.pick(areas=["V1"])
    held = [weakref.ref(part()) for part in (experiment.session, experiment.stimulus)]
    experiment.remove_session("leaky")
    experiment.remove_stimulus("clip")
    gc.collect()
    assert [ref() for ref in held] == [None, None]
    experiment.undo()
    experiment.undo()
    assert not experiment.live.is_open(entry)
    np.testing.assert_array_equal(experiment.stimulus("clip").frames(0, 12), frames)


def test_one_unit_is_picked_added_and_toggled_by_one_command_each(experiment):
    told = []
    experiment.changed.connect(lambda change: told.append(change.command))
    ids = experiment.units()["unit_id"].tolist()
    for row, how, expected, looked in (
        (3, "alone", [3], ids[3]),
        (5, "add", [3, 5], ids[5]),
        (5, "add", [3, 5], ids[5]),
        (7, "toggle", [3, 5, 7], ids[7]),
        (3, "toggle", [5, 7], None),
        (1, "alone", [1], ids[1]),
    ):
        experiment.pick_unit(row, how)
        assert experiment.picked().indices.tolist() == expected
        assert experiment.document.view.unit_id == looked
    assert told == ["select"] * 5
    experiment.undo()
    assert experiment.picked().indices.tolist() == [5, 7]
    # all units are selected as long as none was picked: the first begins a selection
    experiment.pick()
    experiment.pick_unit(2, "add")
    assert experiment.picked().indices.tolist() == [2]
    with pytest.raises(ig.InsilicoError, match="12"):
        experiment.pick_unit(12)


SQUARE = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def test_lassos_add_subtract_and_intersect(experiment):
    lasso = experiment.lasso
    assert lasso("list", SQUARE, [1, 2], "add").indices.tolist() == [1, 2]
    experiment.pick()
    assert lasso("list", SQUARE, [1, 2], "subtract").indices.tolist() == [
        *(0, 3, 4, 5, 6, 7, 8, 9, 10, 11)
    ]
    experiment.pick(areas=["V1"])
    assert experiment.picked().indices.tolist() == [0, 3, 6, 9]
    assert lasso("list", SQUARE, [3, 4], "add").indices.tolist() == [0, 3, 4, 6, 9]
    assert lasso("list", SQUARE, [0, 1], "subtract").indices.tolist() == [3, 4, 6, 9]
    last = lasso("anatomical", 2 * SQUARE, [4, 5, 6], "intersect")
    assert last.indices.tolist() == [4, 6]
    drawn, twice = SQUARE.tolist(), (2 * SQUARE).tolist()
    assert last.rule == {
        "lasso": twice,
        "layout": "anatomical",
        "mode": "intersect",
        "start": {"areas": ["V1"]},
        "earlier": [
            {"layout": "list", "polygon": drawn, "mode": "add"},
            {"layout": "list", "polygon": drawn, "mode": "subtract"},
        ],
    }
    for _ in range(3):
        experiment.undo()
    assert experiment.picked().rule == {"areas": ["V1"]}


def test_the_rule_of_a_lasso_survives_the_file(experiment, tmp_path):
    experiment.lasso("list", SQUARE, [1, 2, 3])
    experiment.lasso("list", SQUARE, [3, 4], "intersect")
    chosen = experiment.picked()
    assert chosen.rule["start"] == {} and len(chosen.rule["earlier"]) == 1
    path = experiment.save(tmp_path / "x.insilico.yaml")
    reopened = ig.Experiment.open(path, library=None)
    entry = reopened.document.sessions["leaky"]
    reopened.put_session(entry, LeakySession(), show=True)
    assert reopened.picked() == chosen
    assert reopened.picked().rule == chosen.rule
    # another lasso goes on from what was opened
    again = reopened.lasso("list", SQUARE, [8], "add")
    assert [s["mode"] for s in again.rule["earlier"]] == ["replace", "intersect"]


def test_strokes_that_are_kept_are_limited(experiment):
    for k in range(MOST_STROKES + 5):
        experiment.lasso("list", SQUARE, [k % 12], "add")
    rule = experiment.picked().rule
    assert len(rule["earlier"]) < MOST_STROKES
    assert rule["start"] == {"indices": list(range(12))}
