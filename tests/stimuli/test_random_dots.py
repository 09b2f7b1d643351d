"""Random-dot kinematograms: motion, speed, coherence, lifetime; from grey levels."""

from __future__ import annotations

import numpy as np
import pytest
from measuring import angle_between, trial_frames
from noise_measuring import flow_2d

from insilico_gui.stimuli import Display, random_dots

DISPLAY = Display(pixels=(72, 128))
PIXEL = DISPLAY.degrees_per_pixel[0]
PLAIN = {
    "motion": ["translation"],
    "directions": [0],
    "coherence": 1.0,
    "speed_deg_s": 20.0,
    "blank_s": 0,
    "display": DISPLAY,
}


def moving(n: int = 60, **options) -> np.ndarray:
    return random_dots(**{**PLAIN, **options}).frames(0, n)


def test_defaults():
    stimulus = random_dots()
    trials = stimulus.trials
    assert len(trials) == (8 + 4) * 2 * 2
    assert (trials["duration"] == 2).all()
    translates = trials["motion"] == "translation"
    assert trials["direction"].notna().equals(translates)
    assert sorted(trials["direction"].dropna().unique()) == [45 * k for k in range(8)]
    assert list(trials.columns) == [
        "onset",
        "duration",
        "condition",
        "motion",
        "direction",
        "coherence",
        "speed_deg_s",
        "repeat",
    ]


@pytest.mark.parametrize("direction", [0, 45, 90, 170, 225, 270])
def test_translation_by_optic_flow(direction):
    u, v = flow_2d(moving(directions=[direction], lifetime_s=2))
    assert angle_between(np.degrees(np.arctan2(v, u)), direction) < 4
    assert np.hypot(u, v) * PIXEL * 30 == pytest.approx(20, rel=0.12)


@pytest.mark.parametrize("frame_rate", [30.0, 60.0])
@pytest.mark.parametrize("speed", [10.0, 30.0])
def test_speed_is_in_degrees_per_second(speed, frame_rate):
    frames = moving(speed_deg_s=speed, frame_rate=frame_rate, lifetime_s=2)
    u, v = flow_2d(frames)
    assert np.hypot(u, v) * PIXEL * frame_rate == pytest.approx(speed, rel=0.15)


@pytest.mark.parametrize(
    ("motion", "right", "top"),
    [  # motion on the right of the centre, and above it
        ("expansion", (1, 0), (0, 1)),
        ("contraction", (-1, 0), (0, -1)),
        ("counterclockwise", (0, 1), (-1, 0)),
        ("clockwise", (0, -1), (1, 0)),
    ],
)
def test_radial_motion_and_rotation_by_optic_flow(motion, right, top):
    frames = moving(60, motion=[motion], lifetime_s=1)
    on_the_right, above = frames[:, 18:54, 84:], frames[:, :30, 40:88]
    for part, (u, v) in ((on_the_right, right), (above, top)):
        measured = flow_2d(part)
        expected = np.degrees(np.arctan2(v, u))
        angle = np.degrees(np.arctan2(measured[1], measured[0]))
        assert angle_between(angle, expected) < 20
        assert 10 < np.hypot(*measured) * PIXEL * 30 < 26


@pytest.mark.parametrize("motion", ["expansion", "contraction", "clockwise"])
def test_dots_are_everywhere_all_the_time(motion):
    frames = moving(60, motion=[motion], speed_deg_s=30, lifetime_s=0.5)
    shown = np.abs(frames.astype(int) - 128) / 127
    quarters = [shown[:, :36, :64], shown[:, 36:, :64], shown[:, :, 64:]]
    for part in (shown[:10], shown[50:], *quarters):
        assert part.mean() == pytest.approx(0.1, abs=0.025)


@pytest.mark.parametrize("coherence", [0.0, 0.5, 1.0])
def test_coherence_is_the_part_that_moves_together(coherence):
    """Correlation of a frame, moved along, with the next; two pixels a frame."""
    speed = 2 * PIXEL * 30
    frames = moving(coherence=coherence, speed_deg_s=speed, dot_size_deg=8).astype(
        float
    )
    moved = np.roll(frames[:-1], 2, axis=2)
    correlation = np.corrcoef(moved.ravel(), frames[1:].ravel())[0, 1]
    chance = np.mean(
        [
            np.corrcoef(np.roll(frames[:-1], s, a).ravel(), frames[1:].ravel())[0, 1]
            for s, a in ((-2, 2), (2, 1), (-2, 1))
        ]
    )
    # One dot of 15 is new in every frame
    expected = (14 / 15) * coherence
    if coherence == 0:
        assert correlation == pytest.approx(chance, abs=0.05)
    else:
        assert correlation > expected - 0.03
        assert correlation - chance > 0.5 * coherence


def test_dots_wrap_around_the_edges():
    speed = 2 * PIXEL * 30
    frames = moving(speed_deg_s=speed, lifetime_s=100)
    moved = np.roll(frames[0], 2 * 30, axis=1)
    assert (np.abs(moved.astype(int) - frames[30]) > 2).mean() < 0.02
    moved = np.roll(frames[0], 60, axis=0)
    assert (np.abs(moved.astype(int) - frames[30]) > 2).mean() > 0.1


def test_lifetime():
    """Of dots that rest, so many are left after so many frames."""
    frames = moving(speed_deg_s=0, lifetime_s=0.5).astype(float)
    for lag in (3, 7, 12):
        correlation = np.corrcoef(frames[lag:].ravel(), frames[:-lag].ravel())[0, 1]
        assert correlation == pytest.approx(1 - lag / 15, abs=0.06)
    later = np.corrcoef(frames[20:].ravel(), frames[:-20].ravel())[0, 1]
    assert later == pytest.approx(0, abs=0.06)


@pytest.mark.parametrize("density", [0.05, 0.2])
def test_density_and_luminance(density):
    frames = moving(density=density, display=Display())
    deviation = (frames.astype(float) - 128) / 127
    # Where dots overlap, a little is lost
    assert np.abs(deviation).mean() == pytest.approx(density, rel=0.15)
    assert deviation.mean() == pytest.approx(0, abs=0.01)
    assert (frames.min(), frames.max()) == (1, 255)


def test_dot_size():
    """A lone pair of dots covers as much as two discs of that diameter."""
    for size in (6.0, 12.0):
        area = np.pi * size**2 / 4
        screen = 128 * PIXEL * 72 * DISPLAY.degrees_per_pixel[1]
        frames = moving(density=2 * area / screen, dot_size_deg=size)
        covered = np.abs(frames.astype(float) - 128).sum((1, 2)) / 127
        pixel_area = PIXEL * DISPLAY.degrees_per_pixel[1]
        assert np.median(covered) * pixel_area == pytest.approx(2 * area, rel=0.1)


@pytest.mark.parametrize("same_dots", [True, False])
def test_repeats_have_new_dots_unless_they_are_to_be_the_same(same_dots):
    stimulus = random_dots(
        **{**PLAIN, "directions": 2, "duration_s": 0.5}, repeats=2, same_dots=same_dots
    )
    shown: dict[int, np.ndarray] = {}
    for trial in stimulus.trials.itertuples():
        frames = trial_frames(stimulus, trial)
        if trial.condition in shown:
            assert (frames == shown[trial.condition]).all() == same_dots
        shown[trial.condition] = frames
    assert (shown[0][0] != shown[1][0]).mean() > 0.1
