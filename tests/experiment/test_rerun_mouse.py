"""An experiment on weights from files: saved, done again, and copied as Python."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import wang2025_synthetic as synthetic

import insilico_gui as ig
from insilico_gui.experiment.rerun import rerun

SHORT = {"duration_s": 0.2, "blank_s": 0.1}
SOON = {"burn_in_frames": 2}
ANALYSES = {
    "direction tuning": SOON,
    "tuning": {"parameter": "direction", "latency_s": 0.05, **SOON},
    "sparseness": {"variant": "treves_rolls", **SOON},
    "signal correlations": SOON,
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    synthetic.write_params(folder, 1, 20, (8, 5))
    synthetic.write_tables(folder, 20, (8, 5))
    (info,) = [info for info in ig.session_infos(folder) if "wang" in info.id]
    made = ig.Experiment(library=tmp_path_factory.mktemp("library"))
    name = made.add_session(info.id, folder, "cpu")
    gratings = ig.stimuli.drifting_gratings(n_directions=6, **SHORT)
    made.add_stimulus(gratings, name="gratings")
    dots = ig.stimuli.gaussian_dots(
        n_columns=3,
        n_rows=2,
        sigma_deg=20.0,
        duration_s=0.1,
        margin_s=0.35,
        polarity=("on",),
    )
    made.add_stimulus(dots, name="dots")
    perspective = np.zeros((12, 2), np.float32)
    perspective[:, 0] = np.linspace(-1, 1, 12)
    clip = np.random.default_rng(0).integers(0, 256, (12, 36, 64), dtype=np.uint8)
    made.add_stimulus(clip, frame_rate=30.0, name="noise")
    made.encode(name, "noise", behavior={"perspective": perspective})
    for analysis, parameters in ANALYSES.items():
        made.analyse(analysis, name, "gratings", **parameters)
    made.analyse("receptive fields", name, "dots")
    made.analyse(
        "comparison", name, "gratings", other_session=name, other_stimulus="dots"
    )
    made.save(tmp_path_factory.mktemp("saved") / "mouse.insilico.yaml")
    return made


def test_run_gives_the_same_numbers(saved, tmp_path):
    report = rerun(saved.path, tmp_path / "out")
    assert [run.equal for run in report.runs] == [True] * 3
    for analysis in report.analyses:
        with np.load(tmp_path / "out" / analysis["file"]) as arrays:
            dataset = saved.result(analysis["analysis"])
            for key, values in dataset.variables.items():
                if values.dtype.kind in "fiub":
                    np.testing.assert_array_equal(arrays[key], values)
    assert {a["analysis"] for a in report.analyses} == {
        *ANALYSES,
        "receptive fields",
        "comparison",
    }


def test_copy_as_python_gives_the_same_numbers(saved, monkeypatch, tmp_path):
    monkeypatch.setenv("INSILICO_LIBRARY", str(tmp_path / "another"))
    found = {}
    exec(compile(saved.to_python(), "script.py", "exec"), found)
    made = found["experiment"]
    assert made.document == saved.document
    (name,) = made.document.sessions
    pd.testing.assert_frame_equal(
        pd.DataFrame(made.units(name)), pd.DataFrame(saved.units(name))
    )
