"""Monet2: the properties that define it, measured on the grey levels."""

from __future__ import annotations

import numpy as np
import pytest
from measuring import all_frames, angle_between, direction_of, trial_frames
from noise_measuring import flow_2d, spatial_power, temporal_power

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import Display
from insilico_gui.stimuli.families.monet2 import monet2
from insilico_gui.stimuli.families.monet_table import (
    from_monet_table,
    monet_direction,
    to_monet_table,
)

DISPLAY = Display(pixels=(72, 128))
DEGREES_PER_PIXEL = DISPLAY.degrees_per_pixel[0]
COARSE = {"display": DISPLAY, "spatial_cutoff": 0.12}


def test_defaults_are_the_published_block():
    stimulus = monet2()
    trials = stimulus.trials
    assert (stimulus.n_frames, stimulus.duration) == (450, 15.0)
    assert sorted(trials["direction"]) == [22.5 * k for k in range(16)]
    table = to_monet_table(stimulus.spec)
    assert table["temp_bandwidth"] == 4
    assert table["n_dirs"] == 16
    assert 180 / table["ori_coherence"] == 30  # 15 degrees to either side
    assert table["speed"] == pytest.approx(20 / (256 * 0.843), rel=1e-3)


@pytest.mark.parametrize("direction", [0, 45, 90, 160, 180, 225, 270, 340])
def test_motion_of_the_coherent_windows_by_optic_flow(direction):
    stimulus = monet2(
        directions=[direction],
        duration_s=2,
        ori_coherence=1,
        temp_bandwidth=0.5,  # so that the motion is most of the change
        **COARSE,
    )
    u, v = flow_2d(all_frames(stimulus))
    measured = np.degrees(np.arctan2(v, u))
    assert angle_between(measured, direction) < 6
    speed = np.hypot(u, v) * DEGREES_PER_PIXEL * 30
    assert speed == pytest.approx(20, rel=0.12)


def test_direction_of_every_window_of_a_block():
    """Motion along the gradients of the band, whatever the noise does meanwhile."""
    stimulus = monet2(**COARSE)
    for trial in stimulus.trials.itertuples():
        measured = direction_of(trial_frames(stimulus, trial))
        assert angle_between(measured, trial.direction) < 6


@pytest.mark.parametrize("fraction", [0.3, 0.75])
def test_the_coherent_window_is_where_the_table_says(fraction):
    """Noise moves and is oriented in the window only, to the frame."""
    stimulus = monet2(
        directions=[0, 90],
        duration_s=4,
        ori_fraction=fraction,
        ori_coherence=12,
        order="sequential",
        **COARSE,
    )
    trials = stimulus.trials
    assert trials["onset"].tolist() == [0, 2]
    assert trials["duration"].tolist() == pytest.approx([2 * fraction] * 2, abs=0.04)
    frames = all_frames(stimulus).astype(float)
    # Vertical stripes hardly change down a column
    down = np.square(np.diff(frames, axis=1)).mean((1, 2))
    right = np.square(np.diff(frames, axis=2)).mean((1, 2))
    share = right / (right + down)
    first = round(60 * fraction)
    assert (share[:first] > 0.9).all()
    assert (share[60 : 60 + first] < 0.1).all()
    for rest in (slice(first, 60), slice(60 + first, 120)):
        assert ((share[rest] > 0.25) & (share[rest] < 0.75)).all()


def test_energy_is_in_the_band_perpendicular_to_the_motion():
    for direction, coherence in ((0, 6), (67, 6), (120, 3), (90, 12)):
        stimulus = monet2(
            directions=[direction], duration_s=3, ori_coherence=coherence, **COARSE
        )
        power, fx, fy = spatial_power(all_frames(stimulus), DISPLAY)
        angle = np.degrees(np.arctan2(fy, fx))
        from_motion = np.abs((angle - direction + 90) % 180 - 90)
        inside = from_motion <= 90 / coherence + 0.01
        assert power[inside].sum() > 0.98 * power.sum()
        # and the band is full: its outer half holds its share
        outer = inside & (from_motion > 45 / coherence)
        assert power[outer].sum() > 0.1 * power.sum()


def test_mix_leaves_noise_of_other_orientations():
    def in_band(mix: float) -> float:
        stimulus = monet2(directions=[0], duration_s=3, ori_mix=mix, **COARSE)
        power, fx, fy = spatial_power(all_frames(stimulus), DISPLAY)
        angle = np.abs((np.degrees(np.arctan2(fy, fx)) + 90) % 180 - 90)
        return float(power[angle < 15].sum() / power.sum())

    none, half, all_of_it = (in_band(mix) for mix in (0, 0.5, 1))
    assert none == pytest.approx(1 / 6, abs=0.1)  # 30 of 180 degrees
    assert none < half < all_of_it
    assert all_of_it > 0.98


