"""Pictures are checked, brought to 8 bits and resized exactly."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from insilico_berg.pictures import as_pictures, resize

from insilico_gui.errors import StimulusError

RNG = np.random.default_rng(3)
PICTURES = RNG.integers(0, 256, (2, 3, 5, 7), dtype=np.uint8)


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.int16, np.uint16, np.int64, np.float16, np.float64, ">i4"]
)
def test_the_type_of_the_numbers_means_nothing(dtype):
    made = as_pictures(PICTURES.astype(dtype))
    assert made.dtype == np.uint8
    np.testing.assert_array_equal(made, PICTURES)


def test_eight_bits_are_not_copied():
    assert as_pictures(PICTURES) is PICTURES


def test_fractions_are_rounded_halves_to_even():
    values = np.array([0.5, 1.5, 2.5, 254.5, 254.51, 0.49])
    images = np.broadcast_to(values, (1, 3, 1, 6))
    expected = [0, 2, 2, 254, 255, 0]
    np.testing.assert_array_equal(as_pictures(images)[0, 0, 0], expected)


def test_black_and_nearly_black_floats_are_accepted():
    assert not as_pictures(np.zeros((1, 3, 2, 2))).any()
    assert as_pictures(np.ones((1, 3, 2, 2))).all()


@pytest.mark.parametrize("shape", [(0, 3, 4, 4)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_no_picture_is_a_batch_too(shape, dtype):
    made = as_pictures(np.zeros(shape, dtype))
    assert made.shape == shape
    assert made.dtype == np.uint8


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([[1, 2]], "numpy array"),
        (PICTURES[0], r"\[1, 3, H, W\]"),
        (PICTURES.transpose(0, 2, 3, 1), "move the channels forward"),
        (PICTURES[:, :1], "three channels"),
        (np.zeros((1, 3, 0, 4), np.uint8), "without a pixel"),
        (PICTURES.astype(int) + 1, "of 1 to 256"),
        (PICTURES.astype(int) - 1, "-1"),
        (np.full((1, 3, 2, 2), np.nan), "nan"),
        (PICTURES / 255, "multiply"),
        (PICTURES > 100, "of type bool"),
        (PICTURES.astype(complex), "of type complex128"),
        (PICTURES.astype(object), "of type object"),
    ],
)
def test_anything_else_is_refused(images, message):
    with pytest.raises(StimulusError, match=message):
        as_pictures(images)


def test_a_picture_of_the_size_is_not_touched():
    resized = resize(torch.from_numpy(PICTURES), (5, 7))
    assert resized.dtype == torch.float32
    np.testing.assert_array_equal(resized.numpy(), PICTURES)


def test_halving_weighs_neighbours_by_a_triangle_of_twice_the_width():
    # Weights at distance 0.5 and 1.5 of a triangle that ends at 2: 3 to 1; outside
    # the picture there is nothing to weigh.
    row = np.array([0, 100, 200, 40], np.uint8)
    images = np.broadcast_to(row, (1, 3, 4, 4)).copy()
    expected = np.rint([(3 * 0 + 3 * 100 + 200) / 7, (100 + 3 * 200 + 3 * 40) / 7])
    resized = resize(torch.from_numpy(images), (2, 2)).numpy()
    np.testing.assert_array_equal(resized[0, 0], [expected, expected])


@pytest.mark.parametrize("size", [(3, 9), (227, 227), (1, 1)])
def test_sizes_and_whole_levels(size):
    resized = resize(torch.from_numpy(PICTURES), size)
    assert resized.shape == (2, 3, *size)
    assert torch.equal(resized, resized.round())
    assert resized.min() >= 0
    assert resized.max() <= 255
    one_by_one = torch.cat([resize(torch.from_numpy(p[None]), size) for p in PICTURES])
    assert torch.equal(resized, one_by_one)


def test_resizing_no_picture():
    assert resize(torch.zeros(0, 3, 5, 7, dtype=torch.uint8), (2, 2)).shape == (
        0,
        3,
        2,
        2,
    )
