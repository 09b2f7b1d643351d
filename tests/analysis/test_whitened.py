"""Whitened averages and linear-nonlinear models against models that are known."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
import xarray as xr

from insilico_gui.analysis.fields.lagged_regression import (
    CHOOSE,
    FIT,
    HELD_OUT,
    UNUSED,
    uses_of_frames,
)
from insilico_gui.analysis.fields.nonlinearity import fit_nonlinearity
from insilico_gui.analysis.fields.nonlinearity_draws import nonlinearity_intervals
from insilico_gui.analysis.fields.whitened import (
    ln_columns,
    sta_columns,
    whitened_sta,
)
from insilico_gui.errors import AnalysisError
from insilico_gui.stimuli import ArrayStimulus

SHAPE, LAGS, RATE = (6, 8), (0, 1, 2, 3), 30.0
CENTRES = [(1.5, 2.0), (2.5, 4.0), (3.5, 5.0), (2.0, 3.0), (3.0, 4.5), (2.5, 3.5)]


def pink(n_frames, seed=0):
    """Movie whose neighbours in space and time are alike, uint8 [T, 6, 8]."""
    noise = np.random.default_rng(seed).normal(size=(n_frames + 4, 9, 11))
    smooth = noise[:n_frames] + noise[1 : n_frames + 1]
    smooth = sum(smooth[:, a : a + 6, b : b + 8] for a in range(3) for b in range(3))
    scaled = 128 + 40 * smooth / smooth.std()
    return np.clip(np.round(scaled), 0, 255).astype(np.uint8)


def true_filters():
    """Gaussians over the screen, biphasic in time, [units, lag, row, column]."""
    row, column = np.mgrid[: SHAPE[0], : SHAPE[1]]
    time = np.array([0.2, 1.0, 0.5, -0.3])
    maps = [
        np.exp(-((row - y) ** 2 + (column - x) ** 2) / (2 * 0.9**2)) for y, x in CENTRES
    ]
    return time[None, :, None, None] * np.stack(maps)[:, None]


def generators(movie, filters):
    """One product at a time: [T, units]."""
    contrast = (movie.astype(float) - 128) / 127
    out = np.zeros((len(movie), len(filters)))
    for unit, one in enumerate(filters):
        for lag, field in zip(LAGS, one, strict=True):
            for t in range(lag, len(movie)):
                out[t, unit] += np.vdot(contrast[t - lag], field)
    return out


@pytest.fixture(scope="module")
def simulated():
    """Movie, its generators in standard deviations, and responses without noise."""
    movie, filters = pink(3000), true_filters()
    z = generators(movie, filters)
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    exponents = np.array([1.0, 1.5, 2.0, 2.5, 1.0, 2.0])
    thresholds = np.array([-0.5, 0.0, 0.25, -1.0, 0.5, -0.25])
    responses = 0.3 + 2 * np.maximum(z - thresholds, 0) ** exponents
    return movie, filters, z, responses, exponents, thresholds


def data_of(responses):
    return xr.DataArray(
        responses,
        {
            "time": np.arange(len(responses)) / RATE,
            "unit_id": ("unit", np.arange(responses.shape[1])),
        },
        ("time", "unit"),
        attrs={"frame_rate": RATE},
    )


def run(movie, responses, **options):
    stimulus = ArrayStimulus(movie, RATE, name="pink")
    given = {"lags": LAGS, "shape": SHAPE, "burn_in_frames": 0, **options}
    return whitened_sta(data_of(responses), stimulus, **given)


def test_filters_are_those_of_ridge_regression_written_out(simulated):
    movie, _, _, responses, *_ = simulated
    found = run(movie, responses, ridge=0.05)
    uses = uses_of_frames(len(movie), 3, 3)
    rows = [t for t in range(len(movie)) if uses[t] in (FIT, CHOOSE)]
    contrast = (movie.astype(float) - 128) / 127
    design = np.array(
        [np.concatenate([contrast[t - lag].ravel() for lag in LAGS]) for t in rows]
    )
    design -= design.mean(axis=0)
    target = responses[rows] - responses[rows].mean(axis=0)
    ridge = 0.05 * np.mean((design**2).mean(axis=0)) * len(rows)
    stacked = np.vstack([design, np.sqrt(ridge) * np.eye(design.shape[1])])
    wanted = scipy.linalg.lstsq(
        stacked, np.vstack([target, np.zeros((design.shape[1], target.shape[1]))])
    )[0]
    made = found["rf"].transpose("lag", "row", "column", "unit").to_numpy()
    made = made.reshape(wanted.shape)
    assert np.abs(made - wanted).max() < 2e-4 * np.abs(wanted).max()


def test_what_neighbours_share_is_taken_away(simulated):
    """Fields are those of the model, where the plain average is a blur."""
    movie, filters, z, *_ = simulated
    responses = 5 + z + 0.1 * np.random.default_rng(1).normal(size=z.shape)
    found = run(movie, responses)
    contrast = (movie.astype(float) - 128) / 127
    for unit, truth in enumerate(filters):
        made = found["rf"][:, unit].to_numpy()
        like = np.corrcoef(made.ravel(), truth.ravel())[0, 1]
        plain = np.stack(
            [
                np.tensordot(
                    responses[3:, unit] - responses[3:, unit].mean(),
                    contrast[3 - lag : len(movie) - lag],
                    1,
                )
                for lag in LAGS
            ]
        )
        blurred = np.corrcoef(plain.ravel(), truth.ravel())[0, 1]
        assert like > 0.95 and blurred < 0.9, (unit, like, blurred)


def test_centres_lags_and_nonlinearities_are_found(simulated):
    movie, _, _, responses, exponents, thresholds = simulated
    found = run(movie, responses)
    columns, model = sta_columns(found), ln_columns(found)
    assert (columns["sta_lag_s"] == 1 / RATE).all()
    fields = found["rf"].isel(lag=1).to_numpy()
    row, column = np.mgrid[: SHAPE[0], : SHAPE[1]]
    for unit, (y, x) in enumerate(CENTRES):
        weight = np.clip(fields[unit] - 0.5 * fields[unit].max(), 0, None)
        assert abs((weight * row).sum() / weight.sum() - y) < 0.25
        assert abs((weight * column).sum() / weight.sum() - x) < 0.25
    bias = model["ln_exponent"].to_numpy() - exponents
    assert abs(np.median(bias)) < 0.1 and np.abs(bias).max() < 0.35, bias
    off = model["ln_threshold"].to_numpy() - thresholds
    assert abs(np.median(off)) < 0.1 and np.abs(off).max() < 0.3, off
    assert (model["ln_correlation"] > 0.97).all()
    assert (model["ln_correlation"] > model["ln_linear_correlation"]).all()


def test_held_out_correlation_is_that_of_signal_and_noise(simulated):
    """With noise of the signal's variance: sqrt(1 / 2); without signal: 0."""
    movie, _, _, responses, *_ = simulated
    rng = np.random.default_rng(2)
    signal = np.tile(responses, (1, 10))
    noise = rng.normal(size=signal.shape)
    noisy = run(movie, signal + signal.std(axis=0) * noise)
    silent = run(movie, 5 + noise)
    found = noisy["correlation"].to_numpy() - np.sqrt(0.5)
    assert -0.05 < found.mean() < 0.02 and found.std() < 0.05
    null = silent["linear_correlation"].to_numpy()
    n = silent.attrs["analysis"]["n_held_out"]
    # neighbouring frames of the movie are alike, so predictions have fewer than n values
    assert abs(null.mean()) < 0.03 and null.std() < 3 / np.sqrt(n)


