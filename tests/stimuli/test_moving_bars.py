"""Moving bars, measured: direction, speed, width, place, checkerboard."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measuring import angle_between, direction_of, rate_of, trial_frames
from scipy.ndimage import gaussian_filter
from test_trial_families import SMALL, refuse

from insilico_gui.stimuli import Display, moving_bars

DISPLAY = Display()
DEGREES_PER_PIXEL = DISPLAY.degrees_per_pixel[0]


def sweep(**options):
    """The only trial, and its frames as deviations from grey."""
    stimulus = moving_bars(**options)
    (trial,) = stimulus.trials.itertuples()
    return trial, trial_frames(stimulus, trial).astype(int) - 128


def centroids(frames: np.ndarray, axis: int) -> np.ndarray:
    """Centre of the bar in pixels from the centre of the screen, for each frame."""
    profile = np.abs(frames).sum(axis=2 - axis)
    pixels = np.arange(profile.shape[1]) - (profile.shape[1] - 1) / 2
    return profile @ pixels / profile.sum(1)


def test_columns():
    trials = moving_bars(display=SMALL).trials
    assert list(trials.columns) == [
        "onset", "duration", "condition", "direction", "width_deg", "speed_deg_s",
        "polarity", "contrast", "azimuth_start_deg", "elevation_start_deg",
        "azimuth_end_deg", "elevation_end_deg", "repeat",
    ]  # fmt: skip


@pytest.mark.parametrize("speed", [30, 75])
@pytest.mark.parametrize(
    ("direction", "axis", "sign"), [(0, 1, 1), (90, 0, -1), (180, 1, -1), (270, 0, 1)]
)
def test_speed_and_place_by_centroid(direction, axis, sign, speed):
    trial, frames = sweep(directions=[direction], width_deg=12, speed_deg_s=speed)
    size = frames.shape[1 + axis]
    covered = np.abs(frames).sum((1, 2)) / 127 / (frames[0].size / size)
    whole = np.flatnonzero(covered * DEGREES_PER_PIXEL > 11.9)[1:-1]
    place = centroids(frames[whole], axis) * DEGREES_PER_PIXEL
    steps = np.diff(place) * 30
    np.testing.assert_allclose(steps, sign * speed, rtol=0.02)
    # The trial table says where the bar is: linear from start to end
    names = ("elevation", "azimuth")
    start = getattr(trial, f"{names[axis]}_start_deg")
    end = getattr(trial, f"{names[axis]}_end_deg")
    said = start + (end - start) * whole / 30 / trial.duration
    up_or_right = place if axis == 1 else -place
    np.testing.assert_allclose(up_or_right, said, atol=0.05)
    other = names[1 - axis]
    assert getattr(trial, f"{other}_start_deg") == 0
    assert getattr(trial, f"{other}_end_deg") == 0


@pytest.mark.parametrize("direction", [45, 120, 200, 315])
def test_direction_by_optic_flow(direction):
    _, frames = sweep(directions=[direction], width_deg=20, speed_deg_s=20)
    middle = len(frames) // 2
    # Blurred, because sharp edges have no gradient to speak of beside them
    blurred = gaussian_filter(frames[middle - 6 : middle + 6] * 1.0, (0, 3, 3))
    measured = direction_of(blurred)
    assert angle_between(measured, direction) < 4


@pytest.mark.parametrize("width", [5, 20, 33.3])
def test_width_in_degrees(width):
    _, frames = sweep(directions=[0], width_deg=width)
    row = frames[len(frames) // 2, 72]
    assert row.sum() / 127 * DEGREES_PER_PIXEL == pytest.approx(width, abs=0.1)


@settings(max_examples=30, deadline=None)
@given(
    direction=st.floats(0, 359), width=st.floats(4, 60), speed=st.floats(20, 100),
    angles=st.sampled_from(["flat", "exact"]),
)  # fmt: skip
def test_every_bar_sweeps_the_whole_screen(direction, width, speed, angles):
    _, frames = sweep(
        directions=[direction], width_deg=width, speed_deg_s=speed, angles=angles,
        display=SMALL,
    )  # fmt: skip
    # No frame of the sweep is lost outside of the screen, and no pixel is left out
    assert (frames[2:-2] != 0).any(axis=(1, 2)).all()
    assert (frames.max(0) > 60).all()
    assert np.abs(frames[0]).max() <= 70 and (frames[0] != 0).mean() < 0.2


def test_polarity_and_contrast():
    _, light = sweep(directions=[0], contrast=0.5)
    _, dark = sweep(directions=[0], contrast=0.5, polarity="dark")
    assert (light.min(), light.max()) == (0, 64)
    assert (dark.min(), dark.max()) == (-64, 0)
    assert np.abs(light + dark).max() <= 1


def test_exact_degrees_make_bars_wider_towards_the_sides():
    _, frames = sweep(directions=[0], width_deg=10, angles="exact")
    widths = frames[:, 72].sum(1) / 127
    middle = widths[len(widths) // 2]
    # Columns are equal steps of the tangent: at 62 degrees, 1 / cos^2 as many
    assert middle * DEGREES_PER_PIXEL == pytest.approx(10, rel=0.02)
    assert widths.max() > 2.5 * middle


def test_checkerboard():
    _, frames = sweep(
        directions=[0], width_deg=100, speed_deg_s=60, checker_deg=16.8, reversal_hz=3
    )
    middle = frames[len(frames) // 2]
    assert set(np.unique(middle[:, 100:156])) == {-127, 127}
    # 16.8 degrees are 20 pixels; the next square has the other level
    edges = np.flatnonzero(np.diff(middle[70, 90:166])) + 90
    assert np.diff(edges).tolist() == pytest.approx([20] * (len(edges) - 1), abs=1)
    below = np.flatnonzero(np.diff(middle[:, 128]))
    assert np.diff(below).tolist() == pytest.approx([20] * (len(below) - 1), abs=1)
    # Inside of the bar, every pixel follows the reversal
    n = len(frames)
    inside = frames[n // 2 - 15 : n // 2 + 15, 40:104, 118:138]
    assert rate_of(inside + 128) == 3
    assert (inside[0] == -inside[5]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width_deg": 0}, "width_deg is 0"),
        ({"width_deg": -5}, "width_deg is -5"),
        ({"width_deg": 0.1}, "width_deg is 0.1, less than a pixel"),
        ({"speed_deg_s": 0}, "speed_deg_s is 0"),
        ({"speed_deg_s": -30}, "speed_deg_s is -30"),
        ({"speed_deg_s": 700}, "speed_deg_s is 700; .* up to 600"),
        ({"speed_deg_s": 0.001}, "would last .* hours"),
        ({"directions": [0, 360]}, "directions holds a number twice"),
        ({"polarity": "grey"}, "polarity is 'grey'; use light or dark"),
        ({"polarity": ["dark", "dark"]}, "each at most once"),
        ({"polarity": []}, "polarity is \\[\\]"),
        ({"contrast": -1}, "contrast is -1"),
        ({"checker_deg": 0.2}, "checker_deg is 0.2, less than a pixel"),
        ({"checker_deg": -2}, "checker_deg is -2"),
        ({"reversal_hz": 20}, "reversal_hz of 20 .* up to 14.99 Hz"),
        ({"angles": "round"}, "angles is 'round'"),
    ],
)
def test_impossible_bars(options, message):
    refuse(moving_bars, options, message)
