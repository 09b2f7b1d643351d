"""Grey levels are the luma at full range, whatever the pixels are stored as."""

from __future__ import annotations

import numpy as np
import pytest
from stimulus_videos import write_video

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import open_stimulus
from insilico_gui.stimuli.core.grey import grey, rec601

COLORS = np.array(
    [
        [0, 0, 0],
        [255, 255, 255],
        [128, 128, 128],
        [64, 64, 64],
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
        [200, 150, 40],
        [30, 90, 220],
        [240, 20, 130],
    ],
    np.uint8,
)
REC_601 = np.array([0.299, 0.587, 0.114])
REC_709 = np.array([0.2126, 0.7152, 0.0722])
REC_2020 = np.array([0.2627, 0.6780, 0.0593])
PATCH = 32


def patches() -> np.ndarray:
    """One RGB picture, [PATCH, 10 * PATCH, 3]."""
    return np.repeat(np.repeat(COLORS[None], PATCH, 0), PATCH, 1)


def levels_of(frame: np.ndarray) -> np.ndarray:
    """Mean grey level of the middle of each patch."""
    middle = slice(PATCH // 4, -PATCH // 4)
    blocks = frame.reshape(PATCH, len(COLORS), PATCH)
    return blocks[middle, :, middle].astype(float).mean((0, 2))


@pytest.mark.parametrize(
    ("suffix", "codec", "pixel_format", "options"),
    [
        ("mp4", "libx264", "yuv420p", {"crf": "5"}),
        ("mp4", "libx264", "yuv444p", {"crf": "5"}),
        ("mp4", "libx264", "yuv420p10le", {"crf": "5"}),
        ("mp4", "libx264", "yuvj420p", {"crf": "5"}),
        ("mkv", "libx264rgb", "rgb24", {"crf": "0"}),
        ("mp4", "libx265", "yuv420p10le", {"x265-params": "log-level=none:crf=5"}),
        ("avi", "mpeg4", "yuv420p", {"q": "1", "qmin": "1", "qmax": "1"}),
        ("avi", "mjpeg", "yuvj444p", {"q": "1", "qmin": "1", "qmax": "1"}),
        ("avi", "rawvideo", "yuyv422", {}),
        ("avi", "rawvideo", "bgr24", {}),
        ("mov", "prores_ks", "yuv422p10le", {}),
        ("mov", "png", "rgb24", {}),
        ("mov", "png", "gray16be", {}),
        ("webm", "libvpx-vp9", "yuv420p", {"crf": "5", "b": "0"}),
        ("mkv", "ffv1", "bgr0", {}),
        ("mkv", "ffv1", "gray", {}),
        ("mkv", "ffv1", "gray16le", {}),
        ("mkv", "ffv1", "yuv444p16le", {}),
        ("mkv", "ffv1", "yuva444p", {}),
    ],
)
def test_color_patches_within_two_levels(
    tmp_path, suffix, codec, pixel_format, options
):
    path = write_video(
        tmp_path / f"patches.{suffix}",
        [patches()] * 3,
        codec=codec,
        pixel_format=pixel_format,
        options=options,
    )
    frame = open_stimulus(path).frames(1, 2)[0]
    np.testing.assert_allclose(levels_of(frame), COLORS @ REC_601, atol=2)


@pytest.mark.parametrize(
    ("colorspace", "weights", "name"),
    [(1, REC_709, "Rec. 709"), (5, REC_601, "Rec. 601"), (9, REC_2020, "Rec. 2020")],
)
@pytest.mark.parametrize(("color_range", "range_name"), [(1, "limited"), (2, "full")])
def test_luma_is_that_of_the_videos_own_standard(
    tmp_path, colorspace, weights, name, color_range, range_name
):
    path = write_video(
        tmp_path / "tagged.mp4",
        [patches()] * 3,
        pixel_format="yuv444p",
        options={"crf": "3"},
        colorspace=colorspace,
        color_range=color_range,
    )
    video = open_stimulus(path)
    np.testing.assert_allclose(
        levels_of(video.frames(1, 2)[0]), COLORS @ weights, atol=2
    )
    assert video.attrs["luma_weights"] == name
    assert video.attrs["color_range"] == range_name


def test_deep_grey_ramp_is_rounded_to_the_nearest_level(tmp_path):
    """10 bits are not cut to 8: every level of a ramp comes out right."""
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None], 16, 0)
    path = write_video(
        tmp_path / "ramp.mkv", [ramp], codec="ffv1", pixel_format="yuv444p10le"
    )
    np.testing.assert_array_equal(open_stimulus(path).frames(0, 1)[0], ramp)


def test_limited_range_reaches_black_and_white(tmp_path):
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None], 16, 0)
    path = write_video(
        tmp_path / "ramp.mkv", [ramp], codec="ffv1", pixel_format="yuv444p"
    )
    frame = open_stimulus(path).frames(0, 1)[0]
    assert np.abs(frame.astype(int) - ramp).max() <= 1
    assert (frame[0, 0], frame[0, -1]) == (0, 255)


def test_rec_601_is_exact_for_every_grey_and_rounded_for_colors():
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)
    np.testing.assert_array_equal(rec601(greys), greys[:, 0])
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 256, (10_000, 3), dtype=np.uint8)
    # Weights in 1/65536 move the result by less than 0.01
    assert np.abs(rec601(colors) - colors @ REC_601).max() < 0.51


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (np.array([[0, 7, 255]], np.uint8), [0, 7, 255]),
        (
            np.array([[0, 128, 129, 257, 32896, 65535]], np.uint16),
            [0, 0, 1, 1, 128, 255],
        ),
        (np.array([[0, 257, 65535]], ">u2"), [0, 1, 255]),
        (np.array([[False, True]]), [0, 255]),
        (np.array([[0.0, 0.5, 1.0, 0.1]], np.float32), [0, 128, 255, 26]),
        (np.array([[0.0, 0.25, 1.0]], np.float64), [0, 64, 255]),
        (np.array([[0.0, 0.25, 1.0]], ">f4"), [0, 64, 255]),
    ],
)
def test_types_are_scaled_by_their_range(pixels, expected):
    result = grey(pixels, "x", color=False)
    assert result.dtype == np.uint8
    assert result[0].tolist() == expected


@pytest.mark.parametrize(
    "dtype", ["int8", "int32", "uint32", "int64", "complex64", "U3"]
)
def test_other_types_are_refused(dtype):
    with pytest.raises(StimulusError, match=r"x holds .* must be uint8"):
        grey(np.zeros((2, 2)).astype(dtype), "x", color=False)


@pytest.mark.parametrize("value", [1.001, -0.01, np.nan, np.inf, 255.0])
def test_floats_outside_0_to_1_are_refused(value):
    with pytest.raises(StimulusError, match=r"outside 0\.\.1"):
        grey(np.array([[0.5, value]]), "x", color=False)


def test_transparency_shows_mean_grey():
    pixels = np.array([[[255, 255, 255, 0], [255, 255, 255, 255], [0, 0, 0, 128]]])
    result = grey(pixels.astype(np.uint8), "x", color=True)[0]
    assert result.tolist() == [128, 255, 64]
    grey_alpha = np.array([[[255, 0], [200, 255]]], np.uint8)
    assert grey(grey_alpha, "x", color=True)[0].tolist() == [128, 200]
