"""Maps, gradients and field signs on the cortical sheet."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import KDTree

import insilico_gui as ig
from insilico_gui.analysis import retinotopy_columns, retinotopy_maps
from insilico_gui.errors import AnalysisError
from insilico_gui.stimuli import Display

SIGNS = {"V1": -1, "LM": 1, "RL": 1, "AL": -1}


def sheet(n=400, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 600, n), rng.uniform(0, 500, n)


def test_a_plane_is_recovered_with_its_gradients():
    x, y = sheet()
    azimuth, elevation = 0.1 * x + 0.05 * y - 30, -0.02 * x + 0.08 * y
    azimuth[::7] = np.nan
    maps = retinotopy_maps(x, y, azimuth, elevation)
    known = np.isfinite(maps["azimuth"].to_numpy())
    assert 0.5 < known.mean() < 1
    at_x, at_y = np.meshgrid(maps["x"], maps["y"])
    for name, plane in (
        ("azimuth", 0.1 * at_x + 0.05 * at_y - 30),
        ("elevation", -0.02 * at_x + 0.08 * at_y),
    ):
        np.testing.assert_allclose(maps[name].to_numpy()[known], plane[known])
    angle = np.degrees(np.arctan2([0.05, 0.08], [0.1, -0.02]))
    for name, expected in zip(("azimuth", "elevation"), angle, strict=True):
        np.testing.assert_allclose(maps[f"{name}_gradient"].to_numpy()[known], expected)
    expected = np.sin(np.radians(angle[1] - angle[0]))
    np.testing.assert_allclose(maps["field_sign"].to_numpy()[known], expected)
    assert maps.sizes["patch_id"] == 1
    assert maps["patch_sign"].item() == 1
    assert maps.attrs["analysis"]["n_units"] == np.isfinite(azimuth).sum()
    assert maps["patch_x"].item() == pytest.approx(300, abs=20)
    assert maps["patch_area_um2"].item() == pytest.approx(known.sum() * 400)


def test_a_mirrored_map_has_the_other_sign():
    x, y = sheet()
    for azimuth, elevation, sign in ((x, y, 1), (-x, y, -1), (x, -y, -1), (y, x, -1)):
        maps = retinotopy_maps(x, y, azimuth / 10, elevation / 10)
        assert maps["patch_sign"].to_numpy().tolist() == [sign]
        columns = retinotopy_columns(maps, [*x, np.nan, 1e9], [*y, 1.0, 1e9])
        inside = columns["sign_patch"] == 1
        assert inside.mean() > 0.8
        np.testing.assert_allclose(columns["field_sign"][inside], sign)
        assert np.isnan(columns["field_sign"].iloc[-2])
        assert columns["sign_patch"].iloc[-2] == 0
        assert columns.attrs["sigma_um"] == 60


def test_a_border_is_found_where_azimuth_reverses():
    x, y = sheet(800)
    maps = retinotopy_maps(x, y, np.abs(x - 300) / 10, y / 10)
    columns = retinotopy_columns(maps, x, y)
    away = np.abs(x - 300) > 60
    inside = away & np.isfinite(columns["field_sign"])
    np.testing.assert_array_equal(
        np.sign(columns["field_sign"][inside]), np.sign(x[inside] - 300)
    )
    assert sorted(maps["patch_sign"].to_numpy()) == [-1, 1]


def test_the_areas_of_the_demo_have_their_signs():
    units = ig.open_session("demo", device="cpu").units
    azimuth, elevation = Display().to_degrees(units["rf_x"], units["rf_y"])
    maps = retinotopy_maps(units["x"], units["y"], azimuth, elevation)
    columns = retinotopy_columns(maps, units["x"], units["y"])
    places, areas = units[["x", "y"]].to_numpy(), units["area"].to_numpy()
    assert sorted(maps["patch_sign"].to_numpy()) == sorted(SIGNS.values())
    patches = []
    for area, sign in SIGNS.items():
        others = KDTree(places[areas != area])
        inside = (areas == area) & (others.query(places)[0] > 60)
        assert inside.sum() > 100
        inside &= np.isfinite(columns["field_sign"])
        found = columns[inside]
        assert (np.sign(found["field_sign"]) == sign).mean() > 0.98
        patch = found["sign_patch"].mode().item()
        assert maps["patch_sign"].sel(patch_id=patch) == sign
        patches.append(patch)
    assert len(set(patches)) == 4


def test_wrong_input():
    x, y = sheet(50)
    for arguments, changes, message in (
        ((x, y, x, y[:-1]), {}, "four lists"),
        ((x, y, x * np.nan, y), {}, "0 units"),
        ((x, np.zeros(50), x, y), {}, "line"),
        ((x, y, x, y), {"sigma_um": 0}, "sigma_um"),
        ((x, y, x, y), {"step_um": np.nan}, "step_um"),
        ((x, y, x, y), {"step_um": 0.01}, "larger step"),
    ):
        with pytest.raises(AnalysisError, match=message):
            retinotopy_maps(*arguments, **changes)


def test_diagonal_lines_and_sparse_places_are_unknown():
    """Units along a diagonal determine no gradient across it."""
    x = np.linspace(0, 500, 300)
    maps = retinotopy_maps(x, x, x / 10, x / 20)
    assert np.isnan(maps["azimuth"]).all()
    assert (maps["patch"] == 0).all()
    assert maps.sizes["patch_id"] == 0
    far_x, far_y = sheet(100)
    far_x[0] += 3000
    maps = retinotopy_maps(far_x, far_y, far_x / 10, far_y / 10)
    assert np.isnan(maps["azimuth"].sel(x=slice(900, None))).all()
