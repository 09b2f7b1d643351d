"""Conditions on columns, as they are typed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.command_line import error_of, run

import insilico_gui as ig
from insilico_gui.errors import SelectionError
from insilico_gui.units.filter_syntax import parse_conditions
from insilico_gui.units.selection import select_units

UNITS = pd.DataFrame(
    {
        "unit_id": [1, 2, 3, 4],
        "area": ["V1", "LM", "AL", None],
        "field": [1, 2, 3, 3],
        "gOSI": np.array([0.1, 0.25, 0.5, np.nan], np.float32),
        "z": [-100.0, -100.0, 0.0, 5.0],
        "n_spikes": [1, 2, 3, 4],
    }
)


def chosen(*texts):
    """Ids of the units that meet all conditions."""
    where = parse_conditions(texts, UNITS)
    selected = select_units(UNITS, "the table", where=where)
    return UNITS["unit_id"].iloc[selected.indices].tolist()


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["gOSI>0.25"], [3]),
        (["gOSI>=0.25"], [2, 3]),
        (["gOSI<0.25"], [1]),
        (["gOSI>0.1", "gOSI<0.5"], [2]),
        (["n_spikes>1", "n_spikes<4"], [2, 3]),
        (["n_spikes>1.5"], [2, 3, 4]),
        (["z<0"], [1, 2]),
        (["area=V1"], [1]),
        (["area = V1, LM"], [1, 2]),
        (["area in V1,LM"], [1, 2]),
        (["area not in V1,LM"], [3]),
        (["area!=V1"], [2, 3]),
        (["area!=V1", "area!=AL"], [2]),
        (["field!=3"], [1, 2]),
        (["field in 1,3", "gOSI<=0.5"], [1, 3]),
    ],
)
def test_signs_and_lists(texts, expected):
    assert chosen(*texts) == expected


def test_what_is_typed():
    texts = ["gOSI>=0.25", " gOSI <= 0.5", "area==V1", "field == 3", "z>=-1e2"]
    assert parse_conditions(texts, UNITS) == {
        "gOSI": (0.25, 0.5),
        "area": "V1",
        "field": 3,
        "z": (-100.0, None),
    }
    assert parse_conditions([], UNITS) == {}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["gOSI=>0.25"], "'gOSI=>0.25' is no condition; write a column, one of >, >="),
        (["gOSI>0.2,0.3"], "is no condition"),
        (["gOSI!=0"], "does not fit gOSI, which is a measurement"),
        (["gOSI=0.1,0.2"], "does not fit gOSI, which is a measurement"),
        (["area!=V11"], r"No unit has the area 'V11' \(did you mean 'V1'\?\)"),
        (["gOSI"], "is no condition"),
        (["gOSI>="], "is no condition"),
        (["area>=V1"], "is no condition"),
        (["0.1<=gOSI<=0.2"], "is no condition"),
        (["gOSI>=0.1", "gOSI>=0.2"], "one condition too many on gOSI"),
        (["gOSI==0.1", "gOSI>=0.2"], "one condition too many on gOSI"),
        (["gOSI>=0.1", "gOSI==0.2"], "one condition too many on gOSI"),
        (["area==V1", "area==LM"], "one condition too many on area"),
    ],
)
def test_what_is_typed_wrong(texts, message):
    with pytest.raises(SelectionError, match=message):
        parse_conditions(texts, UNITS)


def test_every_way_to_choose_units(tmp_path):
    session = ig.open_session("demo")
    units = session.units
    clip, out = tmp_path / "clip.npy", tmp_path / "out.npz"
    np.save(clip, np.zeros((12, 144, 256), np.uint8))
    options = ("--where", "gOSI>=0.5", "--where", "true_class==direction")
    result = run("encode", "demo", clip, "-o", out, "--area", "V1", *options)
    assert result.exit_code == 0, result.output
    expected = units[
        (units["area"] == "V1")
        & (units["gOSI"] >= 0.5)
        & (units["true_class"] == "direction")
    ]
    encoded = ig.load_responses(out)
    assert len(expected) and set(encoded["unit_id"].values) == set(expected["unit_id"])
    where = {"gOSI": [0.5, None], "true_class": ["direction"]}
    assert encoded.attrs["selection"]["where"] == where

    table = tmp_path / "some.csv"
    assert run("export", out, table, "--where", "field==1").exit_code == 0
    in_field = expected.index[expected["field"] == 1]
    assert ig.load_responses(table).shape == (12, len(in_field))

    compared = tmp_path / "compared.csv"
    half = ("--where", f"gDSI<={expected['gDSI'].median()}")
    assert run("compare", out, out, "-o", compared, *half).exit_code == 0
    assert len(pd.read_csv(compared)) == (
        (expected["gDSI"] <= expected["gDSI"].median()).sum()
    )

    written = tmp_path / "sign.csv"
    assert "x ends at 1, before it starts at 2" in error_of(
        *("tuning", "demo", "-o", written, "--where", "x>=2", "--where", "x<=1")
    )
    assert "no column 'gOSY'" in error_of("export", out, written, "--where", "gOSY>=1")
    assert not written.exists()
