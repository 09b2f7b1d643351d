"""Gaussians are recovered from maps, in every coordinate system."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from make_dots import DISPLAY, LATENCY_S, WINDOW_S, dot_trials, rates, responses_to
from scipy.optimize import least_squares

from insilico_gui.analysis import (
    dot_masks,
    dot_receptive_fields,
    fit_receptive_fields,
    receptive_field_fit,
    rf_columns,
)
from insilico_gui.analysis.fields.screen_grid import ScreenGrid
from insilico_gui.analysis.fits import gaussian
from insilico_gui.errors import AnalysisError
from insilico_gui.stimuli import Display

SHAPE = (36, 64)


def gaussians(x0, y0, long, short, theta, amplitude=1.0, offset=0.2, shape=SHAPE):
    """Maps from parameters in pixels (rows down) and degrees counter-clockwise."""
    grid = ScreenGrid(shape)
    row, column = np.meshgrid(grid.rows, grid.columns, indexing="ij")
    x0, y0, long, short, theta, amplitude, offset = (
        np.broadcast_to(np.asarray(v, float), np.shape(x0))[:, None, None]
        for v in (x0, y0, long, short, theta, amplitude, offset)
    )
    right, up = column - x0, y0 - row
    cos, sin = np.cos(np.radians(theta)), np.sin(np.radians(theta))
    along, across = right * cos + up * sin, up * cos - right * sin
    return offset + amplitude * np.exp(
        -(along**2) / 2 / long**2 - across**2 / 2 / short**2
    )


def draw(n, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "x0": rng.uniform(30, 220, n),
        "y0": rng.uniform(25, 115, n),
        "long": rng.uniform(12, 25, n),
        "short": rng.uniform(6, 10, n),
        "theta": rng.uniform(0, 180, n),
        "amplitude": rng.uniform(0.5, 20, n) * rng.choice([-1, 1], n),
        "offset": rng.uniform(-3, 3, n),
    }


def turn(a, b):
    """Difference of orientations, degrees."""
    return np.abs((np.subtract(a, b) + 90) % 180 - 90)


def test_parameters_are_recovered_without_noise():
    truth = draw(200)
    fit = fit_receptive_fields(gaussians(**truth))
    assert fit.success.all()
    assert fit.on_screen.all()
    assert fit.r2.min() > 1 - 1e-6
    for name, found in (
        ("x0", fit.x0),
        ("y0", fit.y0),
        ("long", fit.sigma_x),
        ("short", fit.sigma_y),
        ("amplitude", fit.amplitude),
        ("offset", fit.offset),
    ):
        np.testing.assert_allclose(found, truth[name], rtol=1e-3, atol=1e-3)
    assert turn(fit.theta, truth["theta"]).max() < 0.1


def test_parameters_are_recovered_with_noise():
    truth = draw(200, seed=1)
    maps = gaussians(**truth)
    noise = np.random.default_rng(2).normal(size=maps.shape)
    fit = fit_receptive_fields(maps + 0.2 * truth["amplitude"][:, None, None] * noise)
    assert fit.success.mean() > 0.98
    assert np.median(np.hypot(fit.x0 - truth["x0"], fit.y0 - truth["y0"])) < 1
    assert np.median(np.abs(fit.sigma_x / truth["long"] - 1)) < 0.05
    assert np.median(np.abs(fit.sigma_y / truth["short"] - 1)) < 0.05
    assert np.median(turn(fit.theta, truth["theta"])) < 3
    assert 0.2 < np.median(fit.r2) < 0.95


def test_no_better_minimum_nearby_says_scipy():
    truth = draw(6, seed=3)
    noise = np.random.default_rng(4).normal(size=(6, 18, 32))
    maps = gaussians(**truth, shape=(18, 32))
    maps = maps + 0.3 * truth["amplitude"][:, None, None] * noise
    fit = fit_receptive_fields(maps)
    names = ("x0", "y0", "long", "short", "theta", "amplitude", "offset")
    for i, one in enumerate(maps):

        def residual(p, one=one):
            given = {name: [value] for name, value in zip(names, p, strict=True)}
            return (gaussians(**given, shape=(18, 32))[0] - one).ravel()

        reference = least_squares(residual, [truth[name][i] for name in names])
        r2 = 1 - 2 * reference.cost / ((one - one.mean()) ** 2).sum()
        assert fit.r2[i] >= r2 - 1e-5


def test_derivatives_are_those_of_the_values():
    rng = np.random.default_rng(5)
    p = rng.uniform(0.5, 2, (4, 7))
    x, y = rng.uniform(0, 2, (2, 30))
    slope = gaussian.jacobian(p, x, y)
    for i in range(7):
        step = np.zeros(7)
        step[i] = 1e-6
        numeric = gaussian.values(p + step, x, y) - gaussian.values(p - step, x, y)
        np.testing.assert_allclose(slope[..., i], numeric / 2e-6, atol=1e-7)


def test_maps_without_a_field():
    maps = gaussians(**draw(5))
    maps[1] = 3.0
    maps[2] = np.nan
    maps[3, :, 10:] = np.nan  # a strip is left
    maps[3, :, :10] = 1.0
    maps[4] = np.nan
    maps[4, 0, :5] = 1, 2, 3, 2, 1  # fewer cells than parameters
    fit = fit_receptive_fields(maps)
    np.testing.assert_array_equal(fit.success, [True, False, False, False, False])
    assert np.isnan(fit.x0[1:]).all()
    assert np.isnan(fit.r2[1:]).all()
    assert len(fit_receptive_fields(maps[:0]).x0) == 0


def test_progress_and_stop():
    maps = gaussians(**draw(150))
    maps[7] = np.nan
    seen = []
    fit = fit_receptive_fields(maps, on_progress=lambda *done: seen.append(done))
    assert seen[-1] == (150, 150)
    assert len(seen) > 1
    assert seen == sorted(seen)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_receptive_fields(maps, on_progress=stop)
    assert fit.success.sum() == 149


def test_unknown_cells_do_not_matter():
    truth = draw(6, seed=6)
    maps = gaussians(**truth)
    holes = np.random.default_rng(7).random((2, *SHAPE)) < 0.3
    maps[:3][:, holes[0]] = np.nan
    maps[3:5][:, holes[1]] = np.nan
    fit = fit_receptive_fields(maps)
    assert fit.success.all()
    np.testing.assert_allclose(fit.x0, truth["x0"], atol=1e-3)
    np.testing.assert_allclose(fit.y0, truth["y0"], atol=1e-3)


def test_a_centre_off_the_screen_is_rejected():
    truth = {
        "x0": [-25.0, 128, 250],
        "y0": [70.0, 165, 70],
        "long": 30.0,
        "short": 30.0,
        "theta": 0.0,
    }
    fit = fit_receptive_fields(gaussians(**truth))
    np.testing.assert_allclose(fit.x0, truth["x0"], rtol=1e-2)
    np.testing.assert_array_equal(fit.on_screen, [False, False, True])


def test_coordinates_and_ellipses():
    """A field up and to the right whose long axis points up and to the right."""
    fit = fit_receptive_fields(gaussians([191.25], [35.75], 20, 8, 30))
    x, y = fit.centre("stimulus")
    np.testing.assert_allclose([x[0], y[0]], [0.5, 0.5], atol=1e-3)
    expected = DISPLAY.to_degrees(0.5, 0.5)
    np.testing.assert_allclose(np.squeeze(fit.centre("degrees")), expected, atol=0.1)
    flat = DISPLAY.to_degrees(0.5, 0.5, angles="flat")
    np.testing.assert_allclose(
        np.squeeze(fit.centre("degrees", angles="flat")), flat, atol=0.1
    )

    outline = fit.ellipse(181, n_sigma=2)[0]
    np.testing.assert_allclose(outline[0], outline[-1])
    away = outline - [35.75, 191.25]
    distance = np.hypot(*away.T)
    assert distance.max() == pytest.approx(40, rel=1e-3)
    assert distance.min() == pytest.approx(16, rel=1e-3)
    row, column = away[distance.argmax()]
    assert row * column < 0  # up means smaller rows
    assert np.degrees(np.arctan(-row / column)) == pytest.approx(30, abs=1)
    drawn = fit.ellipse(space="stimulus")[0]
    np.testing.assert_allclose(drawn.mean(axis=0), [0.5, 0.5], atol=0.02)


def test_widths_in_degrees_follow_the_screen():
    fit = fit_receptive_fields(gaussians([127.5, 230], [71.5, 71.5], 9, 6, 90))
    step = DISPLAY.degrees_per_pixel[0]
    long, short, angle = fit.axes_deg(angles="flat")
    np.testing.assert_allclose(long, 9 * step, rtol=5e-3)
    np.testing.assert_allclose(short, 6 * step, rtol=5e-3)
    np.testing.assert_allclose(angle, 90, atol=0.1)
    across = fit.axes_deg(angles="per axis")[1]
    azimuth, _ = DISPLAY.to_degrees(
        *DISPLAY.to_stimulus(71.5, np.array([229.9, 230.1])), angles="per axis"
    )
    local = np.diff(azimuth)[0] / 0.2
    assert across[0] == pytest.approx(6 * step, rel=5e-3)
    assert across[1] == pytest.approx(6 * local, rel=5e-3)


def test_columns_carry_their_parameters():
    trials = dot_trials()
    masks = dot_masks(trials, (18, 32), sigma_deg=8)
    values = rates(trials, [[30, 10], [0, 0]], sigma=12)
    values[:, 1] = 1
    dataset = dot_receptive_fields(
        responses_to(trials, values), masks, latency_s=LATENCY_S, window_s=WINDOW_S
    )
    columns = rf_columns(dataset)
    assert list(columns.index) == list(dataset["unit_id"].values)
    x, y = DISPLAY.from_degrees(30, 10, angles="flat")
    assert columns["rf_x_fit"].iloc[0] == pytest.approx(float(x), abs=0.02)
    assert columns["rf_y_fit"].iloc[0] == pytest.approx(float(y), abs=0.04)
    assert columns["rf_r2"].iloc[0] > 0.9
    assert columns.iloc[1].filter(like="rf_").drop("rf_at_edge").isna().all()
    assert columns["SSI_on"].iloc[0] > columns["SSI_on"].iloc[1]
    assert columns.attrs["variant"] == "dots"
    assert columns.attrs["polarity"] == "on+off"
    assert columns.attrs["angles"] == "spherical"
    assert columns.attrs["latency_s"] == LATENCY_S
    assert columns.attrs["window_s"] == WINDOW_S
    assert columns.attrs["burn_in_frames"] == 10
    assert columns.attrs["n_on"] == columns.attrs["n_off"] == 105
    assert columns.attrs["n_rejected"] == 1
    again = rf_columns(dataset, receptive_field_fit(dataset))
    pd.testing.assert_frame_equal(columns, again)
    with pytest.raises(AnalysisError, match="polarity 'both'"):
        rf_columns(dataset, polarity="both")
    with pytest.raises(AnalysisError, match="no receptive fields"):
        rf_columns(dataset.drop_vars("rf"))
    with pytest.raises(AnalysisError, match="2"):
        rf_columns(dataset.isel(unit=[0]), receptive_field_fit(dataset))


def test_wrong_input():
    with pytest.raises(AnalysisError, match="units, rows, columns"):
        fit_receptive_fields(np.zeros((4, 4)))
    with pytest.raises(AnalysisError, match="10 x 10 pixels"):
        fit_receptive_fields(np.zeros((1, 4, 20)), Display(pixels=(10, 10)))
    fit = fit_receptive_fields(gaussians(**draw(1)))
    with pytest.raises(AnalysisError, match="ellipse"):
        fit.ellipse(2)
    with pytest.raises(AnalysisError, match="space 'inches'"):
        fit.centre("inches")
