"""Receptive fields by response-triggered averages and by static noise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from insilico_gui.analysis import (
    noise_receptive_fields,
    presentation_images,
    rf_columns,
    sta_receptive_fields,
)
from insilico_gui.analysis.fields import image_sums, sta
from insilico_gui.analysis.fields.screen_grid import ScreenGrid
from insilico_gui.errors import AnalysisError
from insilico_gui.stimuli import ArrayStimulus, Display

RATE = 30.0
DISPLAY = Display(pixels=(36, 64))
SHAPE = (18, 32)
CENTRES = np.array([[10.0, 20.0], [25.0, 50.0]])  # row, column


def fields():
    """Weights of two units: one likes light, one darkness; [U, H, W]."""
    row, column = np.indices(DISPLAY.pixels)
    away = (row - CENTRES[:, 0, None, None]) ** 2 + (
        column - CENTRES[:, 1, None, None]
    ) ** 2
    return np.array([1, -1])[:, None, None] * np.exp(-away / 2 / 3**2)


def noise(n, hold=1, seed=0):
    """White noise in blocks of 2 x 2 pixels, each image for `hold` frames."""
    rng = np.random.default_rng(seed)
    small = rng.choice(np.array([28, 228], np.uint8), (n, *SHAPE))
    return small.repeat(2, 1).repeat(2, 2).repeat(hold, 0)


def drive(frames):
    linear = np.einsum("thw,uhw->tu", (frames - 128.0) / 100, fields())
    return np.maximum(linear, 0) + 0.1


def as_responses(values):
    return xr.DataArray(
        values.astype(np.float32),
        {"time": np.arange(len(values)) / RATE},
        ("time", "unit"),
        attrs={"frame_rate": RATE},
    )


@pytest.fixture(scope="module")
def movie():
    stimulus = ArrayStimulus(noise(1500), RATE)
    values = np.zeros((1500, 2))
    values[3:, 0] = drive(stimulus.frames(0, 1497))[:, 0]  # lag of 3
    values[1:, 1] = drive(stimulus.frames(0, 1499))[:, 1]
    return stimulus, as_responses(values)


def test_sta_is_the_definition_in_any_blocks(movie, monkeypatch):
    stimulus, responses = movie
    frames = ScreenGrid(SHAPE, DISPLAY).average(stimulus.frames(0, 1500)) - 128.0
    r = responses.to_numpy().astype(float)
    for at_once in (7, 128, 5000):
        monkeypatch.setattr(sta, "FRAMES_AT_ONCE", at_once)
        dataset = sta_receptive_fields(responses, stimulus, lags=[4, 0, 3], shape=SHAPE)
        assert dataset["lag"].to_numpy().tolist() == [0, 3, 4]
        for lag in (0, 3, 4):
            t = np.arange(10, 1500)
            expected = (
                np.einsum("tu,thw->uhw", r[t], frames[t - lag])
                / r[t].sum(0)[:, None, None]
            )
            found = dataset["rf"].sel(lag=lag)
            np.testing.assert_allclose(found, expected, atol=2e-3)


def test_sta_finds_place_sign_and_lag(movie):
    stimulus, responses = movie
    dataset = sta_receptive_fields(responses, stimulus, shape=SHAPE)
    columns = rf_columns(dataset)
    np.testing.assert_allclose(columns["rf_lag_s"], [3 / RATE, 1 / RATE])
    assert (np.sign(columns["rf_amplitude"]) == [1, -1]).all()
    x, y = DISPLAY.to_stimulus(*CENTRES.T)
    np.testing.assert_allclose(columns["rf_x_fit"], x, atol=2 / 32)
    np.testing.assert_allclose(columns["rf_y_fit"], y, atol=2 / 18)
    assert columns.attrs["variant"] == "sta"
    assert columns.attrs["n_frames"] == 1490
    assert columns.attrs["burn_in_frames"] == 10


def test_sta_of_silent_and_broken_units_is_nan(movie):
    stimulus, responses = movie
    broken = responses.copy()
    broken[:, 0] = 0
    broken[77, 1] = np.nan
    dataset = sta_receptive_fields(broken, stimulus, lags=[0], shape=SHAPE)
    assert np.isnan(dataset["rf"]).all()
    assert rf_columns(dataset)["rf_r2"].isna().all()


def test_sta_refuses_what_does_not_fit(movie):
    stimulus, responses = movie
    for change, message in (
        ({"responses": responses[:-1]}, "1499 frames"),
        ({"responses": responses.expand_dims("trial")}, "batch"),
        ({"responses": responses.assign_attrs(frame_rate=60.0)}, "60"),
        ({"lags": [-1]}, "start at 0"),
        ({"lags": []}, "lags"),
        ({"lags": [0.5]}, "lags"),
        ({"lags": [1500]}, "leave"),
        ({"burn_in_frames": 1500}, "leave"),
        ({"shape": (100, 100)}, "36 x 64 pixels"),
        ({"display": Display()}, "144 x 256"),
    ):
        given = {"responses": responses, "stimulus": stimulus, "shape": SHAPE, **change}
        with pytest.raises(AnalysisError, match=message):
            sta_receptive_fields(**given)


def test_maps_that_do_not_fit_in_memory_are_refused(movie, monkeypatch):
    stimulus, responses = movie
    monkeypatch.setattr(image_sums, "LARGEST_BYTES", 4 * 2 * 18 * 32 * 2)
    sta_receptive_fields(responses, stimulus, lags=[0], shape=SHAPE)
    with pytest.raises(AnalysisError, match="take fewer cells or units"):
        sta_receptive_fields(responses, stimulus, lags=[0, 1], shape=SHAPE)


@pytest.fixture(scope="module")
def presentations():
    """600 images for 4 frames each; responses follow two frames later."""
    frames = noise(600, hold=4, seed=1)
    trials = pd.DataFrame(
        {"onset": np.arange(600) * 4 / RATE, "duration": 4 / RATE, "condition": "noise"}
    )
    stimulus = ArrayStimulus(frames, RATE, trials=trials)
    values = np.zeros((2402, 2))
    values[2:] = drive(frames)
    responses = as_responses(values).assign_attrs(trials=trials.to_dict("list"))
    return stimulus, responses


def test_noise_finds_the_fields(presentations):
    stimulus, responses = presentations
    images = presentation_images(stimulus, shape=SHAPE)
    frames = stimulus.frames(0, 2400)[::4]
    np.testing.assert_array_equal(images, frames[:, ::2, ::2])
    dataset = noise_receptive_fields(
        responses, images, display=DISPLAY, latency_s=2 / RATE, window_s=3 / RATE
    )
    used = np.arange(600) >= 2  # burn-in: windows of two trials end before frame 10
    r = drive(frames)[used]
    expected = np.einsum("ku,khw->uhw", r, images[used] - 128.0)
    expected /= r.sum(axis=0)[:, None, None]
    np.testing.assert_allclose(dataset["rf"], expected, atol=1e-3)
    columns = rf_columns(dataset)
    x, y = DISPLAY.to_stimulus(*CENTRES.T)
    np.testing.assert_allclose(columns["rf_x_fit"], x, atol=2 / 32)
    np.testing.assert_allclose(columns["rf_y_fit"], y, atol=2 / 18)
    assert (np.sign(columns["rf_amplitude"]) == [1, -1]).all()
    assert columns.attrs["variant"] == "noise"
    assert columns.attrs["n_presentations"] == 598


def test_blanks_are_left_out_of_noise(presentations):
    stimulus, responses = presentations
    window = {"latency_s": 2 / RATE, "window_s": 3 / RATE, "display": DISPLAY}
    images = presentation_images(stimulus, shape=SHAPE)
    images[5] = np.nan
    with_blank = noise_receptive_fields(responses, images, **window)
    kept = np.arange(600) != 5
    trials = stimulus.trials[kept]
    without = noise_receptive_fields(responses, images[kept], trials, **window)
    np.testing.assert_allclose(with_blank["rf"], without["rf"], rtol=1e-5, atol=1e-5)
    with pytest.raises(AnalysisError, match="No presentation"):
        noise_receptive_fields(responses, np.full_like(images, np.nan), **window)
    with pytest.raises(AnalysisError, match="one image"):
        noise_receptive_fields(responses, images[1:], **window)


def test_presentations_must_lie_in_the_stimulus(presentations):
    stimulus, _ = presentations
    with pytest.raises(AnalysisError, match="beyond"):
        presentation_images(stimulus, stimulus.trials.assign(onset=100.0), SHAPE)
    with pytest.raises(AnalysisError, match="no trial table"):
        presentation_images(ArrayStimulus(noise(2), RATE), shape=SHAPE)


def test_cells_are_means_of_their_pixels():
    frames = np.random.default_rng(0).integers(0, 256, (3, 36, 64), np.uint8)
    halves = ScreenGrid((18, 32), DISPLAY).average(frames)
    expected = frames.reshape(3, 18, 2, 32, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(halves, expected, rtol=1e-6)
    odd = ScreenGrid((7, 9), DISPLAY).average(frames)
    np.testing.assert_allclose(odd.mean(), frames.mean(), rtol=1e-6)
