"""Fits of tuning curves: parameters that were put in come out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf

from insilico_gui.analysis import (
    fit_log_gaussian,
    fit_naka_rushton,
    fit_size,
    fit_speed,
    suppression_index,
)
from insilico_gui.errors import AnalysisError

OCTAVES = 0.01 * 2.0 ** np.arange(5)
HALVES = 0.01 * 2.0 ** np.arange(0, 4.5, 0.5)
CONTRASTS = np.array([0, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0])
SIZES = np.array([4.0, 8, 12, 16, 24, 32, 48, 64])


def log_gaussian(f, preferred, sigma=0.8, amplitude=2.0, baseline=0.3):
    return baseline + amplitude * np.exp(
        -(np.log2(np.divide.outer(f, preferred)) ** 2) / (2 * np.square(sigma))
    )


def test_log_gaussian_is_recovered():
    preferred, sigma = np.array([0.013, 0.03, 0.05, 0.1]), np.array([0.5, 0.7, 1, 1.3])
    fit = fit_log_gaussian(log_gaussian(HALVES, preferred, sigma), HALVES)
    assert fit.success.all()
    np.testing.assert_allclose(fit.preferred, preferred)
    np.testing.assert_allclose(fit.sigma, sigma)
    np.testing.assert_allclose(fit.amplitude, 2)
    np.testing.assert_allclose(fit.baseline, 0.3)
    np.testing.assert_allclose(fit.r2, 1)
    assert set(fit.shape) == {"band-pass"}
    np.testing.assert_allclose(
        fit.curve([0.02, 0.06]), log_gaussian([0.02, 0.06], preferred, sigma)
    )
    # 0.013 falls to half only below 0.01, and 0.1 only above 0.16
    np.testing.assert_array_equal(np.isnan(fit.bandwidth), [1, 0, 0, 1])
    half = fit.preferred[1] * 2 ** (fit.bandwidth[1] / 2)
    assert fit.curve([half])[0, 1] == pytest.approx(0.3 + 1)


def test_order_of_levels_and_scale_of_responses_do_not_matter():
    curve = log_gaussian(HALVES, [0.03])
    order = np.random.default_rng(0).permutation(len(HALVES))
    fit = fit_log_gaussian(1e-4 * curve[order], HALVES[order])
    np.testing.assert_allclose(fit.preferred, 0.03)
    np.testing.assert_allclose(fit.amplitude, 2e-4)


def test_a_negative_baseline_is_found():
    fit = fit_log_gaussian(log_gaussian(HALVES, [0.03], 0.5) - 1, HALVES)
    np.testing.assert_allclose(fit.baseline, -0.7)
    np.testing.assert_allclose(fit.preferred, 0.03)


def test_peaks_at_the_edge_are_said_not_extrapolated():
    falling, rising = log_gaussian(OCTAVES, [0.002, 0.8], 2).T
    fit = fit_log_gaussian(np.stack([falling, rising], axis=1), OCTAVES)
    assert fit.shape.tolist() == ["low-pass", "high-pass"]
    np.testing.assert_allclose(fit.preferred, OCTAVES[[0, -1]])
    assert np.isnan(fit.bandwidth).all()


@settings(max_examples=25, deadline=None)
@given(
    preferred=st.floats(0.015, 0.1),
    sigma=st.floats(0.7, 1.5),
    shift=st.integers(-3, 3),
)
def test_shifting_frequencies_shifts_the_preference(preferred, sigma, shift):
    curve = log_gaussian(OCTAVES, [preferred], sigma)
    first = fit_log_gaussian(curve, OCTAVES)
    moved = fit_log_gaussian(curve, OCTAVES * 2.0**shift)
    np.testing.assert_allclose(moved.preferred, first.preferred * 2.0**shift, rtol=1e-5)
    np.testing.assert_allclose(first.preferred, preferred, rtol=1e-5)


def test_flat_silent_and_incomplete_curves_have_no_preference():
    curves = np.stack(
        [np.full(5, 2.0), np.zeros(5), log_gaussian(OCTAVES, 0.04)], axis=1
    )
    curves = np.hstack([curves, curves[:, 2:]])
    curves[1, 3] = np.nan
    fit = fit_log_gaussian(curves, OCTAVES)
    np.testing.assert_array_equal(fit.success, [0, 0, 1, 0])
    for values in (fit.preferred, fit.r2, fit.mse, fit.amplitude):
        np.testing.assert_array_equal(np.isnan(values), [1, 1, 0, 1])
    assert fit.shape.tolist() == ["", "", "band-pass", ""]


def naka_rushton(c, c50, n, r_max=1.5, baseline=0.2):
    c = np.asarray(c)[:, None]
    return baseline + r_max * c**n / (c**n + np.power(c50, n))


def test_naka_rushton_is_recovered():
    c50, n = np.array([0.08, 0.2, 0.35, 0.6]), np.array([2.0, 1.0, 3.5, 5.0])
    fit = fit_naka_rushton(naka_rushton(CONTRASTS, c50, n), CONTRASTS)
    np.testing.assert_allclose(fit.c50, c50, rtol=1e-6)
    np.testing.assert_allclose(fit.exponent, n, rtol=1e-6)
    np.testing.assert_allclose(fit.r_max, 1.5, rtol=1e-6)
    np.testing.assert_allclose(fit.baseline, 0.2, rtol=1e-6)
    assert set(fit.shape) == {"saturating"}
    # in per cent
    percent = fit_naka_rushton(naka_rushton(CONTRASTS, c50, n), CONTRASTS * 100)
    np.testing.assert_allclose(percent.c50, 100 * c50, rtol=1e-6)
    np.testing.assert_allclose(
        fit.curve([0, 0.3]), naka_rushton([0, 0.3], c50, n), rtol=1e-6
    )


def test_a_curve_that_does_not_saturate_says_so():
    fit = fit_naka_rushton(CONTRASTS[:, None] ** [2.0, 3.0], CONTRASTS)
    assert fit.shape.tolist() == ["unsaturated", "unsaturated"]
    np.testing.assert_allclose(fit.c50, 1)


def ratio_of_gaussians(d, width, ratio, k_s, k_c=2.0, baseline=0.1):
    d = np.asarray(d)[:, None]
    return baseline + k_c * erf(d / width) ** 2 / (
        1 + k_s * erf(d / (width * ratio)) ** 2
    )


def test_ratio_of_gaussians_is_recovered():
    width, ratio = np.array([9.0, 14.0, 20.0]), np.array([2.0, 1.6, 2.5])
    k_s = np.array([1.5, 3.0, 0.8])
    curve = ratio_of_gaussians(SIZES, width, ratio, k_s)
    fit = fit_size(curve, SIZES)
    np.testing.assert_allclose(fit.curve(SIZES), curve, rtol=1e-2)
    # The second unit's centre and surround are too alike to be told apart by its curve.
    np.testing.assert_allclose(fit.width[[0, 2]], width[[0, 2]], rtol=1e-3)
    np.testing.assert_allclose(fit.surround[[0, 2]], k_s[[0, 2]], rtol=1e-2)
    fine = np.geomspace(4, 64, 4000)
    dense = ratio_of_gaussians(fine, width, ratio, k_s)
    np.testing.assert_allclose(fit.preferred, fine[dense.argmax(0)], rtol=0.03)
    np.testing.assert_allclose(fit.peak, dense.max(0), rtol=1e-2)
    np.testing.assert_allclose(fit.largest, dense[-1], rtol=1e-2)
    assert fit.suppressed.all()


def test_difference_of_gaussians_is_recovered():
    d = SIZES[:, None]
    curve = 0.2 + 2.0 * erf(d / [8.0, 12.0]) - [0.8, 1.2] * erf(d / [25.0, 30.0])
    fit = fit_size(curve, SIZES, "dog")
    np.testing.assert_allclose(fit.curve(SIZES), curve, rtol=1e-3)
    fine = np.geomspace(4, 64, 4000)[:, None]
    dense = 0.2 + 2.0 * erf(fine / [8.0, 12.0]) - [0.8, 1.2] * erf(fine / [25.0, 30.0])
    np.testing.assert_allclose(fit.preferred, fine[dense.argmax(0), 0], rtol=0.02)


def test_no_suppression_within_the_tested_sizes():
    curve = ratio_of_gaussians(SIZES, 40.0, 1.0, 0.0)
    fit = fit_size(curve, SIZES)
    assert not fit.suppressed.any()
    assert np.isnan(fit.preferred).all()
    np.testing.assert_allclose(suppression_index(fit.peak, fit.largest), 0)


def test_suppression_index_names_what_it_is_relative_to():
    peak, largest = np.array([4.0, 4.0, 0.0]), np.array([1.0, 4.0, 0.0])
    np.testing.assert_allclose(suppression_index(peak, largest), [0.75, 0, np.nan])
    np.testing.assert_allclose(suppression_index(peak, largest, 1), [1, 0, np.nan])


@pytest.mark.parametrize("xi", [0.0, 0.4, 1.0])
def test_speed_surface_is_recovered(xi):
    tf = 0.5 * 2.0 ** np.arange(5)
    x, y = np.log2(OCTAVES / 0.03)[:, None, None], np.log2(tf / 2.2)[:, None]
    s, t = np.array([0.8, 1.1]), np.array([1.0, 0.7])
    surface = 0.2 + np.exp(-(x**2) / (2 * s**2) - (y - xi * x) ** 2 / (2 * t**2))
    fit = fit_speed(surface, OCTAVES, tf)
    np.testing.assert_allclose(fit.speed_index, xi, atol=1e-6)
    np.testing.assert_allclose(fit.speed, 2.2 / 0.03)
    np.testing.assert_allclose(fit.sf, 0.03)
    np.testing.assert_allclose([fit.sigma_sf, fit.sigma_tf], [s, t])
    assert fit.inside.all()
    # other order of both axes
    turned = fit_speed(surface[::-1, ::-1], OCTAVES[::-1], tf[::-1])
    np.testing.assert_allclose(turned.speed, fit.speed)


def test_speed_beyond_the_tested_range_is_flagged():
    tf = 0.5 * 2.0 ** np.arange(4)
    x, y = np.log2(OCTAVES / 0.03)[:, None], np.log2(tf / 30)
    fit = fit_speed(np.exp(-(x**2) / 2 - y**2 / 8), OCTAVES, tf)
    assert not fit.inside[0]
    np.testing.assert_allclose(fit.tf, 4)


def test_wrong_levels_are_refused():
    curve = np.ones(5)
    for fit, few in (
        (fit_log_gaussian, "4 frequencies"),
        (fit_naka_rushton, "4 contrasts"),
        (fit_size, "5 sizes"),
    ):
        with pytest.raises(AnalysisError, match=f"at least {few}, and 3 were shown"):
            fit(curve[:3], [1, 2, 3])
        with pytest.raises(AnalysisError, match="each occur once"):
            fit(curve, [1, 2, 2, 3, 4])
        with pytest.raises(AnalysisError, match=r"shape \[5\]"):
            fit(curve, [1, 2, 3, 4])
        with pytest.raises(AnalysisError, match="must be numbers"):
            fit(curve, list("abcde"))
    with pytest.raises(AnalysisError, match="no place on a logarithmic axis"):
        fit_log_gaussian(curve, [0, 1, 2, 3, 4])
    with pytest.raises(AnalysisError, match="contrasts is -1, below 0"):
        fit_naka_rushton(curve, [-1, 1, 2, 3, 4])
    with pytest.raises(AnalysisError, match="size model 'sum'"):
        fit_size(curve, [1, 2, 3, 4, 5], "sum")
    with pytest.raises(AnalysisError, match=r"give \[S, T\]"):
        fit_speed(np.ones((3, 4)), [1, 2, 3, 4], [1, 2, 3])
