"""The retinotopy of the window is that of the command line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.command_line import run
from support.in_window import use_session, use_stimulus

import insilico_gui as ig

LIMIT_S = 60.0
COLUMNS = (
    *("map_azimuth_deg", "map_elevation_deg", "field_sign"),
    *("sign_patch", "sign_area"),
)


def by_command(out, *arguments):
    done = run("retinotopy", "demo", "-o", out, *arguments)
    assert done.exit_code == 0, done.output
    return pd.read_csv(out, index_col="unit_id", keep_default_na=True)


def compare(units, table, suffix=""):
    units = units.set_index("unit_id").loc[table.index]
    for name in COLUMNS:
        found = units[f"{name}{suffix}"]
        if name == "sign_area":
            assert found.tolist() == table[name].tolist()
        else:
            np.testing.assert_allclose(found, table[name], rtol=1e-6, atol=1e-6)


def compute(window, panel):
    window.panel(panel).compute()
    window.wait(LIMIT_S)


@pytest.mark.timeout(240)
def test_columns_are_equal(window, tmp_path):
    experiment = window.experiment
    use_session(window, ig.open_session("demo"))
    compute(window, "Retinotopy")
    compare(window.now.units, by_command(tmp_path / "known.csv", "--known"))

    experiment.pick(areas=["LM"])
    experiment.look(encode_selected=True)
    use_stimulus(window, ig.stimuli.gaussian_dots(duration_s=0.2), name="dots")
    window.wait(LIMIT_S)
    window.encode()
    window.wait(LIMIT_S)
    compute(window, "Receptive fields")
    panel = window.panel("Retinotopy")
    assert panel.source.currentText() == "measured fields"
    short = ("--area", "LM", "--set", "duration_s=0.2")
    for limit in (0.1, 0.5):
        panel.min_r2.setValue(limit)
        compute(window, "Retinotopy")
        table = by_command(tmp_path / f"{limit}.csv", *short, *("--min-r2", limit))
        of_lm = window.now.units[window.now.units["area"] == "LM"]
        assert set(of_lm["unit_id"]) == set(table.index)
        # those of the session's own fields keep their names
        compare(window.now.units, table, " of dots")
    compare(window.now.units, by_command(tmp_path / "again.csv", "--known"))
