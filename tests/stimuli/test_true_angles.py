"""True angular sizes: a ray is cast from the eye to every pixel, and angles between rays
are measured. Nothing here uses the package's own formulas of degrees.
"""

from __future__ import annotations

import numpy as np
import pytest

import insilico_gui as ig
from insilico_gui.analysis.fields.rf_fit import fit_receptive_fields
from insilico_gui.stimuli import Display

WIDTH, HEIGHT, FAR = 56.5, 31.8, 15.0  # cm
ROWS, COLUMNS = 144, 256
CENTRES = [(0.0, 0.0), (0.6, 0.0), (0.0, -0.5), (0.5, 0.45), (-0.65, 0.4)]


def cast(row, column):
    """Unit vectors to the right, up and forward, from the eye to pixels."""
    right = (np.asarray(column, float) + 0.5) / COLUMNS * WIDTH - WIDTH / 2
    up = HEIGHT / 2 - (np.asarray(row, float) + 0.5) / ROWS * HEIGHT
    ray = np.stack(np.broadcast_arrays(right, up, FAR), axis=-1)
    return ray / np.sqrt((ray**2).sum(axis=-1, keepdims=True))


ROW, COLUMN = np.mgrid[:ROWS, :COLUMNS]
RAYS = cast(ROW, COLUMN)
SOLID = (WIDTH / COLUMNS) * (HEIGHT / ROWS) / FAR**2 * RAYS[..., 2] ** 3
"""Steradians of each pixel."""


def between(rays, other):
    """Degrees between rays, by the cosine of the angle."""
    return np.degrees(np.arccos(np.clip((rays * other).sum(axis=-1), -1, 1)))


def place_of(x, y):
    """Ray to a place in -1..1 of the outermost pixel centres, y up."""
    return cast((1 - y) / 2 * (ROWS - 1), (1 + x) / 2 * (COLUMNS - 1))


def first_frame(stimulus, after=0):
    onset = round(stimulus.trials["onset"].iloc[0] * stimulus.frame_rate) + after
    return stimulus.frames(onset, onset + 1)[0].astype(float) - 128


def test_degrees_of_places_are_those_of_rays():
    x, y = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 7))
    azimuth, elevation = Display().to_degrees(x, y)
    ray = place_of(x, y)
    # altitude: 90 degrees less the angle to the upright; azimuth: a turn about it
    np.testing.assert_allclose(elevation, 90 - between(ray, np.array([0, 1.0, 0])))
    level = ray * [1, 0, 1]
    level /= np.linalg.norm(level, axis=-1, keepdims=True)
    turned = np.sign(x) * between(level, np.array([0, 0, 1.0]))
    np.testing.assert_allclose(azimuth, turned, atol=1e-5)
    back = Display().from_degrees(azimuth, elevation)
    np.testing.assert_allclose(back, (x, y), atol=1e-12)
    np.testing.assert_allclose(Display().pixel_rays(), RAYS, atol=1e-12)
    # of the corner, the others are different angles
    per_axis = Display().to_degrees(1.0, 1.0, angles="per axis")
    assert per_axis[1] > elevation[-1, -1] + 15


@pytest.mark.parametrize("center", CENTRES)
def test_discs_have_their_true_size(center):
    stimulus = ig.stimuli.drifting_gratings(
        directions=[0.0],
        size_deg=24.0,
        edge_deg=0.0,
        waveform="square",
        center=center,
        angles="spherical",
    )
    inside = first_frame(stimulus) != 0
    away = between(RAYS, place_of(*center))
    pixel = 0.85
    assert (away[inside] <= 12).all()
    assert (away[~inside] >= 12 - pixel / 2).all()
    cap = 2 * np.pi * (1 - np.cos(np.radians(12)))
    if inside[[0, -1]].any() or inside[:, [0, -1]].any():
        cap = SOLID[away <= 12].sum()  # cut by the edge of the screen
    assert SOLID[inside].sum() == pytest.approx(cap, rel=0.02)


@pytest.mark.parametrize("center", CENTRES)
def test_gabors_dots_and_looming_discs_have_their_true_size(center):
    away = between(RAYS, place_of(*center))
    gabor = ig.stimuli.drifting_gabors(
        directions=[0.0],
        sigma_deg=7.0,
        waveform="square",
        center=center,
        angles="spherical",
    )
    size = np.abs(first_frame(gabor))
    np.testing.assert_allclose(size, 127 * np.exp(-(away**2) / 98), atol=0.6)
    disc = ig.stimuli.looming(center=center, angles="spherical")
    trial = disc.trials.iloc[0]
    last = round((trial["onset"] + trial["duration"]) * disc.frame_rate) - 1
    frame = disc.frames(last, last + 1)[0] != 128
    wide = disc.spec.end_deg
    reach = away[frame].max()
    assert reach == pytest.approx(min(wide / 2, away.max()), abs=1.3)


