"""Receptive fields and retinotopy: dots, squares and a movie on the demo; seeded fields."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import insilico_gui as ig
from validating.checks import Settings, checks, columns_of, responses_of
from validating.demo import EDGE, Demo, demos
from validating.quantities import Bound, Quantity, covered
from validating.truth.screen import angular_sigma, flat_deg, ray, sphere

DOT_SIGMA_DEG = 6.0
DOTS_S = {"latency_s": 0.15, "window_s": 0.3}
SIGNS = {"V1": -1.0, "LM": 1.0, "RL": 1.0, "AL": -1.0}
"""Of the maps of the demo's areas, as its page says."""


def _dots(repeats: int) -> Any:
    """Bright and dark dots at 105 places."""
    return ig.stimuli.gaussian_dots(
        n_columns=15,
        n_rows=7,
        sigma_deg=DOT_SIGMA_DEG,
        duration_s=0.2,
        blank_s=0.3,
        repeats=repeats,
    )


@cache
def _responses(demo: Demo, repeats: int) -> Any:
    """Responses to dots, for several checks."""
    return demo.respond(_dots(repeats))


def centres(
    demo: Demo,
    found: pd.DataFrame,
    of: Any = True,
    method: str = "",
    names: tuple[str, str] = ("rf_azimuth_deg", "rf_elevation_deg"),
    bounds: tuple[float | None, float | None] = (None, None),
) -> Iterator[Quantity]:
    """Distance of centres, and how far outward each coordinate is at its edge.

    `bounds` are those of the distance inside and of the outward error at the edge.
    """
    true = demo.centre_deg()
    measured = [found[name].to_numpy(float) for name in names]
    apart = np.degrees(np.arccos(np.clip((ray(*true) * ray(*measured)).sum(0), -1, 1)))
    inside, edge = bounds
    yield demo.quantity(
        f"centre, distance{method}",
        0.0,
        apart,
        of,
        unit="deg",
        truth_is="true_rf_x, true_rf_y",
        bound=None if inside is None else Bound("error", inside),
    )
    for name, axis, one, other in zip(names, "xy", true, measured, strict=True):
        place = demo.truth(f"rf_{axis}")
        yield demo.quantity(
            f"{name}, outward{method}",
            one,
            other,
            of,
            edge=np.abs(place) > EDGE,
            unit="deg",
            truth_is=f"true_rf_{axis}",
            sign=np.sign(place),
            bound=None if edge is None else Bound("bias", edge, group="edge"),
        )


@checks("receptive fields")
def dots(settings: Settings) -> Iterator[Quantity]:
    """Centres by dots, of both polarities and of each."""
    for demo in demos(settings):
        repeats = 2 if demo.is_noisy else 1
        shown = _dots(repeats)
        found = columns_of(
            "receptive fields",
            _responses(demo, repeats),
            shown,
            demo.session,
            demo.rows,
            **DOTS_S,
        )
        exact = (None, None) if demo.is_noisy else (1.8, 0.5)
        yield from centres(demo, found, method=", dots", bounds=exact)
        cell = demo.truth("cell")
        for polarity in ("on", "off"):
            for axis in "xy":
                yield demo.quantity(
                    f"rf_{axis}_{polarity}",
                    demo.truth(f"rf_{axis}"),
                    found[f"rf_{axis}_{polarity}"],
                    cell != "simple",
                    truth_is=f"true_rf_{axis}",
                )
        yield demo.quantity(
            "rf_on_off_index, complex cells",
            0.0,
            found["rf_on_off_index"],
            cell != "simple",
            truth_is="true_cell",
        )
        phase = np.cos(np.radians(np.nan_to_num(demo.truth("phase"))))
        index = found["rf_on_off_index"].to_numpy()
        agrees = np.where(np.isnan(index), np.nan, np.sign(index) == np.sign(phase))
        yield demo.quantity(
            "rf_on_off_index, sign in simple cells",
            1.0,
            agrees,
            (cell == "simple") & (np.abs(phase) > 0.5),
            unit="share",
            truth_is="true_phase",
        )


@cache
def of_squares(demo: Demo, n_presentations: int) -> tuple[Any, Any]:
    """Sparse noise and responses to it, for several checks."""
    shown = ig.stimuli.sparse_noise(n_presentations=n_presentations)
    return shown, demo.respond(shown)


@checks("receptive fields")
def squares(settings: Settings) -> Iterator[Quantity]:
    """Centres by sparse noise, and by the contrast average of the same movie."""
    for demo in demos(settings):
        shown, responses = of_squares(demo, settings.of(600, 150))
        for method in ("sparse noise", "contrast average"):
            found = columns_of(
                "receptive fields",
                responses,
                shown,
                demo.session,
                demo.rows,
                method=method,
            )
            yield from centres(demo, found, method=f", {method}")


