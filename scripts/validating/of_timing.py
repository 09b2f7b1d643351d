"""F1/F0, latency and time-resolved tuning: of the demo, and of seeded units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

import insilico_gui as ig
from validating import of_direction
from validating.checks import (
    RATE,
    Settings,
    checks,
    columns_of,
    measure,
    responses_of,
)
from validating.demo import Demo, demos
from validating.quantities import Quantity, covered


def _true_modulation(demo: Demo) -> dict[str, Any]:
    """F0, F1/F0 and phase of the closed form at the condition with the largest sum."""
    window = of_direction.WINDOW
    steps = of_direction.STEPS[:, None]
    course = demo.model.course(
        steps, of_direction.SF, of_direction.TF, n_on=of_direction.N_ON
    )[window]
    seconds = np.arange(window.start, window.stop) / RATE
    turn = np.exp(2j * np.pi * of_direction.TF * seconds)
    first = 2 * np.tensordot(turn, course, 1) / len(turn)
    f0, f1 = course.mean(axis=0), np.abs(first)
    best = (f0 + f1).argmax(axis=0)
    units = np.arange(f0.shape[1])
    f0, f1, first = (values[best, units] for values in (f0, f1, first))
    return {"F0": f0, "F1": f1, "F1_F0": f1 / f0, "phase": np.degrees(np.angle(first))}


@checks("grating modulation")
def gratings(settings: Settings) -> Iterator[Quantity]:
    """F1 and F0 of the demo; all but simple cells answer without F1."""
    for demo in demos(settings):
        repeats = settings.of(4, 2) if demo.is_noisy else 1
        found = columns_of(
            "grating modulation",
            of_direction.responses(demo, repeats),
            of_direction.shown(repeats),
            demo.session,
            demo.rows,
            **of_direction.WINDOW_S,
        )
        true, cell = _true_modulation(demo), demo.truth("cell")
        for kind in ("simple", "complex"):
            for name in ("F0", "F1_F0"):
                yield demo.quantity(
                    f"{name}, {kind} cells", true[name], found[name], cell == kind
                )
        yield demo.quantity(
            "F1_phase_deg, simple cells",
            true["phase"],
            found["F1_phase_deg"],
            cell == "simple",
            unit="deg",
            period=360,
        )


@checks("grating modulation")
def in_noise(settings: Settings) -> Iterator[Quantity]:
    """F1 with noise as large as it is, in 8 presentations of 1.5 s, with intervals."""
    rng, n = np.random.default_rng(17), settings.of(200, 50)
    onset = 12 + 57 * np.arange(8)
    table = pd.DataFrame({"condition": [0] * 8, "temporal_frequency": 2.0})
    table = table.assign(onset=onset / RATE, duration=1.5)
    values = 2.0 * rng.normal(size=(12 + 57 * 8, n))
    seconds = np.arange(45)[:, None] / RATE
    for first in onset:
        values[first : first + 45] += 5 + 2 * np.cos(4 * np.pi * seconds - 1.2)
    found = columns_of(
        "grating modulation",
        responses_of(values, table),
        n_draws=settings.of(200, 100),
        burn_in_frames=0,
    )
    yield Quantity("F1_F0, noise as large as F1", 0.4, found["F1_F0"])
    held = covered(found, "F1_F0", 0.4)
    yield Quantity("F1_F0, 95 % interval", 0.95, held, unit="share")
    phase = np.degrees(1.2)
    yield Quantity("F1_phase_deg", phase, found["F1_phase_deg"], unit="deg")


def _half_time(course: Any, baseline: Any) -> Any:
    """First time at half of the peak, [U], of courses [T, U], unit by unit."""
    times = []
    for one, floor in zip(course.T, baseline, strict=True):
        half = floor + (one.max() - floor) / 2
        later = int(np.flatnonzero(one >= half)[0])
        before = floor if later == 0 else one[later - 1]
        times.append((later - 1 + (half - before) / (one[later] - before)) / RATE)
    return np.array(times)


@checks("response latency")
def latencies(settings: Settings) -> Iterator[Quantity]:
    """Time to half of the peak after the onset of a grating, from grey of long ago."""
    for demo in demos(settings):
        repeats = settings.of(8, 4) if demo.is_noisy else 1
        shown = ig.stimuli.drifting_gratings(
            n_directions=4, duration_s=1.5, blank_s=2.0, repeats=repeats
        )
        result = measure(
            "response latency", demo.respond(shown), shown, demo.session, demo.rows
        )
        if result.columns is None:
            return
        course = demo.model.course(
            np.arange(4)[:, None] * 90.0, of_direction.SF, of_direction.TF, n_on=45
        )
        best = course.max(axis=0).argmax(axis=0)
        course = course[:, best, np.arange(course.shape[2])]
        true = _half_time(course, demo.truth("baseline"))
        for kind in ("complex", "simple", "untuned"):
            yield demo.quantity(
                f"response_latency_s, {kind} cells",
                true,
                result.columns["response_latency_s"],
                demo.truth("cell") == kind,
                unit="s",
            )


@checks("response latency")
def in_counts(settings: Settings) -> Iterator[Quantity]:
    """Poisson counts that rise exponentially after 0.1 s, 20 presentations."""
    rng, n = np.random.default_rng(17), settings.of(200, 50)
    onset = 12 + 33 * np.arange(20)
    table = pd.DataFrame({"condition": [0] * 20})
    table = table.assign(onset=onset / RATE, duration=21 / RATE)
    rate = np.zeros((12 + 33 * 20, n))
    late = np.arange(21)[:, None] / RATE - 0.1
    for first in onset:
        rate[first : first + 21] = 40 * np.where(late > 0, 1 - np.exp(-late / 0.1), 0)
    shown = responses_of(rng.poisson(rate), table)
    found = columns_of("response latency", shown, burn_in_frames=0)
    true = 0.1 + 0.1 * np.log(2)
    yield Quantity(
        "response_latency_s, Poisson counts",
        true,
        found["response_latency_s"],
        unit="s",
    )


@checks("time-resolved tuning")
def turning(settings: Settings) -> Iterator[Quantity]:
    """Units that prefer one direction for 0.3 s and then, with more depth, another."""
    rng, n = np.random.default_rng(17), settings.of(100, 40)
    early, late = rng.uniform(0, 360, (2, n))
    table = pd.DataFrame({"direction": np.tile(np.arange(8) * 45.0, 6)})
    onset = 12 + 33 * np.arange(len(table))
    table = table.assign(onset=onset / RATE, duration=18 / RATE)
    values = 1 + 0.2 * rng.normal(size=(onset[-1] + 33, n))
    for first, direction in zip(onset, table["direction"], strict=True):
        for start, depth, best in ((0, 2.0, early), (9, 3.0, late)):
            turn = np.radians(direction - best)
            values[first + start : first + start + 9] += depth * (1 + np.cos(turn)) / 2
    found = columns_of(
        "time-resolved tuning",
        responses_of(values, table),
        parameter="direction",
        bin_s=0.1,
        burn_in_frames=0,
    )
    for name, true in (("early", early), ("late", late)):
        yield Quantity(
            f"pref_direction_{name}",
            true,
            found[f"pref_direction_{name}"],
            unit="deg",
            period=360,
        )
    yield Quantity("tuning_half_s", 0.05, found["tuning_half_s"], unit="s")


@checks("time-resolved tuning")
def of_demo(settings: Settings) -> Iterator[Quantity]:
    """Preferred direction in the last window, of direction units."""
    for demo in demos(settings):
        repeats = settings.of(4, 2) if demo.is_noisy else 1
        found = columns_of(
            "time-resolved tuning",
            of_direction.responses(demo, repeats),
            of_direction.shown(repeats),
            demo.session,
            demo.rows,
            parameter="direction",
            bin_s=0.5,
        )
        yield demo.quantity(
            "pref_direction_late",
            demo.truth("direction"),
            found["pref_direction_late"],
            demo.truth("class") == "direction",
            unit="deg",
            period=360,
            truth_is="true_direction",
        )
