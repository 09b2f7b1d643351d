"""How fast the parametric families render, next to how fast the demo twin encodes.

    python benchmarks/stimuli.py [--frames 600] [--json F]

Each family as its form offers it, on the display that fills the frames of the demo
session (256 x 144 pixels), in chunks of 30 frames from its first trial on; and the
costlier variants. Rendering takes one thread. Making the stimulus (its trial table,
what its frames share) is timed apart. The demo session encodes chunks of 30 frames of
noise, with the threads that torch takes; its best of three runs, before the families
and after them, is the unit of the last column. Rendering at 10 or more of it is lost
in the time that encoding takes.

What stays below, and why:

- Trippy and random dots have no two frames alike. What they take is a look-up or a
  square root for each pixel that changes, and numpy's calls for it.
- Monet2 takes a Fourier transform of each frame, a third of its time, in double
  precision, so that machines agree; its noise goes up to the limit of the pixels, so
  nothing can be done on a coarser grid. Two threads made it 1.15 times as fast for 1.25
  times the work.
- Natural images are decoded once each, and shown again from memory.
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

from insilico_gui.opening import open_session
from insilico_gui.session import VideoSession
from insilico_gui.stimuli import Display
from insilico_gui.stimuli.families.registry import FAMILIES
from insilico_gui.stimuli.render.scene import pink_noise

CHUNK = 30

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "size series, surround": ("size series", {"surround": ["same", "orthogonal"]}),
    "moving bars, checkerboard": ("moving bars", {"checker_deg": 20.0}),
    "looming, exact angles": ("looming", {"angles": "exact"}),
}


def encoding_speed(session: VideoSession, n: int = 600) -> float:
    """Frames of noise that a session encodes in a second, the best of three runs."""
    noise = np.random.default_rng(0).integers(
        0, 256, (n, *session.frame_shape), np.uint8
    )
    best = np.inf
    for _ in range(3):
        chunks = (noise[first : first + CHUNK] for first in range(0, n, CHUNK))
        start = time.perf_counter()
        for _ in session.stream(chunks):
            pass
        best = min(best, time.perf_counter() - start)
    return n / best


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
    """Fill a folder with JPEG images of 640 x 480 pixels with a natural spectrum."""
    rng = np.random.default_rng(0)
    for k in range(n):
        texture = np.tile(pink_noise(rng), (1, 2))[:480, :640]
        levels = np.clip(128 + 40 * texture, 0, 255).astype(np.uint8)
        Image.fromarray(levels).convert("RGB").save(folder / f"image{k}.jpg")
    return folder


def main() -> None:
    """Print a line for each family; write all of them to a file if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    session = open_session("demo")
    assert isinstance(session, VideoSession)
    display = Display(pixels=session.frame_shape)
    encoded = encoding_speed(session)
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        cases: dict[str, tuple[str, dict[str, Any]]] = {
            **{family: (family, {}) for family in FAMILIES},
            **VARIANTS,
        }
        images = photographs(Path(folder))
        cases["natural images"] = ("natural images", {"folder": images})
        for name, (family, options) in cases.items():
            options = {**options, "display": display}
            results[name] = speed(family, options, arguments.frames)
    encoded = max(encoded, encoding_speed(session))
    print(f"The demo session encodes {encoded:.0f} frames per second.")
    print(f"{'':28}{'to make, s':>12}{'frames/s':>12}{'x encoding':>12}")
    for name, result in results.items():
        result["times_encoding"] = round(result["frames_per_second"] / encoded, 1)
        print(f"{name:28}" + "".join(f"{value:12}" for value in result.values()))
    if arguments.json:
        document = {"encoded_frames_per_second": round(encoded), "families": results}
        arguments.json.write_text(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
