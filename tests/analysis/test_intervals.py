"""Intervals of tunings and fields, against scipy, known curves and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from make_dots import dot_trials, rates
from scipy.optimize import curve_fit
from scipy.special import erf
from scipy.stats import false_discovery_control
from test_significance import answered, circle, crossed

from insilico_gui.analysis import field_uncertainty, tuning_uncertainty
from insilico_gui.analysis.trials.bootstrap import resamples
from insilico_gui.analysis.tuning.contrast import NAKA_RUSHTON
from insilico_gui.errors import AnalysisError

FREQUENCIES = [0.01, 0.02, 0.04, 0.08, 0.16]


@pytest.fixture
def rng():
    return np.random.default_rng(12)


def inside(columns, name, true, period=None):
    """Share of the intervals that hold the truth, and of units that have one."""
    low, high = (columns[f"{name}_{end}"].to_numpy() for end in ("low", "high"))
    known = np.isfinite(low)
    held = (low <= true) & (true <= high)
    if period is not None:
        held = (true - low) % period <= (high - low) % period
    return held[known].mean(), known.mean()


def uncertain(values, trials, parameter, **options):
    return tuning_uncertainty(
        answered(values, trials),
        parameter,
        burn_in_frames=0,
        **{"n_draws": 100, **options},
    )[1]


@pytest.mark.parametrize("n", [2, 3, 10])
def test_draws_of_a_mean_vary_as_the_mean_does(rng, n):
    """By s**2 / n with n - 1 in s, however few presentations there are."""
    cell = np.repeat(np.arange(4), n)
    values = rng.normal(size=4 * n)
    drawn = []
    for rows, of_cell in resamples(cell, 3000, 0):
        assert (cell[rows] == of_cell).all()
        drawn.append(np.bincount(of_cell, values[rows]) / np.bincount(of_cell))
    found = np.var(drawn, axis=0)
    wanted = values.reshape(4, n).var(axis=1, ddof=1) / n
    np.testing.assert_allclose(found, wanted, rtol=0.12)


def test_a_fit_near_its_own_end_stays_there(rng):
    contrast = np.array([0.0, 0.05, 0.1, 0.2, 0.4, 0.8])
    c50 = rng.uniform(0.1, 0.4, 20)
    rate = 3 + 40 * contrast[:, None] ** 2 / (contrast[:, None] ** 2 + c50**2)
    curve = rate + rng.normal(size=rate.shape)
    curve[:, 3] = 1.0  # flat: it has no fit, and gets none
    fit = NAKA_RUSHTON.fit(curve, contrast)
    again = NAKA_RUSHTON.refit(fit, curve, contrast)
    np.testing.assert_allclose(again.c50, fit.c50, rtol=1e-3)
    assert np.isnan(again.c50[3])


def test_intervals_of_c50_are_those_of_fits_by_scipy(rng):
    """One unit, whose presentations a loop draws and scipy fits."""
    levels = np.array([0.05, 0.1, 0.2, 0.4, 0.8, 1.0])
    trials = crossed(contrast=levels, turn=range(10)).drop(columns="turn")
    shown = trials["contrast"].to_numpy()
    values = rng.poisson(3 + 40 * shown**2 / (shown**2 + 0.25**2)).astype(float)
    columns = uncertain(values[:, None], trials, "contrast", n_draws=300)

    def curve(c, b, r, c50, n):
        return b + r * c**n / (c**n + c50**n)

    found = []
    for _ in range(100):
        means = [
            rng.choice(values[shown == level], size=9, replace=True).mean()
            for level in levels
        ]
        best, _ = curve_fit(
            curve,
            levels,
            means,
            (3, 40, 0.25, 2),
            bounds=([0, 0, 0.05, 0.5], [np.inf, np.inf, 1, 8]),
        )
        found.append(best[2])
    low, high = np.quantile(found, [0.025, 0.975])
    width = high - low
    assert abs(columns["c50_fit_low"].iloc[0] - low) < 0.2 * width
    assert abs(columns["c50_fit_high"].iloc[0] - high) < 0.2 * width


def test_intervals_of_frequencies_hold_the_truth(rng):
    """Poisson counts of log-Gaussian units, without a bias."""
    trials = crossed(spatial_frequency=FREQUENCIES, turn=range(12))
    trials = trials.drop(columns="turn")
    shown = np.log2(trials["spatial_frequency"].to_numpy())[:, None]
    true = rng.uniform(np.log2(0.015), np.log2(0.1), 60)
    rate = 25 * (0.1 + np.exp(-((shown - true) ** 2) / 2))
    columns = uncertain(
        rng.poisson(rate).astype(float),
        trials,
        "spatial_frequency",
        n_permutations=39,
    )
    held, known = inside(columns, "pref_sf_fit", 2**true)
    assert held > 0.8 and known > 0.95  # the choice of the curve is not drawn again
    off = np.log2(columns["pref_sf_fit"].to_numpy()) - true
    assert abs(np.median(off)) < 0.05  # octaves
    width = np.log2(columns["pref_sf_fit_high"] / columns["pref_sf_fit_low"])
    assert 0.6 < np.median(width) / (2 * 1.96 * 1.4826 * np.median(abs(off))) < 1.6
    q = false_discovery_control(columns["p_spatial_frequency"])
    np.testing.assert_allclose(columns["q_spatial_frequency"], q)


def test_intervals_of_sizes_hold_the_truth(rng):
    sizes = [2.0, 4, 8, 12, 20, 30, 45]
    trials = crossed(size_deg=sizes, turn=range(12)).drop(columns="turn")
    widths = rng.uniform(6, 12, 12)

    def rate(d):
        centre, surround = (erf(d / (k * widths)) ** 2 for k in (1, 2.5))
        return 5 + 80 * centre / (1 + 1.5 * surround)

    grid = np.linspace(2, 45, 2000)[:, None]
    true = 1 - rate(grid)[-1] / rate(grid).max(axis=0)
    values = rng.poisson(rate(trials["size_deg"].to_numpy()[:, None]))
    columns = uncertain(values.astype(float), trials, "size_deg")
    held, known = inside(columns, "SI_fit", true)
    assert held > 0.75 and known == 1
    assert abs(np.median(columns["SI_fit"] - true)) < 0.05


def test_intervals_of_directions_hold_the_truth_around_the_circle(rng):
    trials = crossed(direction=circle(8), turn=range(8)).drop(columns="turn")
    theta = np.radians(trials["direction"].to_numpy())[:, None]
    true = rng.uniform(0, 360, 40)
    rate = 2 + 20 * np.exp(2 * (np.cos(theta - np.radians(true)) - 1))
    columns = uncertain(rng.poisson(rate).astype(float), trials, "direction")
    for name in ("pref_dir", "vector_dir"):
        held, known = inside(columns, name, true, 360)
        assert held > 0.85 and known > 0.95
    off = (columns["pref_dir"] - true + 180) % 360 - 180
    assert abs(np.median(off)) < 1.5


def test_a_parameter_without_a_model_has_its_best_level_drawn(rng):
    trials = crossed(coherence=[0.1, 0.3, 0.9], turn=range(4)).drop(columns="turn")
    values = trials["coherence"].to_numpy()[:, None] + 0.01 * rng.random((12, 3))
    columns = uncertain(values, trials, "coherence")
    for end in ("", "_low", "_high"):
        np.testing.assert_allclose(columns[f"pref_coherence_raw{end}"], 0.9)


def test_blanks_are_drawn_too(rng):
    """The net suppression index has an interval even if nothing else varies."""
    sizes = np.array([2.0, 4, 8, 16, 32, 45, np.nan])
    trials = crossed(size_deg=sizes, turn=range(4)).drop(columns="turn")
    rate = np.where(np.isfinite(trials["size_deg"]), 0.0, 1.0)
    curve = {2.0: 2.0, 4: 6.0, 8: 12.0, 16: 9.0, 32: 7.0, 45: 6.5}
    steady = trials["size_deg"].map(curve).fillna(0).to_numpy()
    values = (steady + rate * rng.uniform(1, 2, len(trials)))[:, None]
    columns = uncertain(values, trials, "size_deg")
    assert (columns["SI_net_raw_high"] > columns["SI_net_raw_low"] + 1e-3).all()
    np.testing.assert_allclose(columns["SI_raw_high"], columns["SI_raw_low"])


def test_intervals_of_centres_hold_the_truth(rng):
    trials = dot_trials(9, 5, repeats=4)
    trials = trials.assign(onset=np.arange(len(trials)) / 30, duration=0.0)
    true = np.stack([rng.uniform(-40, 40, 30), rng.uniform(-20, 20, 30)], axis=1)
    clean = rates(trials, true, 14.0, baseline=0.2)
    noisy = rng.poisson(15 * clean).astype(float)
    responses = answered(noisy, trials)
    spec = {"family": "gaussian_dots", "sigma_deg": 7.0}
    responses.attrs["stimulus_attrs"] = {"spec": spec}
    fields, columns = field_uncertainty(responses, burn_in_frames=0, n_draws=100)
    display_x, display_y = flat_to_stimulus(*true.T)
    for name, place in (("rf_x_fit", display_x), ("rf_y_fit", display_y)):
        held, known = inside(columns, name, place)
        assert held > 0.8 and known > 0.9
        off = columns[name] - place
        assert abs(np.median(off)) < 0.25 * np.median(np.abs(off)) + 0.01
    assert (columns["rf_error_deg"].dropna() > 0).all()
    assert fields.sizes["unit"] == 30


def flat_to_stimulus(azimuth, elevation):
    """By the straight scale of flat degrees: 0.84 at the centre of 256 pixels."""
    right = np.degrees(56.5 / 256 / 15) * 128
    return azimuth / right, elevation / (right * 144 / 256)


def test_what_cannot_be_drawn_is_said(rng):
    trials = crossed(contrast=[0.0, 0.1, 0.3, 1.0])
    with pytest.raises(AnalysisError, match="once"):
        uncertain(rng.random((4, 2)), trials, "contrast")
    with pytest.raises(AnalysisError, match="100"):
        uncertain(rng.random((4, 2)), trials, "contrast", n_draws=3)
    with pytest.raises(AnalysisError, match="dots"):
        field_uncertainty(answered(rng.random((4, 2)), trials))
