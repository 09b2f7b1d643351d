"""Fields, sheets, comparisons, scalps and conditions, with the numbers of the results."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from support.pictures import PictureSession
from support.slopes import Slopes

import insilico_gui as ig
from insilico_gui.analysis import compare
from insilico_gui.analysis.cortex.scalp import ScalpPicture, scalp_positions
from insilico_gui.analysis.fields.registry import map_fields
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment import live
from insilico_gui.experiment.document import SessionEntry


@pytest.fixture(scope="module")
def fields(demo):
    dots = ig.stimuli.gaussian_dots(n_columns=8, n_rows=5)
    return map_fields(ig.encode(demo, dots, indices=[0, 1, 4]), None, "dots")


def test_a_receptive_field_with_its_outline(fields):
    maps, fit, _ = fields
    unit = maps["unit_id"].to_numpy()[2]
    ax = ig.plot.receptive_field(maps, unit)
    expected = maps["rf"].sel(polarity="on+off").isel(unit=2).to_numpy()
    np.testing.assert_array_equal(ax.images[0].get_array(), expected)
    (outline,) = ax.get_lines()
    np.testing.assert_allclose(
        np.column_stack(outline.get_data())[:, ::-1], fit.ellipse()[2], rtol=1e-4
    )
    left, right, bottom, top = ax.images[0].get_extent()
    assert np.allclose([left, right, bottom, top], [-0.5, 255.5, 143.5, -0.5])
    assert ax.get_xlabel() == "azimuth (deg)"
    on = ig.plot.receptive_field(maps, index=2, polarity="on", outline=False)
    expected = maps["rf"].sel(polarity="on").isel(unit=2).to_numpy()
    np.testing.assert_array_equal(on.images[0].get_array(), expected)
    assert on.get_title() == f"unit {unit}, on"
    with pytest.raises(AnalysisError, match="no polarity 'up'"):
        ig.plot.receptive_field(maps, unit, polarity="up")
    with pytest.raises(AnalysisError, match="of one unit"):
        ig.plot.receptive_field(maps, list(maps["unit_id"].to_numpy()[:2]))


def test_the_sheet_of_an_experiment():
    experiment = ig.Experiment(library=None)
    experiment.add_session("demo")
    with pytest.raises(AnalysisError, match=r"run it with experiment\.analyse"):
        ig.plot.retinotopy(experiment)
    maps = experiment.analyse("retinotopy", known=True)
    for source in (experiment, maps):
        ax = ig.plot.retinotopy(source)
        drawn = ax.images[0]
        np.testing.assert_array_equal(
            drawn.get_array().filled(np.nan), maps["field_sign"]
        )
        assert drawn.get_clim() == (-1, 1)
    names = {text.get_text() for text in ax.texts}
    assert len(names) == maps.sizes["patch_id"]
    azimuth = ig.plot.retinotopy(maps, "azimuth")
    np.testing.assert_array_equal(
        azimuth.images[0].get_array().filled(np.nan), maps["azimuth"]
    )
    (bar,) = azimuth.child_axes
    assert bar.get_ylabel() == "azimuth (deg)"


def test_a_comparison_is_unit_by_unit(responses, tuning):
    other = responses.isel(unit=slice(None, None, -1))[:100] * 2
    other.attrs = responses.attrs
    table = compare(responses, other)
    for ax in (ig.plot.compare(responses, other), ig.plot.compare(table)):
        x, y = ax.collections[0].get_offsets().T
        np.testing.assert_array_equal(x, table["mean_reference"])
        np.testing.assert_array_equal(y, table["mean_response"])
    r = np.corrcoef(table["mean_reference"], table["mean_response"])[0, 1]
    assert ax.get_title() == f"240 units, r = {r:.3f}"
    columns = ig.analysis.tuning_columns(tuning)
    ax = ig.plot.compare(columns, columns[::-1], "gOSI")
    x, y = ax.collections[0].get_offsets().T
    np.testing.assert_array_equal(x, columns["gOSI"])
    np.testing.assert_array_equal(y, columns["gOSI"])
    with pytest.raises(AnalysisError, match="give one"):
        ig.plot.compare(columns, column="gOSI")


def electrodes():
    session = PictureSession(times=[0.0, 0.1, 0.2])
    angle = np.linspace(0, 5, 6)
    session.units = session.units[["unit_id"]].assign(
        x=np.cos(angle) * 5, y=np.sin(angle) * 5, z=angle
    )
    return session


def test_a_scalp_is_interpolated_between_electrodes():
    session = electrodes()
    images = np.random.default_rng(0).integers(0, 255, (2, 3, 16, 16), np.uint8)
    responses = ig.encode(session, images)
    ax = ig.plot.scalp(responses, time_s=0.1, trial=1)
    values = responses.isel(trial=1, time=1).mean("repeat").to_numpy()
    places = scalp_positions(session.units[["x", "y", "z"]].to_numpy())
    expected = ScalpPicture(*places).picture(values)
    np.testing.assert_allclose(
        ax.images[0].get_array().filled(np.nan), expected, rtol=1e-5
    )
    np.testing.assert_allclose(ax.collections[0].get_offsets(), places[0])
    assert ax.child_axes[0].get_ylabel() == "response at 100 ms"
    with pytest.raises(AnalysisError, match="no response at 3 s"):
        ig.plot.scalp(responses, time_s=3)
    on_map = ig.plot.map(session, "z", layout="scalp")
    np.testing.assert_array_equal(on_map.collections[0].get_array(), session.units["z"])
    with pytest.raises(AnalysisError, match="no x, y and z"):
        ig.plot.scalp(PictureSession(), "rf_x")


LEVELS = (0.0, 0.25, 0.5, 1.0)
MATRIX = pd.DataFrame(itertools.product(LEVELS, LEVELS), columns=["left", "right"])


@pytest.fixture
def conditions(monkeypatch):
    monkeypatch.setattr(live, "open_session", lambda *a, **k: Slopes())
    made = ig.Experiment(library=None)
    made.put_session(SessionEntry(id="slopes"), Slopes())
    made.add_stimulus(MATRIX, name="matrix")
    return made


def test_a_psychometric_curve(conditions):
    found = conditions.analyse(
        "psychometric curve", over="right - left", action="right"
    )
    for source in (found, conditions):
        ax = ig.plot.psychometric_curve(source)
        x, y = ax.get_lines()[-1].get_data()
        np.testing.assert_array_equal(x, found["level"])
        np.testing.assert_array_equal(y, found["probability"])
    assert ax.get_xlabel() == "right − left"
    assert ax.get_ylabel() == "probability of right"
    assert ax.get_ylim() == (-0.03, 1.03)


def test_condition_tuning_to_one_and_to_two_parameters(conditions):
    responses = conditions.encode(session="slopes", stimulus="matrix")
    one = conditions.analyse("condition tuning", parameter="left")
    for ax in (
        ig.plot.condition_tuning(one, unit_ids=11),
        ig.plot.condition_tuning(responses, "left", unit_ids=11),
    ):
        (drawn,) = ax.containers
        np.testing.assert_array_equal(drawn[0].get_xdata(), LEVELS)
        np.testing.assert_array_equal(
            drawn[0].get_ydata(), one["curve"].sel(unit_id=11)
        )
    assert ax.get_xlabel() == "left"
    two = conditions.analyse("condition tuning", parameter="left x right")
    ax = ig.plot.condition_tuning(conditions)
    np.testing.assert_allclose(ax.images[0].get_array(), two["curve"].mean("unit"))


def test_without_matplotlib_the_extra_is_named():
    code = """
import sys
import insilico_gui as ig
assert not any(name.split(".")[0] == "matplotlib" for name in sys.modules)
sys.modules["matplotlib"] = sys.modules["matplotlib.pyplot"] = None
try:
    ig.plot.map(ig.open_session("demo"))
except ig.InsilicoError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert done.stdout == (
        "Plots need matplotlib, which is not installed; install it with pip install "
        "'insilico-gui[plot]'.\n"
    )


def test_the_namespace_holds_the_plots_alone():
    assert all(callable(getattr(ig.plot, name)) for name in dir(ig.plot))
    assert {"map", "tuning", "raster", "retinotopy"} <= set(dir(ig.plot))
