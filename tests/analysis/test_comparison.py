from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from insilico_gui.analysis import compare
from insilico_gui.errors import AnalysisError


def responses(values, unit_ids=None, rate=30.0, **attrs):
    values = np.asarray(values, np.float32)
    n_frames, n_units = values.shape
    return xr.DataArray(
        values,
        {
            "time": np.arange(n_frames) / rate,
            "unit_id": ("unit", np.arange(n_units) if unit_ids is None else unit_ids),
        },
        ("time", "unit"),
        attrs=attrs,
    )


@pytest.fixture
def noise():
    return np.random.default_rng(0).random((80, 6)) + 1


def test_correlation_is_pearson_after_burn_in(noise):
    other = 0.5 * noise + np.random.default_rng(1).random((80, 6))
    table = compare(responses(noise), responses(other, session="them"))
    expected = [np.corrcoef(noise[10:, u], other[10:, u])[0, 1] for u in range(6)]
    np.testing.assert_allclose(table["correlation"], expected, rtol=1e-4)
    np.testing.assert_allclose(table["mean_response"], noise[10:].mean(0), rtol=1e-5)
    np.testing.assert_allclose(
        table["mean_difference"], (noise - other)[10:].mean(0), atol=1e-5
    )
    assert table.attrs["reference_session"] == "them"
    assert table.attrs["n_common_units"] == 6


def test_units_are_matched_by_id(noise):
    shuffled = np.array([3, 0, 5, 1])
    table = compare(
        responses(noise), responses(noise[:, shuffled], np.array([3, 0, 5, 1]))
    )
    np.testing.assert_allclose(table["correlation"][[0, 1, 3, 5]], 1, rtol=1e-6)
    assert table["correlation"][[2, 4]].isna().all()
    assert table["mean_reference"][[2, 4]].isna().all()


def test_other_times_have_means_but_no_correlation(noise):
    table = compare(responses(noise), responses(noise[:50]))
    assert "correlation" not in table
    assert table["mean_difference"].notna().all()


def test_blocks_change_nothing(noise, monkeypatch):
    whole = compare(responses(noise), responses(noise[:, ::-1]))
    monkeypatch.setattr("insilico_gui.analysis.trials.blocks.BLOCK_BYTES", 4 * 6 * 7)
    pieces = compare(responses(noise), responses(noise[:, ::-1]))
    np.testing.assert_allclose(whole, pieces, rtol=1e-10)


def test_a_constant_unit_has_no_correlation(noise):
    noise[:, 2] = 0.1
    table = compare(responses(noise), responses(noise))
    assert np.isnan(table["correlation"][2])
    assert (table["correlation"].drop(2) > 0.999).all()


def test_what_cannot_be_compared_is_said(noise):
    with pytest.raises(AnalysisError, match="no unit in common"):
        compare(responses(noise), responses(noise, np.arange(6) + 100))
    with pytest.raises(AnalysisError, match="nothing left"):
        compare(responses(noise[:10]), responses(noise))
    with pytest.raises(AnalysisError, match="batch"):
        compare(responses(noise).expand_dims("trial"), responses(noise))
    with pytest.raises(AnalysisError, match="unit_id"):
        compare(responses(noise), responses(noise).drop_vars("unit_id"))
