"""Looming, measured: diameters against time, in degrees; sign, place, direction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measuring import trial_frames
from test_trial_families import SMALL, refuse

from insilico_gui.stimuli import Display, looming

DISPLAY = Display()
DEGREES_PER_PIXEL = DISPLAY.degrees_per_pixel[0]


def only(**options):
    """The only trial, and its frames as deviations from grey."""
    stimulus = looming(**options)
    (trial,) = stimulus.trials.itertuples()
    return trial, trial_frames(stimulus, trial).astype(int) - 128


def diameters(frames: np.ndarray) -> np.ndarray:
    """Of a disc of equal area, in degrees."""
    area = np.abs(frames).sum((1, 2)) / 127
    return 2 * np.sqrt(area / np.pi) * DEGREES_PER_PIXEL


def test_columns():
    trials = looming(display=SMALL).trials
    assert list(trials.columns) == [
        "onset", "duration", "condition", "l_over_v_ms", "motion", "polarity",
        "contrast", "azimuth_deg", "elevation_deg", "repeat",
    ]  # fmt: skip
    assert sorted(trials["l_over_v_ms"]) == [20, 40, 80]
    assert "speed_deg_s" in looming(growth="linear", display=SMALL).trials


@pytest.mark.parametrize("milliseconds", [30, 80, 150])
def test_an_approach_at_constant_speed(milliseconds):
    """Time to arrival, (l / v) / tan(angle / 2), falls by a second in each second."""
    _, frames = only(l_over_v_ms=milliseconds, start_deg=10, end_deg=90, hold_s=0)
    to_arrival = milliseconds / 1000 / np.tan(np.radians(diameters(frames) / 2))
    seconds = np.arange(len(frames)) / 30
    slope, offset = np.polyfit(seconds, to_arrival, 1)
    assert slope == pytest.approx(-1, rel=0.02)
    assert offset == pytest.approx(
        milliseconds / 1000 / np.tan(np.radians(5)), rel=0.02
    )
    # It ends within a frame of the time at which it has its end size
    end = milliseconds / 1000 / np.tan(np.radians(45))
    assert offset - end - 1 / 30 - 0.02 < seconds[-1] < offset - end + 0.02


@pytest.mark.parametrize("speed", [20, 90])
def test_linear_growth(speed):
    _, frames = only(growth="linear", speed_deg_s=speed, start_deg=10, end_deg=70)
    n = int(60 / speed * 30) + 1
    measured = diameters(frames)
    seconds = np.arange(n) / 30
    np.testing.assert_allclose(measured[:n], 10 + speed * seconds, rtol=0.02)
    np.testing.assert_allclose(measured[n:], 70, rtol=0.005)
    assert len(measured) == n + 6  # held for 0.2 s


def test_receding_is_looming_backwards():
    _, looms = only(l_over_v_ms=50)
    _, recedes = only(l_over_v_ms=50, motion="receding")
    np.testing.assert_array_equal(looms, recedes[::-1])
    assert np.diff(diameters(looms)).min() >= 0
    assert diameters(recedes)[0] > diameters(recedes)[-1]


def test_dark_and_light():
    _, dark = only(l_over_v_ms=50)
    _, light = only(l_over_v_ms=50, polarity="light", contrast=0.5)
    assert (dark.min(), dark.max()) == (-127, 0)
    assert (light.min(), light.max()) == (0, 64)


def test_center():
    trial, frames = only(l_over_v_ms=50, center=(-0.3, 0.2), end_deg=40)
    rows, columns = np.mgrid[:144, :256]
    weight = np.abs(frames[-1])
    row = (weight * rows).sum() / weight.sum()
    column = (weight * columns).sum() / weight.sum()
    assert (row, column) == pytest.approx(DISPLAY.to_pixels(-0.3, 0.2), abs=0.1)
    assert trial.azimuth_deg == pytest.approx(
        (column - 127.5) * DEGREES_PER_PIXEL, abs=0.1
    )
    assert trial.elevation_deg == pytest.approx(
        (71.5 - row) * DEGREES_PER_PIXEL, abs=0.1
    )


def test_the_rate_changes_the_frames_and_not_the_time():
    slow, fast = (
        looming(l_over_v_ms=100, display=SMALL, frame_rate=rate) for rate in (30, 90)
    )
    (one,), (other,) = slow.trials.itertuples(), fast.trials.itertuples()
    assert one.duration == pytest.approx(other.duration, abs=1 / 30)
    np.testing.assert_array_equal(
        trial_frames(slow, one)[:80], trial_frames(fast, other)[:240:3]
    )


@settings(max_examples=30, deadline=None)
@given(
    growth=st.sampled_from(["approach", "linear"]), rate=st.floats(20, 100),
    start=st.floats(1, 15), span=st.floats(20, 60),
)  # fmt: skip
def test_diameters_stay_between_start_and_end(growth, rate, start, span):
    spec = looming(
        growth=growth, l_over_v_ms=rate, speed_deg_s=rate, start_deg=start,
        end_deg=start + span, display=SMALL,
    ).spec  # fmt: skip
    sizes = spec.diameters_deg(0)
    assert len(sizes) == spec.condition_frames[0]
    assert sizes[0] == pytest.approx(start)
    assert sizes[-1] == start + span
    assert (np.diff(sizes) >= -1e-9).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start_deg": 0}, "start_deg is 0"),
        ({"start_deg": -4}, "start_deg is -4"),
        ({"start_deg": 80}, "start_deg is 80 and end_deg 80"),
        ({"end_deg": 200}, "end_deg is 200"),
        ({"l_over_v_ms": 0}, "l_over_v_ms is 0"),
        ({"l_over_v_ms": -20}, "l_over_v_ms is -20"),
        ({"l_over_v_ms": 0.5}, "l_over_v_ms 0.5 the disc grows within less than a"),
        ({"l_over_v_ms": 1e5, "start_deg": 0.01}, "would last .* hours"),
        ({"growth": "linear", "speed_deg_s": 1e4}, "speed_deg_s 10000 the disc grows"),
        ({"growth": "linear", "speed_deg_s": -1}, "speed_deg_s is -1"),
        ({"growth": "sudden"}, "growth is 'sudden'; use approach or linear"),
        ({"motion": "away"}, "motion is 'away'; use looming or receding"),
        ({"polarity": "red"}, "polarity is 'red'"),
        ({"hold_s": -1}, "hold_s is -1"),
        ({"center": (0, 3)}, "y of center is 3"),
        ({"angles": "round"}, "angles is 'round'"),
    ],
)
def test_impossible_looming(options, message):
    refuse(looming, options, message)
