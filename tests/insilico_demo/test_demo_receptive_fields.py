"""Where units look, how large the patch is that drives them, and contrast."""

from __future__ import annotations

import numpy as np
import pytest
from demo_rendering import DEGREES, HEIGHT, WIDTH, disc, grating, grey

CONTRASTS = np.array([0.05, 0.1, 0.2, 0.4, 0.8])


@pytest.fixture(scope="module")
def inside(demo):
    """Units whose receptive field lies on the screen, [U]."""
    units = demo.units
    right = (1 - units["rf_x"].abs()) * WIDTH / 2 * DEGREES
    up = (1 - units["rf_y"].abs()) * HEIGHT / 2 * DEGREES
    return (np.minimum(right, up) > 2 * units["true_sigma"]).to_numpy()


def test_flashed_dots_find_the_centre(demo, inside):
    """Centroid of the evoked response over dots on a grid of 12 pixels."""
    rows, columns = np.meshgrid(
        np.arange(5.5, HEIGHT, 12), np.arange(3.5, WIDTH, 12), indexing="ij"
    )
    r, c = np.ogrid[:HEIGHT, :WIDTH]
    movies = []
    for row, column in zip(rows.ravel(), columns.ravel(), strict=True):
        movie = grey(12)
        movie[:6, np.hypot(r - row, c - column) <= 8] = 255
        movies.append(movie)
    wide = demo.units["true_sigma"].to_numpy() > 5  # half a step and more
    units = np.flatnonzero(inside & wide)[::4]
    truth = demo.units.iloc[units]
    batches = np.array_split(np.stack(movies), 6)
    evoked = np.concatenate(
        [next(demo.stream([b], units=units)).mean(1) for b in batches]
    )
    evoked -= truth["true_baseline"].to_numpy()
    assert evoked.min() > -1e-5
    assert evoked.max(0).min() > 0.005

    weights = evoked / evoked.sum(0)
    found_x = (columns.ravel() @ weights) / (WIDTH - 1) * 2 - 1
    found_y = 1 - (rows.ravel() @ weights) / (HEIGHT - 1) * 2
    error = np.hypot(
        (found_x - truth["true_rf_x"]) * WIDTH / 2 * DEGREES,
        (found_y - truth["true_rf_y"]) * HEIGHT / 2 * DEGREES,
    )
    assert len(units) > 300
    assert np.median(error) < 0.5  # degrees; the grid's step is 10
    assert error.max() < 3


def test_bright_and_dark_dots_do_the_same(demo):
    """An energy model has ON and OFF fields in one place."""
    shape = disc(0.1, -0.2, 12)
    movies = np.stack([grey(12), grey(12)])
    movies[0][2:8, shape] = 128 + 100
    movies[1][2:8, shape] = 128 - 100
    bright, dark = next(demo.stream([movies]))
    np.testing.assert_allclose(bright, dark, rtol=1e-5)
    assert (bright.max(0) > 1.5 * bright[0]).sum() > 20


@pytest.mark.parametrize("kind", ["direction", "orientation", "untuned"])
def test_contrast_response_is_the_hyperbolic_ratio(demo, inside, kind):
    units = demo.units.reset_index(drop=True)
    units = units[(units["true_class"] == kind) & inside]
    for unit, truth in units.iloc[:: len(units) // 3].iterrows():
        best = truth[["true_direction", "true_sf", "true_tf"]].fillna(
            {"true_direction": 0, "true_sf": 0.06, "true_tf": 3}
        )
        movies = np.stack([grating(*best, 60, contrast=c) for c in CONTRASTS])
        curve = next(demo.stream([movies], units=np.array([unit])))[:, -15:, 0].mean(1)
        assert (np.diff(curve) > 0).all()
        half = truth["true_c50"] ** 2
        ratio = (1 + half) * CONTRASTS**2 / (half + CONTRASTS**2)
        gain = truth["true_peak"] - truth["true_baseline"]
        expected = truth["true_baseline"] + gain * ratio
        np.testing.assert_allclose(curve, expected, rtol=0.04)


@pytest.mark.parametrize("kind", ["direction", "orientation"])
def test_size_tuning_peaks_at_true_size(demo, inside, kind):
    """A larger patch than the best one is suppressed by the normalisation pool."""
    units = demo.units.reset_index(drop=True)
    units = units[(units["true_class"] == kind) & inside]
    units = units[units["true_size"] < 30]
    ratios = np.array([0.4, 0.7, 1.0, 1.4, 2.0])
    for unit, truth in units.iloc[:: len(units) // 3].iterrows():
        movies = np.stack(
            [
                grating(
                    truth["true_direction"],
                    truth["true_sf"],
                    truth["true_tf"],
                    60,
                    window=disc(truth["rf_x"], truth["rf_y"], r * truth["true_size"]),
                )
                for r in ratios
            ]
        )
        curve = next(demo.stream([movies], units=np.array([unit])))[:, -15:, 0].mean(1)
        assert curve.argmax() == 2
        assert curve[2] > 1.15 * truth["true_peak"]


def test_nothing_beyond_the_screen_is_seen_as_grey(demo):
    """A unit at the edge answers a full-screen optimal grating with its peak."""
    units = demo.units.reset_index(drop=True)
    units = units[units["true_class"] == "direction"]
    edge = units.loc[units["rf_y"].abs().idxmax()]
    assert abs(edge["rf_y"]) > 0.85
    movie = grating(edge["true_direction"], edge["true_sf"], edge["true_tf"], 75)
    response = next(demo.stream([movie], units=np.array([edge.name])))[-30:].mean()
    assert response == pytest.approx(edge["true_peak"], rel=0.03)