def test_flashed_dots_have_their_true_size():
    stimulus = ig.stimuli.gaussian_dots(
        n_columns=5, n_rows=3, sigma_deg=6.0, angles="spherical"
    )
    masks = ig.analysis.dot_masks(
        stimulus.trials, (ROWS, COLUMNS), sigma_deg=6.0, angles="spherical"
    )
    for k, trial in enumerate(stimulus.trials.itertuples()):
        onset = round(trial.onset * stimulus.frame_rate)
        dot = np.abs(stimulus.frames(onset, onset + 1)[0].astype(float) - 128)
        away = between(RAYS, place_of(trial.x, trial.y))
        wanted = np.exp(-((away / 6) ** 2) / 2)
        np.testing.assert_allclose(dot, 127 * wanted, atol=0.6)
        np.testing.assert_allclose(masks[k], wanted, atol=0.005)


@pytest.mark.parametrize("direction", [0.0, 90.0, 45.0])
def test_gratings_have_one_frequency_all_over(direction):
    """Between edges of black and white there is half a period, wherever it is measured."""
    stimulus = ig.stimuli.drifting_gratings(
        directions=[direction],
        spatial_frequency=0.05,
        waveform="square",
        angles="spherical",
    )
    level = first_frame(stimulus) > 0
    edge = np.zeros_like(level)
    edge[:, 1:] |= level[:, 1:] != level[:, :-1]
    edge[1:] |= level[1:] != level[:-1]
    theta = np.radians(direction)
    along = np.degrees(
        np.arcsin(RAYS[..., 0] * np.cos(theta) + RAYS[..., 1] * np.sin(theta))
    )
    stripes = np.round(
        (along[edge] - 5) / 10
    )  # of 10 degrees; an edge at 5 from the middle
    rays = RAYS[edge]
    row, column = np.nonzero(edge)
    border = np.isin(row, [0, 1, ROWS - 1]) | np.isin(column, [0, 1, COLUMNS - 1])
    pairs = 0
    for k in np.unique(stripes)[:-1]:
        here, there = rays[stripes == k], rays[stripes == k + 1]
        away = np.array([between(there, ray) for ray in here[::7]])
        nearest = away.min(axis=1)
        # where the next edge is on the screen
        inner = ~border[stripes == k + 1][away.argmin(axis=1)]
        assert inner.sum() >= 4
        assert np.median(nearest[inner]) == pytest.approx(10, abs=0.5)
        assert np.abs(nearest[inner] - 10).max() < 1.7  # two pixels
        pairs += 1
    assert pairs >= 5


def test_moving_bars_have_their_true_width_and_speed():
    stimulus = ig.stimuli.moving_bars(
        directions=[0.0], width_deg=10.0, speed_deg_s=40.0, angles="spherical"
    )
    onset = round(stimulus.trials["onset"].iloc[0] * stimulus.frame_rate)
    middle = RAYS[ROWS // 2]
    places = []
    for frame in range(20, 80, 10):
        (row,) = stimulus.frames(onset + frame, onset + frame + 1)[:, ROWS // 2]
        on = np.flatnonzero(np.abs(row.astype(float) - 128) > 64)
        ends = cast(ROWS // 2, np.array([on[0] - 0.5, on[-1] + 0.5]))
        assert between(*ends) == pytest.approx(10, abs=1.0)
        places.append(middle[on].mean(axis=0))
    steps = np.degrees(np.diff([np.arctan2(p[0], p[2]) for p in places]))
    np.testing.assert_allclose(steps, 40 * 10 / 30, atol=0.8)


@pytest.mark.parametrize("center", CENTRES)
def test_widths_of_fields_are_true_angles(center):
    """A field that is round on the sphere is found round, at its ray, with its width."""
    away = between(RAYS, place_of(*center))
    fit = fit_receptive_fields(np.exp(-((away / 2.5) ** 2) / 2)[None])
    long, short, _ = fit.axes_deg()
    np.testing.assert_allclose([long[0], short[0]], 2.5, rtol=0.03)
    azimuth, elevation = (np.radians(value[0]) for value in fit.centre("degrees"))
    found = np.array(
        [
            np.sin(azimuth) * np.cos(elevation),
            np.sin(elevation),
            np.cos(azimuth) * np.cos(elevation),
        ]
    )
    assert between(found, place_of(*center)) < 0.35
