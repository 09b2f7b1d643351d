"""Suppression by larger patches, against curves that only sum up."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import isotonic_regression
from scipy.special import erf

from insilico_gui.analysis import fit_size
from insilico_gui.analysis.tuning.suppression import falling_squares

MANY = np.array([2.0, 4, 6, 8, 10, 15, 20, 30, 45, 60])
EIGHT = np.array([5.0, 10, 15, 20, 30, 40, 60, 80])
SIX = np.array([4.0, 8, 16, 32, 64, 128])
FIVE = np.array([5.0, 10, 20, 40, 80])
SERIES = np.array([5.0, 10, 15, 20, 30, 40, 50, 60])
WIDTHS = np.array([5.0, 8, 10, 15])


def summating(sizes, power):
    return 0.1 + erf(sizes[:, None] / WIDTHS) ** power


def suppressed(sizes, k_s=1.0, ratio=3.0):
    centre, surround = (erf(sizes[:, None] / (WIDTHS * r)) for r in (1, ratio))
    return 0.1 + centre**2 / (1 + k_s * surround**2)


def fitted_to_noise(curve, sizes, repeats, noise=0.02):
    """A fit to means [K, U] of repeats, each mean with noise relative to the largest."""
    rng = np.random.default_rng(len(sizes) + repeats)
    spread = noise * np.sqrt(repeats) * curve.max(axis=0)
    shown = curve + spread * rng.normal(size=(repeats, *curve.shape))
    if repeats == 1:
        return fit_size(shown[0], sizes)
    sem = shown.std(0, ddof=1) / np.sqrt(repeats)
    return fit_size(shown.mean(0), sizes, sem=sem, count=np.full(curve.shape, repeats))


@pytest.mark.parametrize("model", ["rog", "dog"])
@pytest.mark.parametrize("sizes", [MANY, EIGHT, SIX, FIVE], ids=len)
@pytest.mark.parametrize("power", [1, 1.5, 2])
def test_pure_summation_is_no_suppression(sizes, power, model):
    curve = summating(sizes, power)
    for values in (np.hstack([curve, 40 * curve]), curve.astype(np.float32)):
        fit = fit_size(values, sizes, model)
        assert not fit.suppressed.any()
        assert np.isnan(fit.preferred).all()
        np.testing.assert_array_equal(fit.peak[fit.success], fit.largest[fit.success])


@pytest.mark.parametrize("model", ["rog", "dog"])
@pytest.mark.parametrize("sizes", [MANY, EIGHT, SIX, FIVE], ids=len)
def test_suppression_is_found_without_noise(sizes, model):
    fit = fit_size(suppressed(sizes, 2.0), sizes, model)
    assert fit.suppressed.all()
    fine = np.geomspace(sizes[0], sizes[-1], 4000)
    true = fine[suppressed(fine, 2.0).argmax(axis=0)]
    # sizes are an octave apart, where they are few
    np.testing.assert_allclose(np.log2(fit.preferred / true), 0, atol=0.5)


@pytest.mark.parametrize("repeats", [1, 4])
@pytest.mark.parametrize("sizes", [MANY, SERIES], ids=["ten", "series"])
def test_noise_makes_no_suppression(sizes, repeats):
    """None of 200 at each width and power, at two per cent of noise on each mean."""
    curve = np.hstack([summating(sizes, power) for power in (1, 2)])
    fit = fitted_to_noise(np.repeat(curve, 200, axis=1), sizes, repeats)
    assert not fit.suppressed.any()
    assert np.isnan(fit.preferred).all()


@pytest.mark.parametrize("repeats", [1, 4])
@pytest.mark.parametrize("k_s", [0.5, 1, 2])
def test_suppression_is_found_in_noise(k_s, repeats):
    """In 95 of 100 with an index of 0.13 to 0.4, at each width."""
    curve = suppressed(MANY, k_s)
    curve = np.repeat(curve / curve.max(axis=0), 100, axis=1)
    found = fitted_to_noise(curve, MANY, repeats).suppressed
    assert (found.reshape(len(WIDTHS), 100).mean(axis=1) >= 0.95).all()


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_steep_curves_that_fall_are_suppressed_without_repeats(noise):
    """A high power of the drive fits no model; its residuals are not noise."""
    filled, pool = (1 - np.exp(-((EIGHT / w) ** 2) / 2) for w in (12.0, 27.0))
    curve = 0.1 + (filled**2) ** 1.75 / (0.2**3.5 + pool**1.75)
    curve = np.repeat(curve[:, None] / curve.max(), 100, axis=1)
    fit = fitted_to_noise(curve, EIGHT, 1, noise)
    assert 1 - curve[-2].max() > 0.25
    assert fit.suppressed.all()
    fine = np.geomspace(5, 80, 4000)
    filled, pool = (1 - np.exp(-((fine / w) ** 2) / 2) for w in (12.0, 27.0))
    true = fine[((filled**2) ** 1.75 / (0.2**3.5 + pool**1.75)).argmax()]
    assert abs(np.log2(fit.preferred / true)).max() < 0.5


@pytest.mark.parametrize("sizes", [EIGHT, SIX], ids=len)
def test_noise_seldom_makes_suppression_at_few_sizes(sizes):
    curve = np.repeat(summating(sizes, 2), 100, axis=1)
    for repeats in (1, 4):
        assert fitted_to_noise(curve, sizes, repeats).suppressed.sum() <= 1


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("noise", [0.05, 0.15])
@pytest.mark.parametrize("sizes", [FIVE, SIX], ids=len)
def test_repeats_tell_noise_from_suppression_at_few_sizes(sizes, noise, power):
    rng = np.random.default_rng(1)
    curve = np.repeat(summating(sizes, power), 60, axis=1)
    repeats = curve + noise * np.sqrt(10) * rng.normal(size=(10, *curve.shape))
    fit = fit_size(
        repeats.mean(0),
        sizes,
        sem=repeats.std(0, ddof=1) / np.sqrt(10),
        count=np.full(curve.shape, 10),
    )
    assert fit.suppressed.mean() < 0.06


def test_size_of_the_summation_field():
    """The smallest size of 95 % of the largest response, with and without a surround."""
    curve = np.hstack([summating(MANY, 2) - 0.1, suppressed(MANY)])
    fit = fit_size(curve, MANY)
    fine = np.geomspace(2, 60, 20_000)
    dense = np.hstack([summating(fine, 2) - 0.1, suppressed(fine)])
    reached = fine[(dense >= 0.95 * dense.max(0)).argmax(0)]
    np.testing.assert_allclose(fit.summation, reached, rtol=0.06)


def test_falling_squares_are_those_of_isotonic_regression():
    curves = np.random.default_rng(1).normal(size=(40, 9)).cumsum(axis=1)
    curves[0] = np.arange(9)
    wanted = [((isotonic_regression(c).x - c) ** 2).sum() for c in curves]
    np.testing.assert_allclose(falling_squares(curves), wanted, atol=1e-12)
