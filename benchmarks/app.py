"""What the window costs while it is used, beside bare napari in the same run.

    python benchmarks/app.py [--units 2000 10000 104171] [--actions-of 10000] [--steps 30]

Needs a screen (or ``xvfb-run -a -s '-screen 0 1920x1080x24'``). Times are medians in
milliseconds; ``..._cpu_ms`` is processor time of the GUI thread, which other work on the
machine changes less. Drawing by whatever draws OpenGL on this machine is kept apart.

For each number of units, steps of playback that the window and a bare viewer of napari
take in turn:

``step_ms``
    one tick of the window's clock: stimulus, colours of all units in the order of their
    values, and the panels in front;
``seek_ms``
    the same while it stands, where napari's slider follows;
``napari_ms``
    the same without panels in bare napari: its slider, and new face colours of a Points
    layer with as many points;
``paint_ms``, ``napari_paint_ms``
    the drawing that follows;
``find_ms``
    the unit under the mouse.

Actions, with the unit table and the raster of all units in front:

``NAME_ms``
    the command: all that happens before it returns;
``NAME_after_cpu_ms``, ``NAME_block_cpu_ms``
    what the GUI thread does afterwards, and the longest part of that at a stretch.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

import napari
import numpy as np
import pandas as pd
from gui_time import Taken, Watchdog, settle, timed
from recolor import RandomSession
from results import add

from insilico_gui.app import InsilicoWindow
from insilico_gui.experiment.document import SessionEntry
from insilico_gui.stimuli import ArrayStimulus

if TYPE_CHECKING:
    from collections.abc import Callable

REPEATS = 7
UNITS = (2_000, 10_000, 104_171)
ASKED_MS = {2_000: 4, 10_000: 8, 104_171: 25}
"""At most for a step; what the project asks for."""

ASKED_ACTION_MS = 100


def medians(name: str, taken: list[Taken]) -> dict[str, float]:
    """Medians in milliseconds."""
    wall, cpu = ([getattr(one, what) for one in taken] for what in ("wall", "cpu"))
    return {
        f"{name}_ms": round(1000 * float(np.median(wall)), 2),
        f"{name}_cpu_ms": round(1000 * float(np.median(cpu)), 2),
    }


def paint(viewer: napari.Viewer) -> Taken:
    """Draw a viewer's canvas."""
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


def prepare(
    window: InsilicoWindow, n_units: int, *, n_clips: int = 1
) -> tuple[np.ndarray, list[str]]:
    """Show a session of so many units, with clips encoded; the last and their names."""
    rng = np.random.default_rng(1)
    experiment, session = window.experiment, RandomSession(n_units)
    experiment.put_session(SessionEntry(id=session.id), session, show=True)
    names = []
    for _ in range(n_clips):
        clip = rng.integers(0, 255, (60, 144, 256), np.uint8)
        names.append(experiment.add_stimulus(ArrayStimulus(clip, 30.0), show=True))
        window.encode()
        window.wait(300)
    experiment.playback.playing = False
    return clip, names


def steps(window: InsilicoWindow, n_units: int, n_steps: int) -> dict[str, float]:
    """Medians for steps of playback with one number of units."""
    clip, _ = prepare(window, n_units)
    playback = window.experiment.playback
    bare, points = bare_viewer(n_units, clip)
    names = "step", "seek", "napari", "paint", "napari_paint", "find"
    times: dict[str, list[Taken]] = {name: [] for name in names}
    rng = np.random.default_rng(2)
    colors = rng.random((n_steps, n_units, 4), dtype=np.float32)

    def step_bare(k: int) -> None:
        bare.dims.set_current_step(0, k)
        points.face_color = colors[k]

    playback.seek_frame(0)
    playback.playing = True
    window.playback_bar._timer.stop()  # the steps are ours
    for k in range(n_steps):
        times["step"].append(timed(playback.advance, 1 / 30))
        times["paint"].append(paint(window.viewer))
        times["napari"].append(timed(step_bare, k))
        times["napari_paint"].append(paint(bare))
    bare.close()
    playback.playing = False
    for k in range(n_steps):
        times["seek"].append(timed(playback.seek_frame, k))
        paint(window.viewer)
    layer, finder = window.map.units_layer, window.map_tools._finder
    width, height = window.docks.canvas.width(), window.docks.canvas.height()
    for x, y in rng.uniform(0, (width, height), (n_steps, 2)):
        times["find"].append(timed(finder.at, layer, x, y))
    made: dict[str, float] = {"units": n_units}
    for name, taken in times.items():
        made |= medians(name, taken)
    return made


