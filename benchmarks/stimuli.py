"""Frames a second that the parametric families render, in one thread.

    python benchmarks/stimuli.py [--frames 600] [--json F]

Each family as its form offers it, at 256 x 144 pixels, in chunks of 30 frames from its
first trial on; and the costlier variants. Making the stimulus (its trial table, what
its frames share) is timed apart.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from insilico_gui.stimuli.families import FAMILIES

CHUNK = 30

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "size series, surround": ("size series", {"surround": ["same", "orthogonal"]}),
    "moving bars, checkerboard": ("moving bars", {"checker_deg": 20.0}),
    "looming, exact angles": ("looming", {"angles": "exact"}),
}


def speed(family: str, options: dict[str, Any], n: int) -> dict[str, float]:
    """Seconds to make the stimulus, and frames rendered per second."""
    start = time.perf_counter()
    stimulus = FAMILIES[family](**options)
    made = time.perf_counter()
    last = min(n, stimulus.n_frames)
    for first in range(0, last, CHUNK):
        stimulus.frames(first, min(first + CHUNK, last))
    rendered = time.perf_counter()
    return {
        "seconds_to_make": round(made - start, 4),
        "frames_per_second": round(last / (rendered - made)),
    }


def photographs(folder: Path, n: int = 20) -> Path:
    """Fill a folder with images of 640 x 480 pixels."""
    rng = np.random.default_rng(0)
    for k in range(n):
        pixels = rng.integers(0, 256, (480, 640, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"image{k}.png")
    return folder


def main() -> None:
    """Print a line for each family; write all of them to a file if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        cases = {family: (family, {}) for family in FAMILIES} | VARIANTS
        images = photographs(Path(folder))
        cases["natural images"] = ("natural images", {"folder": images})
        for name, (family, options) in cases.items():
            results[name] = speed(family, options, arguments.frames)
            print(f"{name:28} {results[name]}")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
