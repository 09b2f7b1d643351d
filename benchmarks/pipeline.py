"""What encoding a video costs beside the network: decoding, conversion, hash, store.

    python benchmarks/pipeline.py [SESSION] [--directory DIR] [--frames N] [--json F]

Makes an h264 video (30 frames/s), and in every round, one after the other, has the
session answer its converted frames, held in memory, and encodes it from the file to
responses, in memory or in a zarr folder. What counts is the median of the rounds' ratios:
1.0 means that everything but the network is free. Without SESSION, a scan with 8,000 units
and random weights is made.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
import torch
from memory import make_video
from peak import seconds
from results import add
from synthetic import SESSION, write_weights

import insilico_gui as ig
from insilico_gui.encoding.engine import (
    CHUNK_FRAMES,
    FIRST_CHUNK_FRAMES,
    chunk_ends,
)
from insilico_gui.stimuli import convert

SIZES = {"360p": (640, 360), "1080p": (1920, 1080)}


def measure(
    session: ig.session.Session, size: str, frames: int, rounds: int, zarr: bool
) -> dict[str, object]:
    """One row of results."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        make_video(path, frames, SIZES[size])
        converted = convert(
            ig.open_stimulus(path), session.frame_shape, session.frame_rate
        )
        pictures = converted.frames(0, frames)
        largest = getattr(session, "chunk_frames", CHUNK_FRAMES)
        edges = [0, *chunk_ends(frames, FIRST_CHUNK_FRAMES, largest)]
        store = Path(folder) / "out.zarr" if zarr else None

        def network() -> None:
            chunks = (pictures[start:stop] for start, stop in pairwise(edges))
            for _ in session.stream(chunks):
                pass

        def everything() -> None:
            stimulus = ig.open_stimulus(path)
            ig.encode(session, stimulus, store=store, overwrite=True)

        cpu = torch.device("cpu")
        times: dict[str, list[float]] = {"network": [], "everything": []}
        for _ in range(rounds):
            times["network"].append(seconds(network, cpu))
            times["everything"].append(seconds(everything, cpu))
    ms = {what: 1e3 * median(taken) / frames for what, taken in times.items()}
    pairs = zip(times["everything"], times["network"], strict=True)
    return {
        "name": f"{size}, {'zarr' if zarr else 'in memory'}",
        "session": session.id,
        "units": len(session.units),
        "frames": frames,
        "rounds": rounds,
        "threads": torch.get_num_threads(),
        "network_ms": round(ms["network"], 3),
        "everything_ms": round(ms["everything"], 3),
        "ratio": round(median(both / alone for both, alone in pairs), 3),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("session", nargs="?")
    parser.add_argument("--directory")
    parser.add_argument("--units", type=int, default=8000)
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--size", choices=SIZES, nargs="+", default=["360p"])
    parser.add_argument("--store", choices=("memory", "zarr"), default="memory")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        directory = arguments.directory
        if arguments.session is None:
            directory = stack.enter_context(tempfile.TemporaryDirectory())
            write_weights(Path(directory), arguments.units)
        session = ig.open_session(arguments.session or SESSION, directory, "cpu")
        list(session.stream([np.zeros((16, *session.frame_shape), np.uint8)]))  # warm
        for size in arguments.size:
            row = measure(
                session,
                size,
                arguments.frames,
                arguments.rounds,
                arguments.store == "zarr",
            )
            print(row, flush=True)
            if arguments.json:
                add(arguments.json, "pipeline", row)


if __name__ == "__main__":
    main()
