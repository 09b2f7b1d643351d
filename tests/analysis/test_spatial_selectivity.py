"""SSI is minus the log of the covariance's determinant."""

from __future__ import annotations

import numpy as np
import pytest

from insilico_gui.analysis import ssi
from insilico_gui.analysis.fields import spatial_selectivity
from insilico_gui.errors import AnalysisError


def blob(sigma, at=(18, 32), shape=(36, 64)):
    row, column = np.indices(shape)
    return np.exp(-((row - at[0]) ** 2 + (column - at[1]) ** 2) / 2 / sigma**2)


def test_of_a_gaussian_it_is_known():
    for sigma in (2, 3, 4):
        expected = -2 * np.log((sigma / 64) ** 2)
        assert ssi(blob(sigma)) == pytest.approx(expected, rel=1e-3)


def test_it_is_the_covariance_of_places_by_weight(monkeypatch):
    monkeypatch.setattr(spatial_selectivity, "UNITS_AT_ONCE", 2)
    maps = np.random.default_rng(0).random((5, 6, 9))
    maps[3, 2, 4] = np.nan
    found = ssi(maps)
    for value, one in zip(found, maps, strict=True):
        known = np.isfinite(one)
        row, column = np.nonzero(known)
        c = np.cov(np.stack([column, row]) / 9, aweights=one[known], ddof=0)
        assert value == pytest.approx(-np.log(np.linalg.det(c)), rel=1e-9)


def test_scale_and_place_do_not_matter_and_negative_is_nothing():
    field = blob(3)
    np.testing.assert_allclose(ssi(7 * field), ssi(field))
    np.testing.assert_allclose(ssi(blob(3, (15, 30))), ssi(field), rtol=1e-6)
    below = np.where(field < 1e-3, -0.5, field)
    np.testing.assert_allclose(ssi(below), ssi(np.where(field < 1e-3, 0, field)))
    assert ssi(field + 0.1) < ssi(field)


def test_nothing_and_lines_have_none():
    maps = np.zeros((3, 6, 9))
    maps[1, 2] = 1.0  # a line
    maps[2] = np.nan
    assert np.isnan(ssi(maps)).all()
    with pytest.raises(AnalysisError, match="maps"):
        ssi(np.ones(4))
