"""Table "truth, measured, bias, spread" of the analyses of repeats and of time.

Units of known properties answer with seeded noise; each measure is held against its
truth, which is a closed form and shares no code with it. ``python
scripts/validate_repeats.py`` prints the table of ``docs/reference/analysis_repeats.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui import analysis

RATE = 30.0
Row = tuple[str, str, Any, Any]


def trials(**columns: Any) -> pd.DataFrame:
    """A trial table of all combinations, one frame a trial."""
    table = pd.DataFrame(list(product(*columns.values())), columns=list(columns))
    table["onset"] = np.arange(len(table)) / RATE
    return table.assign(duration=0.0).drop(columns="turn", errors="ignore")


def responses(values: Any, table: pd.DataFrame) -> xr.DataArray:
    """Responses [T, U] with their trial table."""
    n_frames, n_units = values.shape
    return xr.DataArray(
        np.asarray(values, float),
        {
            "time": np.arange(n_frames) / RATE,
            "unit_id": ("unit", np.arange(n_units)),
        },
        ("time", "unit"),
        attrs={"frame_rate": RATE, "trials": table.to_dict("list")},
    )


def covered(columns: pd.DataFrame, name: str, true: Any, period: Any = None) -> Any:
    """Whether intervals hold the truth; NaN where there is none."""
    low, high = (columns[f"{name}_{end}"].to_numpy() for end in ("low", "high"))
    held = (low <= true) & (true <= high)
    if period:
        held = (true - low) % period <= (high - low) % period
    return np.where(np.isfinite(low), held, np.nan)


def tunings(rng: np.random.Generator) -> Iterator[Row]:
    """Intervals of preferences, of Poisson counts in 12 presentations of a condition."""
    n, options = 100, {"burn_in_frames": 0, "n_draws": 200}
    table = trials(spatial_frequency=[0.01, 0.02, 0.04, 0.08, 0.16], turn=range(12))
    true = rng.uniform(np.log2(0.015), np.log2(0.1), n)
    away = np.log2(table["spatial_frequency"].to_numpy())[:, None] - true
    rate = 25 * (0.1 + np.exp(-(away**2) / 2))
    shown = responses(rng.poisson(rate), table)
    found = analysis.tuning_uncertainty(shown, "spatial_frequency", **options)[1]
    name = "pref_sf_fit"
    yield f"`{name}`", "octaves", true, np.log2(found[name])
    yield f"`{name}`, intervals", "share", 0.95, covered(found, name, 2**true)

    table = trials(contrast=[0.05, 0.1, 0.2, 0.4, 0.8, 1.0], turn=range(12))
    c, c50 = table["contrast"].to_numpy()[:, None], rng.uniform(0.1, 0.4, n)
    shown = responses(rng.poisson(3 + 40 * c**2 / (c**2 + c50**2)), table)
    found = analysis.tuning_uncertainty(shown, "contrast", **options)[1]
    yield "`c50_fit`", "contrast", c50, found["c50_fit"]
    yield "`c50_fit`, intervals", "share", 0.95, covered(found, "c50_fit", c50)

    table = trials(direction=np.arange(8) * 45.0, turn=range(12))
    theta = np.radians(table["direction"].to_numpy())[:, None]
    mu = rng.uniform(0, 360, n)
    rate = 2 + 20 * np.exp(2 * (np.cos(theta - np.radians(mu)) - 1))
    shown = responses(rng.poisson(rate), table)
    found = analysis.tuning_uncertainty(shown, "direction", **options)[1]
    off = (found["pref_dir"].to_numpy() - mu + 180) % 360 - 180
    yield "`pref_dir`", "deg", 0.0, off
    yield "`pref_dir`, intervals", "share", 0.95, covered(found, "pref_dir", mu, 360)


def tests(rng: np.random.Generator) -> Iterator[Row]:
    """Chance of p, and size of a response, against blanks and against the baseline."""
    blanks = trials(size_deg=[1.0, 2.0, 4.0, 8.0, np.nan], turn=range(4))
    options = {"burn_in_frames": 0, "over": "size_deg", "n_permutations": 199}
    held: list[Any] = []
    for seed in range(12):  # units of one run share their shuffles
        none = responses(rng.gamma(2.0, size=(len(blanks), 500)), blanks)
        found = analysis.responsiveness(none, seed=seed, **options)[1]
        held.append(found["p_response"] <= 0.05)
    name = "`p_response`, blanks, no response"
    yield name, "share <= 0.05", 0.05, np.concatenate(held)
    sizes = trials(size_deg=[1.0, 2.0, 4.0], turn=range(8))
    onset = 3 + 6 * np.arange(len(sizes))
    sizes = sizes.assign(onset=onset / RATE, duration=3 / RATE)
    rate = np.full((6 * len(sizes) + 6, 3000), 4.0)
    shown = responses(rng.poisson(rate), sizes)
    found = analysis.responsiveness(shown, **options)[1]
    yield (
        "`p_response`, baseline, no response",
        "share <= 0.05",
        0.05,
        (found["p_response"] <= 0.05),
    )
    for first in onset[sizes["size_deg"] == 4.0]:
        rate[first : first + 3] += 6
    found = analysis.responsiveness(responses(rng.poisson(rate), sizes), **options)[1]
    yield (
        "`response_change`, 6 added to one of three",
        "",
        6.0,
        found["response_change"],
    )


def repeats(rng: np.random.Generator) -> Iterator[Row]:
    """Noise and reliability; signal variance 1, noise variance 2, 6 presentations."""
    n, noise, rho, all_frames = 6, 2.0, 0.3, {"burn_in_frames": 0}
    table = trials(condition=np.arange(60), turn=range(n))
    condition = table["condition"].to_numpy()
    signal = rng.normal(size=(60, 200))
    signal = (signal - signal.mean(axis=0)) / signal.std(axis=0)
    values = 9 + signal[condition] + np.sqrt(noise) * rng.normal(size=(60 * n, 200))
    shown = responses(values, table)
    found = analysis.response_variability(shown, **all_frames)[1]
    for name, true in {
        "split_half_reliability": 1 / (1 + noise / n),
        "FEV": 1 / (1 + noise),
        "oracle_jackknife": 1 / np.sqrt((1 + noise) * (1 + noise / (n - 1))),
    }.items():
        yield f"`{name}`", "", true, found[name]
    predicted = 9 + signal[condition]
    feve = analysis.explained_variance(values, condition, predicted)[1]
    yield "`FEVE` of the truth", "", 1.0, feve
    for scaled, true in {
        "each_condition": rho - rho * (1 - rho**2) / 2 / n,
        "together": rho,
    }.items():
        means: list[float] = []
        for _ in range(40):  # populations of ten units, each with its own shared noise
            shared, own = rng.normal(size=(60 * n, 1)), rng.normal(size=(60 * n, 10))
            left = np.sqrt(rho) * shared + np.sqrt(1 - rho) * own
            shown = responses(left + signal[condition, :10], table)
            found = analysis.noise_correlations(shown, scaled=scaled, **all_frames)[1]
            means.append(found["mean_noise_correlation"].mean())
        name = f"`mean_noise_correlation`, {scaled.replace('_', ' ')}"
        yield name, "", true, means
    rate = rng.uniform(0.5, 8, size=(60, 200))[condition]
    counts = responses(rng.poisson(rate), table)
    found = analysis.response_variability(counts, n_splits=1, **all_frames)[1]
    yield "`fano_factor` of Poisson counts", "", 1.0, found["fano_factor"]


def courses(rng: np.random.Generator) -> Iterator[Row]:
    """F1 and latency, with noise in 8 and 20 presentations of 1.5 and 0.7 s."""
    table = pd.DataFrame({"condition": [0] * 8, "temporal_frequency": 2.0})
    onset = 12 + 57 * np.arange(8)
    table = table.assign(onset=onset / RATE, duration=1.5)
    values = 2.0 * rng.normal(size=(12 + 57 * 8, 200))
    seconds = np.arange(45)[:, None] / RATE
    for first in onset:
        values[first : first + 45] += 5 + 2 * np.cos(4 * np.pi * seconds - 1.2)
    found = analysis.grating_modulation(
        responses(values, table), n_draws=200, burn_in_frames=0
    )[1]
    yield "`F1_F0`, noise as large as F1", "", 0.4, found["F1_F0"]
    yield "`F1_F0`, intervals", "share", 0.95, covered(found, "F1_F0", 0.4)
    yield "`F1_phase_deg`", "deg", np.degrees(1.2), found["F1_phase_deg"]
    onset = 12 + 33 * np.arange(20)
    table = pd.DataFrame({"condition": [0] * 20})
    table = table.assign(onset=onset / RATE, duration=21 / RATE)
    rate = np.zeros((12 + 33 * 20, 200))
    late = np.arange(21)[:, None] / RATE - 0.1
    for first in onset:
        rate[first : first + 21] = 40 * np.where(late > 0, 1 - np.exp(-late / 0.1), 0)
    shown = responses(rng.poisson(rate), table)
    found = analysis.response_latency(shown, burn_in_frames=0)[1]
    true = 0.1 + 0.1 * np.log(2)
    yield "`response_latency_s`, Poisson", "s", true, found["response_latency_s"]


def main() -> None:
    """Print the table."""
    print("| measure | unit | truth | measured | bias | spread |")
    print("| --- | --- | --- | --- | --- | --- |")
    for make in (tunings, tests, repeats, courses):
        for name, unit, true, found in make(np.random.default_rng(17)):
            values = np.asarray(found, float)
            off = values - true
            many = np.ndim(true) > 0
            shown = "each unit's" if many else f"{true:.3g}"
            measured = "" if many else f"{np.nanmean(values):.3g}"
            spread = "" if unit.startswith("share") else f"{np.nanstd(off):.2g}"
            bias = f"{np.round(np.nanmean(off), 6) + 0.0:+.2g}"
            print(f"| {name} | {unit} | {shown} | {measured} | {bias} | {spread} |")


if __name__ == "__main__":
    main()
