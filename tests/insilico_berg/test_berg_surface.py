"""Vertices at their places, where the user has FreeSurfer's files."""

from __future__ import annotations

import nibabel.freesurfer.io as freesurfer
import numpy as np
import pytest
from support import berg_vit

import insilico_gui as ig

ID = "nsd-fsaverage/subject-1"


@pytest.fixture
def root(tmp_path, monkeypatch):
    for name in ("SUBJECTS_DIR", "FREESURFER_HOME"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "root"
    berg_vit.write_fsaverage(root, vertices=30)
    berg_vit.write_backbone(root)
    return root


def write_surfaces(folder, vertices=30):
    """Millimetres, as single precision; returned for both hemispheres, lh first."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    points = rng.uniform(-90, 90, (2, vertices, 3)).astype(np.float32)
    for side, places in zip(("lh", "rh"), points, strict=True):
        faces = np.array([[0, 1, 2], [1, 2, 3]])
        freesurfer.write_geometry(str(folder / f"{side}.pial"), places, faces)
    return points.reshape(-1, 3)


def test_without_surfaces_there_are_no_positions(root):
    session = ig.open_session(ID, root)
    assert not {"x", "y", "z"} & set(session.units)
    assert "axes" not in session.attrs


@pytest.mark.parametrize("where", ["root", "SUBJECTS_DIR", "FREESURFER_HOME"])
def test_vertices_lie_where_the_surface_has_them(root, tmp_path, monkeypatch, where):
    folders = {
        "root": root / "fsaverage",
        "SUBJECTS_DIR": tmp_path / "home" / "fsaverage",
        "FREESURFER_HOME": tmp_path / "home" / "subjects" / "fsaverage",
    }
    if where != "root":
        monkeypatch.setenv(where, str(tmp_path / "home"))
    points = write_surfaces(folders[where] / "surf")
    session = ig.open_session(ID, root)
    found = session.units[["x", "y", "z"]].to_numpy()
    np.testing.assert_allclose(found, points * 1000.0, rtol=1e-6)
    assert session.attrs["axes"] == "RAS"


def test_surfaces_that_do_not_fit_are_left_out_and_told(root, caplog):
    write_surfaces(root / "fsaverage" / "surf", vertices=29)
    assert "x" not in ig.open_session(ID, root).units
    assert "29 vertices where the model has 30" in caplog.text


def test_a_file_that_is_no_surface_is_told(root, caplog):
    write_surfaces(root / "fsaverage" / "surf")
    (root / "fsaverage" / "surf" / "rh.pial").write_bytes(b"no surface" * 10)
    assert "x" not in ig.open_session(ID, root).units
    assert "rh.pial is not a FreeSurfer surface" in caplog.text
