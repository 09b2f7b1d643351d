"""The retinotopy of the window is that of the command line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.command_line import run

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


def compare(units, table):
    units = units.set_index("unit_id").loc[table.index]
    for name in COLUMNS:
        if name == "sign_area":
            assert units[name].tolist() == table[name].tolist()
        else:
            np.testing.assert_allclose(units[name], table[name], rtol=1e-6, atol=1e-6)


def compute(window, panel):
    panel.compute()
    window.wait(LIMIT_S)


@pytest.mark.timeout(240)
def test_columns_are_equal(window, tmp_path):
    experiment, panel = window.experiment, window.panel("Retinotopy")
    experiment.use_session(ig.open_session("demo"))
    compute(window, panel)
    compare(experiment.units, by_command(tmp_path / "known.csv", "--known"))

    experiment.select(areas=["LM"])
    window.panel("Stimulus").selected_only.setChecked(True)
    experiment.use_stimulus(ig.stimuli.gaussian_dots(duration_s=0.2))
    window.wait(LIMIT_S)
    window.encode()
    window.wait(LIMIT_S)
    compute(window, window.panel("Receptive fields"))
    panel.source.setCurrentText("measured fields")
    short = ("--area", "LM", "--set", "duration_s=0.2")
    for limit in (0.1, 0.5):
        panel.min_r2.setValue(limit)
        compute(window, panel)
        table = by_command(tmp_path / f"{limit}.csv", *short, *("--min-r2", limit))
        of_lm = experiment.units[experiment.units["area"] == "LM"]
        assert set(of_lm["unit_id"]) == set(table.index)
        compare(experiment.units, table)
