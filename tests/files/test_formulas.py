"""Text in tables: no formula for a spreadsheet, and the same text when it is read."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_responses import make_responses

from insilico_gui.cli.tables import read_table, write_table
from insilico_gui.export import export, load_responses
from insilico_gui.files.formulas import escape, unescape

HOSTILE = ["=1+1", "+1", "-x", "@SUM(A1)", "\tx", "\rx", "'=1", "''@", "'quoted'", ""]
FORMULA = tuple("=+-@\t\r\n")


@given(st.text() | st.text("='+-@\t\r\nx"))
def test_any_text_comes_back(text):
    assert unescape(escape(text)) == text
    assert not escape(text).startswith(FORMULA)


def test_responses_and_their_tables(tmp_path):
    n = len(HOSTILE)
    ids = [f"{text}{k}" for k, text in enumerate(HOSTILE)]
    ids = [text.replace("\r", "=") for text in ids]
    responses = make_responses(None, 5, n, trials=False).assign_coords(
        unit_id=("unit", ids), text=("unit", np.array(HOSTILE, object))
    )
    responses = responses.assign_coords({"=name": ("unit", np.arange(n) - 5)})
    responses[:] = -1.5
    trials = {"onset": [-1.0] * n, "condition": HOSTILE, "@x": list(range(n))}
    responses = responses.assign_attrs(trials=trials)
    export(responses, tmp_path / "x.csv")
    for path in tmp_path.glob("*.csv"):
        with path.open(newline="") as file:
            for cell in (cell for row in csv.reader(file) for cell in row):
                assert not cell.startswith(FORMULA) or float(cell) < 0, (path, cell)
    loaded = load_responses(tmp_path / "x.csv")
    assert loaded["unit_id"].to_numpy().tolist() == ids
    assert loaded["text"].to_numpy().tolist() == HOSTILE
    assert loaded["=name"].to_numpy().tolist() == [k - 5 for k in range(n)]
    assert loaded.attrs["trials"] == trials
    np.testing.assert_array_equal(loaded, responses)


def test_result_tables(tmp_path):
    units = pd.DataFrame({"unit_id": range(len(HOSTILE)), "=text": HOSTILE})
    columns = pd.DataFrame({"gain": [-1.0] * len(HOSTILE), "size": -1})
    written = write_table(tmp_path / "x.csv", units, columns, {})
    with (tmp_path / "x.csv").open(newline="") as file:
        for cell in (cell for row in csv.reader(file) for cell in row):
            assert not cell.startswith(FORMULA) or float(cell) < 0, cell
    read = read_table(tmp_path / "x.csv")
    read["=text"] = read["=text"].fillna("")  # pandas takes empty text for missing
    pd.testing.assert_frame_equal(read, written, check_dtype=False)


@pytest.mark.parametrize("cell", ["-1", "-1.5e-3", "-inf", "12"])
def test_numbers_are_not_touched(tmp_path, cell):
    columns = pd.DataFrame({"x": [float(cell)]})
    write_table(tmp_path / "x.csv", pd.DataFrame({"unit_id": [-3]}), columns, {})
    assert "'" not in (tmp_path / "x.csv").read_text()
