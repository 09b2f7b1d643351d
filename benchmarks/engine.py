"""The engine of the Wang 2025 network against the plain module and the machine's peak.

    python benchmarks/engine.py [--only NAME ...] [--quick] [--device D] [--json F]

With random weights of the published shapes. In every round, one after the other: the
machine's float32 matrix product (best of sizes), the plain module frame by frame (it
normalises its weights at every call, as in training), the same with its weights folded
once, and the engine; medians over the rounds. ``speedup`` is plain / engine,
``speedup_folded`` is folded / engine, and ``efficiency`` what
the network needs, 8.47 GFLOP a frame at 8,000 units, over the engine's time x the peak
with the same number of threads. Above 1 it says that the engine does with fewer
operations. ``error`` is the largest relative difference between the two's responses.

The cases have names, such as ``2-threads`` or ``batch-4``; ``--only`` picks some, and
results are added to those that are in the file already. ``benchmarks/engine_table.py``
makes the table in ``docs/benchmarks.md``. Memory against the length of the video is
measured by ``benchmarks/memory.py``, and what encoding adds by ``benchmarks/pipeline.py``.
"""

from __future__ import annotations

import argparse
import os
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import torch
from insilico_wang2025.engine import Engine
from peak import Peak, seconds
from results import add
from synthetic import SEED

from insilico_gui.device import full_float32

if TYPE_CHECKING:
    from insilico_wang2025.network import Network

GFLOP_CORE = 2 * 4.2135
GFLOP_UNIT = 2 * 2.56e-6
"""A frame's operations: of the network, and of each unit that is read out."""


@dataclass(frozen=True)
class Case:
    """What is measured; `selected` of the `units` are computed (None: all)."""

    threads: int = 2
    batch: int = 1
    units: int = 8000
    selected: int | None = None


CASES = {
    "2-threads": Case(),
    "1-thread": Case(threads=1),
    "batch-4": Case(batch=4),
    "batch-4-1-thread": Case(threads=1, batch=4),
    "500-units": Case(units=500),
    "9941-units": Case(units=9941),
    "10-of-8000-units": Case(selected=10),
}
CUDA_CASES = {f"batch-{n}": Case(threads=1, batch=n) for n in (1, 4, 16, 64)}


class Video:
    """Noise that moves, the same for all.

    Parameters
    ----------
    batch, frames : int
    device : torch.device
    """

    def __init__(self, batch: int, frames: int, device: torch.device) -> None:
        rng = np.random.default_rng(0)
        coarse = rng.integers(0, 256, (batch, frames, 9, 16), dtype=np.uint8)
        self.frames = coarse.repeat(16, axis=2).repeat(16, axis=3)
        self.device = device

    def responses(
        self, model: Network | Engine, step: int, chunk: int, units: torch.Tensor | None
    ) -> np.ndarray:
        """Responses [N, T, U] on the host, `step` frames at a time.

        Frames go to the device, and responses come back, once in `chunk` frames,
        whatever the step is.
        """
        batch, n_frames = self.frames.shape[:2]
        parts = []
        with torch.inference_mode():
            state = model.initial_state(batch)
            for start in range(0, n_frames, chunk):
                frames = torch.from_numpy(self.frames[:, start : start + chunk])
                logs = []
                for shown in frames.to(self.device).split(step, dim=1):
                    rest = torch.zeros(*shown.shape[:2], 2, device=self.device)
                    log_response, state = model(shown, rest, rest, state, units=units)
                    logs.append(log_response)
                parts.append(torch.cat(logs, dim=1).exp().cpu().numpy())
        return np.concatenate(parts, axis=1)


def measure(
    name: str, case: Case, chunk: int, frames: int, rounds: int, device: torch.device
) -> dict[str, object]:
    """One row of results."""
    from support.wang2025_synthetic import network

    torch.set_num_threads(case.threads)
    # moving a module unfolds it, and the function gives the same module every time
    plain = deepcopy(network(SEED, case.units)).to(device)
    folded = deepcopy(plain)
    folded.fold()
    engine = Engine(folded)
    units = None
    if case.selected is not None:
        step = case.units // case.selected
        units = torch.arange(0, case.units, step, device=device)[: case.selected]
    warm = Video(case.batch, 2 * chunk, device)
    warm.responses(plain, 1, chunk, units)
    warm.responses(folded, 1, chunk, units)
    warm.responses(engine, chunk, chunk, units)
    video, peak = Video(case.batch, frames, device), Peak(device)
    answers: dict[str, np.ndarray] = {}
    peaks, times = [], {}

    def run(what: str, *arguments: object) -> None:
        def work() -> None:
            answers[what] = video.responses(*arguments)

        times.setdefault(what, []).append(seconds(work, device))

    for _ in range(rounds):
        peaks.append(peak.gflops())
        run("plain", plain, 1, chunk, units)
        run("folded", folded, 1, chunk, units)
        peaks.append(peak.gflops())
        run("engine", engine, chunk, chunk, units)
        if units is not None:
            run("all units", engine, chunk, chunk, None)
    ms = {
        what: 1e3 * median(taken) / (frames * case.batch)
        for what, taken in times.items()
    }
    needed = GFLOP_CORE + GFLOP_UNIT * (case.selected or case.units)
    best = median(peaks)
    error = np.abs(answers["engine"] - answers["plain"]) / answers["plain"]
    row = {
        "name": name,
        **asdict(case),
        "chunk": chunk,
        "frames": frames,
        "rounds": rounds,
        "peak_gflops": round(best, 1),
        "peak_spread": round((max(peaks) - min(peaks)) / best, 3),
        "plain_ms": round(ms["plain"], 2),
        "folded_ms": round(ms["folded"], 2),
        "engine_ms": round(ms["engine"], 2),
        "speedup": round(ms["plain"] / ms["engine"], 3),
        "speedup_folded": round(ms["folded"] / ms["engine"], 3),
        "plain_efficiency": round(1e3 * needed / (ms["plain"] * best), 3),
        "efficiency": round(1e3 * needed / (ms["engine"] * best), 3),
        "gflops": round(1e3 * needed / ms["engine"], 1),
        "error": float(f"{error.max():.1e}"),
    }
    if units is not None:
        row["all_units_ms"] = round(ms["all units"], 2)
        row["saved"] = round(1 - ms["engine"] / ms["all units"], 3)
    return row


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--only", nargs="+", metavar="NAME", help=", ".join(CASES))
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--chunk", type=int, help="default: what the engine prefers")
    parser.add_argument("--quick", action="store_true", help="16 frames, one round")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    cases = CUDA_CASES if device.type == "cuda" else CASES
    for name in arguments.only or cases:
        case = cases[name]
        case = replace(case, threads=min(case.threads, os.cpu_count() or 1))
        chunk = arguments.chunk or getattr(Engine, "chunk_frames", 16)
        frames = 16 if arguments.quick else arguments.frames
        rounds = 1 if arguments.quick else arguments.rounds
        # On CUDA torch may multiply more coarsely in convolutions than in matrices; the
        # engine, what it is compared with and the peak are all in float32, as sessions.
        with full_float32():
            row = measure(name, case, chunk, frames, rounds, device)
        print(row, flush=True)
        if arguments.json:
            add(arguments.json, "engine", row, device.type)


if __name__ == "__main__":
    main()
