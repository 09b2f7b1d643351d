"""The batched von Mises fit against known curves and against scipy, curve by curve."""

from __future__ import annotations

import time

import numpy as np
import pytest
from make_curves import angle_between, directions, formula, random_parameters
from scipy.optimize import least_squares

from insilico_gui.analysis import fit_von_mises
from insilico_gui.errors import AnalysisError


def noisy_curves(rng, n, n_directions, noise):
    curves = formula(directions(n_directions), **random_parameters(rng, n))
    if noise == "gaussian":
        curves = curves + 0.15 * curves.mean(axis=0) * rng.normal(size=curves.shape)
        return np.maximum(curves, 0)
    return rng.poisson(curves * 5) / 5


def scipy_fit(degrees, rates):
    """The fit of one curve with the start values and bounds of the source."""
    theta = np.radians(degrees)
    low = max(rates.min(), rates.max() / 100)
    start = [theta[rates.argmax()], 1, 0.5, 2 * (rates.max() - low), low]
    return least_squares(
        lambda p: formula(degrees, np.degrees(p[0]), *p[1:])[:, 0] - rates,
        start,
        bounds=([-np.inf, 0, 0, 0, 0], [np.inf, np.inf, 1, np.inf, np.inf]),
    )


def test_finds_the_same_minima_as_scipy():
    """Curve by curve with scipy from the same start within the same bounds."""
    excess, off, success = [], [], []
    for n in (8, 16):
        for noise in ("gaussian", "poisson"):
            curves = noisy_curves(np.random.default_rng(n), 50, n, noise)
            fit = fit_von_mises(curves, directions(n))
            reference = [scipy_fit(directions(n), curve) for curve in curves.T]
            cost = np.array([2 * r.cost / n for r in reference])
            excess.append(fit.mse / cost - 1)
            orientation = np.degrees([r.x[0] for r in reference])
            off.append(angle_between(fit.mu, orientation, 180))
            success.append(fit.success)
    excess, off, success = map(np.concatenate, (excess, off, success))
    assert np.mean(excess < 1e-6) >= 0.99
    same = np.abs(excess) < 1e-6
    assert same.mean() > 0.96
    assert np.median(off[same]) < 0.001
    assert success.mean() > 0.99


def test_curve_of_a_fit_is_the_formula():
    degrees = np.linspace(0, 360, 37)
    true = random_parameters(np.random.default_rng(0), 20)
    fit = fit_von_mises(formula(directions(16), **true), directions(16))
    np.testing.assert_allclose(
        fit.curve(degrees), formula(degrees, **true), rtol=1e-4, atol=1e-4
    )


def test_weaker_start_peak_is_swapped():
    """The largest sample may belong to the lower, sampled peak: phi ends above 0.5."""
    rng = np.random.default_rng(3)
    curves = rng.gamma(2, 1, (12, 500))
    fit = fit_von_mises(curves, directions(12))
    assert (fit.phi[fit.success] >= 0.5).all()
    assert ((fit.mu[fit.success] >= 0) & (fit.mu[fit.success] < 360)).all()


def test_flat_and_unusable_curves_have_no_preference():
    curves = np.ones((8, 5))
    curves[:, 1] = 0
    curves[:, 2] = -1
    curves[3, 3] = np.nan
    curves[3, 4] = np.inf
    fit = fit_von_mises(curves, directions(8))
    assert not fit.success.any()
    assert np.isnan(fit.mu).all()
    assert fit.amplitude[0] == 0
    assert fit.baseline[0] == 1
    assert np.isnan(fit.baseline[1:]).all()
    np.testing.assert_array_equal(fit.osi, [0, *[np.nan] * 4])
    np.testing.assert_array_equal(fit.dsi, [0, *[np.nan] * 4])
    np.testing.assert_array_equal(fit.curve([0, 90])[:, 0], [1, 1])


def test_flat_within_float32_has_no_preference():
    rng = np.random.default_rng(0)
    curve = (1 + 1e-7 * rng.random((16, 3))).astype(np.float32)
    assert not fit_von_mises(curve, directions(16)).success.any()


def test_a_single_curve_and_no_curve():
    curve = formula(directions(8), 90, 2, 0.8, 1, 0.1)[:, 0]
    fit = fit_von_mises(curve, directions(8))
    assert fit.mu.shape == (1,)
    assert fit.mu[0] == pytest.approx(90, abs=1e-3)
    assert fit_von_mises(np.empty((8, 0)), directions(8)).mu.shape == (0,)


def test_uneven_directions_are_fine():
    degrees = np.array([0, 50, 95, 140, 200, 260, 320])
    fit = fit_von_mises(formula(degrees, 130, 1.5, 0.7, 2, 0.3), degrees)
    assert fit.mu[0] == pytest.approx(130, abs=0.01)
    assert fit.phi[0] == pytest.approx(0.7, abs=1e-3)


def test_too_few_or_one_sided_directions_are_refused():
    with pytest.raises(AnalysisError, match="5 parameters"):
        fit_von_mises(np.ones(4), directions(4))
    with pytest.raises(AnalysisError, match="half of the circle"):
        fit_von_mises(np.ones(8), np.arange(8) * 22.5)


def test_thousands_of_units_take_seconds():
    curves = noisy_curves(np.random.default_rng(1), 4000, 16, "gaussian")
    start = time.perf_counter()
    fit_von_mises(curves, directions(16))
    assert time.perf_counter() - start < 10  # about 1 s on an idle machine
