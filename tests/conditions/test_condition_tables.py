"""Tables of conditions: what is one, what is none, and what a session makes of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.slopes import Slopes

import insilico_gui as ig
from insilico_gui.conditions import check_conditions
from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import ConditionTable, open_conditions


def test_a_table_of_numbers_and_text():
    table = ConditionTable([{"left": 1, "cue": "go"}, {"left": 0.5, "cue": "stay"}])
    assert table.n_conditions == 2
    assert table.rows() == [[1.0, "go"], [0.5, "stay"]]
    assert table.labels == ("left 1, cue go", "left 0.5, cue stay")
    frame = pd.DataFrame({"left": [True, False]}, index=[7, 9])
    assert ConditionTable(frame).rows() == [[1.0], [0.0]]


def test_equal_tables_have_equal_fingerprints():
    one = ConditionTable({"left": [0, 1]})
    assert (
        one.fingerprint() == ConditionTable([{"left": 0.0}, {"left": 1}]).fingerprint()
    )
    assert one.fingerprint() != ConditionTable({"right": [0, 1]}).fingerprint()
    assert (
        one.fingerprint()
        != ConditionTable({"left": [0, 1]}, {"left": "s"}).fingerprint()
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "holds no conditions"),
        (pd.DataFrame({"left": []}), "holds no conditions"),
        ({"left": [1.0, np.nan]}, "left is nan in row 1"),
        ({"left": [np.inf]}, "left is inf in row 0"),
        ({"left": ["a", None]}, "left is n.* in row 1; a column holds"),
        ({"left": ["a", 2.0]}, r"left is 2\.0 in row 1"),
        ({"left": [1j]}, "complex"),
        ({"left side": [1.0]}, "'left side', which is no name"),
        ({3: [1.0]}, "'3', which is no name"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two columns 'a'"),
        ("table", "A str is no table"),
        (np.zeros((3, 2)), "A ndarray is no table"),
        (7, "no table of conditions"),
        ({"a": [1, 2], "b": [1]}, "no table of conditions"),
    ],
)
def test_what_is_no_table(given, says):
    with pytest.raises(StimulusError, match=says):
        ConditionTable(given)


def test_units_name_columns():
    with pytest.raises(StimulusError, match="no column 'right'"):
        ConditionTable({"left": [1]}, {"right": "s"})


def test_from_a_file(tmp_path):
    path = tmp_path / "contrasts.csv"
    path.write_text("left,cue\n0.5,go\n1,stay\n")
    table = open_conditions(path)
    assert table.name == "contrasts"
    assert table.rows() == [[0.5, "go"], [1.0, "stay"]]
    frame = pd.DataFrame({"left": [0.25, 1.0]})
    frame.to_parquet(tmp_path / "t.parquet")
    assert open_conditions(tmp_path / "t.parquet").rows() == [[0.25], [1.0]]
    (tmp_path / "bad.csv").write_text("left,right\n0.5\n")
    with pytest.raises(StimulusError, match="line 2 has 1 cells"):
        open_conditions(tmp_path / "bad.csv")
    with pytest.raises(StimulusError, match=r"ends in \.csv or \.parquet"):
        open_conditions(tmp_path / "bad.txt")
    with pytest.raises(StimulusError, match="no file"):
        open_conditions(tmp_path / "none.csv")


def test_defaults_are_filled_in_and_values_rounded():
    session = Slopes()
    table = ConditionTable({"left": [0.1 + 0.15, 1]})
    found = check_conditions(session.parameters, table, session.id)
    assert list(found) == ["left", "right", "cue", "gain"]
    assert found["left"].tolist() == [0.25, 1.0]
    assert found["cue"].tolist() == ["stay", "stay"]


@pytest.mark.parametrize(
    ("given", "units", "says"),
    [
        ({"left": [0], "up": [1]}, {}, "no parameter 'up'; .* left, right, cue, gain"),
        ({"right": [0]}, {}, r"needs the parameter left \(one of 0, 0.25, 0.5, 1\)"),
        ({"left": [0, 0.3]}, {}, "left of slopes is '0.3' in row 1; give one of 0,"),
        ({"left": [0], "gain": [11]}, {}, "gain of slopes is .*11.* 0 to 10 s"),
        ({"left": [0], "cue": ["run"]}, {}, "cue of slopes is .*run.* go, stay"),
        ({"left": ["a"]}, {}, "left of slopes is a number"),
        ({"left": [0], "cue": [1]}, {}, "cue of slopes is text"),
        ({"left": [0], "gain": [1]}, {"gain": "ms"}, "in 'ms' and slopes .* in 's'"),
    ],
)
def test_conditions_that_a_session_does_not_have(given, units, says):
    session = Slopes()
    with pytest.raises(StimulusError, match=says):
        check_conditions(session.parameters, ConditionTable(given, units), session.id)
    with pytest.raises(ig.InsilicoError, match=says):
        ig.encode(session, ConditionTable(given, units))
