from __future__ import annotations

import json

import numpy as np
import pytest
from support.pictures import PictureSession

import insilico_gui as ig
from insilico_gui.errors import SelectionError
from insilico_gui.units.selection import Selection, invert, without_conditions


def test_union_within_a_kind(leaky):
    selection = ig.select(leaky, areas=["V1", "AL"])
    assert set(leaky.units["area"].iloc[selection.indices]) == {"V1", "AL"}
    assert len(selection) == 8
    assert selection.rule == {"areas": ["V1", "AL"]}


def test_across_kinds_all_and_any(leaky):
    v1, field = leaky.units["area"] == "V1", leaky.units["field"] == 1
    both = ig.select(leaky, areas=["V1"], fields=[1])
    either = ig.select(leaky, areas=["V1"], fields=[1], combine="any")
    assert both.indices.tolist() == np.flatnonzero(v1 & field).tolist()
    assert either.indices.tolist() == np.flatnonzero(v1 | field).tolist()
    assert either.rule["combine"] == "any"


def test_units_by_position_id_or_mask(leaky):
    ids = leaky.units["unit_id"]
    assert ig.select(leaky, indices=[7, 2, 7]).indices.tolist() == [2, 7]
    by_id = ig.select(leaky, unit_ids=ids.iloc[[7, 2]])
    assert by_id.indices.tolist() == [2, 7]
    assert ig.select(leaky, unit_ids=ids[5]).indices.tolist() == [5]
    mask = np.zeros(12, int)
    mask[[3, 4]] = 1
    assert ig.select(leaky, units=mask).indices.tolist() == [3, 4]
    assert ig.select(leaky, units=mask.astype(bool)).indices.tolist() == [3, 4]


def test_whole_numbers_that_could_be_ids_or_positions_are_refused(leaky):
    """Positions of some units are the ids of others: neither may be assumed."""
    frames = np.zeros((3, *leaky.frame_shape), np.uint8)
    for given in ([3, 4], np.array([11]), [0], [1, 1], (2,)):
        for use in (
            lambda given=given: ig.select(leaky, units=given),
            lambda given=given: ig.encode(leaky, frames, given),
        ):
            with pytest.raises(SelectionError, match=r"unit_ids=.* or indices="):
                use()
    ids = leaky.units["unit_id"].iloc[[1, 4]].tolist()
    responses = ig.encode(leaky, frames, unit_ids=ids)
    assert responses["unit_id"].to_numpy().tolist() == ids
    assert ig.encode(leaky, frames, indices=[1, 4]).equals(responses)
    picked = ig.encode(leaky, frames, [0, 1, 0, 0, 1, *[0] * 7])
    assert picked.equals(responses)


def test_a_selection_of_another_session_is_refused(leaky, clip):
    other = ig.select(leaky, indices=[1])
    leaky.id = "another"
    with pytest.raises(SelectionError, match="not of 'another'"):
        ig.encode(leaky, clip, other)


def test_nothing_given_is_everything(leaky):
    assert len(ig.select(leaky)) == 12


def test_invert_is_the_complement(leaky):
    selection = ig.select(leaky, areas=["V1"])
    rest = invert(leaky, selection)
    assert not np.intersect1d(rest.indices, selection.indices).size
    assert len(rest) + len(selection) == 12
    assert rest.rule == {"not": {"areas": ["V1"]}}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"areas": ["V2"]}, "no area 'V2'; it has 'AL', 'LM', 'V1'"),
        ({"areas": "V2"}, "no area 'V2'"),
        ({"fields": [9]}, "no field 9"),
        ({"indices": [-1]}, "-1 does not exist"),
        ({"indices": [0.5]}, "whole numbers"),
        ({"indices": [1], "units": [1] * 12}, "several ways"),
        ({"unit_ids": [77]}, "no unit_id 77"),
        ({"units": [3]}, r"unit_ids=\[...\].* or indices=\[...\]"),
        ({"units": [0, 1, 0]}, "could be ids or positions"),
        ({"units": [0.5]}, "could be ids or positions"),
        ({"units": [True, False]}, "2 entries"),
        ({"units": [[1]]}, "shape"),
        ({"areas": ["V1"], "combine": "both"}, "'all' or 'any'"),
    ],
)
def test_what_does_not_exist_is_named(leaky, arguments, message):
    with pytest.raises(SelectionError, match=message):
        ig.select(leaky, **arguments)


