"""The example scripts run as they stand, on small models."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "berg"


@pytest.fixture
def run(berg_root, monkeypatch):
    def run(name):
        monkeypatch.setattr(sys, "argv", [name, str(berg_root)])
        return runpy.run_path(str(EXAMPLES / f"{name}.py"))

    return run


def test_every_example_has_a_test():
    names = {path.stem for path in EXAMPLES.glob("*.py")}
    assert names == {"catalogue", "voxels", "vertices", "eeg", "mouse", "nest"}


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem
)
def test_only_one_line_is_of_this_project(path):
    lines = [line for line in path.read_text().splitlines() if "insilico" in line]
    assert lines in (
        ["from insilico_berg import BERG"],
        ["from insilico_berg.nest import NEST"],
    )


def test_catalogue(run, capsys):
    made = run("catalogue")
    assert len(made["models"]) == len(made["cards"]) == 4
    assert made["catalog"]["EEG"] == ["THINGS EEG2"]
    assert made["accuracy"].shape == (7,)
    assert "7 voxels, explained variance" in capsys.readouterr().out


def test_voxels(run):
    made = run("voxels")
    assert made["responses"].shape == (4, 7)
    volume = made["volume"]
    assert volume.shape == made["metadata"]["fmri"]["roi_mask_volume"].shape
    np.testing.assert_array_equal(volume[~np.isnan(volume)], made["responses"][0])


def test_vertices(run):
    made = run("vertices")
    shapes = [made[name].shape for name in ("lh", "rh", "lh_roi", "rh_roi")]
    assert shapes == [(2, 30), (2, 30), (2, 6), (2, 4)]
    chosen = made["lh_vertices"] == 1
    assert 0 < chosen.sum() < 30
    np.testing.assert_allclose(
        made["lh_some"], made["lh"][:, chosen], rtol=0, atol=1e-5
    )
    np.testing.assert_allclose(made["rh_all"], made["rh"], rtol=0, atol=1e-5)


def test_eeg(run):
    made = run("eeg")
    assert made["responses"].shape == (3, 4, 63, 140)
    names = made["metadata"]["eeg"]["ch_names"]
    rows = [names.index(name) for name in made["posterior"]]
    times = np.flatnonzero(made["selection"]["timepoints"])
    expected = made["responses"][:, :, rows][..., times]
    assert made["window"].shape == (3, 4, len(rows), 21)
    np.testing.assert_allclose(made["window"], expected, rtol=0, atol=1e-5)
    assert made["course"].shape == (21,)


def test_mouse(run):
    made = run("mouse")
    assert made["responses"].shape == (3, 24)
    masks = made["metadata"]["calcium_2p"]
    rows = (masks["roi"]["V1"] | masks["field_masks"]["field_1"]) == 1
    assert made["some"].shape == (2, 3, rows.sum())
    expected = made["responses"][:, rows]
    np.testing.assert_allclose(made["some"][0], expected, rtol=0, atol=1e-5)


def test_nest(run):
    made = run("nest")
    assert made["rois"] == ["V1"]
    assert made["fmri"].shape == (2, 7)
    assert made["eeg"].shape == (2, 4, 63, 140)
    np.testing.assert_array_equal(made["alone"], made["eeg"])
    assert "fmri" in made["fmri_metadata"]
    assert "eeg" in made["eeg_metadata"]


def test_a_script_finds_its_data_by_a_variable(berg_root):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "catalogue.py")],
        env=os.environ | {"BERG_DIR": str(berg_root)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "7 voxels, explained variance" in done.stdout
