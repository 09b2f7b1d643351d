"""What an array of frames means to encode: one video, a batch, or one sentence."""

from __future__ import annotations

import numpy as np
import pytest
from support.pictures import PictureSession

import insilico_gui as ig
from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import open_stimulus
from insilico_gui.stimuli.readers.images import open_images

RNG = np.random.default_rng(3)
T, H, W = 6, 18, 32
GREY = RNG.integers(0, 256, (T, H, W), dtype=np.uint8)
COLOR = RNG.integers(0, 256, (T, H, W, 3), dtype=np.uint8)
OPAQUE = np.concatenate([COLOR, np.full((T, H, W, 1), 255, np.uint8)], -1)


@pytest.fixture(scope="module")
def session():
    return ig.open_session("demo")


def encoded(session, stimulus):
    return ig.encode(session, stimulus, np.r_[1, np.zeros(len(session.units) - 1)])


def at_the_rate_of(session, array):
    return open_stimulus(array, frame_rate=session.frame_rate)


@pytest.mark.parametrize(
    ("array", "same"),
    [(GREY[..., None], GREY), (COLOR, COLOR), (OPAQUE, COLOR)],
    ids=["grey", "color", "opacity"],
)
def test_an_axis_of_samples_is_one_video(session, array, same):
    responses = encoded(session, array)
    assert responses.dims == ("time", "unit")
    assert responses.shape == (T, 1)
    opened = encoded(session, at_the_rate_of(session, same))
    np.testing.assert_array_equal(responses, opened)
    assert responses.attrs["stimulus_hash"] == opened.attrs["stimulus_hash"]
    listed = encoded(session, [array, array])
    np.testing.assert_array_equal(listed[1], responses)


def test_frames_of_the_size_of_a_session(session):
    height, width = session.frame_shape
    for samples in (1, 3):
        array = np.zeros((4, height, width, samples), np.uint8)
        assert encoded(session, array).shape == (4, 1)


@pytest.mark.parametrize("array", [GREY, COLOR], ids=["grey", "color"])
def test_batches_stay_batches(session, array):
    batch = np.stack([array, array[::-1]])
    responses = encoded(session, batch)
    assert responses.dims == ("trial", "time", "unit")
    assert responses.shape == (2, T, 1)
    np.testing.assert_array_equal(responses[1], encoded(session, array[::-1]))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((144, 256, 1), r"may be one picture of 256 x 144 pixels"),
        ((144, 256, 3), r"give \[1, 144, 256, 3\] for the picture"),
        ((144, 256, 4), r"or 144 frames that are 4 pixels wide"),
        ((5, 6, 1, 1), r"may be a video \[T, H, W, 1\] or videos"),
        ((5, 6, 3, 3), r"give a list of videos"),
    ],
)
def test_shapes_that_may_mean_two_things_are_refused(session, shape, message):
    with pytest.raises(StimulusError, match=message):
        encoded(session, np.zeros(shape, np.uint8))


@pytest.mark.parametrize("samples", [1, 3, 4])
def test_pictures_without_time_are_refused_by_open_stimulus(tmp_path, samples):
    picture = np.zeros((144, 256, samples), np.uint8)
    np.save(tmp_path / "a.npy", picture)
    for source in (picture, tmp_path / "a.npy"):
        with pytest.raises(StimulusError, match="may be one picture of 256 x 144"):
            open_stimulus(source)
        assert open_images(source).image(0).shape == (144, 256, 3)
    assert open_stimulus(picture[None]).n_frames == 1
    assert open_stimulus(picture[..., None]).frame_shape == (256, samples)


@pytest.mark.parametrize("shape", [(2, 3, 9, 3), (2, 1, 9, 1), (2, 3, 9, 1)])
def test_images_whose_samples_may_be_first_or_last_are_refused(shape):
    with pytest.raises(StimulusError, match="before or after height and width"):
        open_images(np.zeros(shape, np.uint8))


def test_flicker_of_one_pixel_is_a_video(session):
    assert encoded(session, GREY[:, :1, :1]).shape == (T, 1)


@pytest.mark.parametrize("name", ["a.npy", "a.tif"])
def test_colours_reach_a_session_of_images_by_path(tmp_path, name):
    """Red and blue, as the same array in memory answers."""
    import tifffile

    array = np.zeros((2, 16, 24, 3), np.uint8)
    array[0, ..., 0], array[1, ..., 2] = 255, 255
    if name == "a.npy":
        np.save(tmp_path / name, array)
    else:
        tifffile.imwrite(tmp_path / name, array, photometric="rgb")
    by_path = ig.encode(PictureSession(), tmp_path / name)
    in_memory = ig.encode(PictureSession(), array)
    np.testing.assert_array_equal(by_path.values, in_memory.values)
    assert by_path.attrs["stimulus_hash"] == in_memory.attrs["stimulus_hash"]


def test_what_was_assumed_goes_with_the_responses(session, tmp_path):
    for responses in (encoded(session, OPAQUE), ig.encode(PictureSession(), OPAQUE)):
        assert "taken to be its opacity" in responses.attrs["warning"]
    assert "warning" not in encoded(session, COLOR).attrs