def test_spatial_spectrum_is_pink_up_to_the_cutoff():
    stimulus = monet2(
        ori_coherence=1, speed_deg_s=0, n_dirs=1, duration_s=20, temp_bandwidth=12,
        **COARSE,
    )  # fmt: skip
    power, fx, fy = spatial_power(all_frames(stimulus), DISPLAY)
    frequency = np.hypot(fx, fy)
    bands = [(0.01, 0.02), (0.02, 0.04), (0.04, 0.08)]
    power_at = [
        power[(frequency > low) & (frequency <= high)].mean() for low, high in bands
    ]
    # Power per wave falls as 1/f^2, times the low-pass, which is 0.5 at the cut-off
    for k in (0, 1):
        low, high = 1.4 * bands[k][0], 1.4 * bands[k + 1][0]
        low_pass = 2 ** -((high / 0.12) ** 2 - (low / 0.12) ** 2)
        assert power_at[k + 1] / power_at[k] == pytest.approx(low_pass / 4, rel=0.25)
    at = (frequency > 0.115) & (frequency < 0.125)
    beyond = (frequency > 0.235) & (frequency < 0.245)
    # 1/f^2 makes it a quarter, the low-pass 2^-(4 - 1)
    assert power[beyond].mean() / power[at].mean() == pytest.approx(1 / 32, rel=0.3)


@pytest.mark.parametrize("bandwidth", [2.0, 4.0])
def test_temporal_power_ends_at_the_bandwidth(bandwidth):
    stimulus = monet2(
        speed_deg_s=0, n_dirs=1, duration_s=20, temp_bandwidth=bandwidth, **COARSE
    )
    frequency, power = temporal_power(all_frames(stimulus), 30)
    passed = power[(frequency > 0.1) & (frequency < bandwidth / 4)].mean()
    assert power[frequency > bandwidth * 1.05].max() < 2e-3 * passed
    halfway = power[np.abs(frequency - bandwidth / 2) < bandwidth / 10].mean()
    assert 0.05 < halfway / passed < 0.4  # Hamming's own: 0.17 at half of its zero


def test_half_hamming_sets_in_at_once():
    options = {"speed_deg_s": 0, "n_dirs": 1, "duration_s": 20, **COARSE}
    power = {
        kernel: temporal_power(all_frames(monet2(temp_kernel=kernel, **options)), 30)
        for kernel in ("hamming", "half-hamming")
    }
    above = power["hamming"][0] > 5
    assert power["half-hamming"][1][above].sum() > 20 * power["hamming"][1][above].sum()


@pytest.mark.parametrize(("contrast", "coherence"), [(0.1, 6), (0.3, 1)])
def test_luminance(contrast, coherence):
    stimulus = monet2(
        rms_contrast=contrast, ori_coherence=coherence, n_blocks=4, **COARSE
    )
    levels = all_frames(stimulus)[::2, ::3, ::3].astype(float)
    assert levels.mean() == pytest.approx(128, abs=0.2)
    assert levels.std() == pytest.approx(128 * contrast, rel=0.08)
    assert levels.min() >= 1
    deviation = (levels - 128) / levels.std()
    assert abs((deviation**3).mean()) < 0.1  # symmetric
    assert (deviation**4).mean() == pytest.approx(3, abs=0.4)  # normal
    low, high = np.percentile(levels, [5, 95])
    assert 128 - low == pytest.approx(high - 128, rel=0.06)


def test_blocks_have_other_noise_and_another_order():
    stimulus = monet2(n_blocks=3, **COARSE)
    orders = [g["direction"].tolist() for _, g in stimulus.trials.groupby("repeat")]
    assert len({tuple(order) for order in orders}) == 3
    assert [sorted(order) for order in orders] == [sorted(orders[0])] * 3
    first, second = stimulus.frames(0, 20), stimulus.frames(450, 470)
    correlation = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    assert abs(correlation) < 0.5
    onsets = stimulus.trials["onset"].to_numpy().reshape(3, 16)
    np.testing.assert_allclose(onsets - onsets[:, :1], onsets[:1].repeat(3, 0))


def test_a_coarse_pattern_has_no_fine_detail():
    stimulus = monet2(
        pattern_width=32, spatial_cutoff=0.07, display=DISPLAY, duration_s=4, n_dirs=2
    )
    power, fx, fy = spatial_power(all_frames(stimulus), DISPLAY)
    finest = 16 / (128 * DEGREES_PER_PIXEL)
    outside = (np.abs(fx) > 1.01 * finest) | (np.abs(fy) > 1.1 * finest)
    assert power[outside].sum() < 1e-3 * power.sum()


def test_published_directions():
    # Ours: right, up, left, down; theirs: 0 is up, clockwise
    assert [monet_direction(d) for d in (0, 90, 180, 270)] == [90, 0, 270, 180]
    for direction in np.arange(0, 360, 22.5):
        assert monet_direction(monet_direction(direction)) == direction


def test_published_parameters_there_and_back():
    spec = monet2(n_dirs=8, ori_fraction=0.4, ori_coherence=1.5, seed=4).spec
    row = to_monet_table(spec)
    assert row["onsets"] == [15 / 8 * k for k in range(8)]
    shown = spec.trials["direction"].tolist()
    assert row["directions"] == [(90 - d) % 360 for d in shown]
    again = from_monet_table(row)
    assert again.trials["direction"].tolist() == shown
    assert to_monet_table(again) == row
    with pytest.raises(StimulusError, match="no rng_seed"):
        from_monet_table({k: v for k, v in row.items() if k != "rng_seed"})
    with pytest.raises(StimulusError, match="speed is"):
        from_monet_table({**row, "speed": "fast"})
