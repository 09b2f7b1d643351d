"""Which ways of mapping responses allow, and each on units whose fields are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from insilico_gui.analysis import (
    noise_receptive_fields,
    presentation_images,
    sta_receptive_fields,
)
from insilico_gui.analysis.fields.registry import (
    CONTRAST_AVERAGE,
    DOTS,
    FRAME_AVERAGE,
    LEAST_FRAMES,
    MOST_LAGS,
    NOISE,
    SPARSE_NOISE,
    has_polarities,
    lags_between,
    map_fields,
    mapping_methods,
    parts_to_map,
    unit_map,
)
from insilico_gui.errors import AnalysisError
from insilico_gui.stimuli import (
    ArrayStimulus,
    convert,
    drifting_gratings,
    full_field_flashes,
    gaussian_dots,
    sparse_noise,
    static_gratings,
)

RATE = 30.0
PLACES = np.array([[40.0, 60.0], [100.0, 200.0], [70.0, 130.0]])  # row, column
LAG = 3


def respond(stimulus):
    """Units that like light, darkness and contrast, three frames after the stimulus."""
    row, column = np.indices(stimulus.frame_shape)
    away = (row - PLACES[:, 0, None, None]) ** 2 + (
        column - PLACES[:, 1, None, None]
    ) ** 2
    fields = np.exp(-away / 2 / 8**2).reshape(3, -1) / 400
    contrast = (stimulus.frames(0, stimulus.n_frames) - 128.0).reshape(
        stimulus.n_frames, -1
    ) / 127
    driven = np.stack(
        [
            np.maximum(contrast @ fields[0], 0),
            np.maximum(-contrast @ fields[1], 0),
            np.abs(contrast) @ fields[2],
        ],
        axis=1,
    )
    values = np.full((stimulus.n_frames, 3), 0.1, np.float32)
    values[LAG:] += driven[:-LAG]
    attrs = {"frame_rate": RATE}
    if stimulus.trials is not None:
        attrs["trials"] = stimulus.trials.to_dict("list")
    return xr.DataArray(
        values, {"time": np.arange(len(values)) / RATE}, ("time", "unit"), attrs=attrs
    )


@pytest.fixture(scope="module")
def squares():
    stimulus = sparse_noise(n_presentations=250, duration_s=0.1, density=0.1, seed=3)
    return stimulus, respond(stimulus)


def distance(fit):
    return np.hypot(fit.y0 - PLACES[:, 0], fit.x0 - PLACES[:, 1])


def test_methods_follow_from_what_was_shown(squares):
    stimulus, responses = squares
    averages = [CONTRAST_AVERAGE, FRAME_AVERAGE]
    assert mapping_methods(responses, stimulus) == [SPARSE_NOISE, *averages]
    assert mapping_methods(responses) == []
    dots = gaussian_dots()
    shown = xr.DataArray(
        np.zeros((dots.n_frames, 1), np.float32),
        dims=("time", "unit"),
        attrs={"frame_rate": RATE, "trials": dots.trials.to_dict("list")},
    )
    assert mapping_methods(shown, dots) == [DOTS, *averages]
    assert mapping_methods(shown) == [DOTS]
    batch = shown.expand_dims(trial=2)
    assert mapping_methods(batch, dots) == [DOTS]
    short = drifting_gratings(n_directions=4, duration_s=0.5, blank_s=0.1)
    assert short.n_frames < LEAST_FRAMES
    assert mapping_methods(respond(short), short) == []
    with pytest.raises(AnalysisError, match="show dots, sparse noise"):
        map_fields(respond(short), short, SPARSE_NOISE)
    with pytest.raises(AnalysisError, match="possible: sparse noise, contrast"):
        map_fields(responses, stimulus, DOTS)


def test_sparse_noise_tells_on_from_off(squares):
    stimulus, responses = squares
    told = []
    fields, fit, columns = map_fields(
        responses,
        stimulus,
        SPARSE_NOISE,
        latency_s=0.1,
        window_s=0.1,
        on_progress=lambda done, total: told.append(done / total),
    )
    assert (distance(fit) < 4).all()  # squares of 9.5 pixels
    np.testing.assert_allclose(
        columns["rf_x_fit"], 2 * PLACES[:, 1] / 255 - 1, atol=0.03
    )
    swing = {
        polarity: np.nanmax(rf, axis=(1, 2)) - np.nanmin(rf, axis=(1, 2))
        for polarity, rf in zip(
            ("on", "off"),
            fields["rf"].sel(polarity=["on", "off"]).to_numpy(),
            strict=True,
        )
    }
    ratio = swing["on"] / swing["off"]
    assert ratio[0] > 1.5
    assert ratio[1] < 1 / 1.5
    assert 1 / 1.5 < ratio[2] < 1.5
    assert columns.attrs["variant"] == SPARSE_NOISE
    assert told == sorted(told)
    assert told[-1] == 1


def test_squares_are_mapped_where_the_session_saw_them(squares):
    stimulus, _ = squares
    shown = convert(stimulus, (144, 192), RATE, "crop")  # 32 columns lost on each side
    responses = respond(shown).assign_attrs(trials=stimulus.trials.to_dict("list"))
    _, fit, _ = map_fields(
        responses.isel(unit=[0, 2]), shown, SPARSE_NOISE, latency_s=0.1, window_s=0.1
    )
    away = np.hypot(fit.y0 - PLACES[[0, 2], 0], fit.x0 - PLACES[[0, 2], 1])
    assert (away < 9.5).all()  # the mask of what was rendered would be off by 32


def test_averages_of_frames_and_of_contrast(squares):
    stimulus, responses = squares
    fields, fit, columns = map_fields(responses, stimulus, FRAME_AVERAGE)
    assert (distance(fit)[:2] < 4).all()
    assert fit.amplitude[0] > 0 > fit.amplitude[1]
    # squares last three frames, so neighbouring lags are as good
    np.testing.assert_allclose(columns["rf_lag_s"][:2], LAG / RATE, atol=1.01 / RATE)
    assert has_polarities(fields)
    picture, lag_s = unit_map(fields, 0)
    assert lag_s == pytest.approx(columns["rf_lag_s"][0])
    on, off = unit_map(fields, 0, "on")[0], unit_map(fields, 0, "off")[0]
    np.testing.assert_allclose(on - off, picture)
    peak = np.unravel_index(on.argmax(), on.shape)
    assert np.abs(np.array(peak) * 4 + 1.5 - PLACES[0]).max() < 6

    fields, fit, _ = map_fields(responses, stimulus, CONTRAST_AVERAGE)
    assert (distance(fit) < 4).all()
    assert (fit.amplitude > 0).all()
    assert not has_polarities(fields)


def test_centred_average_of_unrelated_responses_is_zero():
    rng = np.random.default_rng(0)
    frames = np.full((400, 36, 64), 60, np.uint8)  # a movie far from grey
    frames[:, :18] = rng.integers(100, 200, (400, 18, 64), dtype=np.uint8)
    stimulus = ArrayStimulus(frames, RATE)
    responses = xr.DataArray(
        np.ones((400, 1), np.float32),
        {"time": np.arange(400) / RATE},
        ("time", "unit"),
        attrs={"frame_rate": RATE},
    )
    for quantity in ("luminance", "contrast"):
        plain, centred = (
            sta_receptive_fields(
                responses, stimulus, lags=[0, 5], quantity=quantity, centred=choice
            )["rf"]
            for choice in (False, True)
        )
        largest = float(np.abs(plain).max())
        assert largest > 60
        np.testing.assert_allclose(centred, 0, atol=1e-5 * largest)
    with pytest.raises(AnalysisError, match="no quantity 'colour'"):
        sta_receptive_fields(responses, stimulus, quantity="colour")


def test_lags_are_as_many_as_fit():
    assert lags_between(0.0, 0.2, 30.0) == [0, 1, 2, 3, 4, 5, 6]
    lags = lags_between(0.1, 2.1, 30.0)
    assert (lags[0], lags[-1], len(lags)) == (3, 63, MOST_LAGS)


def noise_images(n=150, hold=6):
    """White noise of blocks of 16 pixels, each image for `hold` frames."""
    rng = np.random.default_rng(7)
    small = rng.choice(np.array([28, 228], np.uint8), (n, 9, 16))
    frames = small.repeat(16, 1).repeat(16, 2).repeat(hold, 0)
    trials = pd.DataFrame(
        {"onset": np.arange(n) * hold / RATE, "duration": hold / RATE}
    )
    return ArrayStimulus(frames, RATE, trials=trials)


def test_any_images_in_trials_are_a_method():
    stimulus = noise_images()
    responses = respond(stimulus)
    averages = [CONTRAST_AVERAGE, FRAME_AVERAGE]
    assert mapping_methods(responses, stimulus) == [*averages, NOISE]
    window = {"latency_s": LAG / RATE, "window_s": 0.1}
    fields, fit, columns = map_fields(responses, stimulus, NOISE, **window)
    by_hand = noise_receptive_fields(
        responses, presentation_images(stimulus), centred=True, **window
    )
    np.testing.assert_allclose(fields["rf"], by_hand["rf"], rtol=1e-5, atol=1e-4)
    assert (distance(fit)[:2] < 16).all()
    assert fit.amplitude[0] > 0 > fit.amplitude[1]
    assert columns.attrs["variant"] == "noise"
    picture, lag_s = unit_map(fields, 1)
    assert lag_s is None
    on, off = unit_map(fields, 1, "on")[0], unit_map(fields, 1, "off")[0]
    np.testing.assert_allclose(on - off, picture)
    assert has_polarities(fields)


def test_noise_needs_images_that_stand_still_and_differ():
    gratings = static_gratings(orientations=2, image_s=0.2, blank_s=0.1)
    assert NOISE in mapping_methods(respond(gratings), gratings)
    for other in (
        full_field_flashes(blank_s=0.3, repeats=2),
        drifting_gratings(n_directions=4, duration_s=0.5, blank_s=0.1),
    ):
        assert NOISE not in mapping_methods(respond(other), other)
    assert parts_to_map(gratings.trials, NOISE, gratings) == []


def test_the_mean_image_is_not_a_field():
    stimulus = noise_images(40)
    silent = respond(stimulus) * 0 + np.float32(1)
    silent = silent.assign_attrs(respond(stimulus).attrs)
    fields, _, _ = map_fields(silent, stimulus, NOISE)
    np.testing.assert_allclose(fields["rf"], 0, atol=1e-3)
