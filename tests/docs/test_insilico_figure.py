"""The figure of an in silico experiment: the whole script on a few units."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest
from support.docs_pages import DOCS, ROOT

PAGE = DOCS / "explanation" / "in_silico_figure.md"
LARGEST = 300_000
"""Bytes of a picture."""


@pytest.fixture(scope="module")
def script():
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import insilico_figure

        yield insilico_figure
    finally:
        sys.path.remove(str(ROOT / "scripts"))


@pytest.fixture(scope="module")
def measured(script):
    return script.measure(6, brief=True)


def test_what_is_measured_is_the_truth(measured):
    units = measured.units
    assert len(units) == 6
    selective = units[units["gDSI_measured"] >= 0.1]
    assert len(selective)
    away = selective["pref_dir_measured"] - selective["true_direction"]
    assert (np.abs((away + 180) % 360 - 180) < 10).all()
    display = np.hypot(
        units["rf_x_fit"] - units["rf_x"], units["rf_y_fit"] - units["rf_y"]
    )
    assert display.median() < 0.03
    tuned = units[units["true_sf"].notna()]
    for name in ("sf", "tf"):
        octaves = np.log2(tuned[f"pref_{name}_fit"] / tuned[f"true_{name}"])
        assert octaves.abs().median() < 0.5, name
    assert (units["c50_fit"] - units["true_c50"]).abs().median() < 0.1
    assert units["summation_size_fit"].between(4, 80).all()
    assert units["lifetime_sparseness_vinje_gallant"].between(0, 1).all()
    assert units["neurometric_area"].between(0, 1).all()


def test_pictures_and_the_table_are_written(script, measured, tmp_path):
    drawn = list(script.draw_figures(measured, tmp_path))
    pictures = set(re.findall(r"pictures/(\w+\.png)", PAGE.read_text()))
    assert {path.name for path in drawn} == pictures
    for path in [*drawn, *(DOCS / "pictures" / name for name in pictures)]:
        assert 20_000 < path.stat().st_size < LARGEST
        assert path.read_bytes().startswith(b"\x89PNG")
    table = script.medians(measured.units).splitlines()
    properties = [row.split("|")[1].strip() for row in table[2:]]
    page = PAGE.read_text()
    assert len(properties) == 8
    for name in properties:
        assert f"| {name} |" in page
