"""Receptive fields are found where they were put."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from insilico_berg.fwrf.readout import Readout
from insilico_berg.fwrf.retinotopy import UNIFORM_PX, pooling_fields, unit_columns
from support import berg_fwrf

DEG_PER_PX = 8.4 / 227


def readout(logits, weights=None):
    fields = tuple(
        logits[f"rf{i}"].flatten(1).softmax(1).view_as(logits[f"rf{i}"])
        for i in range(3)
    )
    voxels = len(fields[0])
    if weights is None:
        weights = torch.ones(voxels, berg_fwrf.FEATURES)
    return Readout(fields, weights, torch.zeros(voxels))


def one(x, y, size, weights=None):
    logits = berg_fwrf.gaussian_fields(np.array([[x, y]]), np.array([size]))
    columns = unit_columns(pooling_fields(readout(logits, weights)))
    return {name: float(values[0]) for name, values in columns.items()}


def test_random_places_are_recovered():
    centers, sizes = berg_fwrf.receptive_fields(50, seed=4)
    fields = pooling_fields(readout(berg_fwrf.gaussian_fields(centers, sizes)))
    found, spread = fields.combined()
    np.testing.assert_allclose(found, centers, atol=1.0)
    np.testing.assert_allclose(spread, sizes, rtol=0.05)


def test_the_middle_of_the_picture_is_the_origin():
    found = one(113, 113, 12)
    for name in ("rf_x", "rf_y", "eccentricity_deg"):
        assert found[name] == pytest.approx(0, abs=1e-4)
    assert found["rf_size_deg"] == pytest.approx(12 * DEG_PER_PX, rel=0.02)


@pytest.mark.parametrize(
    ("x", "y", "angle", "rf"),
    [
        (163, 113, 0, (50 / 113.5, 0)),
        (113, 63, 90, (0, 50 / 113.5)),  # up in the picture is a smaller row
        (63, 113, 180, (-50 / 113.5, 0)),
        (113, 163, -90, (0, -50 / 113.5)),
        (153, 73, 45, (40 / 113.5, 40 / 113.5)),
    ],
)
def test_directions(x, y, angle, rf):
    found = one(x, y, 12)
    assert (found["rf_x"], found["rf_y"]) == pytest.approx(rf, abs=5e-3)
    away = np.hypot(x - 113, y - 113) * DEG_PER_PX
    assert found["eccentricity_deg"] == pytest.approx(away, rel=0.01)
    turned = (found["polar_angle_deg"] - angle + 180) % 360 - 180
    assert turned == pytest.approx(0, abs=1)
    assert np.hypot(found["rf_azimuth_deg"], found["rf_elevation_deg"]) == (
        pytest.approx(found["eccentricity_deg"])
    )


def test_fields_count_by_the_weights_of_their_features():
    left = berg_fwrf.gaussian_fields(np.array([[63.0, 113.0]]), np.array([12.0]))
    right = berg_fwrf.gaussian_fields(np.array([[163.0, 113.0]]), np.array([12.0]))
    logits = {"rf0": left["rf0"], "rf1": right["rf1"], "rf2": right["rf2"]}
    weights = torch.zeros(1, berg_fwrf.FEATURES)
    weights[0, 3], weights[0, 300], weights[0, 700] = -3.0, 0.5, 0.5
    fields = pooling_fields(readout(logits, weights))
    np.testing.assert_allclose(fields.shares, [[0.75, 0.125, 0.125]])
    centers, sizes = fields.combined()
    np.testing.assert_allclose(centers, [[0.75 * 63 + 0.25 * 163, 113]], atol=0.5)
    # Two places 100 px apart: their distance adds to the size, in one direction of two.
    apart = 0.75 * 0.25 * 100**2 / 2
    np.testing.assert_allclose(sizes, [np.sqrt(144 + apart)], rtol=0.02)


def test_a_field_over_the_whole_picture_has_a_size_but_no_place():
    logits = {f"rf{i}": torch.zeros(1, n, n) for i, n in enumerate(berg_fwrf.GRIDS)}
    fields = pooling_fields(readout(logits))
    uniform = [
        step * np.sqrt((n**2 - 1) / 12) for step, n in ((8, 27), (8, 25), (16, 13))
    ]
    np.testing.assert_allclose(fields.sizes, [uniform], rtol=1e-6)
    columns = unit_columns(fields)
    assert UNIFORM_PX * DEG_PER_PX < columns.pop("rf_size_deg")[0] < 63 * DEG_PER_PX
    assert all(np.isnan(values).all() for values in columns.values())


def test_a_voxel_without_weights_looks_nowhere():
    found = one(113, 113, 12, torch.zeros(1, berg_fwrf.FEATURES))
    assert all(np.isnan(value) for value in found.values())