def actions(window: InsilicoWindow, n_units: int) -> dict[str, float]:
    """Medians for what users do, with one number of units."""
    _, clips = prepare(window, n_units, n_clips=2)
    window.show_panel("Raster")
    window.show_panel("Units")
    window.wait(300)
    experiment, table = window.experiment, window.panel("Units").table
    column = window.panel("Units").model.names.index("gOSI")
    orders = table.horizontalHeader().sortIndicatorOrder().__class__

    def lasso(k: int) -> None:
        size = 20 + 5 * k
        corners = np.array([(0, 0), (0, 4 * size), (2 * size, 4 * size), (2 * size, 0)])
        window.map_tools._lasso_changed("drawn", corners + 10.0)

    def sort(k: int) -> None:
        table.sortByColumn(
            column, orders.AscendingOrder if k % 2 else orders.DescendingOrder
        )

    doing: dict[str, Callable[[int], object]] = {
        "lasso": lasso,
        "filter": lambda k: experiment.narrow({"gOSI": (0.1 * (k % 5), None)}),
        "sort": sort,
        "select_all": lambda _: experiment.pick(),
        "switch": lambda k: experiment.show(stimulus=clips[k % 2]),
        "click": lambda k: window.map_tools._clicked(100 * k, "alone"),
    }
    made: dict[str, float] = {"units": n_units}
    for name, action in doing.items():
        made |= measured(window, name, action)
    return made


def measured(
    window: InsilicoWindow, name: str, action: Callable[[int], object]
) -> dict[str, float]:
    """Medians for one action; the canvas is painted afterwards, and not counted."""
    experiment, canvas = window.experiment, window.docks.canvas
    dog, taken, after, blocks = Watchdog(), [], [], []
    for k in range(REPEATS):
        if name == "select_all":
            experiment.pick_none()
            settle(window)
        canvas.setUpdatesEnabled(False)
        taken.append(timed(action, k))
        dog.start()
        cpu = time.thread_time()
        settle(window)
        after.append(time.thread_time() - cpu)
        blocks.append(dog.longest.cpu)
        canvas.setUpdatesEnabled(True)
        paint(window.viewer)
    dog.stop()
    return medians(name, taken) | {
        f"{name}_after_cpu_ms": round(1000 * float(np.median(after)), 1),
        f"{name}_block_cpu_ms": round(1000 * float(np.median(blocks)), 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, nargs="*", default=UNITS)
    parser.add_argument("--steps", type=int, default=30, help="as many of each kind")
    parser.add_argument("--actions-of", type=int, default=10_000)
    parser.add_argument("--json", type=Path, help="file to add the figures to")
    options = parser.parse_args()
    window = InsilicoWindow()
    window.viewer.window._qt_window.resize(1366, 768)
    for n_units in options.units:
        row = steps(window, n_units, options.steps)
        print(pd.Series(row).to_string(), flush=True)
        if options.json:
            add(options.json, "playback", {"name": f"{n_units:,} units", **row})
    print(f"asked for, step_ms: {ASKED_MS}")
    if options.actions_of:
        row = actions(window, options.actions_of)
        print(pd.Series(row).to_string(), flush=True)
        print(f"asked for, each action: {ASKED_ACTION_MS} ms")
        if options.json:
            add(options.json, "actions", {"name": f"{row['units']:,} units", **row})
    window.viewer.close()


if __name__ == "__main__":
    main()