def test_power_law_of_a_signal_that_is_known():
    """Bias and spread over 300 units, from 2,000 frames with noise of 20 %."""
    rng = np.random.default_rng(3)
    z = rng.normal(size=(2000, 300))
    exponent, threshold = rng.uniform(0.8, 3, 300), rng.uniform(-1, 0.5, 300)
    signal = 1 + 3 * np.maximum(z - threshold, 0) ** exponent
    noise = 0.2 * signal.std(axis=0) * rng.normal(size=signal.shape)
    found = fit_nonlinearity(4 * z + 7, signal + noise)
    off = found.exponent - exponent
    assert abs(np.median(off)) < 0.1
    assert scipy.stats.iqr(off) < 0.5
    predicted = found.predict(4 * z + 7)
    like = [
        scipy.stats.pearsonr(a, b)[0]
        for a, b in zip(predicted.T, signal.T, strict=True)
    ]
    assert min(like) > 0.98


def test_no_frame_is_used_twice():
    uses = uses_of_frames(1000, 10, 4)
    assert (uses[:10] == UNUSED).all()
    for t in np.flatnonzero(uses != UNUSED):
        shown = uses[t - 4 : t + 1]
        assert set(shown.tolist()) <= {uses[t], UNUSED}
    shares = [(uses == k).mean() for k in (FIT, CHOOSE, HELD_OUT)]
    np.testing.assert_allclose(shares, [0.6, 0.2, 0.2], atol=0.06)


