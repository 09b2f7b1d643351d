"""Identities of the selectivity indices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from insilico_gui.analysis import dsi, fit_von_mises, gdsi, gosi, osi
from insilico_gui.errors import AnalysisError

EIGHT = np.arange(8) * 45.0


def cosine(directions, harmonic, depth, at=0.0):
    return 1 + depth * np.cos(harmonic * np.radians(np.asarray(directions) - at))


curves = arrays(np.float64, (8, 3), elements=st.floats(0, 100))


def test_values_by_hand():
    curve = np.array([4.0, 1, 2, 0, 1, 0, 0, 0])
    assert osi(curve, EIGHT, "raw") == pytest.approx((4 - 1) / (4 + 1))
    assert dsi(curve, EIGHT, "raw") == pytest.approx((4 - 1) / (4 + 1))
    # folded: 2.5, 0.5, 1, 0
    assert osi(curve, EIGHT, "folded") == pytest.approx((2.5 - 1) / (2.5 + 1))


def test_fitted_indices_follow_from_the_parameters():
    kappa, phi, a, b = 1.3, 0.8, 2.0, 0.25
    cos = np.cos(np.radians(EIGHT - 45))
    curve = b + a * (
        phi * np.exp(kappa * (cos - 1)) + (1 - phi) * np.exp(-kappa * (cos + 1))
    )
    preferred = b + a * (phi + (1 - phi) * np.exp(-2 * kappa))
    null = b + a * (phi * np.exp(-2 * kappa) + 1 - phi)
    orthogonal = b + a * np.exp(-kappa)
    assert osi(curve, EIGHT) == pytest.approx(
        (preferred - orthogonal) / (preferred + orthogonal), rel=1e-5
    )
    assert dsi(curve, EIGHT) == pytest.approx(
        (preferred - null) / (preferred + null), rel=1e-5
    )


def test_shapes_follow_the_curve():
    both = np.stack([cosine(EIGHT, 2, 0.5), cosine(EIGHT, 1, 0.5)], axis=1)
    for index in (gosi, gdsi, osi, dsi):
        assert index(both, EIGHT).shape == (2,)
        assert index(both[:, 0], EIGHT).shape == ()


@given(curves, st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_rotation_changes_no_index(curve, steps):
    turned = np.roll(curve, steps, axis=0)
    for index in (gosi, gdsi):
        np.testing.assert_allclose(index(turned, EIGHT), index(curve, EIGHT), atol=1e-9)
    unique = np.all(np.sort(curve, axis=0)[-1] > np.sort(curve, axis=0)[-2])
    if unique:  # with two equal maxima, either may be called preferred
        np.testing.assert_allclose(
            osi(turned, EIGHT, "raw"), osi(curve, EIGHT, "raw"), atol=1e-9
        )
        np.testing.assert_allclose(
            dsi(turned, EIGHT, "raw"), dsi(curve, EIGHT, "raw"), atol=1e-9
        )


@given(curves, st.floats(1e-3, 1e3))
@settings(max_examples=60, deadline=None)
def test_gain_changes_no_index(curve, gain):
    curve = np.where(curve < 1e-6, 0, curve)  # products of denormals are not exact
    for index in (gosi, gdsi):
        np.testing.assert_allclose(
            index(gain * curve, EIGHT), index(curve, EIGHT), atol=1e-9
        )
    folded = osi(gain * curve, EIGHT, "folded")
    np.testing.assert_allclose(folded, osi(curve, EIGHT, "folded"), atol=1e-6)


@given(curves)
@settings(max_examples=60, deadline=None)
def test_global_indices_lie_between_0_and_1(curve):
    for index in (gosi, gdsi):
        values = index(curve, EIGHT)
        silent = curve.sum(axis=0) == 0
        assert np.isnan(values[silent]).all()
        assert ((values[~silent] >= 0) & (values[~silent] <= 1 + 1e-12)).all()


@given(
    st.integers(0, 15),
    st.floats(0.5, 5),
    st.floats(0.6, 1),
    st.floats(0.1, 1),
    st.floats(1e-3, 1e3),
)
@settings(max_examples=40, deadline=None)
def test_rotating_and_scaling_a_curve_moves_and_keeps_its_fit(
    steps, kappa, phi, baseline, gain
):
    degrees = np.arange(16) * 22.5
    cos = np.cos(np.radians(degrees - 100))
    curve = (
        baseline
        + phi * np.exp(kappa * (cos - 1))
        + (1 - phi) * np.exp(-kappa * (cos + 1))
    )
    turned = gain * np.roll(curve, steps)
    before, after = fit_von_mises(curve, degrees), fit_von_mises(turned, degrees)
    moved = (after.mu[0] - before.mu[0] - 22.5 * steps + 180) % 360 - 180
    assert abs(moved) < 0.01
    np.testing.assert_allclose(after.osi, before.osi, atol=1e-4)
    np.testing.assert_allclose(after.dsi, before.dsi, atol=1e-4)


def test_silent_curve_is_nan_in_every_index():
    zero = np.zeros(8)
    for variant in ("raw", "folded", "fit"):
        assert np.isnan(osi(zero, EIGHT, variant))
    for variant in ("raw", "fit"):
        assert np.isnan(dsi(zero, EIGHT, variant))
    assert np.isnan(gosi(zero, EIGHT))
    assert np.isnan(gdsi(zero, EIGHT))


def test_missing_response_is_nan_in_that_unit_only():
    both = np.stack([cosine(EIGHT, 2, 0.5)] * 2, axis=1)
    both[3, 0] = np.nan
    for index in (gosi, gdsi, osi, dsi):
        values = index(both, EIGHT)
        assert np.isnan(values[0])
        assert np.isfinite(values[1])


def test_negative_values_are_clipped_before_vector_sums():
    curve = np.array([2.0, 1, -3, 1, 2, 1, -3, 1])
    assert gosi(curve, EIGHT) == gosi(np.clip(curve, 0, None), EIGHT)
    assert gdsi(curve, EIGHT) == gdsi(np.clip(curve, 0, None), EIGHT)
    assert osi(curve, EIGHT, "raw") == 1  # 2 against 0
    assert np.isnan(gosi(-np.ones(8), EIGHT))


def test_infinite_response_is_nan_without_a_warning():
    curve = cosine(EIGHT, 2, 0.5)
    curve[2] = np.inf
    assert np.isnan(gosi(curve, EIGHT))
    assert np.isnan(osi(curve, EIGHT, "raw"))
    assert np.isnan(osi(curve, EIGHT))


def test_order_and_turns_of_directions_do_not_matter():
    curve, order = cosine(EIGHT, 1, 0.5, at=45), np.array([3, 1, 0, 7, 5, 2, 6, 4])
    for index in (gosi, gdsi, osi, dsi):
        expected = index(curve, EIGHT)
        assert index(curve[order], EIGHT[order] - 720) == pytest.approx(
            expected, rel=1e-6
        )


def test_orientations_alone_give_orientation_indices():
    half = np.arange(8) * 22.5
    curve = cosine(half, 2, 0.5)
    assert gosi(curve, half) == pytest.approx(0.25)
    assert osi(curve, half, "folded") == pytest.approx(0.5)
    with pytest.raises(AnalysisError, match="gDSI needs"):
        gdsi(curve, half)
    with pytest.raises(AnalysisError, match="orthogonal of every direction"):
        osi(curve, half, "raw")


def test_seven_directions_have_no_orthogonal_but_a_fit():
    seven = np.arange(7) * 360 / 7
    curve = cosine(seven, 2, 0.5)
    for variant in ("raw", "folded"):
        with pytest.raises(AnalysisError, match="use the variant 'fit'"):
            osi(curve, seven, variant)
    with pytest.raises(AnalysisError, match="opposite of every direction"):
        dsi(curve, seven, "raw")
    assert 0 < osi(curve, seven) < 1
    assert gosi(curve, seven) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("directions", "index"),
    [
        ([0, 45, 90, 180], gosi),
        ([0, 45, 90, 135, 180], gosi),
        ([0, 90, 180], gdsi),
        ([0], gdsi),
    ],
)
def test_uneven_directions_have_no_global_index(directions, index):
    with pytest.raises(AnalysisError, match=r"evenly spaced|without their opposite"):
        index(np.ones(len(directions)), directions)


@pytest.mark.parametrize(
    ("curve", "directions", "message"),
    [
        (np.ones(7), EIGHT, "shape"),
        (np.ones((8, 1, 1)), EIGHT, "shape"),
        (np.ones(2), [0, 360], "more than once"),
        (np.ones(2), [0, np.nan], "finite"),
        (np.ones(0), [], "at least one"),
    ],
)
def test_malformed_curves_are_refused(curve, directions, message):
    with pytest.raises(AnalysisError, match=message):
        gosi(curve, directions)


def test_unknown_variants_are_refused():
    with pytest.raises(AnalysisError, match="no OSI variant 'vector'; choose raw or"):
        osi(np.ones(8), EIGHT, "vector")
    with pytest.raises(AnalysisError, match="no DSI variant 'folded'"):
        dsi(np.ones(8), EIGHT, "folded")
