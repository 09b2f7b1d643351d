"""Drifting Gabors, measured: direction, frequencies, envelope, length."""

from __future__ import annotations

import numpy as np
import pytest
from measuring import (
    amplitude_of,
    angle_between,
    direction_of,
    rate_of,
    trial_frames,
    wave_of,
)
from test_trial_families import refuse

from insilico_gui.stimuli import Display, drifting_gabors

DEGREES_PER_PIXEL = Display().degrees_per_pixel[0]


def shown(**options) -> np.ndarray:
    """Frames of the only trial."""
    stimulus = drifting_gabors(
        **{"spatial_frequency": 0.05, "temporal_frequency": 2, **options}
    )
    (trial,) = stimulus.trials.itertuples()
    return trial_frames(stimulus, trial)


def test_defaults():
    trials = drifting_gabors().trials
    assert list(trials.columns) == [
        "onset", "duration", "condition", "direction", "spatial_frequency",
        "temporal_frequency", "contrast", "azimuth_deg", "elevation_deg", "repeat",
    ]  # fmt: skip
    assert len(trials) == 8 * 3 * 3
    np.testing.assert_allclose(trials["duration"] * 30, 25)


@pytest.mark.parametrize("direction", range(0, 360, 45))
def test_direction(direction):
    frames = shown(directions=[direction])
    assert len(frames) == 25
    assert angle_between(direction_of(frames), direction) < 3


@pytest.mark.parametrize("frequency", [1.5, 4])
def test_temporal_frequency(frequency):
    frames = shown(directions=[60], temporal_frequency=frequency, duration_s=2)
    assert rate_of(frames) == frequency


@pytest.mark.parametrize("frequency", [0.05, 0.12])
def test_spatial_frequency(frequency):
    frame = shown(directions=[120], spatial_frequency=frequency, sigma_deg=25)[0]
    cycles_per_pixel, angle = wave_of(frame)
    assert cycles_per_pixel / DEGREES_PER_PIXEL == pytest.approx(frequency, rel=0.05)
    assert angle_between(angle, 120, 180) < 3


@pytest.mark.parametrize("sigma", [6, 15])
def test_the_envelope_is_a_gaussian_of_sigma_degrees(sigma):
    amplitude = amplitude_of(
        shown(directions=[0], sigma_deg=sigma, temporal_frequency=1, duration_s=2)
    )
    pixels = np.arange(256) - 127.5
    expected = 127 * np.exp(-0.5 * (pixels * DEGREES_PER_PIXEL / sigma) ** 2)
    np.testing.assert_allclose(amplitude[72], expected, atol=2.5)
    rows = np.arange(144) - 71.5
    expected = 127 * np.exp(-0.5 * (rows * DEGREES_PER_PIXEL / sigma) ** 2)
    np.testing.assert_allclose(amplitude[:, 128], expected, atol=2.5)


def test_center():
    display = Display()
    stimulus = drifting_gabors(
        directions=[90], spatial_frequency=0.08, temporal_frequency=1, sigma_deg=5,
        center=(0.4, -0.5), duration_s=2,
    )  # fmt: skip
    (trial,) = stimulus.trials.itertuples()
    amplitude = amplitude_of(trial_frames(stimulus, trial))
    rows, columns = np.mgrid[:144, :256]
    row = (amplitude * rows).sum() / amplitude.sum()
    column = (amplitude * columns).sum() / amplitude.sum()
    assert (row, column) == pytest.approx(display.to_pixels(0.4, -0.5), abs=0.5)
    # To the right is positive azimuth, below the centre negative elevation
    right = (column - 127.5) * DEGREES_PER_PIXEL
    up = (71.5 - row) * DEGREES_PER_PIXEL
    assert trial.azimuth_deg == pytest.approx(right, abs=0.5)
    assert trial.elevation_deg == pytest.approx(up, abs=0.5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sigma_deg": 0}, "sigma_deg is 0"),
        ({"sigma_deg": -3}, "sigma_deg is -3"),
        ({"center": (0, 2)}, "y of center is 2"),
        ({"directions": []}, "directions is empty"),
        ({"temporal_frequency": 16}, "temporal_frequency of 16 .* up to 14.99 Hz"),
        ({"temporal_frequency": -1}, "temporal_frequency of -1"),
        ({"spatial_frequency": 1}, "spatial_frequency of 1 "),
        ({"duration_s": 0.001}, "duration_s is 0.001, less than a frame"),
    ],
)
def test_impossible_gabors(options, message):
    refuse(drifting_gabors, options, message)
