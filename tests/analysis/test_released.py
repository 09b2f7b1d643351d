"""Measured columns held against released ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from insilico_gui.analysis import compare_with_released
from insilico_gui.analysis.agreement.published import report
from insilico_gui.errors import AnalysisError

RNG = np.random.default_rng(11)
N = 200


@pytest.fixture
def measured():
    return pd.DataFrame(
        {
            "session": 4,
            "scan_idx": 7,
            "unit_id": np.arange(N) + 30,
            "gOSI": RNG.random(N),
            "OSI_raw": RNG.random(N),
            "OSI_fit": RNG.random(N),
            "pref_ori": RNG.random(N) * 180,
        }
    )


def test_units_are_matched_by_their_names(measured):
    other_scan = measured.assign(scan_idx=8, gOSI=0.5)
    released = pd.concat([other_scan, measured.sample(frac=1, random_state=0)])
    table = compare_with_released(
        measured, released[["session", "scan_idx", "unit_id", "gOSI"]]
    )
    row = table.loc["gOSI"]
    assert row["n"] == N
    assert row["n_missing"] == 0
    assert row["median_difference"] == row["p95_difference"] == 0
    assert row["reproduced"]


def test_differences_are_quantiles_and_angles_go_around(measured):
    released = measured.assign(
        gOSI=measured["gOSI"] + np.linspace(-0.2, 0.2, N),
        pref_ori=(measured["pref_ori"] + 179) % 180,
    )
    released.loc[:9, "gOSI"] = np.nan
    table = compare_with_released(measured, released)
    away = np.abs(np.linspace(-0.2, 0.2, N))[10:]
    assert table.loc["gOSI", "n"] == N - 10
    assert table.loc["gOSI", "n_missing"] == 10
    assert table.loc["gOSI", "median_difference"] == pytest.approx(np.median(away))
    assert table.loc["gOSI", "p95_difference"] == pytest.approx(np.quantile(away, 0.95))
    assert not table.loc["gOSI", "reproduced"]
    assert table.loc["pref_ori", "p95_difference"] == pytest.approx(1)
    assert table.loc["pref_ori", "reproduced"]


def test_a_released_osi_meets_every_variant(measured):
    released = measured[["unit_id"]].assign(OSI=measured["OSI_raw"])
    table = compare_with_released(measured, released)
    assert table["released"].tolist() == ["OSI", "OSI"]
    assert table["reproduced"].to_dict() == {"OSI_raw": True, "OSI_fit": False}
    first, second = report(table)
    assert first.startswith("OSI_raw reproduces the released OSI: median difference 0,")
    assert second.startswith("OSI_fit does not reproduce the released OSI")


def test_a_measured_column_beside_one_of_the_session_is_taken(measured):
    released = measured[["unit_id", "gOSI"]]
    beside = measured.rename(columns={"gOSI": "gOSI_measured"}).assign(gOSI=0.0)
    table = compare_with_released(beside, released)
    assert table.loc["gOSI", "p95_difference"] == 0


def test_the_tolerance_is_the_callers(measured):
    released = measured.assign(gOSI=measured["gOSI"] + 0.01)
    assert not compare_with_released(measured, released, {"gOSI": 0.005}).iloc[0][
        "reproduced"
    ]
    assert compare_with_released(measured, released, {"gOSI": 0.02}).iloc[0][
        "reproduced"
    ]


def test_nothing_in_common_is_not_reproduced(measured):
    released = measured.assign(gOSI=np.nan)
    row = compare_with_released(measured, released, {"gOSI": 1.0}).iloc[0]
    assert row["n"] == 0
    assert np.isnan(row["median_difference"])
    assert not row["reproduced"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="unit_id"), "unit_id"),
        (lambda t: t.drop(columns=["gOSI", "pref_ori"]), "none of the measured"),
        (lambda t: pd.concat([t, t]), "30.* more than once"),
        (lambda t: t.assign(unit_id=t["unit_id"] + 1000), "none of the measured units"),
    ],
)
def test_what_cannot_be_compared_is_refused(measured, change, message):
    with pytest.raises(AnalysisError, match=message):
        compare_with_released(measured, change(measured))
