"""From scratch on the demo: a proof in miniature that the whole pipeline learns.

Simulates a recording of the demo twin while natural-like clips are shown, trains a
reduced network on it from scratch, and judges the network on clips that it has not seen,
and on drifting gratings, a kind of stimulus that it has not seen at all.

    python scripts/learn_demo.py OUT              # the whole experiment, 2 cores
    python scripts/learn_demo.py OUT --tiny       # the same steps in a few minutes

Writes the recording, the network (opens as the session ``wang2025/run``), ``units.csv``
with a row for each unit, ``summary.json`` and figures into OUT.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from insilico_wang2025.data import load_evaluation_data
from insilico_wang2025.evaluate import (
    compute_cc_abs,
    compute_cc_max,
    format_responses,
)
from learn_demo_figures import draw_figures
from simulated_recording import Recording, simulate

import insilico_gui as ig

SIZES = {
    "streams": 1,
    "frame_shape": [36, 64],
    "retina_shape": [32, 60],
    "retina_degrees": 18.2,
    "monitor_distance": 3.0,
    "first_kernel": 10,
    "first_stride": 4,
    "blocks": [[32, 2]],
    "map_channels": 48,
    "hidden": 32,
    "common": 32,
    "groups": 2,
    "modulation": 4,
}
"""A reduced network: one stream, 8 x 15 maps."""

FIT = {
    "optimiser": "adam",
    "standard_retina": True,
    "find_positions": True,
    "first_sigma": 0.05,
    "lr": 0.005,
    "decay": 0.0,
    "momentum": 0.9,
    "sample_size": 30,
    "batch_size": 8,
    "burnin_frames": 10,
    "validation_size": 8,
}
"""Many short windows: responses depend on about the last ten frames."""

BURNIN = 10  # frames of a clip that are not judged
WELL_PREDICTED = 0.7  # cc_norm
SELECTIVE = 0.3  # true DSI
CLOSE_DEG = 22.5
DIRECTIONS = 16
GRATINGS = ((0.025, 2.0), (0.045, 2.0), (0.045, 4.0), (0.08, 2.0))  # cycles/deg, Hz


def train(data: Path, out: Path, epochs: int, steps: int, seed: int) -> Any:
    """Train the reduced network on the training clips."""
    out.mkdir(parents=True, exist_ok=True)
    sizes = out / "sizes.json"
    sizes.write_text(json.dumps(SIZES, indent=2) + "\n")
    return ig.fitting.fit(
        data,
        out=out,
        twin="wang2025",
        network=str(sizes),
        epochs=epochs,
        training_size=steps,
        seed=seed,
        device="cpu",
        resume=True,
        progress=True,
        **FIT,
    )


def judge_clips(session: Any, folder: Path) -> pd.DataFrame:
    """cc_abs, cc_max and cc_norm of each unit on held-out clips."""
    data = load_evaluation_data(folder)
    predicted = []
    for k, repeats in enumerate(data["stimuli"]):
        behavior = {
            "perspective": np.stack(data["perspectives"][k]),
            "modulation": np.stack(data["modulations"][k]),
        }
        frames = np.stack(repeats)[..., 0]
        predicted.append(list(ig.encode(session, frames, behavior=behavior).values))
    recorded = format_responses(data["units"], BURNIN)
    found = format_responses(predicted, BURNIN)
    table = pd.DataFrame({"unit_id": session.units["unit_id"].to_numpy()})
    table["cc_max"] = compute_cc_max(recorded)
    table["cc_abs"] = compute_cc_abs(recorded, found)
    table["cc_norm"] = table["cc_abs"] / table["cc_max"]
    return table


def direction_curves(session: Any, indices: Any = None) -> np.ndarray:
    """Mean responses to drifting gratings in each direction, [U, directions].

    Of each unit at the spatial and temporal frequency that it responds to most.
    """
    curves = []
    for sf, tf in GRATINGS:
        stimulus = ig.stimuli.drifting_gratings(
            directions=[360 * k / DIRECTIONS for k in range(DIRECTIONS)],
            spatial_frequency=sf,
            temporal_frequency=tf,
            duration_s=1.5,
            repeats=1,
        )
        responses = ig.encode(session, stimulus, indices=indices).values
        rate = session.frame_rate
        rows = [
            responses[
                round((t.onset + 0.3) * rate) : round((t.onset + t.duration) * rate)
            ]
            for t in stimulus.trials.sort_values("direction").itertuples()
        ]
        curves.append(np.stack([row.mean(0) for row in rows], 1))
    every = np.stack(curves)  # [gratings, U, directions]
    best = every.max(axis=2).argmax(axis=0)
    return every[best, np.arange(every.shape[1])]


def preferred_direction(curves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Direction of the resultant of each curve (degrees), and its length, gDSI."""
    turn = np.exp(2j * np.pi * np.arange(curves.shape[1]) / curves.shape[1])
    resultant = curves @ turn / curves.sum(1)
    return np.rad2deg(np.angle(resultant)) % 360, np.abs(resultant)


