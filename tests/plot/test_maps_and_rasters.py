"""Maps, rasters, traces and histograms show the columns and responses as they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from support.pictures import PictureSession

import insilico_gui as ig
from insilico_gui.drawing.colors import UNKNOWN, category_colors
from insilico_gui.errors import AnalysisError


def points(ax):
    return max(ax.collections, key=lambda one: len(one.get_offsets()))


def bars(ax):
    """Axes of colour bars beside axes."""
    return [one for one in ax.child_axes if one.get_ylabel() or one.get_xlabel()]


def test_a_cyclic_column_over_a_frame(demo, gratings):
    ax = ig.plot.map(demo, "pref_dir", stimulus=gratings, time_s=0.8)
    height, width = demo.frame_shape
    units, drawn = demo.units, points(ax)
    column, row = drawn.get_offsets().T
    np.testing.assert_allclose(column, (units["rf_x"] + 1) / 2 * (width - 1))
    np.testing.assert_allclose(row, (1 - units["rf_y"]) / 2 * (height - 1))
    np.testing.assert_array_equal(drawn.get_array().filled(np.nan), units["pref_dir"])
    assert drawn.get_clim() == (0.0, 360.0)
    assert drawn.get_cmap().name == "hsv"
    (picture,) = ax.images
    expected = ig.stimuli.convert(gratings, demo.frame_shape, 30.0).frames(24, 25)[0]
    np.testing.assert_array_equal(picture.get_array(), expected)
    (bar,) = bars(ax)
    assert bar.get_ylabel() == "pref. direction (deg)"
    assert [t.get_text() for t in bar.get_yticklabels()] == "0 90 180 270 360".split()
    assert ax.get_xlabel() == "azimuth (deg)"
    fig = ax.get_figure()
    fig.canvas.draw()  # units without a value are grey blue
    unknown = units["pref_dir"].isna().to_numpy()
    np.testing.assert_allclose(drawn.get_facecolors()[unknown][0], UNKNOWN)


def test_names_have_a_colour_each_and_a_legend(demo):
    ax = ig.plot.map(demo, layout="anatomical")
    drawn, legend = points(ax), ax.get_legend()
    areas = sorted(demo.units["area"].unique())
    assert [t.get_text() for t in legend.get_texts()] == areas
    ax.get_figure().canvas.draw()
    expected = category_colors(len(areas))[
        [areas.index(area) for area in demo.units["area"]]
    ]
    np.testing.assert_allclose(drawn.get_facecolors(), expected)
    np.testing.assert_array_equal(drawn.get_offsets(), demo.units[["x", "y"]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x (µm)", "y (µm)")
    low, high = ax.get_ylim()
    assert low > high  # y points down, as in the tissue


def test_responses_colour_a_map_at_a_moment(responses, experiment):
    ax = ig.plot.map(responses, "response", time_s=1.01)
    expected = responses.isel(time=30)
    np.testing.assert_array_equal(points(ax).get_array(), expected)
    assert bars(ax)[0].get_ylabel() == "response at 1.01 s"
    again = ig.plot.map(experiment, "response", stimulus="gratings", time_s=1.01)
    np.testing.assert_array_equal(points(again).get_array(), expected)
    assert len(again.images) == 1
    with pytest.raises(AnalysisError, match="no response at 90 s"):
        ig.plot.map(responses, "response", time_s=90)


def test_signed_columns_have_zero_in_the_middle(demo):
    table = pd.DataFrame(
        {"mean_difference": [-0.5, 2.0]},
        index=pd.Index(demo.units["unit_id"].iloc[:2], name="unit_id"),
    )
    drawn = points(ig.plot.map(demo, "mean_difference", columns=table))
    low, high = drawn.get_clim()
    assert low == -high and drawn.get_cmap().name == "coolwarm"
    given = drawn.get_array().filled(np.nan)
    np.testing.assert_array_equal(given[:3], [-0.5, 2.0, np.nan])


def test_a_map_of_an_experiment_has_the_columns_of_results(experiment, tuning):
    name = "gOSI_measured"
    drawn = points(ig.plot.map(experiment, name, selection="first"))
    found = drawn.get_array().filled(np.nan)
    np.testing.assert_array_equal(found[:240], tuning["gOSI"])
    assert np.isnan(found[240:]).all()
    assert (np.asarray(drawn.get_linewidths())[:240] == 1).all()


def test_what_a_map_cannot_show(demo, responses, experiment):
    for given, says in (
        ({"color": "beauty"}, "no column 'beauty'"),
        ({"layout": "scalp"}, "no layout 'scalp'"),
        ({"stimulus": "clip"}, "give the opened stimulus"),
        ({"stimulus": 3}, "no frames"),
        ({"color": "response"}, "responses or an Experiment"),
    ):
        with pytest.raises(AnalysisError, match=says):
            ig.plot.map(demo, **given)
    with pytest.raises(AnalysisError, match="no units"):
        ig.plot.map(3)


def test_names_from_files_are_written_as_they_are():
    session = PictureSession()
    session.units["area"] = ["$x_1$", r"\frac", "<b>", "", "a", "a"][
        : len(session.units)
    ]
    ax = ig.plot.map(session)
    ax.get_figure().canvas.draw()
    texts = [t.get_text() for t in ax.get_legend().get_texts()]
    assert r"\$x_1\$" in texts and texts[-1] == "unknown"


def test_rasters_are_sorted_by_any_column(responses, demo):
    ax = ig.plot.raster(responses)
    np.testing.assert_array_equal(ax.images[0].get_array(), responses.values.T)
    extent = ax.images[0].get_extent()
    assert np.isclose(extent[0], -1 / 60) and np.isclose(
        extent[1], responses["time"][-1] + 1 / 60
    )
    assert ax.get_xlabel() == "time (s)"
    by_direction = ig.plot.raster(responses, "pref_dir")
    order = np.argsort(responses["pref_dir"].to_numpy(), kind="stable")
    drawn = by_direction.images[0].get_array()
    np.testing.assert_array_equal(drawn, responses.values.T[order])
    strip = next(one for one in by_direction.child_axes if one.images)
    assert strip.get_ylabel() == "units by pref. direction (deg)"
    shown = strip.images[0].get_array()[:, 0].filled(np.nan)
    np.testing.assert_array_equal(shown, responses["pref_dir"].to_numpy()[order])
    by_area = ig.plot.raster(responses, "area", indices=[200, 3, 100])
    assert by_area.images[0].get_array().shape == (3, responses.sizes["time"])
    with pytest.raises(AnalysisError, match="no column 'charm'"):
        ig.plot.raster(responses, "charm")


def test_rasters_are_sorted_by_results(experiment, responses, tuning):
    ax = ig.plot.raster(experiment, "gOSI_measured")
    order = np.argsort(tuning["gOSI"].to_numpy(), kind="stable")
    expected = responses.values.T[order]
    np.testing.assert_array_equal(ax.images[0].get_array(), expected)
    columns = ig.analysis.tuning_columns(tuning).rename(columns={"gOSI": "mine"})
    ax = ig.plot.raster(responses, "mine", columns=columns)
    np.testing.assert_array_equal(ax.images[0].get_array(), expected)


def test_traces_of_few_units_and_the_mean_of_many(responses):
    ax = ig.plot.traces(responses, [1008, 1003])
    lines = ax.get_lines()
    assert [one.get_label() for one in lines] == ["unit 1008", "unit 1003"]
    np.testing.assert_array_equal(lines[0].get_ydata(), responses.sel(unit_id=1008))
    np.testing.assert_array_equal(lines[0].get_xdata(), responses["time"])
    assert len(ax.patches) == len(responses.attrs["trials"]["onset"])
    (mean,) = ig.plot.traces(responses).get_lines()
    np.testing.assert_allclose(
        mean.get_ydata(), responses.values.mean(axis=1, dtype=float)
    )
    assert ig.plot.traces(responses, 1008).get_lines()
    with pytest.raises(AnalysisError, match="not in trials"):
        ig.plot.traces(responses, trial=0)


def test_histograms_by_area(demo):
    ax = ig.plot.population(demo, "pref_dir")
    areas = sorted(demo.units["area"].unique())
    edges = np.linspace(0, 360, 25)
    for patch, area in zip(ax.patches, areas, strict=True):
        values = demo.units["pref_dir"][demo.units["area"] == area].dropna()
        counts, drawn_edges, _ = patch.get_data()
        np.testing.assert_array_equal(counts, np.histogram(values, edges)[0])
        np.testing.assert_array_equal(drawn_edges, edges)
    assert ax.get_xlabel() == "pref. direction (deg)"
    octaves = ig.plot.population(demo, "true_tf", by=None)
    assert octaves.get_xscale() == "log"
    (patch,) = octaves.patches
    assert patch.get_data()[0].sum() == demo.units["true_tf"].notna().sum()
    with pytest.raises(AnalysisError, match="measures nothing"):
        ig.plot.population(demo, "area")


def test_plots_draw_into_axes_that_are_given(demo, responses):
    _, (left, right) = plt.subplots(1, 2)
    place = left.get_position().bounds
    assert ig.plot.raster(responses, "area", ax=left) is left
    assert ig.plot.map(demo, "gOSI", ax=right) is right
    assert left.get_position().bounds == place
    assert len(plt.get_fignums()) == 1
