"""Trippy: the properties that define it, measured on the grey levels."""

from __future__ import annotations

import numpy as np
import pytest
from measuring import all_frames
from noise_measuring import temporal_power

from insilico_gui.stimuli import Display
from insilico_gui.stimuli.families.trippy import trippy

DISPLAY = Display(pixels=(144, 256))
SMALL = Display(pixels=(72, 128))
COARSE = Display(pixels=(36, 64))


def test_defaults_are_the_published_values():
    spec = trippy().spec
    assert (spec.xnodes, spec.ynodes, spec.temp_kernel_length) == (8, 6, 61)
    assert (spec.temp_freq, spec.spatial_freq) == (2.5, 0.06)
    assert spec.n_frames == 450


def gradient(frames: np.ndarray, display: Display) -> float:
    """Root mean square of the spatial frequency, in cycles per degree.

    Of a cosine of unit amplitude and a phase of any distribution, the mean square of
    the slope is half of that of the phase.
    """
    wave = (frames.astype(float) - 128) / 127
    right, down = display.degrees_per_pixel
    gy, gx = np.gradient(wave, down, right, axis=(1, 2))
    return float(np.sqrt(2 * (gx**2 + gy**2).mean()) / (2 * np.pi))


@pytest.mark.parametrize("spatial_freq", [0.02, 0.06])
def test_local_spatial_frequency(spatial_freq):
    stimulus = trippy(spatial_freq=spatial_freq, duration_s=30, seed=2)
    frames = stimulus.frames(0, 900)[::9]
    assert gradient(frames, DISPLAY) == pytest.approx(spatial_freq, rel=0.1)


def test_local_rate():
    """The mean square of the rate is that of temp_freq and of the noise together."""
    for temp_freq in (1.0, 2.5):
        stimulus = trippy(
            temp_freq=temp_freq,
            spatial_freq=0.03,
            duration_s=15,
            display=COARSE,
            frame_rate=120,
        )
        wave = (all_frames(stimulus).astype(float) - 128) / 127
        rate = np.sqrt(2 * np.square(np.diff(wave, axis=0) * 120).mean())
        expected = np.hypot(temp_freq, stimulus.spec.rate_sd)
        assert rate / (2 * np.pi) == pytest.approx(expected, rel=0.08)


def test_slow_noise_leaves_the_temporal_frequency():
    stimulus = trippy(
        spatial_freq=0.005, temp_kernel_length=301, duration_s=20, display=COARSE
    )
    frequency, power = temporal_power(all_frames(stimulus), 30)
    assert frequency[power.argmax()] == pytest.approx(2.5, abs=0.15)
    assert power[np.abs(frequency - 2.5) < 0.5].sum() > 0.9 * power.sum()


def test_power_above_what_the_kernel_lets_through():
    stimulus = trippy(duration_s=30, display=SMALL)
    frequency, power = temporal_power(all_frames(stimulus), 30)
    fastest = 2.5 + 2 * stimulus.spec.rate_sd
    assert power[frequency > fastest].sum() < 0.1 * power.sum()


def test_luminance_is_that_of_a_cosine():
    for contrast in (0.4, 1.0):
        stimulus = trippy(duration_s=30, display=COARSE, contrast=contrast)
        levels = all_frames(stimulus).astype(float)
        assert levels.mean() == pytest.approx(128, abs=1)
        assert levels.max() - 128 == pytest.approx(127 * contrast, abs=1)
        assert 128 - levels.min() == pytest.approx(127 * contrast, abs=1)
        assert levels.std() == pytest.approx(127 * contrast / np.sqrt(2), rel=0.03)
        deviation = (levels - levels.mean()) / levels.std()
        assert abs((deviation**3).mean()) < 0.05


def test_repeats_show_the_same_clips():
    stimulus = trippy(n_clips=2, duration_s=1.5, repeats=2, display=SMALL)
    shown = {}
    for trial in stimulus.trials.itertuples():
        first = round(trial.onset * 30)
        frames = stimulus.frames(first, first + 45)
        if trial.clip in shown:
            np.testing.assert_array_equal(shown[trial.clip], frames)
        shown[trial.clip] = frames
    assert sorted(shown) == [0, 1]
    assert (shown[0] != shown[1]).mean() > 0.5


def test_another_frame_rate_samples_the_same_movie():
    slow = trippy(duration_s=2, display=SMALL, frame_rate=30)
    fast = trippy(duration_s=2, display=SMALL, frame_rate=60)
    np.testing.assert_array_equal(all_frames(slow), all_frames(fast)[::2])


def test_the_surface_is_smooth_up_to_the_edges():
    frame = trippy(duration_s=2, seed=1).frames(30, 31)[0].astype(int)
    assert np.abs(np.diff(frame, axis=0)).max() < 150
    assert np.abs(np.diff(frame, axis=1)).max() < 150
    spread = [trippy(duration_s=2, seed=k).frames(30, 31)[0, 0, 0] for k in range(20)]
    assert np.ptp(spread) > 150  # the corner is as random as the rest
