"""Size and contrast series, measured: diameters, contrasts, what is around."""

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
from test_trial_families import SMALL, refuse

from insilico_gui.stimuli import (
    Display,
    contrast_series,
    drifting_gratings,
    size_series,
)

DISPLAY = Display()
DEGREES_PER_PIXEL = DISPLAY.degrees_per_pixel[0]
COLUMNS = [
    "onset", "duration", "condition", "direction", "spatial_frequency",
    "temporal_frequency", "contrast", "size_deg", "surround", "azimuth_deg",
    "elevation_deg", "repeat",
]  # fmt: skip
FAMILIES = [size_series, contrast_series]

rows, columns = np.mgrid[:144, :256]


def distance(row: float = 71.5, column: float = 127.5) -> np.ndarray:
    """Degrees from a pixel position, [H, W]."""
    return np.hypot(rows - row, columns - column) * DEGREES_PER_PIXEL


def shown(family, **options) -> np.ndarray:
    """Frames of the only trial."""
    only = {"directions": [0], "size_deg": 40, "contrast": 1, "duration_s": 2}
    stimulus = family(**{**only, **options})
    (trial,) = stimulus.trials.itertuples()
    return trial_frames(stimulus, trial)


def test_defaults():
    sizes, contrasts = size_series().trials, contrast_series().trials
    assert list(sizes.columns) == list(contrasts.columns) == COLUMNS
    assert len(sizes) == len(contrasts) == 4 * 8
    assert sorted(sizes["size_deg"].unique()) == [5, 10, 15, 20, 30, 40, 50, 60]
    assert sorted(contrasts["contrast"].unique()) == [
        0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1,
    ]  # fmt: skip
    assert set(sizes["surround"]) == set(contrasts["surround"]) == {"none"}


def test_diameters_in_degrees():
    stimulus = size_series(
        size_deg=[8, 20, 45], directions=[90], edge_deg=0, center=(0.1, -0.1)
    )
    row, column = DISPLAY.to_pixels(0.1, -0.1)
    for trial in stimulus.trials.itertuples():
        inside = amplitude_of(trial_frames(stimulus, trial)) > 0
        diameter = 2 * np.sqrt(inside.sum() / np.pi) * DEGREES_PER_PIXEL
        assert diameter == pytest.approx(trial.size_deg, rel=0.03)
        middle = (rows[inside].mean(), columns[inside].mean())
        assert middle == pytest.approx((row, column), abs=0.5)
        place = (column - 127.5, 71.5 - row)
        degrees = [pixels * DEGREES_PER_PIXEL for pixels in place]
        assert (trial.azimuth_deg, trial.elevation_deg) == pytest.approx(degrees, 0.001)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("direction", [0, 60, 135, 270])
def test_direction_and_frequencies_in_the_aperture(family, direction):
    options = {"directions": [direction], "spatial_frequency": 0.06}
    frames = shown(family, temporal_frequency=2.5, size_deg=60, **options)
    assert angle_between(direction_of(frames[:10], distance() < 25), direction) < 2
    assert rate_of(frames) == 2.5
    cycles_per_pixel, angle = wave_of(frames[0])
    assert cycles_per_pixel / DEGREES_PER_PIXEL == pytest.approx(0.06, rel=0.05)
    assert angle_between(angle, direction, 180) < 3


def test_contrasts():
    stimulus = contrast_series(
        contrast=[0, 0.1, 0.5, 1], directions=[45], edge_deg=2, size_deg=40
    )
    for trial in stimulus.trials.itertuples():
        frames = trial_frames(stimulus, trial)
        inside = frames[:, distance() < 18].astype(float)
        low, high = inside.min(), inside.max()
        michelson = (high - low) / (high + low)
        assert michelson == pytest.approx(trial.contrast * 127 / 128, abs=0.005)
        assert (frames[:, distance() > 22] == 128).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_surround_that_is_the_same_makes_one_large_grating(family):
    frames = shown(family, surround="same", directions=[30], duration_s=1)
    full = drifting_gratings(directions=[30], blank_s=0)
    np.testing.assert_array_equal(frames, full.frames(0, 30))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("direction", [0, 45, 300])
def test_an_orthogonal_surround_moves_across(family, direction):
    frames = shown(
        family, surround="orthogonal", directions=[direction], spatial_frequency=0.05
    )[:10]
    center, around = distance() < 17, distance() > 23
    assert angle_between(direction_of(frames, center), direction) < 3
    assert angle_between(direction_of(frames, around), direction + 90) < 3


def test_gap_and_contrast_of_the_surround():
    frames = shown(
        size_series, surround="same", surround_contrast=0.4, gap_deg=8, edge_deg=1
    )
    amplitude = amplitude_of(frames)
    far = distance()
    assert amplitude[far < 19].min() > 120
    assert (amplitude[(far > 20.6) & (far < 27.4)] == 0).all()
    assert amplitude[far > 29].max() == pytest.approx(0.4 * 127, abs=0.6)
    # One grating, seen through two openings
    full = drifting_gratings(directions=[0], blank_s=0).frames(3, 4)[0] - 128.0
    np.testing.assert_allclose(
        frames[3][far > 29] - 128.0, 0.4 * full[far > 29], atol=1
    )


def test_the_surround_of_a_grey_center():
    frames = shown(
        contrast_series, contrast=0, surround="same", surround_contrast=1, edge_deg=0
    )
    assert (frames[:, distance() < 19] == 128).all()
    assert amplitude_of(frames)[distance() > 21].min() > 120


def test_everything_is_crossed():
    trials = size_series(
        size_deg=[10, 20], directions=3, surround=["none", "same", "orthogonal"],
        contrast=[0.5, 1], display=SMALL,
    ).trials  # fmt: skip
    names = ["direction", "contrast", "size_deg", "surround"]
    assert len(trials[names].drop_duplicates()) == len(trials) == 3 * 2 * 2 * 3


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size_deg": -10}, "size_deg is -10"),
        ({"size_deg": [10, 0]}, "size_deg is 0"),
        ({"size_deg": []}, "size_deg is empty"),
        ({"size_deg": 400}, "size_deg is 400"),
        ({"contrast": [0.1, 1.2]}, "contrast is 1.2"),
        ({"contrast": "high"}, "contrast is 'high'"),
        ({"surround": "left"}, "surround is 'left'; use none or same or orthogonal"),
        ({"surround": ["none", "none"]}, "surround is .* each at most once"),
        ({"surround_contrast": -0.1}, "surround_contrast is -0.1"),
        ({"gap_deg": -1}, "gap_deg is -1"),
        ({"edge_deg": -1}, "edge_deg is -1"),
        ({"spatial_frequency": -0.04}, "spatial_frequency of -0.04"),
        ({"temporal_frequency": 15.5}, "temporal_frequency of 15.5 .* up to 14.99 Hz"),
        ({"duration_s": 0.01}, "duration_s is 0.01, less than a frame"),
    ],
)
def test_impossible_series(family, options, message):
    refuse(family, options, message)
