"""Sparseness and signal correlations against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from make_experiment import experiment

from insilico_gui.analysis import (
    direction_tuning,
    lifetime_sparseness,
    mean_signal_correlation,
    population_sparseness,
    signal_correlation_blocks,
    signal_correlations,
    sparseness_columns,
)
from insilico_gui.errors import AnalysisError


def test_extremes_of_both_variants():
    one, all_equal = np.eye(8)[:, :1], np.full((8, 1), 3.0)
    curve = np.hstack([one, all_equal])
    np.testing.assert_allclose(lifetime_sparseness(curve), [1, 0], atol=1e-12)
    np.testing.assert_allclose(lifetime_sparseness(curve, "treves_rolls"), [1 / 8, 1])
    np.testing.assert_allclose(population_sparseness(curve.T), [1, 0], atol=1e-12)


def test_m_of_n_equal_responses():
    curve = np.zeros((10, 1))
    curve[:3] = 2.5
    assert lifetime_sparseness(curve, "treves_rolls") == pytest.approx(0.3)
    assert lifetime_sparseness(curve) == pytest.approx(0.7 / 0.9)


def test_negative_silent_and_missing_responses():
    curve = np.array([[1.0, 0, 2, np.nan], [-5, 0, 2, 1], [1, 0, 2, 1]])
    lifetime = lifetime_sparseness(curve)
    assert lifetime[0] == pytest.approx((1 - 2 / 3) / (1 - 1 / 3))
    assert np.isnan(lifetime[[1, 3]]).all()
    # the unit with the NaN is left out: rates 1, 0, 2 and 0, 0, 2 of three units
    expected = (1 - np.array([9 / 15, 1 / 3, 9 / 15])) / (1 - 1 / 3)
    np.testing.assert_allclose(population_sparseness(curve), expected)


def test_what_cannot_be_sparse_is_refused():
    with pytest.raises(AnalysisError, match="variant 'gini'"):
        lifetime_sparseness(np.ones((3, 3)), "gini")
    with pytest.raises(AnalysisError, match="two or more"):
        lifetime_sparseness(np.ones((1, 3)))
    with pytest.raises(AnalysisError, match="1 of 2 have a response"):
        population_sparseness([[1, np.nan], [1, 1]])
    with pytest.raises(AnalysisError, match=r"shape \[3\]"):
        population_sparseness([1, 2, 3])


def test_signal_correlations_are_those_of_numpy():
    curve = np.random.default_rng(0).normal(size=(12, 30))
    matrix = signal_correlations(curve)
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(matrix, np.corrcoef(curve.T), atol=1e-6)
    blocks = dict(signal_correlation_blocks(curve, 7))
    assert list(blocks) == [0, 7, 14, 21, 28]
    np.testing.assert_array_equal(np.concatenate(list(blocks.values())), matrix)
    off = (np.corrcoef(curve.T).sum(axis=0) - 1) / 29
    np.testing.assert_allclose(mean_signal_correlation(curve), off)


def test_units_that_do_not_vary_correlate_with_none():
    curve = np.random.default_rng(1).normal(size=(9, 4))
    curve[:, 1] = 0.1
    curve[3, 2] = np.nan
    matrix = signal_correlations(curve)
    assert np.isnan(matrix[[1, 2]]).all()
    assert np.isnan(matrix[:, [1, 2]]).all()
    assert np.isfinite(matrix[np.ix_([0, 3], [0, 3])]).all()
    mean = mean_signal_correlation(curve)
    np.testing.assert_array_equal(np.isnan(mean), [0, 1, 1, 0])
    assert mean[0] == pytest.approx(matrix[0, 3], abs=1e-6)


def test_correlations_need_conditions_and_memory():
    with pytest.raises(AnalysisError, match="at least 3 conditions"):
        signal_correlations(np.ones((2, 5)))
    with pytest.raises(AnalysisError, match="at least one unit"):
        signal_correlation_blocks(np.eye(3), 0)
    with pytest.raises(AnalysisError, match=r"10.0 GB; select units"):
        signal_correlations(np.zeros((3, 50_000)))


def test_columns_of_a_tuning():
    tuning = direction_tuning(experiment())
    table = sparseness_columns(tuning, "treves_rolls")
    assert list(table) == ["lifetime_sparseness_treves_rolls"]
    assert table.attrs["variant"] == "treves_rolls"
    assert table.attrs["burn_in_frames"] == 10
    np.testing.assert_allclose(
        table.iloc[:, 0], lifetime_sparseness(tuning["curve"], "treves_rolls")
    )
    with pytest.raises(AnalysisError, match="not a tuning"):
        sparseness_columns(tuning.drop_attrs())
