"""Natural images: which is shown when, gaps, conversion, folders that change."""

from __future__ import annotations

import json

import numpy as np
import pytest
from measuring import trial_frames
from PIL import Image
from test_trial_families import SMALL, refuse

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import convert, natural_images, open_stimulus, spec_from_dict

NAMES = ["image1.png", "image2.png", "image10.png"]


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(5)
    for name in NAMES:
        Image.fromarray(rng.integers(0, 255, (90, 120, 3), np.uint8)).save(
            tmp_path / name
        )
    (tmp_path / "notes.txt").write_text("not an image")
    return tmp_path


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_each_trial_shows_its_image_as_the_one_conversion_makes_it(folder, fit):
    stimulus = natural_images(folder=folder, repeats=2, fit=fit, display=SMALL)
    expected = convert(open_stimulus(folder), (36, 64), 30.0, fit=fit).frames(0, 3)
    assert sorted(stimulus.trials["condition"]) == sorted(NAMES * 2)
    for trial in stimulus.trials.itertuples():
        frames = trial_frames(stimulus, trial)
        assert len(frames) == 15
        assert (frames == expected[NAMES.index(trial.condition)]).all()


def test_names_are_in_natural_order(folder):
    stimulus = natural_images(folder=folder, order="sequential", display=SMALL)
    assert stimulus.trials["condition"].tolist() == NAMES
    assert list(stimulus.trials.columns) == ["onset", "duration", "condition", "repeat"]


def test_gaps_are_12_to_18_frames(folder):
    stimulus = natural_images(folder=folder, repeats=60, display=SMALL, seed=3)
    onset = np.rint(stimulus.trials["onset"].to_numpy() * 30).astype(int)
    gaps = np.diff([-15, *onset, stimulus.n_frames]) - 15
    lengths, counts = np.unique(gaps, return_counts=True)
    assert lengths.tolist() == list(range(12, 19))
    assert counts.min() > 10  # 181 gaps, 26 of each on average
    other = natural_images(folder=folder, repeats=60, display=SMALL, seed=4).trials
    assert not np.array_equal(other["onset"], stimulus.trials["onset"])


def test_a_fixed_gap(folder):
    options = {"blank_s": 0.5, "blank_jitter_s": 0, "display": SMALL}
    trials = natural_images(folder=folder, **options).trials
    assert trials["onset"].tolist() == pytest.approx([0.5, 1.5, 2.5])


def test_a_spec_refuses_other_images(folder):
    spec = natural_images(folder=folder, display=SMALL).spec
    saved = json.loads(json.dumps(spec.to_dict()))
    assert spec_from_dict(saved) == spec
    assert saved["images"] == NAMES
    before = (folder / NAMES[0]).read_bytes()
    Image.fromarray(np.zeros((90, 120), np.uint8)).save(folder / NAMES[0])
    with pytest.raises(StimulusError, match="are not those of this specification"):
        spec_from_dict(saved)
    assert natural_images(folder=folder, display=SMALL).spec.hash != spec.hash
    (folder / NAMES[0]).write_bytes(before)
    assert spec_from_dict(saved) == spec
    (folder / NAMES[1]).unlink()
    with pytest.raises(StimulusError, match="are not those of this specification"):
        spec_from_dict(saved)


def test_a_folder_without_images(tmp_path):
    refuse(natural_images, {"folder": tmp_path}, "holds no images")
    refuse(natural_images, {"folder": tmp_path / "none"}, "is not a folder")
    (tmp_path / "a.png").write_bytes(b"no image")
    refuse(natural_images, {"folder": tmp_path}, "a.png is not an image")


def test_images_of_several_sizes(folder):
    Image.fromarray(np.zeros((9, 12), np.uint8)).save(folder / "small.png")
    refuse(natural_images, {"folder": folder}, "differ in size")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_s": 0.01}, "image_s is 0.01, less than a frame"),
        ({"image_s": 0}, "image_s is 0"),
        ({"blank_jitter_s": -1}, "blank_jitter_s is -1"),
        ({"fit": "squeeze"}, "fit is 'squeeze'"),
    ],
)
def test_impossible_sequences(folder, options, message):
    refuse(natural_images, {"folder": folder, **options}, message)
