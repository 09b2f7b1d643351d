"""The command line with sessions that answer images."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from support import berg_fwrf
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.cli import app

VOXELS = "nsd-fwrf/subject-1_roi-V1"


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def error_of(*arguments):
    """Run a command that must refuse; its sentence."""
    result = run(*arguments)
    assert result.exit_code == 1
    assert isinstance(result.exception, ig.InsilicoError), result.output
    return str(result.exception)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two images of different sizes."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(3)
    for name, shape in (("a.png", (40, 60, 3)), ("b.png", (90, 50, 3))):
        Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(folder / name)
    return folder


@pytest.fixture(scope="module")
def responses(folder, berg_root, tmp_path_factory):
    """Files of responses to the images: of voxels, and of EEG."""
    out = tmp_path_factory.mktemp("responses")
    for name, session in (("voxels", VOXELS), ("eeg", "things-eeg2/subject-1")):
        file = out / f"{name}.npz"
        at = ("--directory", berg_root, "--device", "cpu")
        result = run("encode", session, folder, "-o", file, *at)
        assert result.exit_code == 0, result.output
    return out


def test_a_single_image_is_answered_as_in_its_folder(
    folder, berg_root, responses, tmp_path
):
    out, at = tmp_path / "b.csv", ("--directory", berg_root, "--device", "cpu")
    assert run("encode", VOXELS, folder / "b.png", "-o", out, *at).exit_code == 0
    one, both = ig.load_responses(out), ig.load_responses(responses / "voxels.npz")
    assert one["trial"].to_numpy().tolist() == ["b.png"]
    np.testing.assert_allclose(one[0], both[1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "command", ["tuning", "receptive-fields", "retinotopy", "sparseness"]
)
def test_analyses_of_video_refuse_images(command, berg_root, responses, tmp_path):
    out = tmp_path / "table.csv"
    for file in ("voxels.npz", "eeg.npz"):
        sentence = error_of(command, responses / file, "-o", out)
        assert "single images" in sentence
        assert "needs responses to a video" in sentence
    sentence = error_of(command, VOXELS, "-o", out, "--directory", berg_root)
    assert "needs a session driven by video" in sentence
    assert list(tmp_path.iterdir()) == []


def test_the_screen_of_a_mouse_is_not_taken_for_that_of_a_person(
    berg_root, responses, tmp_path
):
    known = ("--known", "-o", tmp_path / "table.csv")
    assert "video" in error_of("retinotopy", responses / "voxels.npz", *known)
    at = ("--directory", berg_root)
    assert "driven by video" in error_of("retinotopy", VOXELS, *known, *at)


def test_comparisons_refuse_images(responses, tmp_path):
    file = responses / "voxels.npz"
    assert "video" in error_of("compare", file, file, "-o", tmp_path / "table.csv")


def test_fit_is_not_ignored(folder, berg_root, tmp_path):
    sentence = error_of(
        *("encode", VOXELS, folder, "-o", tmp_path / "out.npz", "--fit", "pad"),
        *("--directory", berg_root),
    )
    assert "--fit" in sentence
    assert list(tmp_path.iterdir()) == []


def test_a_number_of_units_that_is_not_known_is_not_zero(tmp_path):
    berg_fwrf.write_model(tmp_path, with_metadata=False)
    result = run("sessions", "--directory", tmp_path)
    (line,) = [one for one in result.stdout.splitlines() if one.startswith(VOXELS)]
    assert line.split("\t")[1] == "units not known"
