"""The README's examples run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import insilico_gui as ig

README = (Path(ig.__file__).parent.parent / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_a_new_twin_is_found_and_encodes(tmp_path, monkeypatch):
    (code,) = [block for block in BLOCKS if "class BlinkerTwin" in block]
    (tmp_path / "blinker_package.py").write_text(code)
    info = tmp_path / "blinker-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: blinker\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[insilico_gui.twins]\nblinker = blinker_package:twin\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "blinker" in ig.list_sessions()
    session = ig.open_session("blinker")
    clip = np.zeros((40, 72, 128), np.uint8)
    clip[:, :, 64:] = 255  # the right half is bright
    responses = ig.encode(session, clip)
    assert responses[-1].to_numpy() == pytest.approx([0.0, 1 - 0.9**40])


def test_the_python_tour_runs(tmp_path, monkeypatch):
    (code,) = [block for block in BLOCKS if "ig.open_session" in block]
    headless = code.split("from insilico_gui.app")[0]
    monkeypatch.chdir(tmp_path)
    exec(headless, {})
    assert set(ig.load_responses("v1.parquet")["area"].to_numpy()) == {"V1"}


def test_the_experiment_runs_again(tmp_path, monkeypatch):
    (code,) = [block for block in BLOCKS if "ig.Experiment" in block]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INSILICO_LIBRARY", str(tmp_path / "library"))
    exec(code, {"ig": ig})
    opened = ig.Experiment.open("tuning.insilico.yaml")
    assert "gOSI_measured" in opened.units("demo")
