"""The command line with sessions that answer images."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from support import berg_fwrf
from support.command_line import error_of, run

import insilico_gui as ig
from insilico_gui.cli import sources

VOXELS = "nsd-fwrf/subject-1_roi-V1"


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


@pytest.mark.parametrize("command", ["tuning", "receptive-fields", "retinotopy"])
def test_analyses_of_video_refuse_images(command, berg_root, responses, tmp_path):
    out = tmp_path / "table.csv"
    for file in ("voxels.npz", "eeg.npz"):
        sentence = error_of(command, responses / file, "-o", out)
        assert "single images" in sentence
        assert "needs responses to a video" in sentence
    sentence = error_of(command, VOXELS, "-o", out, "--directory", berg_root)
    assert "needs responses to a video" in sentence
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("six")
    for k, picture in enumerate(berg_fwrf.pictures(6, seed=2)):
        Image.fromarray(np.moveaxis(picture, 0, -1)).save(folder / f"{k}.png")
    return folder


def activity_ratio(rates):
    """Of each column; NaN where nothing is above zero."""
    square = (rates**2).mean(axis=0)
    return rates.mean(axis=0) ** 2 / np.where(square > 0, square, np.nan)


def test_sparseness_over_images(pictures, berg_root, tmp_path):
    """Shown now, and from a file: by the formula of Vinje and Gallant."""
    out, file = tmp_path / "shown.csv", tmp_path / "responses.npz"
    at = ("--directory", berg_root, "--device", "cpu")
    result = run("sparseness", VOXELS, "--stimulus", pictures, "-o", out, *at)
    assert result.exit_code == 0, result.output
    assert "6 images; medians" in result.stdout
    assert "Responses below zero (" in result.stdout
    assert run("encode", VOXELS, pictures, "-o", file, *at).exit_code == 0
    rates = np.maximum(ig.load_responses(file).to_numpy().astype(float), 0)
    ratio = activity_ratio(rates)
    found = pd.read_csv(out)["lifetime_sparseness_vinje_gallant"]
    np.testing.assert_allclose(found, (1 - ratio) / (1 - 1 / 6), rtol=1e-4)
    about = json.loads(out.with_suffix(".csv.json").read_text())
    population = about["population_sparseness"]
    assert population["image"] == [f"{k}.png" for k in range(6)]
    ratio = activity_ratio(rates.T)
    np.testing.assert_allclose(
        population["sparseness_vinje_gallant"],
        (1 - ratio) / (1 - 1 / rates.shape[1]),
        rtol=1e-4,
    )
    again = tmp_path / "again.csv"
    assert run("sparseness", file, "-o", again).exit_code == 0
    known = pd.read_csv(again)["lifetime_sparseness_vinje_gallant"]
    np.testing.assert_allclose(known, found, rtol=1e-4)


def test_signal_correlations_over_images(pictures, berg_root, tmp_path):
    file, out, matrix = (tmp_path / n for n in ("r.npz", "signal.csv", "signal.npy"))
    at = ("--directory", berg_root, "--device", "cpu")
    assert run("encode", VOXELS, pictures, "-o", file, *at).exit_code == 0
    result = run("signal-correlations", file, "-o", out, "--matrix", matrix)
    assert result.exit_code == 0, result.output
    expected = np.corrcoef(ig.load_responses(file).to_numpy().T)
    np.testing.assert_allclose(np.load(matrix), expected, atol=1e-5)
    n = len(expected)
    np.testing.assert_allclose(
        pd.read_csv(out)["mean_signal_correlation"],
        (expected.sum(axis=1) - 1) / (n - 1),
        atol=1e-5,
    )


def test_images_that_cannot_be_compared_are_refused_before_encoding(
    folder, pictures, berg_root, responses, tmp_path, monkeypatch
):
    monkeypatch.setattr(sources, "encode_with_bar", lambda *_: pytest.fail("encoded"))
    at = ("-o", tmp_path / "table.csv", "--directory", berg_root, "--device", "cpu")
    assert "name a folder of them" in error_of("sparseness", VOXELS, *at)
    two = (VOXELS, "--stimulus", folder, *at)
    assert "at least 3 conditions" in error_of("signal-correlations", *two)
    assert "show two or more" in error_of(
        "sparseness", VOXELS, "--stimulus", folder / "a.png", *at
    )
    assert "leave out --set" in error_of("sparseness", *two, "--set", "repeats=2")
    assert "leave out --over" in error_of("sparseness", *two, "--latency-s", 0.1)
    trials = tmp_path / "trials.csv"
    trials.write_text("onset,duration\n0,1\n")
    assert "leave out --trials" in error_of("sparseness", *two, "--trials", trials)
    trials.unlink()
    eeg = ("things-eeg2/subject-1", "--stimulus", pictures, *at)
    assert "mean over a window of time" in error_of("sparseness", *eeg)
    file = (responses / "eeg.npz", "-o", tmp_path / "table.csv")
    assert "mean over a window of time" in error_of("sparseness", *file)
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
