"""What units prefer, found by showing them moving patterns."""

from __future__ import annotations

import numpy as np
import pytest
from demo_rendering import cycles, grating, rolling
from insilico_demo.filters import build_filters
from insilico_demo.population import demo_population
from insilico_demo.units import steady_responses, tuning_indices

STEPS = np.arange(16) * 22.5
SETTLED = 45  # frames after which the slowest unit's transient is over


def respond(demo, movies, units=None, keep=15):
    """Mean response over the last frames of each movie: [movies, U]."""
    return next(demo.stream([np.stack(movies)], units=units))[:, -keep:].mean(1)


def turned(a, b, period=360):
    """Absolute difference of angles."""
    return np.abs((a - b + period / 2) % period - period / 2)


@pytest.fixture(scope="module")
def of_class(demo):
    classes = demo.units["true_class"].to_numpy()
    return {kind: classes == kind for kind in np.unique(classes)}


@pytest.fixture(scope="module")
def common(demo):
    """All units, 16 directions at one spatial and temporal frequency: [16, U]."""
    # two whole periods, for simple cells follow the bars
    movies = [grating(step, 0.045, 2.5, SETTLED + 24) for step in STEPS]
    return np.concatenate(
        [respond(demo, movies[i : i + 4], keep=24) for i in range(0, 16, 4)]
    )


@pytest.fixture(scope="module")
def sample(demo, of_class):
    """Six direction and two orientation units, from slow to fast, coarse to fine."""
    units = demo.units.reset_index(drop=True)

    def spread(kind, column, n):
        members = units.index[of_class[kind]]
        order = members[np.argsort(units.loc[members, column])]
        return order[np.linspace(0, len(order) - 1, n).astype(int)]

    return np.concatenate(
        [
            spread("direction", "true_sf", 3),
            spread("direction", "true_tf", 3),
            spread("orientation", "true_sf", 2),
        ]
    )


@pytest.fixture(scope="module")
def own(demo, sample):
    """Each sampled unit at its own frequencies, at 16 directions, pref., null: [K, 18].

    Over whole cycles: what follows the bars averages out.
    """
    rows = []
    for unit in sample:
        truth = demo.units.iloc[unit]
        best, keep = truth["true_direction"], cycles(truth["true_tf"])
        movies = [
            grating(direction, truth["true_sf"], truth["true_tf"], SETTLED + keep)
            for direction in [*STEPS, best, best + 180]
        ]
        rows.append(respond(demo, movies, np.array([unit]), keep)[:, 0])
    return np.array(rows)


def test_direction_units_prefer_their_direction(demo, common, of_class):
    truth = demo.units["true_direction"].to_numpy()
    evoked = common.max(0) - demo.units["true_baseline"].to_numpy()
    clear = of_class["direction"] & (evoked > 0.1)
    assert clear.sum() > 800
    error = turned(STEPS[common.argmax(0)], truth)
    # within half a step, but where two steps are about as near
    assert np.mean(error[clear] <= 11.25) > 0.97
    # at the edge of the screen part of an envelope is missing
    inside = demo.units[["rf_x", "rf_y"]].abs().max(axis=1).to_numpy() < 0.85
    assert (clear & inside).sum() > 700
    assert error[clear & inside].max() < 22.5


def test_exact_direction_from_the_curve(demo, common, of_class):
    """Circular mean about the preferred half: exact for a von Mises curve."""
    units = demo.units
    evoked = np.clip(common - units["true_baseline"].to_numpy(), 1e-9, None)
    best = evoked.argmax(0)
    columns = np.arange(evoked.shape[1])
    below, middle, above = (
        np.log(evoked[(best + s) % 16, columns]) for s in (-1, 0, 1)
    )
    vertex = 22.5 * (below - above) / (2 * (below - 2 * middle + above))
    error = turned(STEPS[best] + vertex, units["true_direction"].to_numpy())
    clear = of_class["direction"] & (evoked.max(0) > 0.1)
    assert np.median(error[clear]) < 0.2
    assert np.percentile(error[clear], 95) < 2
    oriented = of_class["orientation"] & (evoked.max(0) > 0.1)
    truth = units["true_orientation"].to_numpy()
    assert np.percentile(turned(STEPS[best] + vertex, truth, 180)[oriented], 95) < 2


def test_orientation_units_have_little_of_a_direction(common, of_class):
    assert tuning_indices(common.T)["gDSI"][of_class["orientation"]].max() < 0.2
    assert tuning_indices(common.T)["gOSI"][of_class["orientation"]].mean() > 0.23


def test_untuned_units_are_flat(demo, common, of_class):
    curves = common[:, of_class["untuned"]]
    assert ((curves.max(0) - curves.min(0)) / curves.mean(0)).max() < 0.02
    peak = demo.units["true_peak"].to_numpy()[of_class["untuned"]]
    np.testing.assert_allclose(curves.mean(0), peak, rtol=0.02)


def test_table_says_what_is_measured(demo, own, sample):
    filters = build_filters(demo_population())
    predicted = steady_responses(demo_population(), filters)[sample]
    np.testing.assert_allclose(own[:, :16], predicted, rtol=0.03)
    for name, measured in tuning_indices(own[:, :16]).items():
        np.testing.assert_allclose(
            measured, demo.units[f"true_{name}"].iloc[sample], atol=0.02
        )


