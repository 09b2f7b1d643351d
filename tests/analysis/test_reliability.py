"""CC_abs, CC_max and CC_norm against reference values and simulated repeats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from insilico_gui.analysis import join_repeats, reliability, reliability_columns
from insilico_gui.errors import AnalysisError

REFERENCE = Path(__file__).parents[1] / "data" / "reliability" / "evaluation.npz"


@pytest.fixture(scope="module")
def reference():
    with np.load(REFERENCE) as arrays:
        return dict(arrays)


def videos(reference, kind):
    return [reference[f"eval_{kind}_video{i}"] for i in range(3)]


def test_public_implementation_is_reproduced(reference):
    burn_in = int(reference["eval_burnin"])
    recorded = join_repeats(videos(reference, "resp"), burn_in)
    assert recorded.shape == tuple(reference["eval_formatted_shape"])
    result = reliability(join_repeats(videos(reference, "pred"), burn_in), recorded)
    for name in ("cc_abs", "cc_max", "cc_norm"):
        np.testing.assert_allclose(
            getattr(result, name), reference[f"eval_{name}"], rtol=1e-6
        )
    # two videos with four repeats and one with three
    t = np.repeat([4, 4, 3], 20)
    n = np.sqrt((t.sum() - 60) / ((t - 1) / t**2).sum())
    np.testing.assert_allclose(result.n_repeats, n)


def test_columns_carry_how_they_were_made(reference):
    burn_in = int(reference["eval_burnin"])
    table = reliability_columns(
        videos(reference, "pred"), videos(reference, "resp"), burn_in
    )
    assert list(table) == ["cc_abs", "cc_max", "cc_norm"]
    np.testing.assert_allclose(table["cc_norm"], reference["eval_cc_norm"], rtol=1e-6)
    assert table.attrs["burn_in_frames"] == burn_in
    assert (table.attrs["n_repeats"], table.attrs["n_samples"]) == (4, 60)
    assert table.attrs["n_nan"] == 0


def simulated(n_repeats=10, n_samples=4000, noise=1.0, n_units=20):
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(n_units, n_samples))
    recorded = signal[:, None] + noise * rng.normal(
        size=(n_units, n_repeats, n_samples)
    )
    return signal, recorded


def test_ceiling_and_signal_power_are_those_of_the_simulation():
    signal, recorded = simulated(noise=2)
    result = reliability(signal, recorded)
    # signal variance 1 in a mean with noise variance 4/10
    np.testing.assert_allclose(result.cc_max, np.sqrt(1 / 1.4), atol=0.02)
    np.testing.assert_allclose(result.signal_power, 1, atol=0.1)


def test_equal_repeats_are_fully_explainable():
    signal, recorded = simulated(noise=0)
    result = reliability(3 * signal + 2, recorded)
    np.testing.assert_allclose(result.cc_abs, 1)
    # ddof 1 against ddof 0
    np.testing.assert_allclose(result.cc_max, np.sqrt(4000 / 3999))


def test_pure_noise_has_no_ceiling_where_the_signal_power_is_negative():
    rng = np.random.default_rng(2)
    recorded = rng.normal(size=(200, 4, 50))
    result = reliability(rng.normal(size=(200, 50)), recorded)
    negative = result.signal_power < 0
    assert 60 < negative.sum() < 180
    np.testing.assert_array_equal(np.isnan(result.cc_max), negative)
    np.testing.assert_array_equal(np.isnan(result.cc_norm), negative)
    assert np.isfinite(result.cc_abs).all()


def test_a_padded_repeat_and_an_unrecorded_sample_change_nothing():
    signal, recorded = simulated(n_repeats=4, n_samples=300)
    plain = reliability(signal, recorded)
    missing = np.full((20, 1, 300), np.nan)
    padded = reliability(signal, np.concatenate([recorded, missing], axis=1))
    gap = np.full((20, 4, 7), np.nan)
    gapped = reliability(
        np.concatenate([signal, np.ones((20, 7))], axis=1),
        np.concatenate([recorded, gap], axis=2),
    )
    for other in (padded, gapped):
        for a, b in zip(plain, other, strict=True):
            np.testing.assert_allclose(a, b)


def test_unit_without_recording_or_variation_is_nan():
    signal, recorded = simulated(n_samples=100)
    recorded[0] = np.nan
    signal[1] = 0.1
    signal[2, 5] = np.nan
    result = reliability(signal, recorded)
    np.testing.assert_array_equal(np.isnan(result.cc_abs[:4]), [1, 1, 1, 0])
    np.testing.assert_array_equal(np.isnan(result.cc_max[:4]), [1, 0, 0, 0])


def test_wrong_input_is_refused():
    signal, recorded = simulated(n_samples=30)
    with pytest.raises(AnalysisError, match="single repeat"):
        reliability(signal, recorded[:, :1])
    with pytest.raises(AnalysisError, match=r"shape \[20, 29\]"):
        reliability(signal[:, 1:], recorded)
    with pytest.raises(AnalysisError, match="infinite"):
        reliability(np.full_like(signal, np.inf), recorded)
    with pytest.raises(AnalysisError, match="burn-in leaves out 30"):
        join_repeats([np.zeros((2, 30, 4))], 30)
    with pytest.raises(AnalysisError, match="numbers of units: 4, 5"):
        join_repeats([np.zeros((2, 30, 4)), np.zeros((2, 30, 5))])
