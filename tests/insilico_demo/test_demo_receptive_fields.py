"""Where units look, how large the patch is that drives them, and contrast."""

from __future__ import annotations

import numpy as np
import pytest
from demo_rendering import (
    DEGREES,
    HEIGHT,
    RIGHT_DEG,
    UP_DEG,
    WIDTH,
    cycles,
    disc,
    grating,
    grey,
)
from insilico_demo.population import demo_population

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
    # half a step and more, and as much for dots of either sign
    wide = (demo.units["true_sigma"] > 5) & (demo.units["true_cell"] != "simple")
    units = np.flatnonzero(inside & wide)[::3]
    truth = demo.units.iloc[units]
    batches = np.array_split(np.stack(movies), 6)
    evoked = np.concatenate(
        [next(demo.stream([b], units=units)).mean(1) for b in batches]
    )
    evoked -= truth["true_baseline"].to_numpy()
    assert evoked.min() > -1e-5
    assert evoked.max(0).min() > 1e-4

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


def test_bright_and_dark_dots_do_the_same_to_complex_cells(demo):
    """An energy model has ON and OFF fields in one place."""
    shape = disc(0.1, -0.2, 12)
    movies = np.stack([grey(12), grey(12)])
    movies[0][2:8, shape] = 128 + 100
    movies[1][2:8, shape] = 128 - 100
    bright, dark = next(demo.stream([movies]))
    simple = (demo.units["true_cell"] == "simple").to_numpy()
    np.testing.assert_allclose(bright[:, ~simple], dark[:, ~simple], rtol=1e-5)
    assert (bright.max(0) > 1.5 * bright[0]).sum() > 20
    driven = (np.maximum(bright, dark).max(0) > 1.2 * bright[0])[simple]
    unlike = (np.abs(bright - dark).max(0) > 0.05 * bright[0])[simple]
    assert driven.sum() > 10
    assert unlike[driven].mean() > 0.9


