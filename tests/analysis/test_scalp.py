"""Electrodes on the flat head, and pictures of the values between them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import RBFInterpolator

from insilico_gui.analysis.cortex.scalp import GRID, ScalpPicture, scalp_positions
from insilico_gui.errors import AnalysisError


def on_sphere(from_top_deg, around_deg, radius=90.0, center=(1.0, -16.0, 2.0)):
    top, around = np.radians(from_top_deg), np.radians(around_deg)
    unit = np.stack(
        [np.sin(top) * np.cos(around), np.sin(top) * np.sin(around), np.cos(top)],
        axis=-1,
    )
    return radius * unit + center


def test_projection_keeps_the_way_from_the_top():
    from_top = np.array([0.0, 30.0, 60.0, 90.0, 110.0, 90.0])
    around = np.array([0.0, 90.0, 180.0, 0.0, -90.0, 90.0])
    flat, outline = scalp_positions(on_sphere(from_top, around))
    assert outline == pytest.approx(90 * np.pi / 2)
    way = 90 * np.radians(from_top)
    expected = np.stack(
        [way * np.cos(np.radians(around)), way * np.sin(np.radians(around))], axis=1
    )
    np.testing.assert_allclose(flat, expected, atol=1e-6)


def test_a_channel_without_a_place_stays_out():
    points = on_sphere(
        np.array([0.0, 50, 50, 50, 80]), np.array([0.0, 0, 90, 200, 300])
    )
    points[2] = np.nan
    flat, _ = scalp_positions(points)
    assert np.isnan(flat[2]).all()
    assert np.isfinite(np.delete(flat, 2, axis=0)).all()


def test_too_few_or_flat_electrodes_are_refused():
    with pytest.raises(AnalysisError, match="2 of 3 electrodes"):
        scalp_positions([[0, 0, 1], [0, 1, 0], [np.nan] * 3])
    with pytest.raises(AnalysisError, match="one plane"):
        scalp_positions([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1], [2, 1, 1]])


@pytest.fixture
def scalp():
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (20, 2))


def test_a_picture_is_the_thin_plate_spline(scalp):
    picture = ScalpPicture(scalp, outline=1.0)
    values = np.random.default_rng(1).standard_normal(20).astype(np.float32)
    made = picture.picture(values)
    assert np.array_equal(np.isfinite(made), picture.inside)
    at = picture.half_side * ((2 * np.arange(GRID) + 1) / GRID - 1)
    row, column = 40, 77
    spline = RBFInterpolator(scalp / picture.half_side, values)
    expected = spline([[at[column] / picture.half_side, at[row] / picture.half_side]])
    assert made[row, column] == pytest.approx(expected[0], abs=1e-4)


def test_a_plane_stays_a_plane_and_unknown_values_are_left_out(scalp):
    picture = ScalpPicture(scalp, outline=1.0)
    values = 2 * scalp[:, 0] - scalp[:, 1] + 1
    whole = picture.picture(values)
    values[3] = np.nan
    np.testing.assert_allclose(picture.picture(values), whole, atol=1e-4)
    values[3:] = np.nan
    assert picture.picture(values) is None
