"""Static gratings, measured: orientation, spatial frequency, phase; standing still."""

from __future__ import annotations

import pytest
from measuring import all_frames, angle_between, trial_frames, wave_of
from test_trial_families import SMALL, refuse

from insilico_gui.stimuli import (
    Display,
    drifting_gratings,
    spec_from_dict,
    static_gratings,
)

DEGREES_PER_PIXEL = Display().degrees_per_pixel[0]


def test_defaults():
    stimulus = static_gratings()
    trials = stimulus.trials
    assert list(trials.columns) == [
        "onset", "duration", "condition", "orientation", "spatial_frequency", "phase",
        "contrast", "repeat",
    ]  # fmt: skip
    assert len(trials) == 8 * 4 * 4
    assert sorted(trials["orientation"].unique()) == [22.5 * k for k in range(8)]
    assert sorted(trials["phase"].unique()) == [0, 90, 180, 270]
    assert (trials["duration"] == 0.5).all()


@pytest.mark.parametrize("orientation", [0, 30, 45, 90, 135, 160])
@pytest.mark.parametrize("frequency", [0.03, 0.1])
def test_orientation_and_spatial_frequency(orientation, frequency):
    stimulus = static_gratings(
        orientations=[orientation], spatial_frequency=frequency, phases_deg=[0]
    )
    cycles_per_pixel, angle = wave_of(stimulus.frames(15, 16)[0])
    assert cycles_per_pixel / DEGREES_PER_PIXEL == pytest.approx(frequency, rel=0.03)
    # Bars at right angles to the wave: a vertical bar is 0
    assert angle_between(angle, orientation, 180) < 2


def test_a_vertical_bar_is_0():
    frame = static_gratings(orientations=[0]).frames(15, 16)[0]
    assert (frame == frame[0]).all()
    assert len(set(frame[0])) > 10


def test_nothing_moves():
    stimulus = static_gratings(
        orientations=[20, 70], spatial_frequency=[0.03, 0.06], display=SMALL
    )
    for trial in stimulus.trials.itertuples():
        frames = trial_frames(stimulus, trial)
        assert len(frames) == 15
        assert (frames == frames[0]).all()


def test_phase():
    odd = Display(pixels=(37, 65))  # with a pixel in the centre of the screen
    stimulus = static_gratings(
        orientations=[40], spatial_frequency=0.03, phases_deg=[0, 60, 90, 180],
        display=odd,
    )  # fmt: skip
    levels = {
        trial.phase: trial_frames(stimulus, trial)[0, 18, 32]
        for trial in stimulus.trials.itertuples()
    }
    assert (levels[0], levels[90], levels[180]) == (255, 128, 1)
    assert levels[60] == pytest.approx(128 + 127 / 2, abs=1)


def test_the_first_frame_of_a_drifting_grating_is_a_static_one():
    still = static_gratings(
        orientations=[30], spatial_frequency=0.04, phases_deg=[0], contrast=0.5,
        size_deg=40, center=(0.3, 0.2),
    )  # fmt: skip
    moving = drifting_gratings(
        directions=[30], contrast=0.5, size_deg=40, center=(0.3, 0.2)
    )
    assert (still.frames(15, 16) == moving.frames(15, 16)).all()


def test_orientations_are_taken_modulo_180():
    spec = static_gratings(
        orientations=[-45, 190], spatial_frequency=0.03, display=SMALL
    ).spec
    assert spec.orientations == (135.0, 10.0)
    assert all_frames(spec.stimulus()).shape == (8 * 30 + 15, 36, 64)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"orientations": [0, 180]}, "orientations holds a number twice"),
        ({"orientations": 0}, "orientations is 0"),
        ({"orientations": 2.5}, "orientations is 2.5"),
        ({"orientations": []}, "orientations is empty"),
        ({"phases_deg": []}, "phases_deg is empty"),
        ({"spatial_frequency": -0.1}, "spatial_frequency of -0.1"),
        ({"spatial_frequency": 0.6}, "spatial_frequency of 0.6 .* up to 0.59"),
        ({"contrast": 2}, "contrast is 2"),
        ({"image_s": 0.01}, "image_s is 0.01, less than a frame"),
        ({"image_s": -1}, "image_s is -1"),
        ({"size_deg": -1}, "size_deg is -1"),
        ({"waveform": "saw"}, "waveform is 'saw'"),
        ({"angles": "round"}, "angles is 'round'"),
    ],
)
def test_impossible_static_gratings(options, message):
    refuse(static_gratings, options, message)


def test_an_angle_just_below_zero_is_zero_and_not_the_full_circle():
    spec = static_gratings(orientations=[-1e-300, 90.0]).spec
    assert spec.orientations == (0.0, 90.0)
    assert spec_from_dict(spec.to_dict()) == spec