def judge(run: Path, data: Path, recording: Recording) -> tuple[pd.DataFrame, Any]:
    """A row for each unit: accuracy on clips, and direction tuning on gratings."""
    session = ig.open_session("wang2025/run", directory=run, device="cpu")
    table = judge_clips(session, data / "evaluation_data")
    truth = pd.read_csv(data / "training_data" / "units.csv")
    for column in ("area", "true_class", "true_direction", "true_dsi", "true_sf"):
        table[column] = truth[column]
    table["true_rf_x"], table["true_rf_y"] = truth["rf_x"], truth["rf_y"]
    for column in ("rf_x", "rf_y"):  # without the index of the session's units
        table[column] = session.units[column].to_numpy()
    learned = direction_curves(session)
    real = direction_curves(
        ig.open_session("demo", device="cpu"), recording.unit_indices()
    )
    table["pref_dir"], table["gDSI"] = preferred_direction(learned)
    table["demo_pref_dir"], table["demo_gDSI"] = preferred_direction(real)
    off = np.abs(table["pref_dir"] - table["true_direction"])
    table["direction_error"] = np.minimum(off, 360 - off)
    return table, (learned, real)


def summarize(table: pd.DataFrame) -> dict[str, Any]:
    """The figures of the experiment."""
    selective = (table["true_class"] == "direction") & (table["true_dsi"] >= SELECTIVE)
    well = selective & (table["cc_norm"] >= WELL_PREDICTED)
    error = table.loc[well, "direction_error"]
    return {
        "units": len(table),
        "median_cc_norm": float(table["cc_norm"].median()),
        "median_cc_abs": float(table["cc_abs"].median()),
        "median_cc_max": float(table["cc_max"].median()),
        "median_cc_norm_by_class": {
            str(name): float(value)
            for name, value in table.groupby("true_class")["cc_norm"].median().items()
        },
        "direction_selective_units": int(selective.sum()),
        "well_predicted_of_these": int(well.sum()),
        "median_direction_error_deg": float(error.median()),
        "share_within_22.5_deg": float((error <= CLOSE_DEG).mean()),
        "share_within_22.5_deg_of_all_selective": float(
            (table.loc[selective, "direction_error"] <= CLOSE_DEG).mean()
        ),
    }


def main() -> None:
    """Run the experiment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tiny", action="store_true", help="a few minutes")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--steps", type=int, default=100, help="batches of an epoch")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    recording = Recording(seed=given.seed)
    epochs, steps = given.epochs, given.steps
    if given.tiny:
        recording = Recording(6, 2, 2, 3, 120, 100, seed=given.seed)
        epochs, steps = 2, 4
    times, began = {}, time.perf_counter()

    def lap(name: str) -> None:
        times[name] = round(time.perf_counter() - began - sum(times.values()), 1)
        print(f"{name}: {times[name]} s", flush=True)

    data = given.out / "recording"
    if not (data / "training_data" / "units.csv").exists():
        simulate(recording, data)
    lap("simulated")
    report = train(data / "training_data", given.out / "run", epochs, steps, given.seed)
    lap("trained")
    table, curves = judge(given.out / "run", data, recording)
    lap("judged")
    summary = {"seed": given.seed, "seconds": times} | summarize(table)
    table.to_csv(given.out / "units.csv", index=False)
    (given.out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    draw_figures(given.out, table, report.curves, curves)
    print(json.dumps(summary, indent=2))


if __name__ == "__main__":
    main()
