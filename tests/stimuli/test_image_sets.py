"""Images in colour for sessions that answer pictures one by one."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from stimulus_videos import write_video
from support.pictures import PictureSession

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import CachedFrames, open_stimulus
from insilico_gui.stimuli.readers.images import are_stills, open_images
from insilico_gui.stimuli.readers.seen_images import SeenImages

RED = np.zeros((6, 8, 3), np.uint8) + np.array([200, 10, 30], np.uint8)


@pytest.fixture
def folder(tmp_path):
    directory = tmp_path / "pictures"
    directory.mkdir()
    Image.fromarray(RED).save(directory / "b10.png")
    Image.fromarray(RED[:4, :, 2]).save(directory / "b2.png")
    (directory / "notes.txt").write_text("not an image")
    return directory


def test_a_folder_of_images_of_any_size_in_natural_order(folder):
    images = open_images(folder)
    assert images.labels == ("b2.png", "b10.png")
    assert images.name == "pictures"
    np.testing.assert_array_equal(images.image(1), RED)
    assert images.image(0).shape == (4, 8, 3)
    assert (images.image(0) == 30).all()
    assert images.attrs["n_images"] == 2


def test_one_file(folder):
    images = open_images(folder / "b10.png")
    assert images.labels == ("b10.png",)
    np.testing.assert_array_equal(images.image(0), RED)


def test_transparent_pixels_are_mean_grey(tmp_path):
    rgba = np.dstack([RED, np.zeros((6, 8), np.uint8)])
    rgba[0, 0, 3] = 255
    Image.fromarray(rgba).save(tmp_path / "a.png")
    image = open_images(tmp_path / "a.png").image(0)
    assert image[0, 0].tolist() == [200, 10, 30]
    assert (image[1:] == 128).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.int16])
@pytest.mark.parametrize("channels_first", [True, False])
def test_arrays_of_colour(dtype, channels_first):
    array = np.stack([RED, 255 - RED]).astype(dtype)
    images = open_images(np.moveaxis(array, -1, 1) if channels_first else array)
    assert images.n_images == 2
    np.testing.assert_array_equal(images.image(1), 255 - RED)


def test_grey_arrays_get_three_equal_channels():
    images = open_images(np.full((2, 5, 7), 0.5))
    assert images.image(0).shape == (5, 7, 3)
    assert (images.image(1) == 128).all()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((1, 3, 4, 4), 256), "outside 0..255"),
        (np.full((1, 3, 4, 4), -1), "outside 0..255"),
        (np.full((1, 3, 4, 4), 2.0), "outside 0..1"),
        (np.full((1, 3, 4, 4), np.nan), "outside 0..1"),
        (np.zeros((3, 4, 5), np.uint8), "one image in colour or three in grey"),
        (np.zeros((2, 5, 4, 6), np.uint8), "the shape"),
        (np.zeros(4, np.uint8), "the shape"),
        (np.zeros((2, 3, 4, 4), complex), "complex128"),
    ],
)
def test_arrays_that_are_refused(array, message):
    with pytest.raises(StimulusError, match=message):
        images = open_images(array)
        images.image(0)


def test_frames_of_a_video_at_an_interval_in_colour(tmp_path):
    frames = np.zeros((30, 32, 48, 3), np.uint8)
    frames[:, :, :, 0] = np.arange(30)[:, None, None] * 8
    path = write_video(
        tmp_path / "v.mkv", frames, codec="ffv1", pixel_format="bgr0", rate=10
    )
    images = open_images(path, interval_s=0.5)
    assert images.n_images == 6
    reds = [int(images.image(k)[0, 0, 0]) for k in range(6)]
    assert reds == [0, 40, 80, 120, 160, 200]
    assert images.image(3)[0, 0, 1] == 0
    assert images.labels[2] == "frame 10 (1.000 s)"


def test_every_frame_of_a_grey_stimulus():
    array = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
    images = open_images(open_stimulus(array))
    assert images.n_images == 3
    np.testing.assert_array_equal(images.image(2)[..., 1], array[2])


@pytest.mark.parametrize("interval_s", [0.0, -1.0, np.nan, np.inf])
def test_intervals_that_make_no_sense(interval_s):
    stimulus = open_stimulus(np.zeros((3, 4, 5), np.uint8))
    with pytest.raises(StimulusError, match="positive number"):
        open_images(stimulus, interval_s=interval_s)


def test_still_images_have_no_interval(folder):
    """They would all be shown, as if it had not been asked for."""
    files = sorted(folder.iterdir())
    for stills in (folder, str(folder), files[0], files, np.zeros((2, 3, 4, 4), "u1")):
        assert are_stills(stills)
        with pytest.raises(StimulusError, match=r"An interval of 0\.5 s is for videos"):
            open_images(stills, interval_s=0.5)
    assert not are_stills(folder / "video.mp4")
    assert not are_stills(open_stimulus(np.zeros((3, 4, 5), np.uint8)))


def test_a_file_that_is_no_image(tmp_path):
    (tmp_path / "a.png").write_bytes(b"not a picture")
    with pytest.raises(StimulusError, match=r"a\.png is not an image"):
        open_images(tmp_path / "a.png")
    with pytest.raises(StimulusError, match="holds no images"):
        (tmp_path / "empty").mkdir()
        open_images(tmp_path / "empty")


def test_images_as_a_session_sees_them_are_made_once_in_colour(folder):
    session = PictureSession()
    images = open_images(folder)
    shown = CachedFrames(SeenImages(images, session.seen, session.frame_shape, 2.0))
    assert shown.array.shape == (2, 16, 16, 3)
    assert shown.peek(1) is None
    assert (shown.frames(1, 2) == [200, 10, 30]).all()
    assert (shown.peek(0) == 30).all()
    assert (shown.array[1] == [200, 10, 30]).all()
    shown.close()
    assert shown.array.shape == (2, 16, 16, 3)


def test_a_link_to_nothing_among_images_is_no_lost_frame(tmp_path):
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "folder.png").mkdir()  # folders within are left alone
    assert open_images(tmp_path).n_images == 1
    (tmp_path / "b.png").symlink_to(tmp_path / "gone.png")
    for show in (open_images, open_stimulus):
        with pytest.raises(StimulusError, match=r"b\.png .* is a link to nothing"):
            show(tmp_path)
