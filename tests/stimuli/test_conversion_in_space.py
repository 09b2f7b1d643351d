"""Conversion in space: area averages, cutting, bars, pixels that are not square."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import ArrayStimulus, convert, describe_conversion

RNG = np.random.default_rng(11)


def picture(height: int, width: int, pixel_aspect: float = 1.0) -> ArrayStimulus:
    frames = RNG.integers(0, 256, (2, height, width), dtype=np.uint8)
    stimulus = ArrayStimulus(frames, 30)
    stimulus.pixel_aspect = pixel_aspect
    return stimulus


def resized(stimulus: ArrayStimulus, shape, fit="crop", **options) -> np.ndarray:
    return convert(stimulus, shape, 30, fit, **options).frames(0, 1)[0]


def area_average(source: np.ndarray, rows, columns) -> np.ndarray:
    """By brute force: mean of the source enlarged until all edges are on its grid.

    `rows` and `columns` are the edges of the output pixels, in source pixels, as
    multiples of 1/60.
    """
    fine = np.kron(source.astype(float), np.ones((60, 60)))
    rows, columns = np.rint(rows * 60).astype(int), np.rint(columns * 60).astype(int)
    return np.array(
        [
            [fine[top:bottom, left:right].mean() for left, right in edges(columns)]
            for top, bottom in edges(rows)
        ]
    )


def edges(positions):
    return list(pairwise(positions))


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ((12, 16), (6, 8)),
        ((12, 16), (4, 4)),
        ((15, 20), (6, 8)),  # 2.5
        ((10, 15), (3, 5)),  # 10/3, 3
        ((6, 8), (12, 16)),
        ((6, 8), (9, 10)),
        ((5, 4), (4, 5)),
        ((1, 1), (3, 4)),
        ((12, 15), (1, 1)),
    ],
)
def test_stretching_is_the_area_average(source, target):
    stimulus = picture(*source)
    rows = np.linspace(0, source[0], target[0] + 1)
    columns = np.linspace(0, source[1], target[1] + 1)
    expected = area_average(stimulus.frames(0, 1)[0], rows, columns)
    result = resized(stimulus, target, "stretch")
    assert result.dtype == np.uint8
    assert np.abs(result - expected).max() <= 0.5 + 1e-6


def test_cropping_cuts_the_middle_out():
    stimulus = picture(12, 16)  # kept: 9 of 12 rows, from 1.5 on
    result = resized(stimulus, (3, 16 // 3))
    kept = 16 * 3 / 5
    rows = np.linspace(6 - kept / 2, 6 + kept / 2, 4)
    expected = area_average(stimulus.frames(0, 1)[0], rows, np.linspace(0, 16, 6))
    assert np.abs(result - expected).max() <= 0.5 + 1e-6


def test_cropping_on_pixel_edges_keeps_pixels():
    wide = picture(6, 20)
    np.testing.assert_array_equal(resized(wide, (6, 10)), wide.frames(0, 1)[0, :, 5:15])
    tall = picture(20, 6)
    np.testing.assert_array_equal(resized(tall, (10, 6)), tall.frames(0, 1)[0, 5:15])


def test_padding_shows_the_whole_picture_between_bars():
    stimulus = picture(6, 6)
    result = resized(stimulus, (6, 10), "pad")
    np.testing.assert_array_equal(result[:, 2:8], stimulus.frames(0, 1)[0])
    assert (result[:, :2] == 128).all()
    assert (result[:, 8:] == 128).all()
    dark = resized(stimulus, (10, 6), "pad", background=7)
    np.testing.assert_array_equal(dark[2:8], stimulus.frames(0, 1)[0])
    assert (dark[:2] == 7).all()


def test_bars_that_end_within_a_pixel_are_blended():
    frames = np.full((1, 4, 4), 228, np.uint8)
    result = resized(ArrayStimulus(frames, 30), (4, 7), "pad")
    # 1.5 pixels of bar on each side
    assert result[0].tolist() == [128, 178, 228, 228, 228, 178, 128]


def test_flat_pictures_stay_flat():
    for level in (0, 1, 127, 128, 254, 255):
        frames = np.full((1, 37, 53), level, np.uint8)
        for shape in ((16, 16), (144, 256), (7, 90)):
            for fit in ("crop", "stretch"):
                assert (resized(ArrayStimulus(frames, 30), shape, fit) == level).all()


def test_halves_round_to_even_however_the_sum_is_made():
    pairs = np.array([[[0, 1], [0, 1]], [[1, 2], [1, 2]], [[2, 3], [3, 2]]], np.uint8)
    for pair, expected in zip(pairs, (0, 2, 2), strict=True):
        assert resized(ArrayStimulus(pair[None], 30), (1, 1)) == [[expected]]
    # One in 36 over an odd multiple of a half: 6 does not divide in binary
    block = np.zeros((1, 6, 6), np.uint8)
    block[0, :3] = 1
    assert resized(ArrayStimulus(block, 30), (1, 1)) == [[0]]
    block[0, :3] = 2
    block[0, 3:] = 1
    assert resized(ArrayStimulus(block, 30), (1, 1)) == [[2]]


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_matching_frames_pass_bit_for_bit(fit):
    stimulus = picture(144, 256)
    converted = convert(stimulus, (144, 256), 30, fit)
    np.testing.assert_array_equal(converted.frames(0, 2), stimulus.frames(0, 2))
    assert converted.summary == "256 x 144 at 30 Hz"


def test_square_pixels_are_made_of_others():
    """A circle that was stored narrow is shown round."""
    y, x = np.mgrid[-60:60, -60:60] + 0.5
    stored = np.where(np.hypot(x * 4 / 3, y) < 40, 255, 0).astype(np.uint8)[None]
    stimulus = ArrayStimulus(stored, 30)
    stimulus.pixel_aspect = 4 / 3  # displayed at 160 x 120
    for fit, shape in (("crop", (90, 120)), ("pad", (120, 200)), ("crop", (120, 120))):
        disc = resized(stimulus, shape, fit) > 200
        height, width = np.ptp(np.argwhere(disc), axis=0) + 1
        assert abs(height - width) <= 2, fit


@pytest.mark.parametrize("pixel_aspect", [0.0, 1e-5, 1e5, np.nan])
def test_absurd_pixels_are_refused(pixel_aspect):
    with pytest.raises(StimulusError, match="times as wide as high, which cannot"):
        convert(picture(12, 16, pixel_aspect), (6, 8), 30)


def test_pixel_aspect_alone_decides_what_is_cut():
    stimulus = picture(120, 120, 4 / 3)
    assert convert(stimulus, (90, 120), 30).attrs["cut_height"] == 0
    assert convert(stimulus, (120, 120), 30).attrs["cut_width"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("source", "pixel_aspect", "target", "fit", "expected"),
    [
        (
            (480, 640),
            1.0,
            (144, 256),
            "crop",
            "640 x 480 at 24 Hz -> 256 x 144 at 30 Hz; crop cuts 25 % of the height",
        ),
        (
            (480, 640),
            1.0,
            (144, 256),
            "pad",
            "640 x 480 at 24 Hz -> 256 x 144 at 30 Hz; bars fill 25 % of the width",
        ),
        (
            (480, 640),
            1.0,
            (144, 256),
            "stretch",
            "640 x 480 at 24 Hz -> 256 x 144 at 30 Hz; stretch makes things 1.33 times "
            "as wide",
        ),
        (
            (720, 1280),
            1.0,
            (144, 256),
            "crop",
            "1280 x 720 at 24 Hz -> 256 x 144 at 30 Hz",
        ),
        (
            (480, 854),
            1.0,
            (144, 256),
            "crop",
            "854 x 480 at 24 Hz -> 256 x 144 at 30 Hz; crop cuts 0.078 % of the width",
        ),
        (
            (576, 720),
            64 / 45,
            (144, 256),
            "crop",
            "720 x 576 at 24 Hz -> 256 x 144 at 30 Hz; pixels 1.42 times as wide as "
            "high",
        ),
    ],
)
def test_summary(source, pixel_aspect, target, fit, expected):
    stimulus = ArrayStimulus(np.zeros((1, *source), np.uint8), 24)
    stimulus.pixel_aspect = pixel_aspect
    assert describe_conversion(stimulus, target, 30, fit) == expected
    assert convert(stimulus, target, 30, fit).summary == expected


def test_attributes_say_what_was_done():
    stimulus = ArrayStimulus(
        np.zeros((24, 480, 640), np.uint8), 24, name="clip", attrs={"kind": "mine"}
    )
    converted = convert(stimulus, (144, 256), 30)
    attrs = json.loads(json.dumps(dict(converted.attrs)))
    assert attrs["source"] == {"kind": "mine"}
    assert (attrs["fit"], attrs["source_name"]) == ("crop", "clip")
    assert (attrs["source_frame_shape"], attrs["frame_shape"]) == (
        [480, 640],
        [144, 256],
    )
    assert (attrs["source_frame_rate"], attrs["frame_rate"]) == (24.0, 30.0)
    assert (attrs["cut_height"], attrs["cut_width"]) == (0.25, 0.0)
    assert converted.name == "clip"
    assert (converted.pixel_aspect, converted.frame_shape) == (1.0, (144, 256))


def test_converting_twice_is_converting_once():
    once = convert(picture(90, 120), (36, 64), 30)
    twice = convert(once, (36, 64), 30)
    np.testing.assert_array_equal(once.frames(0, 2), twice.frames(0, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((144, 256), 30, "zoom"), "'zoom' is no way to fit"),
        (((0, 256), 30), "cannot be made"),
        (((144,), 30), "cannot be made"),
        (((144, 256), 0), "frame rate of 0"),
        (((144, 256), np.nan), "frame rate of nan"),
        (((144, 256), 30, "pad", 256), "not a grey level"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(StimulusError, match=message):
        convert(picture(12, 16), *arguments)
