"""Whitened averages and LN fits: seeded filters, and fields of the demo."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from insilico_gui.stimuli import ArrayStimulus
from validating.checks import RATE, Settings, checks, columns_of, responses_of
from validating.demo import demos
from validating.of_fields import centres, of_squares
from validating.quantities import Quantity
from validating.truth.screen import pixel_sphere

SHAPE = (9, 15)
IN_TIME = (0.2, 1.0, 0.5, -0.3)
NOISE = 0.3


@cache
def _seeded(quick: bool) -> dict[str, Any]:
    """A movie whose neighbours are alike, and units that are filters and a power law."""
    rng = np.random.default_rng(17)
    n, n_frames = (12, 3000) if quick else (40, 6000)
    noise = rng.normal(size=(n_frames + 1, SHAPE[0] + 2, SHAPE[1] + 2))
    pairs = noise[:-1] + noise[1:]
    smooth = np.zeros((n_frames, *SHAPE))
    for a, b in product(range(3), range(3)):
        smooth += pairs[:, a : a + SHAPE[0], b : b + SHAPE[1]]
    movie = np.clip(np.round(128 + 40 * smooth / smooth.std()), 0, 255).astype(np.uint8)
    column, row = rng.uniform(3, SHAPE[1] - 4, n), rng.uniform(2, SHAPE[0] - 3, n)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    away = (x[..., None] - column) ** 2 + (y[..., None] - row) ** 2
    field = np.exp(-away / 2 / 0.9**2).reshape(-1, n)
    seen = (movie.astype(float) - 128).reshape(n_frames, -1) @ field
    z = np.zeros_like(seen)
    for lag, weight in enumerate(IN_TIME):
        z[len(IN_TIME) :] += weight * seen[len(IN_TIME) - lag : n_frames - lag]
    z /= z.std(axis=0)
    exponent = rng.uniform(1, 2.5, n)
    threshold = rng.uniform(-0.5, 0.25, n)
    clean = np.maximum(z - threshold, 0) ** exponent
    clean = clean / clean.std(axis=0)
    shown = clean + NOISE * rng.normal(size=clean.shape)
    found = columns_and(movie, shown)
    azimuth, elevation = pixel_sphere(column, row, SHAPE)
    return {
        "found": found,
        "exponent": exponent,
        "threshold": threshold,
        "azimuth": azimuth,
        "elevation": elevation,
        "linear": np.array(
            [np.corrcoef(a, b)[0, 1] for a, b in zip(z.T, shown.T, strict=True)]
        ),
    }


def columns_and(movie: Any, shown: Any) -> dict[str, Any]:
    """Columns of both analyses of a movie and responses to it."""
    stimulus = ArrayStimulus(movie, RATE, name="seeded movie")
    given = {"n_rows": SHAPE[0], "n_columns": SHAPE[1], "window_s": 4 / RATE}
    return {
        name: columns_of(name, responses_of(shown), stimulus, burn_in_frames=0, **given)
        for name in ("whitened STA", "LN fit")
    }


@checks("whitened STA")
def filters(settings: Settings) -> Iterator[Quantity]:
    """Centres of filters, and the lag of the largest weight."""
    made = _seeded(settings.quick)
    found = made["found"]["whitened STA"]
    for name in ("azimuth", "elevation"):
        yield Quantity(
            f"sta_{name}_deg",
            made[name],
            found[f"sta_{name}_deg"],
            unit="deg",
            truth_is="ray casting",
        )
    yield Quantity("sta_lag_s", 1 / RATE, found["sta_lag_s"], unit="s")


@checks("whitened STA")
def fields(settings: Settings) -> Iterator[Quantity]:
    """Centres of the demo's fields by squared contrast of sparse noise."""
    for demo in demos(settings)[: settings.of(2, 1)]:
        shown, responses = of_squares(demo, settings.of(600, 150))
        found = columns_of(
            "whitened STA",
            responses,
            shown,
            demo.session,
            demo.rows,
            quantity="contrast",
        )
        names = ("sta_azimuth_deg", "sta_elevation_deg")
        yield from centres(demo, found, names=names)


@checks("LN fit")
def nonlinearities(settings: Settings) -> Iterator[Quantity]:
    """Exponent and threshold of a power law behind a filter; prediction under noise."""
    made = _seeded(settings.quick)
    found = made["found"]["LN fit"]
    for name in ("exponent", "threshold"):
        yield Quantity(f"ln_{name}", made[name], found[f"ln_{name}"])
    yield Quantity("ln_correlation", 1 / np.sqrt(1 + NOISE**2), found["ln_correlation"])
    yield Quantity(
        "ln_linear_correlation",
        made["linear"],
        found["ln_linear_correlation"],
        truth_is="brute force",
    )
    yield Quantity("ln_lag_s", 1 / RATE, found["ln_lag_s"], unit="s")
