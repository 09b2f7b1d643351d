"""The line of text above a tuning."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insilico_gui.app.widgets.tuning_line import tuning_line

UNITS = pd.DataFrame(
    {
        "unit_id": [7, 8, 9],
        "pref_size_raw": [20.0, 40.0, 10.0],
        "pref_size_fit": [np.nan, 35.0, 12.0],
        "size_suppressed_fit": [False, True, True],
        "SI_fit": [np.nan, 0.25, 0.5],
        "pref_dir_measured": [np.nan, 90.0, 180.0],
        "gOSI": [0.0, 0.5, 0.25],
        "p_gOSI": [0.5, 0.01, 0.002],
    }
)
SIZE = ["pref_size_raw", "pref_size_fit", "size_suppressed_fit", "SI_fit"]
DIRECTION = ["pref_dir_measured", "gOSI", "p_gOSI"]


def line(rows, columns, *, together=False):
    text = tuning_line(UNITS.iloc[rows], columns, together=together)
    return text.replace(" &nbsp; ", "; ").replace("&le;", "≤")


def test_what_was_not_fitted_is_said_once():
    assert line([0], SIZE) == "<b>unit 7</b>; pref_size_raw 20°; no fit"
    assert line([1], SIZE) == (
        "<b>unit 8</b>; pref_size_raw 40°; pref_size_fit 35°; SI_fit 0.25"
    )
    assert line([0], DIRECTION) == "<b>unit 7</b>; p(gOSI) 0.5; gOSI 0; no pref_dir"


def test_angles_have_their_unit():
    assert line([1], DIRECTION) == (
        "<b>unit 8</b>; p(gOSI) 0.01; pref_dir 90°; gOSI 0.5"
    )


def test_of_several_units_there_are_medians_but_of_angles():
    assert line([0, 1, 2], DIRECTION, together=True) == (
        "<b>3 units</b>; p(gOSI) ≤ 0.01: 2; medians:; gOSI 0.25"
    )
    assert line([0, 1, 2], SIZE, together=True) == (
        "<b>3 units</b>; medians:; pref_size_raw 20°; pref_size_fit 23.5°; SI_fit 0.375"
    )
