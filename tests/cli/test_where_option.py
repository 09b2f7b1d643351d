"""Conditions on columns, as they are typed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.command_line import error_of, run

import insilico_gui as ig
from insilico_gui.cli.filter_syntax import parse_conditions
from insilico_gui.errors import SelectionError


def test_what_is_typed():
    texts = ["gOSI>=0.25", " gOSI <= 0.5", "area==V1", "field == 3", "z>=-1e2"]
    assert parse_conditions(texts) == {
        "gOSI": (0.25, 0.5),
        "area": "V1",
        "field": 3,
        "z": (-100.0, None),
    }
    assert parse_conditions([]) == {}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["gOSI>0.25"], "'gOSI>0.25' is no condition; write a column, >=, <= or =="),
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
        parse_conditions(texts)


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