def test_units_that_do_not_respond_have_no_numbers(simulated):
    movie, _, _, responses, *_ = simulated
    values = responses.copy()
    values[:, 0], values[40, 1] = 0, np.nan
    found = run(movie, values)
    for name in ("correlation", "linear_correlation", "exponent"):
        assert np.isnan(found[name][:2]).all() and np.isfinite(found[name][2:]).all()
    assert np.isnan(sta_columns(found)["sta_azimuth_deg"].iloc[1])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"lags": ()}, "list of whole numbers"),
        ({"lags": (-1, 2)}, "lags start at 0"),
        ({"lags": (0, 400)}, "needs at least"),
        ({"ridge": -1.0}, "positive number"),
        ({"n_bins": 2}, "5 or more"),
    ],
)
def test_what_is_wrong_is_said(simulated, options, said):
    movie, _, _, responses, *_ = simulated
    with pytest.raises(AnalysisError, match=said):
        run(movie, responses, **options)
    with pytest.raises(AnalysisError, match="do not vary"):
        run(np.full_like(movie, 128), responses)


def test_intervals_of_nonlinearities_hold_the_truth():
    """95 % intervals for a generator signal that is known, but for chance (1 in 1000)."""
    rng = np.random.default_rng(8)
    n, n_units = 4500, 50
    slow = np.cumsum(rng.normal(size=(n + 6, n_units)), axis=0)
    signal = slow[6:] - slow[:-6]
    signal = (signal - signal.mean(axis=0)) / signal.std(axis=0)
    truth = {
        "threshold": rng.uniform(-0.3, 0.6, n_units),
        "exponent": rng.uniform(1.0, 2.0, n_units),
        "gain": rng.uniform(1.0, 3.0, n_units),
        "baseline": rng.uniform(0.5, 2.0, n_units),
    }
    above = np.maximum(signal - truth["threshold"], 0) ** truth["exponent"]
    response = truth["baseline"] + truth["gain"] * above + rng.normal(size=signal.shape)
    fitted = signal[:3500], response[:3500]
    held_out = signal[3500:], response[3500:]
    found = nonlinearity_intervals(fitted, held_out, 30, (100, 0.95, 0))
    fewest = scipy.stats.binom.ppf(0.001, n_units, 0.95)
    z = fitted[0]
    scale = z.std(axis=0)  # thresholds are in units of the fitted frames
    in_units = {
        "threshold": (truth["threshold"] - z.mean(axis=0)) / scale,
        "gain": truth["gain"] * scale ** truth["exponent"],
    }
    for name, values in (truth | in_units).items():
        low, high = found[f"{name}_low"], found[f"{name}_high"]
        held = ((low <= values) & (values <= high)).sum()
        assert held >= fewest, (name, held)
    expected = [
        scipy.stats.pearsonr(signal[:, k], response[:, k])[0] for k in range(n_units)
    ]
    low, high = found["linear_correlation_low"], found["linear_correlation_high"]
    assert ((low <= expected) & (expected <= high)).sum() >= fewest
    with pytest.raises(AnalysisError, match="too few for intervals"):
        short = signal[:200], response[:200]
        nonlinearity_intervals(short, short, 30, (100, 0.95, 0))
