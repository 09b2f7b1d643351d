"""Analyses of repeats that need a file or more dots, by command and by script."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.cli import app
from insilico_gui.errors import AnalysisError
from insilico_gui.stimuli import save_spec

FEW = {"areas": ["LM"], "fields": [1]}


def by_command(demo, stimulus, command, tmp_path):
    """The table that a command writes for some units of the demo session."""
    spec = save_spec(demo.stimulus(stimulus).spec, tmp_path / "shown.yaml")
    target = tmp_path / "table.parquet"
    done = CliRunner().invoke(
        app,
        [
            *(command[0], "demo", "--area", "LM", "--field", "1"),
            *(*command[1:], "--stimulus", str(spec), "-o", str(target)),
        ],
    )
    assert done.exit_code == 0, done.output
    return pd.read_parquet(target)


def check(table, demo, stimulus, name, **parameters):
    demo.select(**FEW, name="few")
    demo.encode("demo", stimulus, selection="few")
    demo.analyse(name, "demo", stimulus, **parameters)
    columns = demo.compute(demo.document.analyses[-1]).columns
    for column in columns.select_dtypes("number"):
        stored = f"{column}_measured" if f"{column}_measured" in table else column
        if column not in ("session", "scan_idx"):
            np.testing.assert_array_equal(table[stored], columns[column])
    return columns


def test_receptive_field_uncertainty(demo, tmp_path):
    spots = ig.stimuli.gaussian_dots(
        **{"n_columns": 6, "n_rows": 4, "sigma_deg": 12.0, "duration_s": 0.2},
        repeats=2,
        polarity=("on",),
    )
    demo.add_stimulus(spots, name="spots")
    command = ["receptive-field-uncertainty", "--n-draws", "100"]
    table = by_command(demo, "spots", command, tmp_path)
    columns = check(table, demo, "spots", "receptive field uncertainty", n_draws=100)
    # repeats differ by what came before them only
    low, high = columns["rf_x_fit_low"], columns["rf_x_fit_high"]
    known = low.notna()
    assert known.mean() > 0.5 and (high - low).median() < 0.1
    middle = columns["rf_x_fit"]
    assert ((low <= middle) & (middle <= high))[known].mean() > 0.9


def test_explained_variance_of_a_file_and_of_a_run(demo, tmp_path):
    demo.select(**FEW, name="few")
    shown = demo.encode("demo", "gratings", selection="few").to_numpy()
    rng = np.random.default_rng(0)
    recorded = rng.poisson(np.clip(shown, 0, None) * np.ones((20, 1, 1)))
    np.save(tmp_path / "recorded.npy", recorded.astype(np.float32))
    path = str(tmp_path / "recorded.npy")
    command = ["explained-variance", "--recording", path]
    table = by_command(demo, "gratings", command, tmp_path)
    columns = check(table, demo, "gratings", "explained variance", recording=path)
    assert columns["FEVE"].median() == pytest.approx(1, abs=0.1)
    assert (columns["FEV"] < 1).all()
    # a run as what is predicted: its repeats differ by what came before only
    twice = ig.stimuli.drifting_gratings(
        n_directions=8, duration_s=0.4, blank_s=0.2, repeats=2
    )
    demo.add_stimulus(twice, name="twice")
    demo.encode("demo", "twice", selection="few")
    given = {"recorded_session": "demo", "recorded_stimulus": "twice"}
    found = demo.analyse("explained variance", "demo", "gratings", **given)
    assert found["FEV"].median() > 0.8 and found["FEVE"].median() > 0.8
    with pytest.raises(AnalysisError, match="name one of the two"):
        demo.analyse("explained variance", "demo", "gratings", recorded_session="demo")
