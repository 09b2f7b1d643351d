"""What a step of playback costs the window, beside a bare napari layer in the same run.

    python benchmarks/app.py [--units 2000 10000 104171] [--json F]

Needs a screen (or ``xvfb-run -a -s '-screen 0 1920x1080x24'``). Medians in milliseconds
over the steps, which the window and a bare viewer of napari take in turn:

``step_ms``
    one tick of the window's clock on the GUI thread: slider, stimulus, colours of all
    units in the order of their values, and the panels in front;
``napari_ms``
    the same without panels in bare napari: its slider, and new face colours of a Points
    layer with as many points;
``paint_ms``, ``napari_paint_ms``
    the drawing that follows, by whatever draws OpenGL on this machine;
``find_ms``
    the unit under the mouse;
``click_ms``
    a click on a unit: the command, the map, and the panels in front;
``step_cpu_ms``, ``napari_cpu_ms``, ...
    the same as processor time of the GUI thread, which other work on the machine changes
    less.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

import napari
import numpy as np
import pandas as pd
from recolor import RandomSession, median_ms
from results import add

from insilico_gui.app import InsilicoWindow
from insilico_gui.experiment.document import SessionEntry
from insilico_gui.stimuli import ArrayStimulus

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS, CLICKS = 30, 8
UNITS = (2_000, 10_000, 104_171)
ASKED_MS = {2_000: 4, 10_000: 8, 104_171: 25}
"""At most for a step; what the project asks for."""


def timed(action: Callable[..., object], *given: object) -> tuple[float, float]:
    """Seconds that an action takes, and seconds of processor time of this thread."""
    start, cpu = time.perf_counter(), time.thread_time()
    action(*given)
    return time.perf_counter() - start, time.thread_time() - cpu


def paint(viewer: napari.Viewer) -> tuple[float, float]:
    """Draw a viewer's canvas; seconds as of :func:`timed`."""
    from qtpy.QtWidgets import QApplication

    viewer.window._qt_viewer.canvas.native.update()
    return timed(QApplication.processEvents)


def bare_viewer(n_units: int, clip: np.ndarray) -> tuple[napari.Viewer, object]:
    """A viewer of napari with the same film and as many points."""
    rng = np.random.default_rng(0)
    viewer = napari.Viewer()
    viewer.window._qt_window.resize(1366, 768)
    viewer.add_image(clip[:, None])
    places = np.c_[np.zeros(n_units), rng.uniform(0, (143, 255), (n_units, 2))]
    return viewer, viewer.add_points(places, size=1.0, border_width=0)


def measure(window: InsilicoWindow, n_units: int) -> dict[str, float]:
    """Medians for one number of units."""
    clip = np.random.default_rng(1).integers(0, 255, (60, 144, 256), np.uint8)
    experiment, session = window.experiment, RandomSession(n_units)
    experiment.put_session(SessionEntry(id=session.id), session, show=True)
    experiment.add_stimulus(ArrayStimulus(clip, 30.0), show=True)
    window.encode()
    window.wait(300)
    bare, points = bare_viewer(n_units, clip)
    names = "step", "napari", "paint", "napari_paint", "find", "click"
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    rng = np.random.default_rng(2)
    colors = rng.random((STEPS, n_units, 4), dtype=np.float32)

    def step_bare(k: int) -> None:
        bare.dims.set_current_step(0, k)
        points.face_color = colors[k]

    for k in range(STEPS):
        times["step"].append(timed(experiment.playback.seek_frame, k))
        times["paint"].append(paint(window.viewer))
        times["napari"].append(timed(step_bare, k))
        times["napari_paint"].append(paint(bare))
    bare.close()
    layer, finder = window.map.units_layer, window.map_tools._finder
    width, height = window.docks.canvas.width(), window.docks.canvas.height()
    for x, y in rng.uniform(0, (width, height), (STEPS, 2)):
        times["find"].append(timed(finder.at, layer, x, y))
    for row in rng.integers(0, n_units, CLICKS):
        times["click"].append(timed(window.map_tools._clicked, int(row), "alone"))
        paint(window.viewer)
    made: dict[str, float] = {"units": n_units}
    for name, taken in times.items():
        wall, cpu = zip(*taken, strict=True)
        made |= {f"{name}_ms": median_ms(wall), f"{name}_cpu_ms": median_ms(cpu)}
    return made


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, nargs="+", default=UNITS)
    parser.add_argument("--json", type=Path, help="file to add the figures to")
    options = parser.parse_args()
    window = InsilicoWindow()
    window.viewer.window._qt_window.resize(1366, 768)
    rows = []
    for n_units in options.units:
        rows.append(measure(window, n_units))
        print(pd.Series(rows[-1]).to_string(), flush=True)
    print(f"asked for, step_ms: {ASKED_MS}")
    if options.json:
        for row in rows:
            add(options.json, "playback", {"name": f"{row['units']:,} units", **row})
    window.viewer.close()


if __name__ == "__main__":
    main()
