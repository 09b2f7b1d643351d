"""Size tuning: of patches on single units of the demo, and of seeded units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from insilico_demo.population import demo_population
from scipy.special import erf

import insilico_gui as ig
from validating.checks import Settings, checks, columns_of, responses_of, trials
from validating.demo import AREAS, Demo, demos
from validating.quantities import Bound, Quantity

SIZES = (3.0, 5, 8, 12, 18, 27, 40, 60, 90)
PARAMETERS = (
    *("sigma", "surround", "unselective", "c50"),
    *("exponent", "baseline", "peak"),
)
WIDTHS = (5.0, 8.0, 10.0, 15.0)
DENSE = np.array([2.0, 4, 6, 8, 10, 15, 20, 30, 45, 60])
NOISE = 0.02


def _chosen(demo: Demo, inside: int, edge: int) -> Any:
    """Rows of some units of each area, and whether they are at the edge."""
    places, at_edge = [], []
    for where, number in (("inside", inside), ("edge", edge)):
        for area in AREAS:
            members = np.flatnonzero(
                demo.groups()[f"{area}, {where}"] & (demo.truth("class") != "untuned")
            )
            places.extend(members[:: max(1, len(members) // number)][:number].tolist())
            at_edge.extend([where == "edge"] * min(number, len(members)))
    return np.array(places), np.array(at_edge)


def _patches(demo: Demo, place: int, noisy_repeats: int) -> pd.DataFrame:
    """Columns of one unit, of patches at its own place, direction and frequencies."""
    unit = demo.units.iloc[place]
    shown = ig.stimuli.size_series(
        size_deg=SIZES,
        directions=[unit["true_direction"]],
        spatial_frequency=unit["true_sf"],
        temporal_frequency=unit["true_tf"],
        edge_deg=0.0,
        center=(unit["true_rf_x"], unit["true_rf_y"]),
        duration_s=1.2,
        blank_s=0.2,
        repeats=noisy_repeats if demo.is_noisy else 1,
    )
    row = demo.rows[[place]]
    responses = ig.encode(demo.session, shown, indices=row)
    return columns_of(
        "tuning",
        responses,
        shown,
        demo.session,
        row,
        parameter="size_deg",
    )


def true_sizes(rows: Any) -> dict[str, Any]:
    """Sizes of the closed form of a hard-edged patch, [U], looked up on a grid."""
    population = demo_population()
    of: dict[str, Any] = {name: getattr(population, name)[rows] for name in PARAMETERS}
    size = np.geomspace(SIZES[0], SIZES[-1], 4001)[:, None]
    filled = 1 - np.exp(-((size / 2 / of["sigma"]) ** 2) / 2)
    pool = 1 - np.exp(-((size / 2 / of["sigma"] / of["surround"]) ** 2) / 2)
    m, n = of["unselective"], of["exponent"]
    drive = m * filled + (1 - m) * filled**2
    evoked = (
        (1 + of["c50"] ** n) * drive ** (n / 2) / (of["c50"] ** n + pool ** (n / 2))
    )
    curve = of["baseline"] + (of["peak"] - of["baseline"]) * evoked
    most = curve.max(axis=0)
    return {
        "summation_size_fit": size[(curve >= 0.95 * most).argmax(axis=0), 0],
        "SI_fit": (most - curve[-1]) / most,
    }


@checks("tuning")
def patches(settings: Settings) -> Iterator[Quantity]:
    """Preferred size, summation field and suppression of units of the demo."""
    for demo in demos(settings):
        # a few at the edge are enough to show what the missing part of a patch does
        inside, edge = (settings.of(n, 1) for n in (5, 2))
        places, at_edge = _chosen(demo, inside, edge)
        found = pd.concat([_patches(demo, int(place), 3) for place in places])
        units = demo.units.iloc[places]
        area = units["area"].to_numpy()
        groups = {"inside": ~at_edge, "edge": at_edge}
        groups |= {f"{one}, inside": ~at_edge & (area == one) for one in AREAS}
        groups |= {f"{one}, edge": at_edge & (area == one) for one in AREAS}
        common: dict[str, Any] = {"groups": groups, "source": demo.name}
        yield Quantity(
            "pref_size_fit",
            units["true_size"],
            found["pref_size_fit"],
            unit="octaves",
            truth_is="true_size",
            **common,
        )
        true = true_sizes(demo.rows[places])
        yield Quantity(
            "summation_size_fit",
            true["summation_size_fit"],
            found["summation_size_fit"],
            unit="octaves",
            **common,
        )
        yield Quantity("SI_fit", true["SI_fit"], found["SI_fit"], **common)
        suppressed = found["size_suppressed_fit"].to_numpy(float)
        yield Quantity("size_suppressed_fit", 1.0, suppressed, unit="share", **common)


@checks("tuning")
def suppression(settings: Settings) -> Iterator[Quantity]:
    """Curves that only sum up, and curves with a surround, at 2 % of noise."""
    rng = np.random.default_rng(17)
    n = settings.of(200, 50)
    repeats = 4
    table = trials(size_deg=DENSE.tolist(), turn=range(repeats))
    sizes = table["size_deg"].to_numpy()[:, None]

    def found(curve: Any, most: float) -> Any:
        noise = NOISE * most * np.sqrt(repeats)
        shown = curve + noise * rng.normal(size=(len(sizes), n))
        columns = columns_of(
            "tuning", responses_of(shown, table), parameter="size_deg", burn_in_frames=0
        )
        return columns["size_suppressed_fit"].to_numpy(float)

    for width in WIDTHS:
        centre = erf(sizes / width)
        called = found(0.1 + centre**2, 1.1)
        yield Quantity(
            f"size_suppressed_fit, only summing up, w = {width:g} deg",
            0.0,
            called,
            unit="share",
            bound=Bound("measured", 0.0),
        )
        curve = 0.1 + centre**2 / (1 + erf(sizes / width / 3) ** 2)
        called = found(curve, float(curve.max()))
        yield Quantity(
            f"size_suppressed_fit, suppressed, w = {width:g} deg",
            1.0,
            called,
            unit="share",
            bound=Bound("measured", 0.95, is_at_most=False),
        )