def test_simple_cells_have_a_bright_and_a_dark_side(demo, inside):
    """Standing bars beside the centre: bright ones drive where dark ones do not.

    The linear field is cos(2 pi sf d - phase) under the envelope, with d along the
    preferred direction.
    """
    units = demo.units.reset_index(drop=True)
    cells = units[(units["true_cell"] == "simple") & inside & (units["true_sf"] < 0.05)]
    right, up = RIGHT_DEG, UP_DEG
    agree = []
    for unit, truth in cells.iloc[:: len(cells) // 8].iterrows():
        theta, sf = np.deg2rad(truth["true_direction"]), truth["true_sf"]
        d = (right - truth["rf_x"] * right[-1]) * np.cos(theta)
        d = d + (up - truth["rf_y"] * up[0]) * np.sin(theta)
        movies, sign = [], []
        for shift in np.array([-0.5, -0.25, 0, 0.25, 0.5]) / sf:
            bar = np.abs(d - shift) < 0.06 / sf
            movies += [np.where(bar, level, 128)[None] for level in (255, 1)]
            sign.append(
                np.cos(2 * np.pi * sf * shift - np.deg2rad(truth["true_phase"]))
            )
        shown = np.repeat(np.stack(movies).astype(np.uint8), 75, axis=1)
        late = next(demo.stream([shown], units=np.array([unit])))[:, -10:, 0].mean(1)
        bright, dark = late.reshape(-1, 2).T
        clear = np.abs(sign) > 0.3
        agree.append(((bright > dark) == (np.array(sign) > 0))[clear])
    assert np.concatenate(agree).mean() > 0.95


def test_annuli_of_the_other_orientation_suppress_less(demo, inside):
    """Iso-oriented surrounds suppress most (Self et al. 2014)."""
    units = demo.units.reset_index(drop=True)
    units = units[(units["true_cell"] == "complex") & inside]
    units = units[(units["true_surround_tuning"] > 0.2) & (units["true_sigma"] < 6)]
    assert len(units) >= 3
    ratios = []
    for unit, truth in units.iloc[:: len(units) // 4].iterrows():
        best = truth[["true_sf", "true_tf"]]
        hole = disc(truth["rf_x"], truth["rf_y"], 5 * truth["true_sigma"])
        angles = truth["true_direction"] + np.array([0, 90])
        surrounds = [grating(angle, *best, 105) for angle in angles]
        movies = [np.where(hole, surrounds[0], s) for s in surrounds]
        iso, cross = steady(demo, unit, truth["true_tf"], movies)
        ratios.append(cross / iso)
    assert min(ratios) > 1.01, ratios
    assert np.median(ratios) > 1.03, ratios


def steady(demo, unit, tf, movies):
    """Mean response of a unit over the last whole cycles of each movie."""
    stream = demo.stream([np.stack(movies)], units=np.array([unit]))
    return next(stream)[:, -cycles(tf) :, 0].mean(1)


@pytest.mark.parametrize("kind", ["direction", "orientation", "untuned"])
def test_contrast_response_is_the_hyperbolic_ratio(demo, inside, kind):
    units = demo.units.reset_index(drop=True)
    units = units[(units["true_class"] == kind) & inside]
    units = units.sort_values("true_contrast_exponent")
    for unit, truth in units.iloc[:: len(units) // 3].iterrows():
        best = truth[["true_direction", "true_sf", "true_tf"]].fillna(
            {"true_direction": 0, "true_sf": 0.06, "true_tf": 3}
        )
        movies = [grating(*best, 105, contrast=c) for c in CONTRASTS]
        curve = steady(demo, unit, best["true_tf"], movies)
        assert (np.diff(curve) > 0).all()
        n = truth["true_contrast_exponent"]
        half = truth["true_c50"] ** n
        ratio = (1 + half) * CONTRASTS**n / (half + CONTRASTS**n)
        gain = truth["true_peak"] - truth["true_baseline"]
        expected = truth["true_baseline"] + gain * ratio
        np.testing.assert_allclose(curve, expected, rtol=0.04)


@pytest.mark.parametrize("kind", ["direction", "orientation"])
def test_size_tuning_peaks_at_true_size(demo, inside, kind):
    """A larger patch than the best one is suppressed by the normalisation pool.

    Where the closed form of a hard-edged patch says that it is clearly so.
    """
    units = demo.units.reset_index(drop=True)
    units = units[(units["true_class"] == kind) & inside]
    ratios = np.array([0.4, 0.7, 1.0, 1.4, 2.0])
    curves = np.stack([patches(truth, ratios) for _, truth in units.iterrows()])
    gain = (units["true_peak"] - units["true_baseline"]).to_numpy()[:, None]
    curves = units["true_baseline"].to_numpy()[:, None] + gain * curves
    # a peak that no pixel more or less moves to the next size
    apart = (curves[:, [1, 3]] < 0.95 * curves[:, [2]]).all(1)
    strong = curves[:, 2] > 1.5 * units["true_peak"]  # also when it has adapted
    chosen = np.flatnonzero((units["true_size"] < 30) & apart & strong)
    assert len(chosen) > 20
    for k in chosen[:: len(chosen) // 4]:
        truth = units.iloc[k]
        best = truth[["true_direction", "true_sf", "true_tf"]]
        place, size = truth[["rf_x", "rf_y"]], truth["true_size"]
        movies = [grating(*best, 105, window=disc(*place, r * size)) for r in ratios]
        curve = steady(demo, truth.name, truth["true_tf"], movies)
        assert curve.argmax() == 2
        assert curve[2] > 1.15 * truth["true_peak"]
        assert (curve < 1.2 * curves[k]).all()


def patches(truth, ratios):
    """Evoked response to patches `ratios` x the best size, in closed form, [K]."""
    surround = demo_population().surround[truth.name]
    n, rest = truth["true_contrast_exponent"], truth["true_unselective"]
    square = (ratios * truth["true_size"] / 2 / truth["true_sigma"]) ** 2 / 2
    seen, pool = 1 - np.exp(-square), 1 - np.exp(-square / surround**2)
    drive = rest * seen + (1 - rest) * seen**2
    half = truth["true_c50"] ** n
    return (1 + half) * drive ** (n / 2) / (half + pool ** (n / 2))


def test_nothing_beyond_the_screen_is_seen_as_grey(demo):
    """A unit at the edge answers a full-screen optimal grating with its peak."""
    units = demo.units.reset_index(drop=True)
    units = units[units["true_class"] == "direction"]
    edge = units.loc[units["rf_y"].abs().idxmax()]
    assert abs(edge["rf_y"]) > 0.85
    movie = grating(edge["true_direction"], edge["true_sf"], edge["true_tf"], 105)
    response = steady(demo, edge.name, edge["true_tf"], [movie])[0]
    assert response == pytest.approx(edge["true_peak"], rel=0.03)
