"""Every declared analysis is held against a truth, and the page says what was found."""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd
import pytest
from support.docs_pages import DOCS, ROOT

import insilico_gui as ig
from insilico_gui.experiment.analyses import analyses

sys.path.append(str(ROOT / "scripts"))

import validation
from validating import page
from validating.checks import Settings
from validating.quantities import Bound, Quantity, covered
from validating.running import find_checks, run
from validating.truth.closed_form import GratingModel
from validating.truth.screen import angular_sigma, flat_deg, sphere

REFERENCE = DOCS / "reference"
SOME = (
    *("direction tuning", "grating modulation", "sparseness", "comparison"),
    *("condition tuning", "choices", "perturbation", "LN fit"),
)


def test_every_analysis_is_checked():
    """A new analysis needs a check in scripts/validating."""
    assert find_checks().keys() == analyses().keys()


def test_the_page_and_its_table_are_of_these_analyses_and_this_demo():
    rows, text = page.read(REFERENCE), (REFERENCE / page.PAGE).read_text()
    about = json.loads((REFERENCE / page.ABOUT).read_text())
    assert {row["analysis"] for row in rows} == analyses().keys()
    assert not about["quick"]
    digest = ig.open_session("demo").attrs["weights_hash"]
    assert about["population"] == digest  # or run scripts/validation
    assert text == "\n".join(page.page(rows, about)) + "\n"
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    named = [f"{name[0].upper()}{name[1:]}" for name in analyses()]
    assert sorted(headings[1:]) == sorted(named)  # registered as modules are read
    held = [row for row in rows if row["bound"]]
    assert len(held) >= 13 and all(row["met"] for row in held)
    sessions = {row["session"] for row in rows}
    assert sessions == {"demo", "demo/noisy", "seeded units"}


@pytest.fixture(scope="module")
def found():
    find_checks()
    return run(SOME, Settings(quick=True))


def test_some_checks_hold_what_they_are_held_to(found):
    assert {row["analysis"] for row in found} == set(SOME)
    assert all(row["met"] is not False for row in found)
    by = {(r["analysis"], r["quantity"], r["session"], r["group"]): r for r in found}
    exact = by["direction tuning", "pref_dir", "demo", "inside"]
    noisy = by["direction tuning", "pref_dir", "demo/noisy", "inside"]
    assert exact["error"] <= 0.05 < 0.5 < noisy["error"] < 10
    assert exact["bound"] == "error <= 0.05" and not noisy["bound"]
    for name in ("gOSI", "gDSI"):
        assert by["direction tuning", name, "demo", "inside"]["error"] < 1e-3
    cells = by["grating modulation", "F1_F0, simple cells", "demo", "inside"]
    assert cells["truth"] > 0.5 and cells["error"] < 2e-3
    assert by["condition tuning", "curve", "seeded units", "all"]["error"] < 1e-6


def test_rows_are_written_and_read_and_those_of_others_are_kept(found, tmp_path):
    about = validation.about_demo(Settings(quick=True))
    page.write(tmp_path, found, about)
    assert page.read(tmp_path) == [page.rounded(row) for row in found]
    given = ["--quick", "--only", "choices", "--output", str(tmp_path)]
    assert validation.main(given) == 0
    again = page.read(tmp_path)
    assert {row["analysis"] for row in again} == set(SOME)
    text = (tmp_path / page.PAGE).read_text()
    assert "## Choices" in text and "## Sparseness" in text


def test_what_no_check_is_of_is_refused(capsys):
    with pytest.raises(SystemExit):
        validation.main(["--only", "mind reading"])
    assert "no check of mind reading" in capsys.readouterr().err


def test_equations_without_a_screen_are_the_demo():
    """Inside the screen, from the first frame to the end of the transient."""
    session = ig.open_session("demo", device="cpu")
    place = np.maximum(abs(session.units["rf_x"]), abs(session.units["rf_y"]))
    rows = np.flatnonzero(place < 0.4)[::20]
    shown = ig.stimuli.drifting_gratings(
        directions=[60.0], duration_s=0.7, blank_s=0.2, contrast=0.6
    )
    responses = ig.encode(session, shown, indices=rows).to_numpy()
    first = round(shown.trials["onset"][0] * 30)
    course = GratingModel(rows).course(60.0, 0.04, 2.0, 0.6, n_on=21, n_off=6)
    shown_to = responses[first : first + len(course)]
    peak = session.units["true_peak"].to_numpy()[rows]
    assert len(rows) > 20
    assert np.abs(course - shown_to).max() / peak.min() < 0.02
    assert np.median(np.abs(course - shown_to)) < 2e-3


def test_rays_agree_with_angles_of_the_display():
    x, y = np.array([[-0.8, 0.0, 0.6], [0.7, 0.0, -0.2]])
    display = ig.stimuli.Display()
    np.testing.assert_allclose(sphere(x, y), display.to_degrees(x, y), 1e-9, 1e-9)
    long, short = angular_sigma(x, y, 1.0)
    assert long[1] == pytest.approx(1, abs=1e-3) == short[1]
    assert (short[[0, 2]] < long[[0, 2]]).all() and (long[[0, 2]] < 1).all()
    assert flat_deg(1.0, 0.0)[0] > sphere(1.0, 0.0)[0]


def test_numbers_of_a_row():
    truth, measured = np.array([1.0, 2, 4, 8, np.nan]), [2.0, 4, 8, np.nan, 1]
    (row,) = Quantity("x", truth, measured, unit="octaves").rows("a")
    assert (row["units"], row["bias"], row["spread"], row["failed"]) == (4, 1, 0, 0.25)
    (row,) = Quantity("x", 350.0, [10.0, 330.0], period=360).rows("a")
    assert (row["bias"], row["error"], row["truth"]) == (0, 20, None)
    out = Quantity("x", [-5.0, 5.0], [-6.0, 6.0], sign=[-1, 1]).rows("a")[0]
    assert out["bias"] == 1
    groups = {"inside": np.arange(12) < 6, "edge": np.arange(12) >= 6}
    bound = Bound("bias", 0.5)
    rows = Quantity("x", 0.0, np.arange(12.0), groups=groups, bound=bound).rows("a")
    assert [row["met"] for row in rows] == [False, None]
    least = Bound("measured", 0.95, is_at_most=False)
    (row,) = Quantity("x", 1.0, [True] * 19 + [False], unit="share", bound=least).rows(
        "a"
    )
    assert row["met"] and row["measured"] == 0.95
    (row,) = Quantity("x", 1.0, [np.nan, np.nan], bound=Bound("bias", 9)).rows("a")
    assert row["failed"] == 1 and row["met"] is False


def test_intervals_around_the_circle():
    columns = pd.DataFrame({"d_low": [350.0, 10, np.nan], "d_high": [10.0, 20, 30]})
    held = covered(columns, "d", [0.0, 0.0, 0.0], 360)
    np.testing.assert_array_equal(held, [1, 0, np.nan])
