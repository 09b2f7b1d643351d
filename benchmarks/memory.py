"""Peak memory of encoding a short and a long video, end to end.

    python benchmarks/memory.py [SESSION] [--directory DIR] [--minutes 1 10] [--json F]

Makes h264 videos (640 x 360, 30 frames/s), encodes each in a process of its own, from the
file to responses, and prints that process's peak resident memory. What counts is the
ratio between the longest and the shortest video: 1.0 is flat.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import numpy as np
from results import add

CHILD = """
import resource, sys, time
import insilico_gui as ig
session = ig.open_session(sys.argv[1], sys.argv[3] or None, "cpu")
start = time.perf_counter()
responses = ig.encode(session, ig.open_stimulus(sys.argv[2]))
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(responses.sizes["time"], responses.sizes["unit"], seconds, peak)
"""


def make_video(path: Path, n_frames: int, size: tuple[int, int] = (640, 360)) -> None:
    """Write a moving pattern, `size` pixels wide and high, as h264."""
    y, x = np.mgrid[: size[1], : size[0]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        (stream.width, stream.height), stream.pix_fmt = size, "yuv420p"
        stream.options = {"preset": "ultrafast", "g": "250"}
        wave = (127 + 100 * np.sin((x + 2 * y) / 25)).astype(np.uint8)
        for k in range(n_frames):
            grey = np.roll(wave, (k, 3 * k), axis=(0, 1))
            frame = av.VideoFrame.from_ndarray(grey, format="gray")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("session", nargs="?", default="demo")
    parser.add_argument("--directory", default="")
    parser.add_argument("--minutes", nargs="+", type=float, default=[1.0, 10.0])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for minutes in arguments.minutes:
            video = Path(folder) / f"{minutes:g}.mp4"
            make_video(video, round(minutes * 60 * 30))
            answer = subprocess.run(
                [
                    sys.executable,
                    "-c",
                    CHILD,
                    arguments.session,
                    video,
                    arguments.directory,
                ],
                check=True,
                capture_output=True,
                text=True,
            ).stdout.split()
            frames, units, seconds, peak = map(float, answer)
            rows.append(
                {
                    "name": f"{arguments.session}, {minutes:g} min",
                    "minutes": minutes,
                    "frames": int(frames),
                    "units": int(units),
                    "frames_per_s": round(frames / seconds, 1),
                    "peak_mb": round(peak, 1),
                    "ratio": round(peak / rows[0]["peak_mb"], 3) if rows else 1.0,
                }
            )
            print(rows[-1], flush=True)
            if arguments.json:
                add(arguments.json, "memory", rows[-1])


if __name__ == "__main__":
    main()
