"""F1, latency and time-resolved tuning, against closed forms and plain loops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from insilico_gui.analysis import (
    grating_modulation,
    response_latency,
    time_resolved_tuning,
)
from insilico_gui.errors import AnalysisError

RATE = 30.0
ALL = {"burn_in_frames": 0}


@pytest.fixture
def rng():
    return np.random.default_rng(41)


def shown(course, trials, duration_s=1.3, blank_s=0.4, noise=0.0, rng=None, rate=RATE):
    """Responses of course(seconds after the onset, row of the table) [T, U], 0 between."""
    blank, on = round(blank_s * rate), round(duration_s * rate)
    table = pd.DataFrame(trials)
    onset = blank + (blank + on) * np.arange(len(table))
    table["onset"], table["duration"] = onset / rate, on / rate
    n_frames = (blank + on) * len(table) + blank
    values = None
    for first, row in zip(onset, table.itertuples(), strict=True):
        one = course((np.arange(on) / rate)[:, None], row)
        if values is None:
            values = np.zeros((n_frames, one.shape[1]))
        values[first : first + on] = one
    if noise:
        values = values + noise * rng.normal(size=values.shape)
    return xr.DataArray(
        values,
        {
            "time": np.arange(n_frames) / rate,
            "unit_id": ("unit", np.arange(values.shape[1])),
        },
        ("time", "unit"),
        attrs={"frame_rate": rate, "trials": table.to_dict("list")},
    )


def gratings(frequencies, repeats=1):
    return [
        {"temporal_frequency": f, "condition": k}
        for _ in range(repeats)
        for k, f in enumerate(frequencies)
    ]


MEAN, AMPLITUDE = np.array([3.0, 3.0, 1.0, 2.0]), np.array([0.0, 1.5, 2.0, 1.0])
LAG = np.array([0.0, 40.0, 200.0, 359.0])


def wave(f, seconds):
    return MEAN + AMPLITUDE * np.cos(2 * np.pi * f * seconds - np.radians(LAG))


@pytest.mark.parametrize("f", [0.7, 1.0, 1.7, 3.3, 7.7, 12.0])
@pytest.mark.parametrize("duration_s", [1.0, 1.3])
def test_a_sine_is_found_over_any_number_of_cycles(f, duration_s):
    responses = shown(
        lambda t, row: wave(row.temporal_frequency, t), gratings([f]), duration_s
    )
    _, columns = grating_modulation(responses, **ALL)
    np.testing.assert_allclose(columns["F0"], MEAN, rtol=1e-9)
    np.testing.assert_allclose(columns["F1"], AMPLITUDE, atol=1e-9)
    np.testing.assert_allclose(columns["F1_F0"], AMPLITUDE / MEAN, atol=1e-9)
    np.testing.assert_allclose(columns["F1_phase_deg"][1:], LAG[1:], atol=1e-6)
    assert np.isnan(columns["F1_phase_deg"].iloc[0])


def test_a_fourier_coefficient_would_have_been_wrong():
    """The response does not vary, and 1.3 cycles make a modulation of 0.4 of it."""
    t = np.arange(39) / RATE
    assert 2 * abs(np.exp(-2j * np.pi * t).mean()) == pytest.approx(0.397, abs=0.01)


def test_phases_count_from_the_onset_whatever_the_latency():
    responses = shown(lambda t, row: wave(2.0, t), gratings([2.0]))
    for latency_s in (0.0, 0.1, 0.37):
        _, columns = grating_modulation(responses, latency_s=latency_s, **ALL)
        np.testing.assert_allclose(columns["F1_phase_deg"][1:], LAG[1:], atol=1e-6)


def test_phases_are_relative_to_those_of_the_stimulus():
    trials = [
        {"temporal_frequency": 2.0, "condition": 0, "phase": p} for p in (0, 90, 250)
    ]
    responses = shown(
        lambda t, row: wave(2.0, t - row.phase / 360 / 2.0), pd.DataFrame(trials)
    )
    _, columns = grating_modulation(responses, **ALL)
    np.testing.assert_allclose(columns["F1"], AMPLITUDE, atol=1e-9)
    np.testing.assert_allclose(columns["F1_phase_deg"][1:], LAG[1:], atol=1e-6)


@pytest.mark.parametrize("duration_s", [1.5, 1.7])
def test_a_rectified_sine_has_a_ratio_of_half_pi(duration_s):
    """Of a half-wave rectified sine; of a full-wave one, that of a complex cell, 0."""

    def course(t, row):
        sine = np.cos(2 * np.pi * 1.0 * t - np.radians([[10.0, 130.0]]))
        return np.hstack([np.clip(sine, 0, None), np.abs(sine)])

    responses = shown(course, gratings([1.0]), duration_s)
    found = grating_modulation(responses, **ALL)[1]["F1_F0"].to_numpy()
    np.testing.assert_allclose(found[:2], np.pi / 2, rtol=0.03)
    np.testing.assert_allclose(found[2:], 0, atol=0.03)


def test_the_best_condition_is_that_of_the_largest_peak():
    gain = np.array([[1.0, 3.0, 2.0]])

    def course(t, row):
        return gain[:, [row.condition]] * wave(row.temporal_frequency, t)

    dataset, columns = grating_modulation(
        shown(course, gratings([1.0, 2.0, 4.0])), **ALL
    )
    np.testing.assert_allclose(columns["F0"], 3 * MEAN, rtol=1e-9)
    np.testing.assert_allclose(dataset["f1"], gain.T * AMPLITUDE, atol=1e-8)


def test_noise_makes_f1_larger_by_what_it_should(rng):
    """F1**2 by 4 s**2 / (n T) on average, and intervals hold ratio and phase."""
    n, s = 8, 2.0
    units = 120

    def course(t, row):
        return 5 + 2 * np.cos(2 * np.pi * 2 * t - np.radians(70)) * np.ones((1, units))

    responses = shown(course, gratings([2.0], n), 1.5, noise=s, rng=rng)
    _, columns = grating_modulation(responses, n_draws=200, **ALL)
    excess = (columns["F1"] ** 2).mean() - 4
    assert excess == pytest.approx(4 * s**2 / (n * 45), abs=0.1)
    off = (columns["F1_phase_deg"] - 70 + 180) % 360 - 180
    assert abs(off.mean()) < 1.5
    wanted = np.degrees(s * np.sqrt(2 / (n * 45)) / 2)
    assert off.std() == pytest.approx(wanted, rel=0.25)
    low, high = columns["F1_F0_low"], columns["F1_F0_high"]
    assert 0.85 < ((low <= 0.4) & (0.4 <= high)).mean()
    low, high = columns["F1_phase_deg_low"], columns["F1_phase_deg_high"]
    assert 0.85 < ((70 - low) % 360 <= (high - low) % 360).mean()


def test_frames_that_do_not_tell_f1_are_refused():
    short = shown(lambda t, row: wave(2.0, t), gratings([2.0]), 0.2)
    with pytest.raises(AnalysisError, match="cycle"):
        grating_modulation(short, **ALL)
    fast = shown(lambda t, row: wave(15.0, t), gratings([15.0, 0.0]))
    with pytest.raises(AnalysisError, match="cycle"):
        grating_modulation(fast, **ALL)
    # of several frequencies, those that can be told are used
    dataset, _ = grating_modulation(
        shown(lambda t, row: wave(row.temporal_frequency, t), gratings([2.0, 0.0])),
        **ALL,
    )
    assert dataset["condition"].to_numpy().tolist() == [0.0]


def test_latencies_of_ramps_and_exponentials():
    """A ramp from 0.1 to 0.3 s: half at 0.2 s; 1 - exp: delay + tau ln 2."""
    tau, delay = 0.12, 0.15

    def course(t, row):
        ramp = np.clip((t - 0.1) / 0.2, 0, 1)
        rise = np.where(t > delay, 1 - np.exp(-(t - delay) / tau), 0.0)
        return np.hstack([1 + 4 * ramp, rise, 0 * t, 0 * t + 2.0])

    responses = shown(course, [{"condition": k} for k in (0, 0)], 1.5, rate=100.0)
    responses[:, 0] = np.where(responses[:, 0] == 0, 1.0, responses[:, 0])
    responses[:, 3] = 2.0
    dataset, columns = response_latency(responses, **ALL)
    found = columns["response_latency_s"].to_numpy()
    np.testing.assert_allclose(found[0], 0.2, atol=1e-6)
    np.testing.assert_allclose(found[1], delay + tau * np.log(2), atol=1e-3)
    assert np.isnan(found[2:]).all()
    np.testing.assert_allclose(columns["response_peak"][:1], 5)
    np.testing.assert_allclose(columns["response_baseline"][:1], 1)
    assert dataset["course"].dims == ("time", "unit")
    assert dataset["time"].to_numpy()[0] == pytest.approx(-0.2)


def test_latency_is_that_of_a_loop_at_the_best_condition(rng):
    trials = [{"condition": c} for _ in range(3) for c in (0, 1)]
    responses = shown(lambda t, row: rng.gamma(2.0, size=(39, 6)), trials)
    _, columns = response_latency(responses, window_s=1.0, **ALL)
    values, time = responses.to_numpy(), responses["time"].to_numpy()
    onsets = np.asarray(responses.attrs["trials"]["onset"])
    for unit in range(6):
        courses = []
        for condition in (0, 1):
            mean = np.zeros(36)
            for onset in onsets[condition::2]:
                first = int(np.argmin(abs(time - onset)))
                mean += values[first - 6 : first + 30, unit] / 3
            courses.append(mean)
        course = max(courses, key=lambda c: c[6:].max())
        half = (course[:6].mean() + course[6:].max()) / 2
        at = next(k for k in range(6, 36) if course[k] >= half)
        before, after = course[at - 1], course[at]
        wanted = (at - 7 + (half - before) / (after - before)) / RATE
        assert columns["response_latency_s"].iloc[unit] == pytest.approx(max(wanted, 0))


def test_latencies_of_noisy_responses_and_their_intervals(rng):
    """Poisson counts: late by less than a frame, and the truth within the interval."""
    tau, delay, units = 0.1, 0.1, 60

    def course(t, row):
        rise = np.where(t > delay, 1 - np.exp(-(t - delay) / tau), 0.0)
        return rng.poisson(40 * rise * np.ones((1, units))).astype(float)

    responses = shown(course, [{"condition": 0}] * 20, 0.7)
    _, columns = response_latency(responses, n_draws=100, **ALL)
    off = columns["response_latency_s"] - (delay + tau * np.log(2))
    assert 0 <= off.median() < 0.5 / RATE
    assert off.std() < 0.5 / RATE
    width = columns["response_latency_s_high"] - columns["response_latency_s_low"]
    assert 0.4 < width.median() / (2 * 1.96 * off.std()) < 2.5


def test_latency_needs_a_pause():
    responses = shown(lambda t, row: 1 + t, [{"condition": 0}] * 3, blank_s=0.0)
    with pytest.raises(AnalysisError, match="pause"):
        response_latency(responses, **ALL)


def test_tuning_that_turns_within_the_trial_is_followed():
    """Preferred direction 90 in the first 0.2 s, then 180, twice as deep."""
    directions = np.arange(8) * 45.0
    trials = [{"direction": d, "condition": k} for k, d in enumerate(directions)]

    def course(t, row):
        theta = np.radians(row.direction)
        early = 2 + np.cos(theta - np.pi / 2)
        late = 3 + 2 * np.cos(theta - np.pi)
        return np.where(t < 0.2 - 1e-9, early, late) * np.ones((1, 2))

    dataset, columns = time_resolved_tuning(
        shown(course, trials, 0.5), "direction", bin_s=0.1, **ALL
    )
    np.testing.assert_allclose(dataset["time"], [0.05, 0.15, 0.25, 0.35, 0.45])
    np.testing.assert_allclose(
        dataset["preferred"][:, 0], [90, 90, 180, 180, 180], atol=1e-6
    )
    np.testing.assert_allclose(dataset["depth"][:, 1], [2, 2, 4, 4, 4])
    np.testing.assert_allclose(columns["tuning_half_s"], 0.05)
    np.testing.assert_allclose(columns["pref_direction_early"], 90, atol=1e-6)
    np.testing.assert_allclose(columns["pref_direction_late"], 180, atol=1e-6)


def test_curves_in_time_are_those_of_a_loop(rng):
    trials = [
        {"spatial_frequency": f, "condition": 0} for _ in range(3) for f in (0.02, 0.08)
    ]
    responses = shown(lambda t, row: rng.gamma(2.0, size=(39, 4)), trials)
    dataset, _ = time_resolved_tuning(responses, "spatial_frequency", bin_s=0.2, **ALL)
    assert dataset["curve"].shape == (6, 2, 4)
    table = pd.DataFrame(responses.attrs["trials"])
    for level, f in enumerate((0.02, 0.08)):
        onsets = table["onset"][table["spatial_frequency"] == f]
        for b in range(6):
            rows = [
                round(onset * RATE) + k
                for onset in onsets
                for k in range(6 * b, 6 * b + 6)
            ]
            wanted = responses.to_numpy()[rows].mean(axis=0)
            np.testing.assert_allclose(dataset["curve"][b, level], wanted)
    with pytest.raises(AnalysisError, match="No window"):
        time_resolved_tuning(responses, "spatial_frequency", bin_s=2.0, **ALL)
