"""Tuning plots show the numbers of the tuning, with units at their axes."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

import insilico_gui as ig
from insilico_gui.analysis import parameter_map
from insilico_gui.drawing.colors import ON_LIGHT_AND_DARK
from insilico_gui.errors import AnalysisError, InsilicoError


def line(ax, start):
    (found,) = [one for one in ax.get_lines() if one.get_label().startswith(start)]
    return found


def test_the_curve_of_a_unit(tuning):
    unit = 1008
    ax = ig.plot.tuning(tuning, unit)
    of_unit = tuning.sel(unit_id=unit)
    drawn = line(ax, "mean")
    np.testing.assert_array_equal(drawn.get_xdata(), of_unit["direction"])
    np.testing.assert_array_equal(drawn.get_ydata(), of_unit["curve"])
    np.testing.assert_allclose(
        drawn.get_color(), np.array(ON_LIGHT_AND_DARK["mean"][0]) / 255
    )
    trials = line(ax, "trials")
    np.testing.assert_array_equal(trials.get_xdata(), of_unit["trial_direction"])
    np.testing.assert_array_equal(trials.get_ydata(), of_unit["trial_response"])
    fit_x, fit_y = line(ax, "fit").get_data()
    peak = float(fit_x[np.argmax(fit_y)])
    assert abs(peak - float(of_unit["pref_dir"])) <= np.diff(fit_x).max()
    (band,) = ax.collections
    edge = band.get_paths()[0].vertices
    for k, sem in enumerate(of_unit["sem"].to_numpy()):
        here = edge[edge[:, 0] == of_unit["direction"][k].item(), 1]
        assert np.isclose(here, of_unit["curve"][k] + sem).any()
    assert ax.get_xlabel() == "direction (deg)"
    assert [t.get_text() for t in ax.get_xticklabels()] == "0 90 180 270 360".split()
    assert ax.get_title() == "unit 1008"


def test_the_mean_of_units_and_axes_that_are_given(tuning):
    ids = [1008, 1003, 1005]
    _, ax = plt.subplots()
    assert ig.plot.tuning(tuning, ids, ax=ax) is ax
    of_units = tuning.sel(unit_id=ids)["curve"]
    np.testing.assert_allclose(line(ax, "mean").get_ydata(), of_units.mean("unit"))
    assert ax.get_title() == "mean of 3 units"
    with pytest.raises(AnalysisError, match="give axes"):
        ig.plot.tuning(tuning, ids, ax=tuning)


def test_an_experiment_and_responses_give_the_same_curve(experiment, responses, tuning):
    expected = line(ig.plot.tuning(tuning, 1008), "mean").get_ydata()
    for ax in (
        ig.plot.tuning(experiment, 1008),
        ig.plot.tuning(experiment, 1008, session="demo", stimulus="gratings"),
        ig.plot.tuning(responses, 1008, parameter="direction"),
    ):
        np.testing.assert_array_equal(line(ax, "mean").get_ydata(), expected)
    everything = ig.plot.tuning(experiment, selection="first")
    assert everything.get_title() == "mean of 240 units"


def test_polar_plots_are_closed_and_in_radians(tuning):
    ax = ig.plot.tuning(tuning, 1008, kind="polar")
    assert ax.name == "polar"
    curve = tuning.sel(unit_id=1008)["curve"].to_numpy()
    drawn = ax.get_lines()[-1]
    np.testing.assert_allclose(
        np.degrees(drawn.get_xdata()), [*tuning["direction"].values, 0]
    )
    np.testing.assert_array_equal(drawn.get_ydata(), [*curve, curve[0]])
    labels = [t.get_text() for t in ax.get_xticklabels()]
    assert labels[:3] == ["0°", "45°", "90°"]
    with pytest.raises(AnalysisError, match="polar axes"):
        ig.plot.tuning(tuning, 1008, kind="polar", ax=plt.subplots()[1])


def test_stars_have_a_dot_for_each_presentation(tuning):
    ax = ig.plot.tuning(tuning, 1008, kind="star")
    (dots,) = ax.collections
    of_unit = tuning.sel(unit_id=1008)
    np.testing.assert_array_equal(dots.get_array(), of_unit["trial_response"])
    angle, radius = dots.get_offsets().T
    np.testing.assert_allclose(np.degrees(angle), of_unit["trial_direction"])
    assert len(np.unique(np.round(np.column_stack([angle, radius]), 9), axis=0)) == 16


def test_a_tuning_to_two_parameters_is_a_picture_or_a_star_with_rings(demo):
    shown = ig.stimuli.drifting_gratings(
        n_directions=4, spatial_frequency=[0.02, 0.08], duration_s=0.4, blank_s=0.2
    )
    responses = ig.encode(demo, shown, indices=[0, 1, 4])
    both = parameter_map(responses, ("direction", "spatial_frequency"))
    unit = int(both["unit_id"][2])
    ax = ig.plot.tuning(both, unit)
    (picture,) = ax.images
    np.testing.assert_array_equal(picture.get_array(), both["curve"].isel(unit=2))
    assert ax.get_xlabel() == "spatial frequency (cycles/deg)"
    assert ax.get_ylabel() == "direction (deg)"
    star = ig.plot.tuning(both, unit, kind="star")
    (dots,) = star.collections
    inner = dots.get_offsets()[:, 1] < 1.6
    assert (both["trial_spatial_frequency"].to_numpy()[inner] == 0.02).all()
    assert [t.get_text() for t in star.get_yticklabels()] == ["0.02", "0.08"]
    with pytest.raises(AnalysisError, match="choose another kind"):
        ig.plot.tuning(both, unit, kind="polar")
    octaves = ig.plot.tuning(responses, unit, parameter="spatial_frequency")
    assert octaves.get_xscale() == "log"
    with pytest.raises(AnalysisError, match="no angle"):
        ig.plot.tuning(responses, unit, parameter="spatial_frequency", kind="polar")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"unit_ids": 7}, "no unit_id 7"),
        ({"kind": "pie"}, "no kind of tuning plot 'pie'"),
        ({"session": "demo"}, "leave them out"),
        ({"selection": "first"}, "named in an Experiment"),
        ({"parameter": "contrast"}, "tuning is to direction"),
    ],
)
def test_what_is_not_there_is_told_in_a_sentence(tuning, arguments, says):
    with pytest.raises(InsilicoError, match=says):
        ig.plot.tuning(tuning, **arguments)


def test_what_is_no_tuning_is_refused(demo, responses, experiment):
    for wrong in (demo, "demo", None, responses.to_dataset()):
        with pytest.raises(AnalysisError):
            ig.plot.tuning(wrong)
    with pytest.raises(AnalysisError, match="no stimulus 'clip'"):
        ig.plot.tuning(experiment, stimulus="clip")
    with pytest.raises(AnalysisError, match="no trials"):
        ig.plot.tuning(ig.encode(demo, demo_frames(demo), indices=[0]))


def demo_frames(session):
    return np.zeros((12, *session.frame_shape), np.uint8)
