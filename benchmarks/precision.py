"""The engine of the Wang 2025 network in less than float32, against float32.

    python benchmarks/precision.py [--device D] [--batch N ...] [--json F]

In every precision that the device is faster in: medians of runs of both engines in turn,
and the largest and the median relative difference of responses. A matter of its own:
efficiency, as ``benchmarks/engine.py`` reports it, is always of float32.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median

import numpy as np
import torch
from engine import Video
from insilico_wang2025.engine import Engine
from insilico_wang2025.precision import DTYPES, offered, products
from peak import seconds
from results import add
from synthetic import SEED

CHUNK = 16


def measure(
    precision: str, batch: int, units: int, frames: int, rounds: int, device: str
) -> dict[str, object]:
    """One row of results."""
    from support.wang2025_synthetic import network

    place = torch.device(device)
    folded = network(SEED, units).to(place)
    folded.fold()
    engines = {name: Engine(folded, DTYPES[name]) for name in ("float32", precision)}
    video = Video(batch, frames, place)
    warm = Video(batch, 2 * CHUNK, place)
    answers: dict[str, np.ndarray] = {}
    times: dict[str, list[float]] = {name: [] for name in engines}
    for k in range(rounds + 1):
        for name, engine in engines.items():

            def work(shown: Video, name: str = name, engine: Engine = engine) -> None:
                answers[name] = shown.responses(engine, CHUNK, CHUNK, None)

            with products(name):
                if k == 0:
                    work(warm)
                else:
                    times[name].append(seconds(lambda work=work: work(video), place))
    ms = {name: 1e3 * median(t) / (frames * batch) for name, t in times.items()}
    exact = answers["float32"]
    error = np.abs(answers[precision] - exact) / exact
    return {
        "name": f"{precision}, batch {batch}",
        "units": units,
        "threads": torch.get_num_threads(),
        "frames": frames,
        "rounds": rounds,
        "float32_ms": round(ms["float32"], 2),
        "ms": round(ms[precision], 2),
        "speedup": round(ms["float32"] / ms[precision], 2),
        "largest_error": float(f"{error.max():.1e}"),
        "median_error": float(f"{np.median(error):.1e}"),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, nargs="+", default=[1])
    parser.add_argument("--units", type=int, default=8000)
    parser.add_argument("--frames", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    device = arguments.device
    for precision in offered(device)[1:]:
        for batch in arguments.batch:
            row = measure(
                precision,
                batch,
                arguments.units,
                arguments.frames,
                arguments.rounds,
                device,
            )
            print(row, flush=True)
            if arguments.json:
                add(arguments.json, "precision", row, torch.device(device).type)


if __name__ == "__main__":
    main()
