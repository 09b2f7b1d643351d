"""Columns of analyses in a unit table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.units.results import Measured, added_coords

OWN = ("unit_id", "gOSI")


def table():
    return pd.DataFrame({"unit_id": [7, 8, 9, 10], "gOSI": 0.5})


def put(measured, units, analysis, rows, **columns):
    return measured.put(
        units,
        analysis,
        pd.DataFrame(columns),
        np.asarray(rows),
        own=OWN,
        parameters={"of": analysis},
    )


def test_units_without_a_measurement_have_nan_or_an_empty_text():
    before = table()
    units = put(
        Measured(), before, "tuning", [2, 0], best=[3, 4], shape=["low", "high"]
    )
    np.testing.assert_array_equal(units["best"], [4, np.nan, 3, np.nan])
    assert units["shape"].tolist() == ["high", "", "low", ""]
    assert before.equals(table())


def test_a_later_result_replaces_the_columns_of_its_analysis_only():
    measured = Measured()
    units = put(measured, table(), "tuning", range(4), gOSI=range(4), best=range(4))
    units = put(measured, units, "fields", range(4), rf_x=range(4))
    assert measured.columns("tuning") == ["gOSI_measured", "best"]
    units = put(measured, units, "tuning", range(4), gDSI=range(4))
    assert [*units] == ["unit_id", "gOSI", "rf_x", "gDSI"]
    assert measured.columns("tuning") == ["gDSI"]
    assert measured.columns("never run") == []
    assert list(measured.parameters) == ["fields", "tuning"]  # the latest last


def test_coordinates_that_responses_lack():
    units = put(Measured(), table(), "tuning", range(4), best=[1, 2, 3, 4]).iloc[[3, 1]]
    responses = xr.DataArray(
        np.zeros((5, 2)),
        dims=("time", "channel"),
        coords={"unit_id": ("channel", [10, 8]), "gOSI": ("channel", [0.5, 0.5])},
    )
    added = added_coords(units, responses)
    assert list(added) == ["best"]
    labelled = responses.assign_coords(added)
    assert labelled["best"].dims == ("channel",)
    assert labelled["best"].to_numpy().tolist() == [4, 2]
