"""What recolouring and playback cost per frame, at 2,000, 10,000 and 100,000 units.

    python benchmarks/recolor.py [--json out.json]

Needs a screen (or ``xvfb-run -a -s '-screen 0 1920x1080x24'``). Times are medians in
milliseconds. ``set`` is the Python call, ``paint`` the event loop and the drawing that
follow it. ``fast`` and ``public`` are measured in turn, frame by frame, in one run; what
counts is their ratio. ``playback`` is one tick of the window's clock: slider, stimulus
and colours.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd

from insilico_gui.app import InsilicoWindow
from insilico_gui.app.map.recolor import Recolorer
from insilico_gui.experiment.document import SessionEntry
from insilico_gui.stimuli import ArrayStimulus
from insilico_gui.streaming import StreamingSession

FRAMES = 30


class RandomSession(StreamingSession[None]):
    """Any number of units with random receptive fields and responses."""

    input_kind = "video"
    device = "cpu"
    frame_shape = (144, 256)
    frame_rate = 30.0

    def __init__(self, n_units: int) -> None:
        rng = np.random.default_rng(0)
        self.id = f"random-{n_units}"
        self.behavior: dict[str, int] = {}
        self.attrs = {"weights_hash": "none"}
        self.units = pd.DataFrame(
            {
                "unit_id": np.arange(n_units),
                "rf_x": rng.uniform(-1, 1, n_units),
                "rf_y": rng.uniform(-1, 1, n_units),
                "area": rng.choice(["V1", "LM", "AL", "RL"], n_units),
                **{axis: rng.uniform(0, 1000, n_units) for axis in "xyz"},
                "gOSI": rng.uniform(0, 1, n_units),
                "pref_ori": rng.uniform(0, 180, n_units),
            }
        )

    def initial_state(self, n_videos: int) -> None:
        """No state."""

    def advance(self, state, frames, behavior, units):  # type: ignore[no-untyped-def]
        """Random responses."""
        n = len(self.units) if units is None else len(units)
        rng = np.random.default_rng(int(frames[0, 0, 0, 0]))
        return rng.random((*frames.shape[:2], n), dtype=np.float32), None


def median_ms(times: list[float]) -> float:
    """Median of times in seconds, in milliseconds."""
    return round(1000 * float(np.median(times)), 2)


def measure(window: InsilicoWindow, n_units: int) -> dict[str, float]:
    """Medians for one number of units."""
    from qtpy.QtWidgets import QApplication

    def paint() -> float:
        start = time.perf_counter()
        window.viewer.window._qt_viewer.canvas.native.update()
        QApplication.processEvents()
        return time.perf_counter() - start

    clip = np.random.default_rng(1).integers(0, 255, (60, 144, 256), np.uint8)
    experiment, session = window.experiment, RandomSession(n_units)
    experiment.put_session(SessionEntry(id=session.id), session, show=True)
    experiment.add_stimulus(ArrayStimulus(clip, 30.0), show=True)
    window.encode()
    window.wait(300)
    layer = window.map.units_layer
    recolorer = window.map._recolorer
    assert layer is not None and recolorer is not None
    slow = Recolorer(window.viewer, layer)
    slow.fast = False
    times: dict[str, list[float]] = {"fast": [], "public": [], "tick": [], "paint": []}
    rng = np.random.default_rng(2)
    for k in range(FRAMES):
        rgba = rng.random((n_units, 4), dtype=np.float32)
        for name, way in (("fast", recolorer), ("public", slow)):
            start = time.perf_counter()
            way.set_colors(rgba)
            times[name].append(time.perf_counter() - start)
            times["paint"].append(paint())
        start = time.perf_counter()
        window.experiment.playback.seek_frame(k)
        times["tick"].append(time.perf_counter() - start)
        paint()
    assert recolorer.fast, "the fast path is not in use"
    return {
        "units": n_units,
        "fast_set_ms": median_ms(times["fast"]),
        "public_set_ms": median_ms(times["public"]),
        "public_over_fast": round(
            float(np.median(times["public"]) / np.median(times["fast"])), 1
        ),
        "playback_tick_ms": median_ms(times["tick"]),
        "paint_ms": median_ms(times["paint"]),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    window = InsilicoWindow()
    window.viewer.window._qt_window.resize(1366, 768)
    rows = [measure(window, n) for n in (2_000, 10_000, 100_000)]
    print(pd.DataFrame(rows).to_string(index=False))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))
    window.viewer.close()


if __name__ == "__main__":
    main()
