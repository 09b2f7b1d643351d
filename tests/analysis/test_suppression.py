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
WIDTHS = np.array([5.0, 8, 10, 15])


def summating(sizes, power):
    return 0.1 + erf(sizes[:, None] / WIDTHS) ** power


def suppressed(sizes, k_s=1.0, ratio=3.0):
    centre, surround = (erf(sizes[:, None] / (WIDTHS * r)) for r in (1, ratio))
    return 0.1 + centre**2 / (1 + k_s * surround**2)


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


@pytest.mark.parametrize("sizes", [MANY, EIGHT, SIX], ids=len)
@pytest.mark.parametrize("power", [1, 2])
def test_noise_seldom_makes_suppression(sizes, power):
    """Two per cent of the largest response, on each mean."""
    rng = np.random.default_rng(0)
    curve = np.repeat(summating(sizes, power), 60, axis=1)
    noisy = curve * 1.0 + 0.02 * 1.1 * rng.normal(size=curve.shape)
    assert fit_size(noisy, sizes).suppressed.mean() < 0.05
    repeats = curve[None] + 0.044 * rng.normal(size=(4, *curve.shape))
    fit = fit_size(
        repeats.mean(0),
        sizes,
        sem=repeats.std(0, ddof=1) / 2,
        count=np.full(curve.shape, 4),
    )
    assert fit.suppressed.mean() < 0.06


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


@pytest.mark.parametrize(("sizes", "least"), [(MANY, 0.95), (EIGHT, 0.95), (SIX, 0.9)])
def test_suppression_is_found_in_noise(sizes, least):
    rng = np.random.default_rng(0)
    curve = np.repeat(suppressed(sizes), 50, axis=1)
    repeats = curve[None] + 0.02 * rng.normal(size=(4, *curve.shape))
    fit = fit_size(
        repeats.mean(0),
        sizes,
        sem=repeats.std(0, ddof=1) / 2,
        count=np.full(curve.shape, 4),
    )
    assert fit.suppressed.mean() > least


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
