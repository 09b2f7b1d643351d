"""Streaming of the demo twin, against an earlier state of it in the same run.

    git worktree add ../earlier COMMIT
    python benchmarks/demo_speed.py [--against ../earlier/plugins] [--rounds 7]

Both models encode the same noise with all units on one thread, in turns, each in a
process of its own that measures processor time; medians over the rounds. ``ratio`` is
now / earlier; it should stay below 1.3. ``noisy`` is ``demo/noisy`` over ``demo``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent.parent
FRAMES = 120

CHILD = f"""
import sys, time
import numpy as np, torch
torch.set_num_threads(1)
import insilico_gui as ig
frames = np.random.default_rng(0).integers(0, 256, ({FRAMES}, 144, 256), dtype=np.uint8)
session = ig.open_session(sys.argv[1], device="cpu")
list(session.stream([frames[:30]]))
for line in sys.stdin:
    start = time.process_time()
    list(session.stream(np.split(frames, 4)))
    print(time.process_time() - start, flush=True)
"""


class Measured:
    """A session in a process of its own; `plugins` is the folder of its package."""

    def __init__(self, plugins: Path, session: str) -> None:
        paths = [str(plugins), str(HERE), os.environ.get("PYTHONPATH", "")]
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, session],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds(self) -> float:
        """Processor time of one more round."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def end(self) -> None:
        """Let the process end."""
        self.process.communicate()


def main() -> None:
    """Measure in turns and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    cases = {
        "now": (HERE / "plugins", "demo"),
        "noisy": (HERE / "plugins", "demo/noisy"),
    }
    if given.against is not None:
        cases["earlier"] = (given.against.resolve(), "demo")
    measured = {name: Measured(*case) for name, case in cases.items()}
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(given.rounds):
        for name, session in measured.items():
            taken[name].append(session.seconds())
    for session in measured.values():
        session.end()
    for name, seconds in taken.items():
        frame = 1000 * median(seconds) / FRAMES
        print(f"{name:8} {frame:6.2f} ms of processor a frame ({1000 / frame:.0f}/s)")
    now = median(taken["now"])
    print(f"noisy / now {median(taken['noisy']) / now:.2f}")
    if "earlier" in taken:
        print(f"ratio (now / earlier) {now / median(taken['earlier']):.2f}")


if __name__ == "__main__":
    main()
