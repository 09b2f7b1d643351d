"""Responses to images, in which each image is a condition."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from support.pictures import PictureSession

import insilico_gui as ig
from insilico_gui.analysis import (
    image_tuning,
    mean_signal_correlation,
    parameter_tuning,
    population_sparseness,
    sparseness_columns,
)
from insilico_gui.analysis.tuning.image_tuning import silent_image_responses
from insilico_gui.analysis.tuning.tuned import curve_of
from insilico_gui.errors import AnalysisError
from insilico_gui.stimuli.readers.images import ImageArray

IMAGES = np.random.default_rng(4).integers(0, 256, (7, 3, 12, 10), np.uint8)


def test_the_curve_is_the_responses():
    responses = ig.encode(PictureSession(), IMAGES)
    tuning = image_tuning(responses)
    np.testing.assert_array_equal(tuning["curve"], responses)
    assert tuning["image"].to_numpy().tolist() == [f"image {k}" for k in range(7)]
    assert tuning.attrs["analysis"]["n_presentations"] == 7


def test_sparseness_and_correlations_by_their_formulas():
    values = np.random.default_rng(1).normal(0.4, size=(7, 5)).astype(np.float32)
    responses = xr.DataArray(
        values,
        {"trial": [f"{k}.png" for k in range(7)], "unit_id": ("voxel", range(5))},
        ("trial", "voxel"),
    )
    tuning = image_tuning(responses)
    columns = sparseness_columns(tuning)
    over_units = population_sparseness(curve_of(tuning))
    means = mean_signal_correlation(curve_of(tuning))
    rates = np.where(values > 0, values, 0).astype(float)
    for u in range(5):
        ratio = (rates[:, u].sum() / 7) ** 2 / ((rates[:, u] ** 2).sum() / 7)
        expected = (1 - ratio) / (1 - 1 / 7)
        assert columns.iloc[u, 0] == pytest.approx(expected)
        others = [
            np.corrcoef(values[:, u], values[:, v])[0, 1] for v in range(5) if v != u
        ]
        assert means[u] == pytest.approx(np.mean(others), abs=1e-6)
    for k in range(7):
        ratio = (rates[k].sum() / 5) ** 2 / ((rates[k] ** 2).sum() / 5)
        assert over_units[k] == pytest.approx((1 - ratio) / (1 - 1 / 5))


def test_repeats_are_averaged_and_time_is_refused():
    in_time = ig.encode(PictureSession(times=[0.0, 0.1, 0.2]), IMAGES)
    with pytest.raises(AnalysisError, match="take the mean over a window of time"):
        image_tuning(in_time)
    late = in_time.sel(time=slice(0.1, 0.2)).mean("time")
    tuning = image_tuning(late)
    expected = late.to_numpy().astype(float).mean(axis=1)
    np.testing.assert_allclose(tuning["curve"], expected)
    assert tuning.attrs["analysis"]["averaged_over"] == ["repeat"]


@pytest.mark.parametrize("times", [None, [0.0, 0.1]])
def test_silent_responses_are_those_of_the_session_but_for_units(times):
    session = PictureSession(times=times)
    images = ImageArray(IMAGES)
    silent, real = (
        silent_image_responses(session, images.labels),
        ig.encode(session, images, indices=[0]),
    )
    assert silent.dims == real.dims and silent.shape == real.shape
    assert not silent.any()


def test_responses_to_a_video_are_no_images():
    video = ig.encode(
        ig.open_session("demo", device="cpu"),
        np.zeros((20, 144, 256), np.uint8),
        indices=[0],
    )
    with pytest.raises(AnalysisError, match="have trial and unit"):
        image_tuning(video)
    with pytest.raises(AnalysisError, match="responses to a video"):
        parameter_tuning(ig.encode(PictureSession(), IMAGES), "condition")
