"""Curves over frequency and the choice between them, against scipy and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.optimize import brentq, curve_fit

from insilico_gui.analysis import frequency_columns, parameter_tuning
from insilico_gui.analysis.tuning.frequency_choice import (
    CANDIDATES,
    FREQUENCY,
    halves_of,
)
from insilico_gui.analysis.tuning.frequency_models import DIFFERENCE, LINEAR, SKEWED

FREQUENCIES = 0.01 * 2 ** np.arange(0, 4.6, 0.5)


def log_gaussian(f, f0, sigma):
    return np.exp(-(np.log2(f / f0) ** 2) / 2 / sigma**2)


def linear(f, f0, sigma):
    return np.exp(-((f - f0) ** 2) / 2 / sigma**2)


def skewed(f, f0, sigma, skew):
    x = np.log2(f / f0)
    return np.exp(-(x**2) / 2 / (sigma + skew * x) ** 2)


def difference(f, wide, narrow, weight):
    return np.exp(-((f / wide) ** 2)) - weight * np.exp(-((f / narrow) ** 2))


TRUE = {
    "log-Gaussian": lambda f: log_gaussian(f, 0.06, 0.7),
    "linear Gaussian": lambda f: linear(f, 0.07, 0.035),
    "skewed log-Gaussian": lambda f: skewed(f, 0.05, 0.8, -0.2),
    "difference of Gaussians": lambda f: difference(f, 0.12, 0.05, 0.9),
}


@pytest.mark.parametrize("name", TRUE)
def test_each_curve_is_chosen_and_described(name):
    true = TRUE[name]
    fit = FREQUENCY.fit(0.2 + 3 * true(FREQUENCIES), FREQUENCIES)
    assert fit.model[0] == name
    assert fit.r2[0] > 0.99999
    fine = np.geomspace(FREQUENCIES[0], FREQUENCIES[-1], 200_001)
    values = true(fine)
    peak = fine[values.argmax()]
    assert np.log2(fit.preferred[0] / peak) == pytest.approx(0, abs=0.005)
    top = values.max()
    low = brentq(lambda f: true(f) - top / 2, 1e-4, peak)
    high = brentq(lambda f: true(f) - top / 2, peak, 1.0)
    tested = low >= FREQUENCIES[0], high <= FREQUENCIES[-1]
    for found, wanted, inside in zip(
        (fit.low, fit.high), (low, high), tested, strict=True
    ):
        if inside:
            assert np.log2(found[0] / wanted) == pytest.approx(0, abs=0.01)
        else:
            assert np.isnan(found[0])
    assert np.isnan(fit.bandwidth[0]) == (not all(tested))
    if all(tested):
        assert fit.bandwidth[0] == pytest.approx(np.log2(high / low), abs=0.02)
    assert fit.amplitude[0] == pytest.approx(3 * top, rel=0.01)
    assert fit.shape[0] == "band-pass"
    drawn = FREQUENCY.curve(fit, fine)[:, 0]
    np.testing.assert_allclose(drawn, 0.2 + 3 * values, atol=0.02)


@pytest.mark.parametrize("model", [LINEAR, SKEWED, DIFFERENCE], ids=lambda m: m.name)
def test_derivatives_are_those_of_differences(model):
    rng = np.random.default_rng(0)
    octaves = np.log2(FREQUENCIES)
    lower, upper = (np.array(bound, float) for bound in model.bounds(octaves))
    lower[:2], upper[:2] = 0.1, 1
    p = lower + (upper - lower) * (0.3 + 0.4 * rng.random((50, len(lower))))
    slope = model.jacobian(p, octaves)
    for k in range(p.shape[1]):
        step = np.zeros_like(p)
        step[:, k] = 1e-6
        rise = model.predict(p + step, octaves) - model.predict(p - step, octaves)
        np.testing.assert_allclose(slope[:, :, k], rise / 2e-6, atol=1e-4, rtol=1e-4)


def test_linear_fits_are_those_of_scipy():
    rng = np.random.default_rng(1)
    true = linear(FREQUENCIES, 0.06, 0.03)
    for _ in range(5):
        noisy = 0.3 + true + 0.03 * rng.normal(size=len(true))
        found = LINEAR.fit(noisy, FREQUENCIES).values()
        wanted, _ = curve_fit(
            lambda f, b, a, f0, s: b + a * linear(f, f0, s),
            FREQUENCIES,
            noisy,
            (0.3, 1, 0.06, 0.03),
        )
        names = ("baseline", "amplitude", "preferred", "sigma")
        np.testing.assert_allclose(
            [found[name][0] for name in names], np.abs(wanted), rtol=2e-3
        )


def tuned(values, trials):
    rate = 30.0
    responses = xr.DataArray(
        values,
        {
            "time": np.arange(len(values)) / rate,
            "unit_id": ("unit", np.arange(values.shape[1])),
        },
        ("time", "unit"),
        attrs={"frame_rate": rate, "trials": trials},
    )
    return parameter_tuning(
        responses, "spatial_frequency", other="best", burn_in_frames=0
    )


@pytest.fixture(scope="module")
def repeated():
    """Linear Gaussians at two contrasts in noise, ten times each."""
    rng = np.random.default_rng(2)
    n = len(FREQUENCIES)
    f = np.tile(FREQUENCIES, 20)
    contrast = np.repeat([0.3, 1.0], 10 * n)
    order = rng.permutation(20 * n)
    f, contrast = f[order], contrast[order]
    true = rng.uniform(0.04, 0.09, 150)
    rate = contrast[:, None] * (0.2 + linear(f[:, None], true, 0.4 * true))
    trials = {
        "onset": (np.arange(20 * n) / 30).tolist(),
        "duration": [0.0] * (20 * n),
        "spatial_frequency": f.tolist(),
        "contrast": contrast.tolist(),
    }
    return tuned(rate + 0.15 * rng.normal(size=rate.shape), trials), true


def test_halves_are_those_of_a_loop(repeated):
    tuning, _ = repeated
    first, second = halves_of(tuning)["halves"]
    for unit in (0, 7):
        best = tuning["best_contrast"].to_numpy()[unit]
        for k, level in enumerate(tuning["spatial_frequency"].to_numpy()):
            here = (tuning["trial_spatial_frequency"] == level) & (
                tuning["trial_contrast"] == best
            )
            shown = tuning["trial_response"].to_numpy()[here, unit]
            assert first[k, unit] == pytest.approx(shown[::2].mean())
            assert second[k, unit] == pytest.approx(shown[1::2].mean())


def test_the_choice_is_that_of_a_loop(repeated):
    tuning, _ = repeated
    columns = frequency_columns(tuning)
    halves = halves_of(tuning)["halves"]
    for unit in range(6):
        errors = []
        for model in CANDIDATES:
            total = 0.0
            for one, other in (halves, halves[::-1]):
                fitted = model.fit(one[:, unit], FREQUENCIES)
                values = fitted.values() if hasattr(fitted, "values") else vars(fitted)
                p = np.array([[values[name][0] for name in model.parameters]])
                for k, name in enumerate(model.parameters):
                    if name in model.searched:
                        p[:, k] = model.searched[name][0](p[:, k])
                drawn = model.predict(p, np.log2(FREQUENCIES))[0]
                total += ((drawn - other[:, unit]) ** 2).sum()
            errors.append(total)
        best = CANDIDATES[int(np.nanargmin(errors))].name
        assert columns["sf_model_fit"].iloc[unit] == best


def test_preferences_are_not_biased_in_noise(repeated):
    tuning, true = repeated
    columns = frequency_columns(tuning)
    signed = np.log2(columns["pref_sf_fit"].to_numpy() / true)
    assert abs(np.median(signed)) < 0.03
    assert np.median(np.abs(signed)) < 0.12
    assert (columns["sf_model_fit"] == "linear Gaussian").mean() > 0.4


def test_with_four_frequencies_there_is_no_choice():
    few = FREQUENCIES[::3]
    fit = FREQUENCY.fit(0.2 + linear(few, 0.07, 0.04), few)
    assert fit.model[0] == "log-Gaussian"
    flat = FREQUENCY.fit(np.ones((9, 2)), FREQUENCIES[:9])
    assert not flat.success.any()
    assert (flat.model == "").all()
    assert np.isnan(flat.preferred).all()
