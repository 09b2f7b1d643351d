"""Every index of two responses is within its bounds, whatever the responses are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from insilico_gui.analysis import (
    dsi,
    fit_von_mises,
    gdsi,
    gosi,
    lifetime_sparseness,
    osi,
    suppression_index,
)
from insilico_gui.analysis.fits.contrast_index import contrast_index, fall_index

EIGHT = np.arange(8) * 45.0
ANY = st.floats(allow_nan=True, allow_infinity=True, width=64)
FINITE = st.floats(-1e6, 1e6)


def bounded(values, low, high=1.0):
    known = np.asarray(values)[~np.isnan(values)]
    assert ((known >= low) & (known <= high)).all(), known


@given(arrays(np.float64, (8, 3), elements=ANY | FINITE))
@settings(max_examples=300, deadline=None)
def test_indices_of_any_curve_are_bounded(curve):
    with np.errstate(all="ignore"):
        bounded(gosi(curve, EIGHT), 0)
        bounded(gdsi(curve, EIGHT), 0)
        for variant in ("raw", "folded"):
            bounded(osi(curve, EIGHT, variant), -1)
        bounded(dsi(curve, EIGHT, "raw"), -1)
        bounded(lifetime_sparseness(curve), 0)
        bounded(suppression_index(curve[0], curve[1]), 0)
        bounded(suppression_index(curve[0], curve[1], curve[2]), 0)
        bounded(contrast_index(curve[0], curve[1]), -1)
        bounded(fall_index(curve[0], curve[1]), 0)


@given(arrays(np.float64, (8, 4), elements=FINITE))
@settings(max_examples=60, deadline=None)
def test_indices_of_fits_are_bounded(curve):
    fit = fit_von_mises(curve, EIGHT)
    bounded(fit.osi, -1)
    bounded(fit.dsi, -1)


def test_signed_responses_are_rectified():
    """The curve of a z-scored unit, whose plain ratio is 53.6."""
    curve = np.array([1.02, 0.3, -0.98, 0.1, -0.2, 0.3, -0.99, 0.0])
    assert osi(curve, EIGHT, "raw") == 1
    assert dsi(curve, EIGHT, "raw") == 1
    curve[4] = 0.51
    assert dsi(curve, EIGHT, "raw") == pytest.approx(1 / 3)
    assert np.isnan([osi(-np.abs(curve), EIGHT, v) for v in ("raw", "folded")]).all()
    assert np.isnan(dsi(-np.abs(curve), EIGHT, "raw"))


def test_what_is_above_zero_by_rounding_is_no_response():
    curve = np.full(8, -1.0)
    curve[2] = 1e-7
    for index in (gosi, gdsi):
        assert np.isnan(index(curve, EIGHT))
    assert np.isnan(osi(curve, EIGHT, "raw"))
    assert np.isnan(lifetime_sparseness(curve[:, None])).all()


def test_closed_forms():
    assert contrast_index(3, 1) == 0.5
    assert contrast_index(1e308, 1e308) == 0
    assert contrast_index(5e-324, 0) == 1
    assert contrast_index(-2, 1) == -1
    assert np.isnan(contrast_index(-2, -1))
    assert fall_index(4, 1) == 0.75
    assert fall_index(4, -3) == 1
    assert np.isnan(fall_index(1, 2))
