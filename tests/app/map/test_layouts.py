"""Positions of units in the layouts of the map."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from skimage.measure import points_in_poly
from support.pictures import PictureSession

from insilico_gui.app.widgets import colors
from insilico_gui.drawing.areas import area_outlines
from insilico_gui.drawing.layouts import available_layouts, listed, unit_positions
from insilico_gui.units.columns import facts


def test_layouts_go_by_what_is_known():
    session = PictureSession()
    assert available_layouts(None, session.units) == []
    assert available_layouts(session, session.units) == [
        "retinotopic",
        "anatomical",
        "list",
    ]
    placeless = session.units[["unit_id", "area"]]
    assert available_layouts(session, placeless) == ["list"]
    timed = PictureSession(times=[0.0, 0.1])
    angle = np.linspace(0, 5, 6)
    timed.units = timed.units[["unit_id"]].assign(
        x=np.cos(angle) * 5, y=np.sin(angle) * 5, z=angle
    )
    assert available_layouts(timed, timed.units) == ["scalp", "anatomical 3-D", "list"]
    timed.units["z"] = np.nan
    assert available_layouts(timed, timed.units) == ["list"]


def test_upright_axes_have_the_front_up():
    units = pd.DataFrame({"x": [1.0], "y": [2.0], "z": [3.0]})
    sheet = unit_positions(units, "anatomical 3-D", (4, 4))
    head = unit_positions(units, "anatomical 3-D", (4, 4), upright=True)
    np.testing.assert_array_equal(sheet, [[3, 2, 1]])
    np.testing.assert_array_equal(head, [[3, -2, 1]])


def test_a_list_has_blocks_by_area_and_side():
    areas = ["V1"] * 7 + [""] * 40 + ["V2"] * 5
    units = pd.DataFrame({"area": areas * 2, "hemisphere": ["lh"] * 52 + ["rh"] * 52})
    made = listed(units)
    assert made.names == [
        "lh V1",
        "lh V2",
        "lh no area",
        "rh V1",
        "rh V2",
        "rh no area",
    ]
    places = {tuple(place) for place in made.positions}
    assert len(places) == len(units)
    left = (units["hemisphere"] == "lh").to_numpy()
    assert made.positions[left, 2].max() < made.positions[~left, 2].min()
    for name, corner in zip(made.names[:3], made.corners, strict=False):
        area = name.removeprefix("lh ").replace("no area", "")
        inside = made.positions[left & (units["area"] == area).to_numpy()]
        np.testing.assert_array_equal(inside.min(axis=0)[1:] - 0.5, corner[1:])


def test_units_without_names_are_one_block():
    made = listed(pd.DataFrame({"unit_id": range(10)}))
    assert made.names == []
    assert len({tuple(place) for place in made.positions}) == 10


def test_angles_around_zero_and_responses_of_either_sign():
    assert facts("polar_angle_deg").turn == (-180.0, 180.0)
    assert facts("pref_dir").turn == (0.0, 360.0)
    assert facts("eccentricity_deg").turn is None
    assert colors.has_sign((-1.0, 3.0))
    assert not colors.has_sign((-0.01, 3.0))
    assert colors.around_zero((-1.0, 3.0)) == (-3.0, 3.0)
    alpha = colors.lookup_table("coolwarm", fading=True, diverging=True)[:, 3]
    assert alpha[0] == alpha[-1] == 1
    assert alpha[127] < 0.2


def test_areas_side_by_side_are_outlined_and_mixed_ones_are_not():
    rng = np.random.default_rng(0)
    places = rng.uniform(0, 1000, (900, 2))
    areas = np.where(places[:, 1] < 400, "V1", "LM").astype(object)
    areas[:5], places[5] = "", np.nan
    one, other = area_outlines(places, areas)
    assert (one.name, other.name) == ("LM", "V1")
    assert one.middle[1] == pytest.approx(700, abs=40)
    for area, inside in ((one, areas == "LM"), (other, areas == "V1")):
        (line,) = area.lines
        np.testing.assert_array_equal(line[0], line[-1])  # closed
        around = points_in_poly(places, line)
        assert (around == inside)[6:].mean() > 0.97
        border = line[(line[:, 0] > 100) & (line[:, 0] < 900), 1]
        assert np.abs(border - 400).min() < 25
    assert area_outlines(places, rng.permutation(areas)) == []
    assert area_outlines(places[:50], areas[:50]) == []
    assert area_outlines(places, np.full(900, "V1", object)) == []
