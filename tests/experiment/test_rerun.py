"""Saved, sent, moved and done again: the numbers stay."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from stimuli.stimulus_videos import write_video
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.cli import app
from insilico_gui.errors import ExperimentError
from insilico_gui.experiment.rerun import rerun


def write_clip(path):
    """Half a second of noise as a real video."""
    rng = np.random.default_rng(1)
    frames = rng.integers(0, 256, (15, 36, 64), dtype=np.uint8)
    write_video(path, frames, rate=30)
    return path


PARAMETERS = {
    "direction tuning": {"latency_s": 0.05},
    "tuning": {"parameter": "direction"},
    "retinotopy": {"known": True},
    "sparseness": {},
    "signal correlations": {"matrix": True},
}
"""What is run on gratings; the others have a test of their own."""


@pytest.fixture
def saved(demo, tmp_path):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (40, 36, 64), dtype=np.uint8)
    demo.add_stimulus(noise, frame_rate=30.0, name="noise")
    demo.select(areas=["LM"], name="lm", color="#00ff00")
    demo.encode("demo", "noise", selection="lm")
    for name, parameters in PARAMETERS.items():
        demo.analyse(name, "demo", "gratings", **parameters)
    demo.save(tmp_path / "x.insilico.yaml")
    return demo


def same_units(first, second):
    pd.testing.assert_frame_equal(pd.DataFrame(first), pd.DataFrame(second))


def test_run_gives_the_same_numbers_bit_by_bit(saved, tmp_path):
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["run", str(saved.path), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert done.output.count("equal") == 2 and "different" not in done.output
    report = json.loads((out / "report.json").read_text())
    assert [run["equal"] for run in report["runs"]] == [True, True]
    for run in report["runs"]:
        written = ig.load_responses(out / run["file"])
        here = saved.responses(run["session"], run["stimulus"])
        np.testing.assert_array_equal(written, here)
    for analysis in report["analyses"]:
        with np.load(out / analysis["file"]) as arrays:
            dataset = saved.result(analysis["analysis"])
            for name, values in dataset.variables.items():
                if values.dtype.kind in "fiub":
                    np.testing.assert_array_equal(arrays[name], values)
    table = pd.read_csv(out / report["units"]["demo"])
    columns = saved.units("demo").select_dtypes("number")
    np.testing.assert_allclose(table[columns.columns], columns, rtol=1e-12)
    again = CliRunner().invoke(app, ["run", str(saved.path), "--out", str(out)])
    assert again.exit_code == 1 and "exists already" in str(again.exception)


def test_other_numbers_are_told(saved, tmp_path):
    text = saved.path.read_text()
    run = saved.document.runs[0]
    saved.path.write_text(text.replace(run.responses_hash, "0" * 64))
    report = rerun(saved.path, tmp_path / "out")
    assert [run.equal for run in report.runs] == [False, True]
    assert "the same versions" in report.runs[0].note


def test_opened_again_it_is_the_same_experiment(saved):
    opened = ig.Experiment.open(saved.path, library=saved.library)
    assert opened.document.replace(versions={}) == saved.document
    same_units(opened.units("demo"), saved.units("demo"))
    assert opened.is_saved
    opened.select(["V1"], name="v1")
    assert not opened.is_saved


def test_copy_as_python_gives_the_same_experiment(saved, monkeypatch, tmp_path):
    script = saved.to_python()
    monkeypatch.setenv("INSILICO_LIBRARY", str(tmp_path / "another"))
    found = {}
    exec(compile(script, "script.py", "exec"), found)
    made = found["experiment"]
    assert made.document == saved.document
    same_units(made.units("demo"), saved.units("demo"))


def test_stimuli_from_files_are_found_again(demo, tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    clip = write_clip(folder / "clip.mp4")
    name = demo.add_stimulus(clip)
    responses = demo.encode("demo", name)
    path = demo.save(tmp_path / "x.insilico.yaml")
    moved = tmp_path / "elsewhere" / "deep"
    moved.mkdir(parents=True)
    shutil.move(clip, moved / clip.name)
    opened = ig.Experiment.open(path, library=None)
    with pytest.raises(ExperimentError, match="not there"):
        opened.encode("demo", name)
    opened = ig.Experiment.open(path, library=None, search=tmp_path / "elsewhere")
    np.testing.assert_array_equal(opened.encode("demo", name), responses)
    shutil.copy(moved / clip.name, path.parent)  # beside the experiment
    opened = ig.Experiment.open(path, library=None)
    np.testing.assert_array_equal(opened.encode("demo", name), responses)


def test_a_file_with_another_content_is_refused(demo, tmp_path):
    clip = write_clip(tmp_path / "clip.mp4")
    name = demo.add_stimulus(clip)
    path = demo.save(tmp_path / "x.insilico.yaml")
    clip.write_bytes(clip.read_bytes() + b"\0")
    opened = ig.Experiment.open(path, library=None)
    with pytest.raises(ExperimentError, match="content has changed"):
        opened.encode("demo", name)


def test_arrays_that_are_gone_or_damaged_are_told(saved, tmp_path):
    (array,) = (tmp_path / "x.insilico.arrays").iterdir()
    content = bytearray(array.read_bytes())
    content[-1] ^= 1
    array.write_bytes(content)
    with pytest.raises(ExperimentError, match="damaged"):
        ig.Experiment.open(saved.path)
    array.unlink()
    opened = ig.Experiment.open(saved.path, library=None)
    with pytest.raises(ExperimentError, match="missing"):
        opened.encode("demo", "noise")


def test_other_weights_are_refused(saved):
    wrong = saved.path.read_text().replace("weights_hash: 'sha256:", "weights_hash: 'x")
    saved.path.write_text(wrong)
    opened = ig.Experiment.open(saved.path, library=None)
    with pytest.raises(ExperimentError, match="weights"):
        opened.encode("demo", "gratings")