def test_true_dsi_and_peak_hold(demo, own, sample):
    preferred, null = own[:, 16], own[:, 17]
    truth = demo.units.iloc[sample]
    np.testing.assert_allclose(preferred, truth["true_peak"], rtol=0.03)
    measured = (preferred - null) / (preferred + null)
    np.testing.assert_allclose(measured, truth["true_dsi"], atol=0.02)


def test_spatial_frequency_peaks_where_it_should(demo, sample):
    ratios = np.array([0.7, 0.9, 1.0, 1.1, 1.3])
    for unit in sample:
        truth = demo.units.iloc[unit]
        direction, sf, tf = truth[["true_direction", "true_sf", "true_tf"]]
        keep = cycles(tf)
        movies = [grating(direction, sf * r, tf, SETTLED + keep) for r in ratios]
        curve = respond(demo, movies, np.array([unit]), keep)[:, 0]
        assert vertex_of(ratios, curve) == pytest.approx(1, abs=0.05)


def test_temporal_frequency_peaks_where_it_should(demo, sample):
    ratios = np.array([0.6, 0.8, 1.0, 1.2, 1.4])
    for unit in sample:
        truth = demo.units.iloc[unit]
        direction, sf, tf = truth[["true_direction", "true_sf", "true_tf"]]
        movies = [grating(direction, sf, tf * r, SETTLED + 60) for r in ratios]
        responses = next(demo.stream([np.stack(movies)], units=np.array([unit])))
        curve = np.array(
            [
                response[-cycles(tf * r) :].mean()
                for response, r in zip(responses, ratios, strict=True)
            ]
        )
        assert vertex_of(ratios, curve) == pytest.approx(1, abs=0.08)


def vertex_of(x, y):
    """Where a parabola through the five points peaks."""
    assert y.argmax() == 2
    curvature, slope, _ = np.polyfit(x, y, 2)
    return -slope / (2 * curvature)


@pytest.mark.parametrize(
    ("axis", "step", "direction"),
    [(1, 2, 0), (0, -2, 90), (1, -2, 180), (0, 2, 270)],
    ids=["right", "up", "left", "down"],
)
def test_moving_an_image_by_pixels(demo, of_class, axis, step, direction):
    """Noise stripes that slide along; no sine, no formula for direction."""
    noise = np.random.default_rng(3).standard_normal((144, 256)[axis])
    smooth = np.convolve(np.tile(noise, 3), np.hanning(17), "same")
    stripes = smooth[noise.size : 2 * noise.size]
    levels = np.clip(128 + 60 * stripes / stripes.std(), 0, 255).astype(np.uint8)
    pattern = np.empty((144, 256), np.uint8)
    pattern[:] = levels[:, None] if axis == 0 else levels
    shift = (step, 0) if axis == 0 else (0, step)
    movie = rolling(pattern, *shift, 90)
    forward, backward = respond(demo, [movie, movie[::-1]], keep=60)

    truth = demo.units["true_direction"].to_numpy()
    selective = of_class["direction"] & (demo.units["true_dsi"].to_numpy() > 0.5)
    along = selective & (turned(truth, direction) < 20)
    against = selective & (turned(truth, direction + 180) < 20)
    assert min(along.sum(), against.sum()) > 20
    # each unit by itself, and the other way round when time runs backwards
    assert np.mean(forward[along] > backward[along]) > 0.95
    assert np.mean(forward[against] < backward[against]) > 0.95
    assert forward[along].mean() > 1.5 * forward[against].mean()


def test_simple_cells_follow_the_bars(demo, of_class):
    """F1/F0 above baseline and the mean over whole periods, as the table has them."""
    units = demo.units.reset_index(drop=True)
    members = units[
        (units["true_cell"] == "simple") & (units["true_class"] != "untuned")
    ]
    members = members.sort_values("true_tf")
    for unit, truth in members.iloc[:: len(members) // 5].iterrows():
        direction, sf, tf = truth[["true_direction", "true_sf", "true_tf"]]
        movie = grating(direction, sf, tf, 120)
        response = next(demo.stream([movie], units=np.array([unit])))[60:, 0]
        # least squares: mean, first and second harmonic, whatever the length
        turn = 2 * np.pi * tf * np.arange(60) / 30
        harmonics = [f(k * turn) for k in (1, 2, 3) for f in (np.cos, np.sin)]
        fit = np.linalg.lstsq(np.stack([turn * 0 + 1, *harmonics], 1), response)[0]
        evoked = fit[0] - truth["true_baseline"]
        assert fit[0] == pytest.approx(truth["true_peak"], rel=0.06)
        assert np.hypot(*fit[1:3]) / evoked == pytest.approx(
            truth["true_f1_f0"], abs=0.05
        )


def test_long_stimuli_adapt(demo, of_class):
    """To 1 - a of the response; trials with pauses do not."""
    units = demo.units.reset_index(drop=True)
    members = units[
        (units["true_cell"] == "complex") & (units["true_adaptation_tau_s"] < 2.6)
    ]
    for unit, truth in members.iloc[:: len(members) // 2].iterrows():
        direction, sf, tf = truth[["true_direction", "true_sf", "true_tf"]]
        long = grating(direction, sf, tf, 450)
        response = next(demo.stream([long], units=np.array([unit])))[:, 0]
        evoked = truth["true_peak"] - truth["true_baseline"]
        late = (response[-60:].mean() - truth["true_baseline"]) / evoked
        assert late == pytest.approx(1 - truth["true_adaptation"], abs=0.02)
        assert response[30:].max() > 0.97 * truth["true_peak"]
