"""Conditions in one line of text: where it is wrong, what may come next, and back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from insilico_gui.units.column_groups import column_groups, column_title, in_lines
from insilico_gui.units.filter_syntax import ConditionError, parse_line
from insilico_gui.units.filter_text import completion, conditions_text
from insilico_gui.units.filters import check_conditions
from insilico_gui.units.results import Measured

UNITS = pd.DataFrame(
    {
        "unit_id": [1, 2, 3, 4],
        "area": ["V1", "LM", "AL", None],
        "field": [1, 2, 3, 3],
        "gOSI": np.array([0.1, 0.25, 0.5, np.nan], np.float32),
        "z": [-100.0, -100.0, 0.0, 5.0],
        "n_spikes": [1, 2, 3, 4],
        "gDSI of in and out": [0.1, 0.2, 0.3, 0.4],
    }
)


@pytest.mark.parametrize(
    ("text", "expected", "again"),
    [
        ("", {}, ""),
        (
            'gOSI > 0.3 and area == "V1"',
            {"gOSI": [float(np.nextafter(np.float32(0.3), 1)), None], "area": ["V1"]},
            'gOSI > 0.3 and area == "V1"',
        ),
        ("z>0", {"z": [float(np.nextafter(0, 1)), None]}, "z > 0.0"),
        (
            "n_spikes>=2 AND n_spikes<4",
            {"n_spikes": [2, 3]},
            "n_spikes >= 2 and n_spikes <= 3",
        ),
        (
            "area in ('V1', LM) & field != 3",
            {"area": ["V1", "LM"], "field": [1, 2]},
            'area in "V1", "LM" and field in 1, 2',
        ),
        (
            '"gDSI of in and out" >= 0.2',
            {"gDSI of in and out": [0.2, None]},
            '"gDSI of in and out" >= 0.2',
        ),
        ("gOSI == 0.25", {"gOSI": [0.25, 0.25]}, "gOSI == 0.25"),
    ],
)
def test_what_is_typed_is_read_and_written_again(text, expected, again):
    where = check_conditions(UNITS, "it", parse_line(text, UNITS))
    assert where == expected
    assert conditions_text(where, UNITS) == again
    assert check_conditions(UNITS, "it", parse_line(again, UNITS)) == expected


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (
            "z > 1 and gOSX > 0.3",
            "gOSX",
            "There is no column 'gOSX' (did you mean 'gOSI'",
        ),
        ('z > 1 and area == "V2"', '"V2"', "no area 'V2'"),
        ("area in V1, V3", "V3", "has the area 'V3'"),
        ("gOSI > high", "high", "is no condition"),
        ('area == "V1', '"V1', "is not closed"),
        ("gOSI > 0.3 or z > 1", "or", "joined by 'and'"),
        ("z > 1 and gOSI", "gOSI", "'gOSI' is no condition"),
        ("z > 5 and z < 1", "1", "before it starts"),
        ("z > 1 and z > 2", "z > 2", "one condition too many on z"),
        ("__import__('os') == 1", "__import__('os')", "There is no column"),
    ],
)
def test_a_mistake_is_said_at_its_place(text, place, said):
    with pytest.raises(ConditionError) as caught:
        parse_line(text, UNITS)
    assert text[caught.value.start : caught.value.stop] == place
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "start", "offers"),
    [
        ("gos", 0, ["gOSI"]),
        ("z > 1 and are", 10, ["area"]),
        ("µm", 0, ["z"]),  # a title is found as well
        ("out", 0, ['"gDSI of in and out"']),
        ("area == ", 8, ['"AL"', '"LM"', '"V1"']),
        ('area == "V', 8, ['"V1"']),
        ("area in V1, l", 12, ['"LM"', '"AL"']),
        ("gOSI > ", 7, []),
        ("sin", 0, []),
    ],
)
def test_names_are_completed(text, start, offers):
    found = completion(text, len(text), UNITS)
    assert found.start == start and [name for name, _ in found.offers] == offers


def test_columns_are_in_groups_the_freshest_result_first():
    measured, own = Measured(), list(UNITS)[:6]
    units = UNITS[own].assign(session=1, rf_x=0.0, true_class="x")
    for analysis in ("fields of clip", "direction tuning of gratings"):
        found = pd.DataFrame({"gOSI": [0.5] * 4, f"pref_{analysis[0]}": [1.0] * 4})
        units = measured.put(
            units, analysis, found, np.arange(4), own=own, parameters={"stimulus": "s"}
        )
    groups = column_groups(units, measured)
    assert [(group.title, group.names) for group in groups] == [
        ("unit", ("area", "field")),
        ("direction tuning of gratings", ("gOSI_measured of s", "pref_d")),
        ("fields of clip", ("gOSI_measured", "pref_f")),
        ("properties", ("gOSI", "n_spikes", "true_class")),
        ("place", ("z", "rf_x")),
        ("recording", ("unit_id", "session")),
    ]
    assert sorted(n for g in groups for n in g.names) == sorted(units.columns)
    title = column_title("pref_dir_measured of a", "direction tuning of a")
    assert title == "pref. direction (deg)"
    assert in_lines(title) == "pref.\ndirection (deg)"
    assert in_lines("gOSI") == "gOSI"