@pytest.fixture
def measured(leaky):
    """Twelve units; the first has no gOSI, and the third is what float32 makes of 0.7."""
    gosi = np.array([np.nan, 0.1, 0.7, 0.25, *np.linspace(0.3, 0.9, 8)], np.float32)
    leaky.units = leaky.units.assign(gOSI=gosi, n=np.arange(12), tuned=gosi > 0.5)
    return leaky


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"gOSI": (0.7, None)}, lambda t: t["gOSI"] >= 0.7),
        ({"gOSI": (None, 0.25)}, lambda t: t["gOSI"] <= 0.25),
        ({"gOSI": [0.25, 0.7]}, lambda t: t["gOSI"].between(0.25, 0.7)),
        ({"gOSI": (-1e300, 1e300)}, lambda t: t["gOSI"].notna()),
        ({"n": 3}, lambda t: t["n"] == 3),
        ({"n": (2.5, np.int64(4))}, lambda t: t["n"].isin([3, 4])),
        ({"area": "V1"}, lambda t: t["area"] == "V1"),
        ({"area": ["V1", "LM"]}, lambda t: t["area"] != "AL"),
        ({"field": np.array([2])}, lambda t: t["field"] == 2),
        ({"tuned": True}, lambda t: t["gOSI"] > 0.5),
        (
            {"gOSI": (0.3, None), "area": ["V1"], "unit_id": [118, 127]},
            lambda t: t["unit_id"].isin([118, 127]),
        ),
        ({"gOSI": (2, None)}, lambda t: t["gOSI"] > 2),
    ],
)
def test_conditions_on_columns(measured, where, expected):
    selection = ig.select(measured, where=where)
    assert (
        selection.indices.tolist() == np.flatnonzero(expected(measured.units)).tolist()
    )
    # the rule is all that is needed to select again, also from a file
    rule = json.loads(json.dumps(dict(selection.rule), allow_nan=False))
    assert rule == selection.rule
    assert ig.select(measured, **rule) == selection


def test_conditions_are_a_kind_of_their_own(measured):
    table = measured.units
    v1, high = table["area"] == "V1", table["gOSI"] >= 0.7
    where = {"gOSI": (0.7, None)}
    both = ig.select(measured, areas=["V1"], where=where)
    either = ig.select(measured, areas=["V1"], where=where, combine="any")
    assert both.indices.tolist() == np.flatnonzero(v1 & high).tolist()
    assert either.indices.tolist() == np.flatnonzero(v1 | high).tolist()
    assert both.rule["where"] == {"gOSI": [0.7, None]}
    assert len(ig.select(measured, where={})) == 12


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("gOSI >= 0.25", "give a condition for each column"),
        (
            {"gosi": (0, 1)},
            r"no column 'gosi' .did you mean 'gOSI'.*; it has 'unit_id', .*'gOSI'",
        ),
        ({"gOSI": (0.5, 0.25)}, "ends at 0.25, before it starts at 0.5"),
        ({"gOSI": (None, None)}, "give a finite limit"),
        ({"gOSI": (np.nan, 1)}, "give a finite limit"),
        ({"gOSI": (0, np.inf)}, "give a finite limit"),
        ({"gOSI": [0.1, 0.2, 0.3]}, r"range as \(low, high\)"),
        ({"gOSI": "0.25"}, r"range as \(low, high\)"),
        ({"gOSI": None}, r"range as \(low, high\)"),
        ({"gOSI": (True, None)}, r"range as \(low, high\)"),
        ({"gOSI": ("0.25", None)}, r"range as \(low, high\)"),
        ({"area": (None, "V1")}, "names something and has no range"),
        ({"field": (1, 2)}, "names something and has no range"),
        ({"area": []}, "No value of area"),
        ({"area": ["V2"]}, "no area 'V2'; it has 'AL', 'LM', 'V1'"),
        ({"field": 9}, "no field 9; it has 1, 2"),
    ],
)
def test_conditions_that_cannot_hold_are_refused(measured, where, message):
    with pytest.raises(SelectionError, match=message) as caught:
        ig.select(measured, where=where)
    assert "\n" not in str(caught.value)


def test_conditions_are_never_evaluated(measured):
    with pytest.raises(SelectionError, match='no column "__import__'):
        ig.select(measured, where={"__import__('os').getpid()": (0, None)})


def test_what_a_selection_was_before_its_conditions(measured):
    def base(**arguments):
        return without_conditions(ig.select(measured, **arguments))

    where = {"gOSI": (0.5, None)}
    assert base() == base(where=where) == base(units=[]) == {}
    assert base(areas=["V1"], fields=[1], where=where) == {
        "areas": ["V1"],
        "fields": [1],
    }
    either = base(areas=["V1"], where=where, combine="any")
    np.testing.assert_array_equal(
        either["indices"],
        ig.select(measured, areas=["V1"], where=where, combine="any").indices,
    )
    drawn = without_conditions(Selection(np.array([2, 5]), {"lasso": [[0, 0]]}))
    assert drawn["indices"].tolist() == [2, 5]
    named = without_conditions(Selection(np.array([2]), {"unit_ids": ["u2"]}))
    assert named == {"unit_ids": ["u2"]}


def test_unknown_column_is_not_made_up(leaky):
    leaky.units = leaky.units.drop(columns="area")
    with pytest.raises(SelectionError, match="does not say which area"):
        ig.select(leaky, areas=["V1"])


def test_units_by_name():
    session = PictureSession(n_units=200)
    chosen = ig.select(session, units=["u7", "u2", "u7"])
    np.testing.assert_array_equal(chosen.indices, [2, 7])
    assert chosen.rule == {"unit_ids": ["u7", "u2", "u7"]}
    both = ig.select(session, areas=["V2"], units=np.array(["u2", "u7"]))
    np.testing.assert_array_equal(both.indices, [7])
    with pytest.raises(
        SelectionError,
        match=r"no unit_id 'U7' .did you mean 'u7'.*; it has 'u0', .*\.\.\.",
    ):
        ig.select(session, units=["u2", "U7"])
    assert ig.select(session, units="u2") == ig.select(session, units=["u2"])
