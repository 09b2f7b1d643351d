from __future__ import annotations

import numpy as np
import pytest
from support.pictures import PictureSession

import insilico_gui as ig
from insilico_gui.errors import SelectionError
from insilico_gui.selection import invert


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


def test_units_as_indices_or_mask(leaky):
    assert ig.select(leaky, units=[7, 2, 7]).indices.tolist() == [2, 7]
    mask = np.zeros(12, int)
    mask[[3, 4]] = 1
    assert ig.select(leaky, units=mask).indices.tolist() == [3, 4]
    assert ig.select(leaky, units=mask.astype(bool)).indices.tolist() == [3, 4]


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
        ({"areas": "V1"}, r"\['V1'\]"),
        ({"fields": [9]}, "no field 9"),
        ({"units": [-1]}, "-1 does not exist"),
        ({"units": [0.5]}, "whole numbers"),
        ({"units": [True, False]}, "2 entries"),
        ({"units": [[1]]}, "shape"),
        ({"areas": ["V1"], "combine": "both"}, "'all' or 'any'"),
    ],
)
def test_what_does_not_exist_is_named(leaky, arguments, message):
    with pytest.raises(SelectionError, match=message):
        ig.select(leaky, **arguments)


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
    with pytest.raises(SelectionError, match=r"no unit_id 'U7'; it has 'u0', .*\.\.\."):
        ig.select(session, units=["u2", "U7"])
    with pytest.raises(SelectionError, match="Give a list of names"):
        ig.select(session, units="u2")
