"""Plaids against the sum of two waves written out, and their motion."""

from __future__ import annotations

import numpy as np
import pytest
from test_trial_families import refuse

from insilico_gui.stimuli import Display, drifting_gratings, plaids

DISPLAY = Display()
RIGHT, DOWN = DISPLAY.degrees_per_pixel
rows, columns = np.mgrid[:144, :256]
X, Y = (columns - 127.5) * RIGHT, (71.5 - rows) * DOWN


def shown(**options):
    """Frames of the only trial."""
    stimulus = plaids(blank_s=0.0, duration_s=0.5, **options)
    return stimulus.frames(0, 15).astype(float)


def wave(direction, frame, frequency=0.04, rate=2.0):
    """A drifting wave in units of full contrast."""
    theta = np.radians(direction)
    distance = X * np.cos(theta) + Y * np.sin(theta)
    return np.cos(2 * np.pi * (frequency * distance - rate * frame / 30))


@pytest.mark.parametrize(("direction", "angle"), [(0, 120), (75, 60), (200, 90)])
def test_a_plaid_is_the_sum_of_two_gratings(direction, angle):
    frames = shown(directions=[direction], plaid_angle_deg=angle, contrast=0.4)
    for k in (0, 4, 11):
        both = wave(direction + angle / 2, k) + wave(direction - angle / 2, k)
        assert np.abs(frames[k] - (128 + 127 * 0.4 * both)).max() < 0.6


def test_with_an_angle_of_zero_it_is_one_grating():
    one = shown(directions=[30], plaid_angle_deg=0)
    other = drifting_gratings(
        directions=[30], contrast=0.5, blank_s=0.0, duration_s=0.5
    )
    np.testing.assert_array_equal(one, other.frames(0, 15))


def test_the_pattern_moves_in_its_direction_faster_than_its_gratings():
    """From the gradients in space and time: one motion explains every pixel."""
    angle, direction = 120.0, 40.0
    frames = shown(directions=[direction], plaid_angle_deg=angle)
    middle = frames[5]
    by_time = (frames[6] - frames[4]) / 2 * 30
    by_y, by_x = np.gradient(middle, -DOWN, RIGHT)
    design = np.stack([by_x.ravel(), by_y.ravel()], axis=1)
    motion = -np.linalg.lstsq(design, by_time.ravel(), rcond=None)[0]
    speed = 2.0 / 0.04 / np.cos(np.radians(angle / 2))
    assert np.degrees(np.arctan2(*motion[::-1])) == pytest.approx(direction, abs=1)
    assert np.hypot(*motion) == pytest.approx(speed, rel=0.05)


def test_trials_and_an_aperture():
    stimulus = plaids(size_deg=20.0, edge_deg=0.0, repeats=2)
    trials = stimulus.trials
    assert len(trials) == 12 * 2 * 2
    assert set(trials["plaid_angle_deg"]) == {0, 120}
    assert trials.groupby(["direction", "plaid_angle_deg"]).size().eq(2).all()
    start = round(trials["onset"][0] * 30)
    frame = stimulus.frames(start, start + 1)[0]
    outside = np.hypot(X, Y) > 11
    assert (frame[outside] == 128).all() and np.ptp(frame[~outside]) > 100


def test_what_cannot_be_shown_is_refused():
    refuse(plaids, {"contrast": 0.6}, "contrast")
    refuse(plaids, {"plaid_angle_deg": 180}, "plaid_angle_deg")
