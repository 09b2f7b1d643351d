"""Training sets: what is read, what is refused and how it is said; batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from insilico_wang2025 import check_training_data
from insilico_wang2025.fitting.batches import draw_windows, read_batch
from insilico_wang2025.fitting.checking import open_training_set
from insilico_wang2025.fitting.first_positions import find_positions
from insilico_wang2025.fitting.initial import new_network
from insilico_wang2025.retinotopy import derived_centers
from insilico_wang2025.sizes import sizes_of
from support.wang2025_recording import FRAMES, SIZES, UNITS, change, write_set

from insilico_gui.errors import FitError


@pytest.fixture
def folder(tmp_path):
    return write_set(tmp_path / "set")


def test_a_sound_set_is_opened(folder):
    found = open_training_set(folder)
    assert found.units == UNITS and found.frame_shape == (18, 32)
    assert [trial.name for trial in found.trials] == ["000", "001", "002", "003", "004"]
    assert [trial.training for trial in found.trials] == [True] * 3 + [False] * 2
    assert found.summary()["training_frames"] == 3 * FRAMES
    assert check_training_data(folder).table().empty
    means = np.mean([np.load(folder / f"units/{k:03}.npy") for k in range(3)], (0, 1))
    np.testing.assert_allclose(check_training_data(folder).mean_response, means, 1e-6)
    assert len(open_training_set(folder, 4).trials) == 4


def test_the_fingerprint_tells_sets_apart(folder):
    before = open_training_set(folder).fingerprint
    assert open_training_set(folder).fingerprint == before
    change(folder, "units", 1, lambda a: a + 1)
    assert open_training_set(folder).fingerprint != before


@pytest.mark.parametrize(
    ("part", "function", "said"),
    [
        ("stimuli", lambda a: a.astype(np.float32), "uint8"),
        ("stimuli", lambda a: a[..., 0], r"\[frames, height, width, 1\]"),
        ("stimuli", lambda a: a[:, :9], "9 x 32 pixels"),
        ("units", lambda a: a[:, :3], "3 units"),
        ("units", lambda a: a.astype(np.float64), "float32"),
        ("units", lambda a: a[:5], "5 frames and samples says 14"),
        ("perspectives", lambda a: a[:, :1], r"\[frames, 2\]"),
        ("samples", lambda a: a + 0.5, "number of frames"),
        ("training", lambda a: np.array([1, 0]), "True or False"),
        ("units", lambda a: np.where(a == a[3, 2], np.nan, a), "1 units have NaN"),
        ("modulations", lambda a: np.where(a == a[3, 1], np.nan, a), "1 of 14 frames"),
    ],
)
def test_a_wrong_trial_is_named(part, function, said, folder):
    change(folder, part, 1, function)
    problems = check_training_data(folder).table()
    assert problems[["trial", "folder"]].to_numpy().tolist() == [["001", part]]
    assert bool(problems["blocking"].all())
    with pytest.raises(FitError, match=said) as caught:
        open_training_set(folder)
    assert f"{part}/001.npy" in str(caught.value)


def test_a_missing_file_is_named(folder):
    (folder / "modulations" / "002.npy").unlink()
    with pytest.raises(FitError, match=r"modulations/002\.npy.*missing"):
        open_training_set(folder)


def test_several_problems_are_counted(folder):
    change(folder, "units", 0, lambda a: a[:5])
    change(folder, "units", 2, lambda a: a[:5])
    with pytest.raises(FitError, match="1 more"):
        open_training_set(folder)
    assert len(check_training_data(folder).trials) == 3


def test_objects_are_not_unpickled(folder):
    np.save(folder / "units" / "000.npy", np.array([{}], dtype=object))
    with pytest.raises(FitError, match=r"units/000\.npy.*Python objects"):
        open_training_set(folder)


def test_a_file_that_was_cut_short(folder):
    path = folder / "stimuli" / "000.npy"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FitError, match="cut short"):
        open_training_set(folder)


def test_a_folder_that_is_no_set(tmp_path):
    with pytest.raises(FitError, match="no training set"):
        open_training_set(tmp_path)
    with pytest.raises(FitError, match="no training set"):
        open_training_set(tmp_path / "nothing")


def test_responses_that_a_fit_can_do_with_are_reported_only(folder):
    for k in range(5):
        change(folder, "units", k, lambda a: a * [0, 1, 1, 100, -1])
        change(folder, "units", k, lambda a: a.astype(np.float32))
    report = check_training_data(folder)
    assert not report.blocking and len(report.trials) == 5
    said = " ".join(report.table()["problem"])
    assert (
        "1 units never respond" in said and "far from 1" in said and "below 0" in said
    )


def test_missing_behaviour_can_be_filled(folder):
    change(folder, "perspectives", 0, lambda a: np.where(a > 1, np.nan, a))
    found = open_training_set(folder, fill_missing=True)
    windows = draw_windows([FRAMES], 1, FRAMES, torch.Generator())
    eye = read_batch(found.of(True)[:1], windows, FRAMES).eye
    assert bool(eye.isfinite().all())
    assert int((eye == 0).sum()) == int(
        np.isnan(np.load(folder / "perspectives/000.npy")).sum()
    )
    change(folder, "perspectives", 0, lambda a: np.where(np.isnan(a), np.inf, a))
    with pytest.raises(FitError, match="infinite"):
        open_training_set(folder, fill_missing=True)


def test_windows_are_drawn_with_replacement_from_all_starts():
    drawn = draw_windows([20, 12], 3000, 10, torch.Generator().manual_seed(1))
    assert {window.trial for window in drawn} == {0, 1}
    assert {w.start for w in drawn if w.trial == 0} == set(range(10))
    assert {w.start for w in drawn if w.trial == 1} == {0, 1}
    again = draw_windows([20, 12], 3000, 10, torch.Generator().manual_seed(1))
    assert again == drawn
    assert {w.start for w in draw_windows([10], 9, 10, torch.Generator())} == {0}
    with pytest.raises(FitError, match="sample_size is 13"):
        draw_windows([20, 12], 1, 13, torch.Generator())


def test_a_batch_is_the_windows_side_by_side(folder):
    found = open_training_set(folder)
    windows = draw_windows([FRAMES] * 3, 2, 6, torch.Generator().manual_seed(2))
    batch = read_batch(found.of(True), windows, 6)
    assert batch.frames.shape == (2, 6, 18, 32) and batch.targets.shape == (2, 6, UNITS)
    for k, (trial, start) in enumerate(windows):
        whole = np.load(folder / f"stimuli/{trial:03}.npy")
        assert np.array_equal(batch.frames[k], whole[start : start + 6, ..., 0])
        whole = np.load(folder / f"units/{trial:03}.npy")
        assert np.array_equal(batch.targets[k], whole[start : start + 6])


def test_readouts_begin_where_units_look(tmp_path):
    """Units that follow the contrast of one place of frames that change everywhere."""
    rng = np.random.default_rng(1)
    height, width = shape = (36, 64)
    folder = write_set(tmp_path / "set", 5, shape, frames=120, units=4)
    places = [(9, 13), (26, 50), (18, 32), (9, 53)]  # row and column
    y, x = np.mgrid[:height, :width]
    for trial in range(5):
        strength = rng.uniform(0, 1, (12, 9, 16)).repeat(10, 0)  # new every 10 frames
        strength = strength.repeat(4, 1).repeat(4, 2)
        noise = rng.normal(size=(120, *shape))
        frames = np.clip(128 + 60 * strength * noise, 0, 255).astype(np.uint8)
        power = (noise * strength) ** 2
        windows = [np.exp(-((y - r) ** 2 + (x - c) ** 2) / 18) for r, c in places]
        rates = np.stack([(power * w).sum((1, 2)) / w.sum() for w in windows], 1)
        np.save(folder / f"stimuli/{trial:03}.npy", frames[..., None])
        np.save(folder / f"units/{trial:03}.npy", rates.astype(np.float32))
    sizes = sizes_of(SIZES | {"frame_shape": shape, "retina_shape": [48, 64]})
    network = new_network(4, sizes, torch.Generator().manual_seed(0))
    found = find_positions(network, open_training_set(folder).of(True))
    with torch.no_grad():
        network.readout.position.mu.copy_(found)
    centers = derived_centers(network, shape)
    wanted = [
        [2 * (c + 0.5) / width - 1, 1 - 2 * (r + 0.5) / height] for r, c in places
    ]
    assert np.abs(centers - wanted).max() < 0.25
