"""Recordings, files and two runs: reliability, accuracy, comparison, properties."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import insilico_gui as ig
from validating.checks import Settings, checks, columns_of, responses_of
from validating.demo import Demo, demos
from validating.quantities import Quantity

N_REPEATS, NOISE = 8, 2.0
NO_BURN_IN = {"burn_in_frames": 0}


def _recorded(settings: Settings) -> tuple[Any, Any, float]:
    """Prediction [T, U], recorded repeats [R, T, U], and how well one fits the other.

    A signal of variance 1, noise, and a prediction that shares 0.8 of the signal.
    """
    rng, n = np.random.default_rng(17), settings.of(200, 50)
    shape, alike = (2000, n), 0.8
    signal = rng.normal(size=shape)
    predicted = alike * signal + np.sqrt(1 - alike**2) * rng.normal(size=shape)
    noise = np.sqrt(NOISE) * rng.normal(size=(N_REPEATS, *shape))
    return predicted, signal + noise, alike


@checks("reliability")
def reliability(settings: Settings) -> Iterator[Quantity]:
    """CC_abs, CC_max and CC_norm of normal responses."""
    predicted, recorded, alike = _recorded(settings)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recorded.npy"
        np.save(path, recorded)
        found = columns_of(
            "reliability", responses_of(predicted), recording=str(path), **NO_BURN_IN
        )
    most = 1 / np.sqrt(1 + NOISE / N_REPEATS)
    yield Quantity("cc_abs", alike * most, found["cc_abs"])
    yield Quantity("cc_max", most, found["cc_max"])
    yield Quantity("cc_norm", alike, found["cc_norm"])


@checks("explained variance")
def of_recording(settings: Settings) -> Iterator[Quantity]:
    """FEVE of a prediction that shares some of the signal, frame by frame."""
    predicted, recorded, alike = _recorded(settings)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recorded.npy"
        np.save(path, recorded)
        found = columns_of(
            "explained variance",
            responses_of(alike * predicted),
            recording=str(path),
            **NO_BURN_IN,
        )
    yield Quantity("FEVE, shares 0.8 of the signal", alike**2, found["FEVE"])
    yield Quantity("oracle_jackknife, frames", _oracle(), found["oracle_jackknife"])


def _oracle() -> float:
    return float(1 / np.sqrt((1 + NOISE) * (1 + NOISE / (N_REPEATS - 1))))


@checks("prediction accuracy")
def accuracy(settings: Settings) -> Iterator[Quantity]:
    """The demo against clips of itself with noise, read as a published folder."""
    demo = demos(settings)[0]
    rng = np.random.default_rng(17)
    n_frames, repeats = 120, 4
    with tempfile.TemporaryDirectory() as folder:
        clean = []
        for clip in range(2):
            frames = rng.integers(0, 256, (n_frames // 6, 9, 16), np.uint8)
            frames = frames.repeat(6, 0).repeat(16, 1).repeat(16, 2)
            one = ig.encode(demo.session, frames).to_numpy()
            clean.append(one)
            for repeat in range(repeats):
                shown = one + one.std(axis=0) * rng.normal(size=one.shape)
                _write(Path(folder), f"video{clip}/{repeat}.npy", frames, shown)
        found = columns_of(
            "prediction accuracy", None, None, demo.session, recordings=folder
        )
    # the noise is as large as the signal of each clip
    true = _correlations(np.concatenate([c[10:] for c in clean]), clean, repeats)
    for name, wanted in true.items():
        measured = found[name].to_numpy()
        yield demo.quantity(
            name, wanted[demo.rows], measured[demo.rows], truth_is="closed form"
        )


def _correlations(all_frames: Any, clips: list[Any], repeats: int) -> dict[str, Any]:
    """CC_abs, CC_max and CC_norm if nothing but the noise limits them, [U]."""
    noise = np.mean([clip.var(axis=0) for clip in clips], axis=0) / repeats
    signal = all_frames.var(axis=0)
    limit = np.sqrt(signal / (signal + noise))
    return {"cc_abs": limit, "cc_max": limit, "cc_norm": np.ones_like(limit)}


def _write(folder: Path, name: str, frames: Any, responses: Any) -> None:
    """One presentation in the published layout."""
    n = len(frames)
    arrays = {
        "stimuli": frames[..., None],
        "perspectives": np.zeros((n, 2), np.float32),
        "modulations": np.zeros((n, 2), np.float32),
        "units": responses.astype(np.float32),
    }
    for kind, array in arrays.items():
        path = folder / kind / name
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, array)


def _two_runs(demo: Demo) -> tuple[Any, Any]:
    shown = [
        ig.stimuli.drifting_gratings(
            n_directions=4, temporal_frequency=tf, duration_s=0.5, blank_s=0.3
        )
        for tf in (1.0, 4.0)
    ]
    return demo.respond(shown[0]), demo.respond(shown[1])


@checks("comparison")
def comparison(settings: Settings) -> Iterator[Quantity]:
    """Means, difference and correlation of two runs, unit by unit."""
    for demo in demos(settings):
        one, other = _two_runs(demo)
        found = columns_of(
            "comparison",
            one,
            None,
            demo.session,
            demo.rows,
            lambda session, stimulus, other=other: other,
            other_session="demo",
            other_stimulus="other",
        )
        a, b = (run.to_numpy()[10:].astype(float) for run in (one, other))
        correlation = [np.corrcoef(*pair)[0, 1] for pair in zip(a.T, b.T, strict=True)]
        for name, true in {
            "mean_difference": a.mean(axis=0) - b.mean(axis=0),
            "correlation": np.array(correlation),
        }.items():
            yield demo.quantity(name, true, found[name], truth_is="brute force")


@checks("unit properties")
def properties(settings: Settings) -> Iterator[Quantity]:
    """A table in another order, with units that the session lacks."""
    demo = demos(settings)[0]
    units = demo.session.units
    table = pd.DataFrame({"unit_id": units["unit_id"], "depth": units["z"] / 3})
    table = table.sample(frac=0.5, random_state=1)
    more = pd.DataFrame({"unit_id": [10**9 + k for k in range(9)], "depth": 1.0})
    table = pd.concat([table, more]).sample(frac=1, random_state=2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "depths.csv"
        table.to_csv(path, index=False)
        found = columns_of("unit properties", None, None, demo.session, table=str(path))
    known = dict(zip(table["unit_id"], table["depth"], strict=True))
    true = np.array([known.get(unit, np.nan) for unit in units["unit_id"]])
    measured = found["depth"].to_numpy()
    yield Quantity(
        "depth", true, measured, unit="um", truth_is="brute force", source=demo.name
    )
    agrees = np.isnan(measured) == np.isnan(true)
    yield Quantity(
        "depth, units without one",
        1.0,
        agrees,
        unit="share",
        truth_is="brute force",
        source=demo.name,
    )
