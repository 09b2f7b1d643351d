"""Where gratings really move, how fast and how fine, measured on their frames.

The motion is measured by optic flow and Fourier transform of the rendered grey levels;
nothing here repeats the formula of the carrier.
"""

from __future__ import annotations

import numpy as np
import pytest
from measuring import flow
from skimage.registration import phase_cross_correlation

from insilico_gui.stimuli import Display, drifting_gratings

DISPLAY = Display()
DEGREES_PER_PIXEL = DISPLAY.degrees_per_pixel[0]
DIRECTIONS = [0, 45, 90, 135, 180, 225, 270, 315]


def moving_frames(direction: float, n: int = 30, **options) -> np.ndarray:
    stimulus = drifting_gratings(
        directions=[direction], blank_s=0, duration_s=n / 30, **options
    )
    return stimulus.frames(0, n).astype(float)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_direction_by_optic_flow(direction):
    u, v = flow(moving_frames(direction, 10, spatial_frequency=0.03))
    measured = np.degrees(np.arctan2(v, u)) % 360
    assert abs((measured - direction + 180) % 360 - 180) < 1.5
    # 2 Hz at 0.03 cycles per degree are 66.7 degrees per second
    speed = np.hypot(u, v) * DEGREES_PER_PIXEL * 30
    assert speed == pytest.approx(2 / 0.03, rel=0.05)


@pytest.mark.parametrize(
    ("direction", "right", "up"),
    [
        (0, 1, 0),
        (45, 1, 1),
        (90, 0, 1),
        (135, -1, 1),
        (180, -1, 0),
        (225, -1, -1),
        (270, 0, -1),
        (315, 1, -1),
    ],
)
def test_direction_by_phase_correlation(direction, right, up):
    """A second method that shares nothing with the first: registration of a patch.

    Two gratings at right angles make a plaid, of which the shift is unambiguous.
    """
    across = (direction + 90) % 360
    plaid = moving_frames(direction, 2, spatial_frequency=0.05) + moving_frames(
        across, 1, spatial_frequency=0.05
    )
    window = np.outer(np.hanning(144), np.hanning(256))
    before, after = ((frame - frame.mean()) * window for frame in plaid)
    shift, *_ = phase_cross_correlation(
        after, before, upsample_factor=20, normalization=None
    )
    down, rightward = shift
    assert np.sign(np.round(rightward / 0.5)) == right
    assert np.sign(np.round(-down / 0.5)) == up


@pytest.mark.parametrize("direction", [0, 60, 90, 200])
@pytest.mark.parametrize("frequency", [0.5, 2.0, 6.0])
def test_temporal_frequency(direction, frequency):
    frames = moving_frames(direction, 120, temporal_frequency=frequency)
    traces = frames[:, ::24, ::32].reshape(120, -1) - 128
    spectrum = np.abs(np.fft.rfft(traces, axis=0)).mean(1)
    assert np.fft.rfftfreq(120, 1 / 30)[spectrum.argmax()] == frequency


@pytest.mark.parametrize("direction", [0, 90, 30, 135])
@pytest.mark.parametrize("frequency", [0.02, 0.04, 0.1, 0.25])
def test_spatial_frequency_and_orientation(direction, frequency):
    frame = moving_frames(direction, 1, spatial_frequency=frequency)[0] - 128
    window = np.outer(np.hanning(144), np.hanning(256))
    power = np.abs(np.fft.rfft2(frame * window, s=(1024, 1024)))
    row, column = np.unravel_index(power.argmax(), power.shape)
    right = np.fft.rfftfreq(1024)[column]
    up = -np.fft.fftfreq(1024)[row]
    assert np.hypot(right, up) / DEGREES_PER_PIXEL == pytest.approx(frequency, rel=0.03)
    # The wave varies along its direction: up to sign, as a still frame has no direction
    measured = np.degrees(np.arctan2(up, right)) % 180
    assert abs((measured - direction + 90) % 180 - 90) < 2


def test_flat_angles_keep_the_period_and_exact_angles_widen_it_outwards():
    def periods(angles: str) -> np.ndarray:
        options = {"spatial_frequency": 0.1, "angles": angles}
        row = moving_frames(0, 1, **options)[0, 72]
        maxima = np.flatnonzero((row[1:-1] > row[:-2]) & (row[1:-1] >= row[2:])) + 1
        return np.diff(maxima)

    flat = periods("flat")
    assert np.ptp(flat) <= 1
    exact = periods("exact")
    middle = len(exact) // 2
    assert exact[0] > 2 * exact[middle]
    assert exact[-1] > 2 * exact[middle]
    assert abs(exact[middle] - flat[0]) <= 1


def test_every_trial_moves_in_the_direction_of_its_row():
    stimulus = drifting_gratings(
        n_directions=8, repeats=2, duration_s=0.3, blank_s=0.1, spatial_frequency=0.03
    )
    for trial in stimulus.trials.itertuples():
        first = round(trial.onset * 30)
        last = first + round(trial.duration * 30)
        u, v = flow(stimulus.frames(first, last).astype(float))
        measured = np.degrees(np.arctan2(v, u)) % 360
        assert abs((measured - trial.direction + 180) % 360 - 180) < 1.5


def test_frames_are_rendered_fast():
    """Far above real time, so that encoding never waits for them."""
    import time

    stimulus = drifting_gratings(repeats=2)
    stimulus.frames(0, 30)
    start = time.perf_counter()
    stimulus.frames(0, 600)
    assert 600 / (time.perf_counter() - start) > 500
