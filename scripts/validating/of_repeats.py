"""Analyses of repeats: intervals, responsiveness, noise, reliability."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

import insilico_gui as ig
from validating.checks import RATE, Settings, checks, columns_of, responses_of, trials
from validating.demo import Demo, demos
from validating.quantities import Quantity, covered
from validating.truth.noise import windowed_counts

NOISE, N = 2.0, 6  # variance of noise over that of the signal, presentations
NO_BURN_IN = {"burn_in_frames": 0}


@checks("tuning uncertainty")
def tunings(settings: Settings) -> Iterator[Quantity]:
    """Intervals of preferences, of Poisson counts in 12 presentations of a condition."""
    rng, n = np.random.default_rng(17), settings.of(100, 20)
    draws = {"n_draws": settings.of(200, 100), **NO_BURN_IN}
    levels = [0.01, 0.02, 0.04, 0.08, 0.16]
    table = trials(spatial_frequency=levels, turn=range(12))
    true = rng.uniform(np.log2(0.015), np.log2(0.1), n)
    away = np.log2(table["spatial_frequency"].to_numpy())[:, None] - true
    counts = rng.poisson(25 * (0.1 + np.exp(-(away**2) / 2)))
    given = responses_of(counts, table)
    found = columns_of(
        "tuning uncertainty", given, parameter="spatial_frequency", **draws
    )
    yield Quantity("pref_sf_fit", 2**true, found["pref_sf_fit"], unit="octaves")
    held = covered(found, "pref_sf_fit", 2**true)
    yield Quantity("pref_sf_fit, 95 % interval", 0.95, held, unit="share")

    table = trials(contrast=[0.05, 0.1, 0.2, 0.4, 0.8, 1.0], turn=range(12))
    c, c50 = table["contrast"].to_numpy()[:, None], rng.uniform(0.1, 0.4, n)
    given = responses_of(rng.poisson(3 + 40 * c**2 / (c**2 + c50**2)), table)
    found = columns_of("tuning uncertainty", given, parameter="contrast", **draws)
    yield Quantity("c50_fit", c50, found["c50_fit"], unit="octaves")
    held = covered(found, "c50_fit", c50)
    yield Quantity("c50_fit, 95 % interval", 0.95, held, unit="share")

    table = trials(direction=(np.arange(8) * 45.0).tolist(), turn=range(12))
    theta = np.radians(table["direction"].to_numpy())[:, None]
    mu = rng.uniform(0, 360, n)
    rate = 2 + 20 * np.exp(2 * (np.cos(theta - np.radians(mu)) - 1))
    given = responses_of(rng.poisson(rate), table)
    found = columns_of("tuning uncertainty", given, parameter="direction", **draws)
    yield Quantity("pref_dir", mu, found["pref_dir"], unit="deg", period=360)
    held = covered(found, "pref_dir", mu, 360)
    yield Quantity("pref_dir, 95 % interval", 0.95, held, unit="share")


@checks("responsiveness")
def blanks(settings: Settings) -> Iterator[Quantity]:
    """Chance of p where no unit responds, against blanks."""
    rng = np.random.default_rng(17)
    table = trials(size_deg=[1.0, 2.0, 4.0, 8.0, np.nan], turn=range(4))
    held: list[Any] = []
    for seed in range(settings.of(12, 4)):  # units of one run share their shuffles
        none = responses_of(rng.gamma(2.0, size=(len(table), 500)), table)
        found = columns_of(
            "responsiveness",
            none,
            over="size_deg",
            n_permutations=199,
            seed=seed,
            **NO_BURN_IN,
        )
        held.append(found["p_response"] <= 0.05)
    yield Quantity(
        "p_response <= 0.05, blanks, no response",
        0.05,
        np.concatenate(held),
        unit="share",
    )


@checks("responsiveness")
def baselines(settings: Settings) -> Iterator[Quantity]:
    """Chance of p, and the size of a response, against the time before onsets."""
    rng, n = np.random.default_rng(17), settings.of(3000, 500)
    sizes = trials(size_deg=[1.0, 2.0, 4.0], turn=range(8))
    onset = 3 + 6 * np.arange(len(sizes))
    sizes = sizes.assign(onset=onset / RATE, duration=3 / RATE)
    rate = np.full((6 * len(sizes) + 6, n), 4.0)
    given: dict[str, Any] = {"over": "size_deg", **NO_BURN_IN}
    given["n_permutations"] = settings.of(999, 199)
    found = columns_of(
        "responsiveness", responses_of(rng.poisson(rate), sizes), **given
    )
    held = found["p_response"] <= 0.05
    yield Quantity(
        "p_response <= 0.05, baseline, no response", 0.05, held, unit="share"
    )
    for first in onset[sizes["size_deg"] == 4.0]:
        rate[first : first + 3] += 6
    found = columns_of(
        "responsiveness", responses_of(rng.poisson(rate), sizes), **given
    )
    yield Quantity(
        "response_change, 6 added to one of three", 6.0, found["response_change"]
    )


@cache
def _repeated(quick: bool) -> dict[str, Any]:
    """Units with a known share of noise, 6 presentations of 60 conditions."""
    rng, n = np.random.default_rng(17), 50 if quick else 200
    table = trials(condition=list(range(60)), turn=range(N))
    condition = table["condition"].to_numpy()
    signal = rng.normal(size=(60, n))
    signal = (signal - signal.mean(axis=0)) / signal.std(axis=0)
    left = np.sqrt(NOISE) * rng.normal(size=(60 * N, n))
    values = 9 + signal[condition] + left
    rate = rng.uniform(0.5, 8, size=(60, n))[condition]
    return {
        "responses": responses_of(values, table),
        "predicted": responses_of(9 + signal[condition], table),
        "counts": responses_of(rng.poisson(rate), table),
        "signal": signal[condition],
        "table": table,
    }


@checks("response variability")
def variability(settings: Settings) -> Iterator[Quantity]:
    """Reliability of normal responses, Fano factor of Poisson counts."""
    made = _repeated(settings.quick)
    draws = settings.of(200, 100)
    found = columns_of(
        "response variability", made["responses"], n_draws=draws, **NO_BURN_IN
    )
    held = covered(found, "FEV", 1 / (1 + NOISE))
    yield Quantity("FEV, 95 % interval", 0.95, held, unit="share")
    for name, true in {
        "split_half_reliability": 1 / (1 + NOISE / N),
        "FEV": 1 / (1 + NOISE),
        "oracle_jackknife": 1 / np.sqrt((1 + NOISE) * (1 + NOISE / (N - 1))),
    }.items():
        yield Quantity(name, true, found[name])
    found = columns_of("response variability", made["counts"], n_splits=1, **NO_BURN_IN)
    yield Quantity("fano_factor, Poisson counts", 1.0, found["fano_factor"])


@checks("explained variance")
def explained(settings: Settings) -> Iterator[Quantity]:
    """FEVE of a prediction that is the truth, of a run with repeats."""
    made = _repeated(settings.quick)
    found = columns_of(
        "explained variance",
        made["predicted"],
        other=lambda session, stimulus: made["responses"],
        recorded_session="seeded",
        recorded_stimulus="repeats",
        **NO_BURN_IN,
    )
    yield Quantity("FEVE, prediction is the truth", 1.0, found["FEVE"])
    yield Quantity("FEV", 1 / (1 + NOISE), found["FEV"])


@checks("noise correlations")
def shared_noise(settings: Settings) -> Iterator[Quantity]:
    """Populations of ten units, each with noise that its units share."""
    rng, rho = np.random.default_rng(17), 0.3
    made = _repeated(settings.quick)
    for scaled, true in {
        "each_condition": rho - rho * (1 - rho**2) / 2 / N,
        "together": rho,
    }.items():
        means: list[float] = []
        for _ in range(settings.of(40, 10)):
            common, own = rng.normal(size=(60 * N, 1)), rng.normal(size=(60 * N, 10))
            left = np.sqrt(rho) * common + np.sqrt(1 - rho) * own
            shown = responses_of(left + made["signal"][:, :10], made["table"])
            found = columns_of("noise correlations", shown, scaled=scaled, **NO_BURN_IN)
            means.append(float(found["mean_noise_correlation"].mean()))
        yield Quantity(
            f"mean_noise_correlation, {scaled.replace('_', ' ')}", true, means
        )


@cache
def _of_noisy(demo: Demo, quick: bool) -> tuple[Any, Any, Any]:
    """Gratings with repeats, responses, and what simulated noise makes of them."""
    shown = ig.stimuli.drifting_gratings(
        n_directions=4, duration_s=1.0, blank_s=1.0, repeats=8 if quick else 40
    )
    course = demo.model.course(
        np.arange(4)[:, None] * 90.0, 0.04, 2.0, n_on=30, smoothed=False
    )
    values = windowed_counts(
        course,
        demo.truth("gain_loading"),
        demo.units["area"].to_numpy(),
        n_repeats=20 if quick else 100,
        window=slice(15, 30),
    )
    return shown, demo.respond(shown), values


HALF = {"latency_s": 0.5, "window_s": 14 / 30}
N_FRAMES = 15  # of that window


@checks("noise correlations")
def noisy_correlations(settings: Settings) -> Iterator[Quantity]:
    """The noise of the demo against a simulation of it by the equations of its page."""
    demo = demos(settings)[1]
    shown, responses, simulated = _of_noisy(demo, settings.quick)
    left = simulated - simulated.mean(axis=0)
    left = (left / left.std(axis=0)).reshape(-1, simulated.shape[2])
    pairs = np.corrcoef(left.T)
    np.fill_diagonal(pairs, np.nan)
    area = demo.units["area"].to_numpy()
    same = np.where(area[:, None] == area, pairs, np.nan)
    found = columns_of(
        "noise correlations", responses, shown, demo.session, demo.rows, **HALF
    )
    for name, of in (("", pairs), ("_area", same)):
        yield demo.quantity(
            f"mean_noise_correlation{name}",
            np.nanmean(of, axis=0),
            found[f"mean_noise_correlation{name}"],
            truth_is="brute force",
        )


@checks("response variability")
def noisy_variability(settings: Settings) -> Iterator[Quantity]:
    """Fano factor and FEV of the demo's noise, against the same simulation."""
    demo = demos(settings)[1]
    shown, responses, simulated = _of_noisy(demo, settings.quick)
    found = columns_of(
        "response variability", responses, shown, demo.session, demo.rows, **HALF
    )
    counts = simulated * N_FRAMES  # responses in a window are added up
    within = simulated.var(axis=0, ddof=1).mean(axis=0)
    across = simulated.mean(axis=0).var(axis=0, ddof=0)
    for name, true in {
        "fano_factor": (counts.var(axis=0, ddof=1) / counts.mean(axis=0)).mean(axis=0),
        "FEV": across / (across + within),
    }.items():
        yield demo.quantity(name, true, found[name], truth_is="brute force")
