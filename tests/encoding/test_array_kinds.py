"""What may be given to encode in place of a numpy array, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from support.pictures import PictureSession

import insilico_gui as ig
from insilico_gui.errors import InsilicoError, StimulusError
from insilico_gui.stimuli import open_images, open_stimulus

RNG = np.random.default_rng(5)
GREY = RNG.integers(0, 256, (4, 18, 32), dtype=np.uint8)


@pytest.fixture(scope="module")
def session():
    return ig.open_session("demo")


def encoded(session, stimulus):
    return ig.encode(session, stimulus, indices=[0])


def of_torch(array):
    return pytest.importorskip("torch").from_numpy(array.copy())


def of_xarray(array):
    return xr.DataArray(array)


def unmasked(array):
    return np.ma.masked_array(array)


@pytest.mark.parametrize("make", [of_torch, of_xarray, unmasked])
def test_arrays_of_other_libraries_are_read_by_every_route(session, make):
    array = make(GREY)
    np.testing.assert_array_equal(open_stimulus(array).frames(0, 4), GREY)
    images = open_images(array)
    np.testing.assert_array_equal([images.image(k)[..., 0] for k in range(4)], GREY)
    np.testing.assert_array_equal(encoded(session, array), encoded(session, GREY))


def test_masked_levels_are_not_made_up(session):
    masked = np.ma.masked_greater(GREY, 200)
    for show in (open_stimulus, open_images, lambda array: encoded(session, array)):
        with pytest.raises(StimulusError, match="masked values, which have no level"):
            show(masked)
    with pytest.raises(StimulusError, match="masked"):
        encoded(session, [masked, masked])


NO_STIMULI = {
    "None": None,
    "int": 3,
    "dict": {"a": GREY},
    "set": {1},
    "generator": (frame for frame in GREY),
    "bytes": b"clip.mp4",
    "type": np.ndarray,
    "dataset": xr.Dataset({"a": (("t", "y", "x"), GREY)}),
    "specification": ig.stimuli.drifting_gratings().spec,
}


@pytest.mark.parametrize("source", NO_STIMULI.values(), ids=NO_STIMULI)
def test_what_is_no_stimulus_is_named(session, source):
    kind = type(source).__name__
    shows = [open_stimulus, open_images]
    if kind not in ("dict", "generator"):  # which hold several stimuli
        shows.append(lambda given: encoded(session, given))
    for show in shows:
        with pytest.raises(StimulusError, match=kind):
            show(source)


def test_two_samples_a_pixel_are_no_columns(session):
    """Grey and opacity are no frames that are two pixels wide."""
    for shape in ((4, 18, 32, 2), (144, 256, 2)):
        array = np.zeros(shape, np.uint8)
        with pytest.raises(StimulusError, match="two samples a pixel"):
            encoded(session, array)
    with pytest.raises(StimulusError, match="two samples a pixel"):
        open_stimulus(np.zeros((144, 256, 2), np.uint8))
    with pytest.raises(StimulusError, match="two samples a pixel"):
        open_images(np.zeros((144, 256, 2), np.uint8))


@pytest.mark.parametrize("n_samples", [1, 3])
def test_samples_before_height_are_said_to_be_taken_for_time(session, n_samples):
    array = np.zeros((5, n_samples, 18, 32), np.uint8)
    responses = encoded(session, array)
    assert responses.shape == (5, n_samples, 1)
    assert f"taken to be 5 videos of {n_samples} frames" in responses.attrs["warning"]
    assert "warning" not in encoded(session, np.zeros((5, 6, 18, 32), np.uint8)).attrs


def test_other_types_of_levels_name_how_to_open_them(session):
    with pytest.raises(StimulusError, match=r"open_stimulus\(array, frame_rate=30\)"):
        encoded(session, GREY / 255)


def test_lists_of_images():
    session = PictureSession()
    pictures = RNG.integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    listed, stacked = (ig.encode(session, x) for x in (list(pictures), pictures))
    np.testing.assert_array_equal(listed, stacked)
    for wrong in ([], [pictures[0], pictures[0, :4]], [pictures[0], None]):
        with pytest.raises(InsilicoError):
            ig.encode(session, wrong)


def test_no_images_are_refused_at_once():
    with pytest.raises(StimulusError, match="holds no images"):
        open_images(np.zeros((0, 8, 8), np.uint8))