@checks("receptive fields")
def movie(settings: Settings) -> Iterator[Quantity]:
    """Centres by the contrast average of Monet2."""
    shown = ig.stimuli.monet2(n_blocks=settings.of(8, 2))
    for demo in demos(settings)[: settings.of(2, 1)]:
        found = columns_of(
            "receptive fields",
            demo.respond(shown),
            shown,
            demo.session,
            demo.rows,
            method="contrast average",
        )
        of = demo.truth("class") == "untuned"
        yield from centres(demo, found, of, ", Monet2, untuned")
        yield from centres(demo, found, ~of, ", Monet2, tuned")


@checks("receptive fields")
def seeded(settings: Settings) -> Iterator[Quantity]:
    """Gaussian fields, wider by the dots: centres and widths, in true angles."""
    rng = np.random.default_rng(17)
    n = settings.of(200, 40)
    shown = _dots(2)
    table = shown.trials
    x, y = rng.uniform(-0.85, 0.85, (2, n))
    sigma = rng.uniform(5, 12, n)
    places = np.stack(flat_deg(table["x"].to_numpy(), table["y"].to_numpy()))
    away = places[:, :, None] - np.stack(flat_deg(x, y))[:, None]
    wide = np.hypot(sigma, DOT_SIGMA_DEG)
    one = 1 + 4 * np.exp(-(away**2).sum(0) / 2 / wide**2)
    values = np.ones((shown.n_frames, n))
    for onset, mean in zip(table["onset"], one, strict=True):
        first = round(onset * shown.frame_rate)
        values[first : first + 6] = mean + 0.2 * rng.normal(size=n)
    responses = responses_of(values)
    # the trial table and the screen, as responses to this stimulus have them
    like = ig.encode(demos(settings)[0].session, shown, indices=[0]).attrs
    responses.attrs.update(like)
    found = columns_of(
        "receptive fields", responses, shown, latency_s=0.0, window_s=0.2
    )
    edge = np.maximum(np.abs(x), np.abs(y)) > EDGE
    groups = {"inside": ~edge, "edge": edge}
    azimuth, elevation = sphere(x, y)
    for name, true in (
        ("rf_azimuth_deg", azimuth),
        ("rf_elevation_deg", elevation),
        *zip(
            ("rf_sigma_long_deg", "rf_sigma_short_deg"),
            angular_sigma(x, y, wide),
            strict=True,
        ),
    ):
        yield Quantity(
            f"{name}, Gaussian fields",
            true,
            found[name],
            unit="deg",
            truth_is="ray casting",
            groups=groups,
        )


@checks("receptive field uncertainty")
def intervals(settings: Settings) -> Iterator[Quantity]:
    """How often 95 % intervals of centres hold the truth."""
    demo, repeats = demos(settings)[1], 2
    shown = _dots(repeats)
    found = columns_of(
        "receptive field uncertainty",
        _responses(demo, repeats),
        shown,
        demo.session,
        demo.rows,
        n_draws=settings.of(200, 100),
        **DOTS_S,
    )
    for name, true in zip(
        ("rf_azimuth_deg", "rf_elevation_deg"), demo.centre_deg(), strict=True
    ):
        held = covered(found, name, true)
        yield demo.quantity(
            f"{name}, 95 % interval",
            0.95,
            held,
            unit="share",
            truth_is="true_rf_x, true_rf_y",
        )


@checks("retinotopy")
def maps(settings: Settings) -> Iterator[Quantity]:
    """Maps where units are, and field signs of areas, of true and of measured centres."""
    demo = demos(settings)[0]
    azimuth, elevation = demo.centre_deg()
    known = columns_of("retinotopy", None, None, demo.session, known=True)
    results = {"known centres": known.iloc[demo.rows]}
    if not settings.quick:
        results["measured centres"] = columns_of(
            "retinotopy",
            _responses(demo, 1),
            _dots(1),
            demo.session,
            demo.rows,
            sigma_um=150.0,  # an eighth of the units, so wider apart
            **DOTS_S,
        )
    sign = demo.units["area"].map(SIGNS).to_numpy()
    for centre, found in results.items():
        for name, true in (
            ("map_azimuth_deg", azimuth),
            ("map_elevation_deg", elevation),
        ):
            yield demo.quantity(
                f"{name}, {centre}",
                true,
                found[name],
                unit="deg",
                truth_is="true_rf_x, true_rf_y",
            )
        agrees = np.sign(found["field_sign"].to_numpy()) == sign
        yield demo.quantity(
            f"field_sign, {centre}",
            1.0,
            np.where(found["field_sign"].isna(), np.nan, agrees),
            unit="share",
            truth_is="areas of the demo",
        )
