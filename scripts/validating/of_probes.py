"""Plaids, surrounds and coherent dots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from insilico_demo.population import demo_population
from scipy.optimize import curve_fit
from scipy.stats import norm

import insilico_gui as ig
from validating.checks import RATE, Settings, checks, columns_of, responses_of
from validating.demo import AREAS, Demo, demos
from validating.quantities import Quantity, covered

NO_BURN_IN = {"burn_in_frames": 0}
DIRECTIONS = np.arange(12) * 30.0
PARAMETERS = (
    *("sigma", "surround", "unselective", "surround_tuning"),
    *("c50", "exponent", "baseline", "peak"),
)
COHERENCES = np.array([0.05, 0.1, 0.2, 0.4, 0.8])


def in_random_order(rng: Any, values: Any, **columns: Any) -> Any:
    """Responses [n, U] to trials of one frame, in random order."""
    order = rng.permutation(len(values))
    table = pd.DataFrame({k: np.asarray(v)[order] for k, v in columns.items()})
    table = table.assign(onset=np.arange(len(values)) / RATE, duration=0.0)
    return responses_of(values[order], table)


@checks("plaids")
def seeded(settings: Settings) -> Iterator[Quantity]:
    """Classes of pattern and of component units at 20 % noise, five repeats."""
    rng, n, repeats = np.random.default_rng(17), settings.of(100, 40), 5
    preferred = rng.uniform(0, 360, n)
    turn = np.radians(DIRECTIONS[:, None] - preferred)
    grating = 1 + 5 * np.exp(2 * (np.cos(turn) - 1))
    component = np.roll(grating, 2, axis=0) + np.roll(grating, -2, axis=0)
    for kind, plaid in (("pattern", grating), ("component", component)):
        values = np.tile(np.concatenate([grating, plaid]), (repeats, 1))
        values = values + rng.normal(size=values.shape)
        found = columns_of(
            "plaids",
            in_random_order(
                rng,
                values,
                direction=np.tile(DIRECTIONS, 2 * repeats),
                plaid_angle_deg=np.tile(np.repeat([0.0, 120.0], 12), repeats),
            ),
            **NO_BURN_IN,
        )
        right = found["plaid_class"] == kind
        yield Quantity(f"plaid_class, {kind} units", 1.0, right, unit="share")
    # plaids that have nothing to do with gratings: Z has a deviation of 1
    none = np.concatenate([np.tile(grating, (1, 10)), rng.normal(5, 1, (12, 10 * n))])
    table = {
        "direction": np.tile(DIRECTIONS, 2),
        "plaid_angle_deg": np.repeat([0.0, 120.0], 12),
    }
    found = columns_of("plaids", in_random_order(rng, none, **table), **NO_BURN_IN)
    yield Quantity("plaid_pattern_z, no relation", 0.0, found["plaid_pattern_z"])


@checks("plaids")
def of_demo(settings: Settings) -> Iterator[Quantity]:
    """Filters of one orientation follow the gratings of a plaid, not its motion."""
    for demo in demos(settings):
        shown = ig.stimuli.plaids(
            directions=12,
            duration_s=1.0,
            blank_s=0.3,
            repeats=3 if demo.is_noisy else 1,
        )
        found = columns_of(
            "plaids",
            demo.respond(shown),
            shown,
            demo.session,
            demo.rows,
        )
        less = found["plaid_component_z"] > found["plaid_pattern_z"]
        of_gratings = np.where(found["plaid_index"].isna(), np.nan, less)
        yield demo.quantity(
            "plaid_index < 0, direction units",
            1.0,
            of_gratings,
            demo.truth("class") == "direction",
            unit="share",
            truth_is="equations of the demo",
        )


def _surrounds(demo: Demo, place: int, size: float, repeats: int) -> pd.DataFrame:
    """Columns of one unit, with a patch at its own place, direction and frequencies."""
    unit = demo.units.iloc[place]
    shown = ig.stimuli.size_series(
        size_deg=size,
        directions=[unit["true_direction"]],
        spatial_frequency=unit["true_sf"],
        temporal_frequency=unit["true_tf"],
        surround=("none", "same", "orthogonal"),
        edge_deg=0.0,
        center=(unit["true_rf_x"], unit["true_rf_y"]),
        duration_s=1.2,
        blank_s=0.3,
        repeats=repeats,
    )
    row = demo.rows[[place]]
    return columns_of(
        "surround modulation",
        ig.encode(demo.session, shown, indices=row),
        shown,
        demo.session,
        row,
    )


def _true_surround(rows: Any, sizes: Any) -> dict[str, Any]:
    """Indices of the closed form of a hard-edged patch, [U]."""
    population = demo_population()
    sigma, ratio, m, s, c50, n, floor, peak = (
        getattr(population, name)[rows] for name in PARAMETERS
    )
    filled = 1 - np.exp(-((sizes / 2 / sigma) ** 2) / 2)
    pool = 1 - np.exp(-((sizes / 2 / sigma / ratio) ** 2) / 2)
    mixed = pool + (1 - pool) * (1 - s) / (1 + s)

    def response(own: Any, local: Any, wide: Any) -> Any:
        drive = m * local + (1 - m) * own
        evoked = (1 + c50**n) * drive ** (n / 2) / (c50**n + wide ** (n / 2))
        return floor + (peak - floor) * evoked

    alone, iso = response(filled**2, filled, pool), response(1.0, 1.0, 1.0)
    cross = response(filled**2, mixed, mixed)
    return {
        "surround_index_iso": (alone - iso) / (alone + iso),
        "surround_index_cross": (alone - cross) / (alone + cross),
        "surround_orientation_index": (cross - iso) / (cross + iso),
    }


@checks("surround modulation")
def surrounds(settings: Settings) -> Iterator[Quantity]:
    """Patches of four sigma on complex cells, with gratings around them."""
    for demo in demos(settings):
        at_edge = demo.groups()["edge"]
        complex_cells = demo.truth("cell") == "complex"
        number = settings.of(6, 2)
        places = []
        for area in AREAS:
            here = (demo.units["area"] == area).to_numpy() & complex_cells & ~at_edge
            members = np.flatnonzero(here)
            places.extend(members[:: max(1, len(members) // number)][:number].tolist())
        sizes = 4 * demo.truth("sigma")[places]
        repeats = 4 if demo.is_noisy else 1
        found = pd.concat(
            [
                _surrounds(demo, place, round(float(size), 2), repeats)
                for place, size in zip(places, sizes, strict=True)
            ]
        )
        areas = demo.units["area"].to_numpy()[places]
        groups = {"inside": np.full(len(places), True)}
        groups |= {f"{one}, inside": np.equal(areas, one) for one in AREAS}
        for name, true in _true_surround(demo.rows[places], sizes).items():
            yield Quantity(name, true, found[name], groups=groups, source=demo.name)


@checks("neurometric threshold")
def thresholds(settings: Settings) -> Iterator[Quantity]:
    """Normal responses: two that are 2 s c apart have an area of Phi(2 s c / sqrt 2)."""
    rng, strength = np.random.default_rng(17), 5.0
    n, repeats = settings.of(300, 80), 30
    angles = np.array([0.0, 90.0, 180.0, 270.0])
    coherence = np.tile(np.repeat(COHERENCES, 4), repeats)
    direction = np.tile(angles, len(coherence) // 4)
    preferred = rng.choice(angles, n)
    drive = np.cos(np.radians(direction[:, None] - preferred)) * coherence[:, None]
    values = 10 + strength * drive + rng.normal(size=drive.shape)
    given = in_random_order(rng, values, coherence=coherence, direction=direction)
    found = columns_of(
        "neurometric threshold", given, n_draws=settings.of(200, 100), **NO_BURN_IN
    )
    area = norm.cdf(2 * strength * COHERENCES / np.sqrt(2))
    (threshold, slope), _ = curve_fit(
        lambda c, a, b: 1 - np.exp(-((c / a) ** b)) / 2, COHERENCES, area, (0.2, 1.0)
    )
    name = "neurometric_threshold"
    yield Quantity(name, threshold, found[name], truth_is="closed form, scipy")
    held = covered(found, name, threshold)
    yield Quantity(f"{name}, 95 % interval", 0.95, held, unit="share")
    name = "neurometric_slope"
    yield Quantity(name, slope, found[name], truth_is="closed form, scipy")
    yield Quantity(
        "neurometric_pref_direction",
        preferred,
        found["neurometric_pref_direction"],
        unit="deg",
        period=360,
    )


@checks("neurometric threshold")
def dots_of_demo(settings: Settings) -> Iterator[Quantity]:
    """Preferred direction of coherent dots, to the nearest of eight."""
    for demo in demos(settings):
        shown = ig.stimuli.random_dots(
            motion="translation",
            directions=8,
            coherence=(0.5, 1.0),
            speed_deg_s=40.0,
            dot_size_deg=8.0,
            density=0.2,
            lifetime_s=1.0,
            duration_s=2.0,
            repeats=settings.of(3, 2),
        )
        found = columns_of(
            "neurometric threshold",
            demo.respond(shown),
            shown,
            demo.session,
            demo.rows,
            latency_s=0.3,
        )
        yield demo.quantity(
            "neurometric_pref_direction, steps of 45 deg, DSI > 0.4",
            demo.truth("direction"),
            found["neurometric_pref_direction"],
            (demo.truth("class") == "direction") & (demo.truth("dsi") > 0.4),
            unit="deg",
            period=360,
            truth_is="true_direction",
        )
