"""Retinotopic maps of a unit table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from insilico_gui.analysis.cortex.cortical_maps import (
    KNOWN,
    MEASURED,
    MINUS,
    sheet_maps,
    sheet_sources,
)
from insilico_gui.errors import AnalysisError
from insilico_gui.stimuli import Display

DISPLAY = Display()


@pytest.fixture
def units():
    """Two areas side by side on the sheet; the second sees the mirror image."""
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(40), np.arange(25)))
    mirrored = np.where(x < 20, x, 39 - x)
    table = pd.DataFrame(
        {
            "x": 20.0 * x,
            "y": 20.0 * y,
            "rf_x": mirrored / 20 - 0.5,
            "rf_y": y / 25 - 0.5,
            "area": np.where(x < 20, "V1", "LM"),
        }
    )
    table["rf_azimuth_deg"], table["rf_elevation_deg"] = DISPLAY.to_degrees(
        table["rf_x"], table["rf_y"]
    )
    table["rf_r2"] = 0.8
    return table


def test_sources_are_what_the_table_has(units):
    assert sheet_sources(units) == [MEASURED, KNOWN]
    assert sheet_sources(units.drop(columns="rf_azimuth_deg")) == [KNOWN]
    assert sheet_sources(units.drop(columns="rf_y")) == [MEASURED]
    assert sheet_sources(units.drop(columns="y")) == []
    assert sheet_sources(pd.DataFrame()) == []
    with pytest.raises(AnalysisError, match="cannot be made from 'unit table'"):
        sheet_maps(units.drop(columns="x"), KNOWN, DISPLAY)


@pytest.mark.parametrize("source", [MEASURED, KNOWN])
def test_patches_are_the_areas(units, source):
    maps, columns = sheet_maps(units, source, DISPLAY)
    assert sorted(maps["patch_name"].to_numpy()) == ["LM " + MINUS, "V1 +"]
    inside = columns["sign_patch"] > 0
    assert inside.mean() > 0.8
    assert (columns["sign_area"].str[:2] == units["area"])[inside].mean() > 0.98
    away = inside & units["x"].between(100, 240) & units["y"].between(100, 380)
    error = columns["map_azimuth_deg"] - units["rf_azimuth_deg"]
    assert error[away].abs().max() < 1.5
    error = columns["map_elevation_deg"] - units["rf_elevation_deg"]
    assert error[away].abs().max() < 1.5
    assert columns.attrs["source"] == source


def test_poor_fits_and_sparse_units_are_left_out(units):
    units.loc[::2, "rf_r2"] = 0.05
    units.loc[::2, "rf_azimuth_deg"] = 99.0  # nonsense, as poor fits are
    maps, columns = sheet_maps(units, MEASURED, DISPLAY, min_r2=0.1)
    assert maps.attrs["analysis"]["n_units"] == 500
    assert len(columns) == len(units)
    assert columns["map_azimuth_deg"].max() < 60
    with pytest.raises(AnalysisError, match="enough units within 8 um"):
        sheet_maps(units, MEASURED, DISPLAY, min_r2=0.1, sigma_um=8)


def test_a_measured_column_beside_one_of_the_session_is_used(units):
    again = units["rf_azimuth_deg"].rename("rf_azimuth_deg_measured")
    nonsense = units.assign(rf_azimuth_deg=3.0).join(again)
    maps, _ = sheet_maps(nonsense, MEASURED, DISPLAY)
    expected, _ = sheet_maps(units, MEASURED, DISPLAY)
    np.testing.assert_array_equal(maps["azimuth"], expected["azimuth"])


def test_units_beyond_the_map_have_no_sign_and_name_no_patch(units):
    v1 = units["area"] == "V1"
    units.loc[~v1, "rf_azimuth_deg"] = np.nan  # not mapped
    units.loc[~v1, "x"] += 2000.0
    maps, columns = sheet_maps(units, MEASURED, DISPLAY)
    assert maps["patch_name"].to_numpy().tolist() == ["V1 +"]
    assert columns["field_sign"][~v1].isna().all()
    assert (columns["sign_area"][~v1] == "none").all()
    assert (columns["sign_area"][v1] == "V1 +").mean() > 0.8
