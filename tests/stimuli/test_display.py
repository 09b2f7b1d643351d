"""Pixels, stimulus coordinates and degrees of visual angle."""

from __future__ import annotations

import numpy as np
import pytest

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import Display


def test_the_default_is_the_screen_of_the_mouse_recordings():
    display = Display()
    right, up = display.pixel_degrees(angles="per axis")
    assert (right.shape, up.shape) == ((256,), (144,))
    # The edge of the screen, half a pixel further out, is at 62.0 and 46.7 degrees
    assert np.degrees(np.arctan(56.5 / 2 / 15)) == pytest.approx(62.0, abs=0.05)
    assert right[-1] == pytest.approx(62.0, abs=0.15)
    assert up[0] == pytest.approx(46.7, abs=0.25)
    assert display.degrees_per_pixel == pytest.approx((0.843, 0.8435), abs=0.001)


def test_flat_degrees_are_even_and_agree_with_exact_ones_at_the_centre():
    display = Display()
    flat, flat_up = display.pixel_degrees()
    np.testing.assert_allclose(np.diff(flat), display.degrees_per_pixel[0])
    np.testing.assert_allclose(np.diff(flat_up), -display.degrees_per_pixel[1])
    exact, _ = display.pixel_degrees(angles="per axis")
    middle = slice(126, 130)
    np.testing.assert_allclose(np.diff(exact[middle]), np.diff(flat[middle]), rtol=1e-3)
    # At the edge a pixel spans cos(62 degrees)^2 of what it spans at the centre
    shrunk = np.diff(exact)[-1] / np.diff(flat)[-1]
    assert shrunk == pytest.approx(np.cos(np.radians(62)) ** 2, abs=0.005)


def test_elevation_is_up_and_azimuth_to_the_right():
    right, up = Display().pixel_degrees()
    assert right[0] < 0 < right[-1]
    assert up[0] > 0 > up[-1]


def test_stimulus_coordinates_meet_the_pixels_of_a_unit_table():
    display = Display(pixels=(144, 256))
    x, y = np.array([-1.0, 0.3, 1.0]), np.array([1.0, 0.0, -1.0])
    row, column = display.to_pixels(x, y)
    np.testing.assert_allclose(row, (1 - y) / 2 * 143)
    np.testing.assert_allclose(column, (x + 1) / 2 * 255)
    back = display.to_stimulus(row, column)
    np.testing.assert_allclose(back, (x, y), atol=1e-12)


@pytest.mark.parametrize("angles", ["flat", "per axis"])
def test_degrees_there_and_back(angles):
    display = Display(width_cm=40, height_cm=30, distance_cm=20, pixels=(60, 80))
    x, y = np.linspace(-1, 1, 9), np.linspace(1, -1, 9)
    azimuth, elevation = display.to_degrees(x, y, angles=angles)
    np.testing.assert_allclose(
        display.from_degrees(azimuth, elevation, angles=angles), (x, y), atol=1e-12
    )
    right, up = display.pixel_degrees(angles=angles)
    row, column = display.to_pixels(x, y)
    np.testing.assert_allclose(
        np.interp(column, np.arange(80), right), azimuth, atol=0.1
    )
    np.testing.assert_allclose(np.interp(row, np.arange(60), up), elevation, atol=0.1)


def test_dictionary_there_and_back():
    display = Display(distance_cm=20, pixels=[36, 64])
    assert display.pixels == (36, 64)
    assert Display.from_dict(display.to_dict()) == display
    with pytest.raises(StimulusError, match="cannot be made from"):
        Display.from_dict({"width": 3})


@pytest.mark.parametrize(
    "values",
    [
        {"width_cm": 0},
        {"height_cm": -1},
        {"distance_cm": np.nan},
        {"distance_cm": np.inf},
        {"width_cm": "56"},
        {"width_cm": True},
        {"pixels": (0, 256)},
        {"pixels": (144,)},
        {"pixels": 144},
        {"pixels": (10**6, 10**6)},
    ],
)
def test_impossible_displays(values):
    with pytest.raises(StimulusError, match=next(iter(values)).split("_")[0]):
        Display(**values)
