"""How long the window takes to appear, beside an empty window of napari.

    python benchmarks/app_start.py [--repeats 5] [--json F]

Needs a screen (or ``xvfb-run -a -s '-screen 0 1366x768x24'``). Processes that open a
window of napari and processes that open the window of insilico_gui take turns; each
opens one, and ends. Medians over the repeats, from the start of a process until its
window is painted, with the panels that are in front:

``napari_s``, ``app_s``
    seconds;
``napari_cpu_s``, ``app_cpu_s``
    seconds of processor time of all its threads, which other work on the machine changes
    less;
``ratio``, ``cpu_ratio``
    the second to the first, as the median over pairs of neighbours.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

LIMIT_S = 120.0
RATIO = 1.5
"""At most; what the project asks for."""


def open_window(what: str) -> None:
    """Open one window in this process; print when it was painted, and what that took."""
    import napari

    if what == "app":
        from insilico_gui.app import launch

        window = launch()
        viewer = window.viewer
    else:
        window, viewer = None, napari.Viewer()
    from qtpy.QtCore import QEvent, QObject
    from qtpy.QtWidgets import QApplication

    painted: set[int] = set()

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                painted.add(id(watched))
            return False

    watch = Watch()
    shown = [viewer.window._qt_window, viewer.window._qt_viewer.canvas.native]
    seen: list[QObject] = []
    for widget in shown:
        widget.installEventFilter(watch)
    deadline = time.time() + LIMIT_S
    while True:
        QApplication.processEvents()
        if window is not None:
            slots = [slot for slot in window.slots if slot.is_seen]
            seen = [slot.panel for slot in slots]
            for panel in seen:
                if panel is not None and panel not in shown:
                    panel.installEventFilter(watch)
                    panel.update()  # it may have been painted just now
                    shown.append(panel)
        if painted >= {id(widget) for widget in shown} and None not in seen:
            break
        assert time.time() < deadline
    print(json.dumps({"at": time.time(), "cpu": time.process_time()}), flush=True)
    os._exit(0)  # closing is not measured


def measure(what: str, folder: str) -> tuple[float, float]:
    """Seconds, and seconds of processor time, until a new process shows a window."""
    settings = {
        "NAPARI_CONFIG": os.path.join(folder, "napari.yaml"),
        "INSILICO_SETTINGS": os.path.join(folder, "settings.json"),
        "INSILICO_RECOVERY": os.path.join(folder, "recovery"),
    }
    start = time.time()
    done = subprocess.run(
        [sys.executable, __file__, "--open", what],
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=LIMIT_S,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    return told["at"] - start, told["cpu"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="file to add the figures to")
    parser.add_argument("--open", choices=("napari", "app"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.open:
        open_window(options.open)
    with tempfile.TemporaryDirectory() as folder:
        for what in ("napari", "app"):  # files that the system has not read yet
            measure(what, folder)
        pairs = [
            (measure("napari", folder), measure("app", folder))
            for _ in range(options.repeats)
        ]
    figures = {
        "napari_s": median(bare[0] for bare, _ in pairs),
        "app_s": median(ours[0] for _, ours in pairs),
        "napari_cpu_s": median(bare[1] for bare, _ in pairs),
        "app_cpu_s": median(ours[1] for _, ours in pairs),
        "ratio": median(ours[0] / bare[0] for bare, ours in pairs),
        "cpu_ratio": median(ours[1] / bare[1] for bare, ours in pairs),
    }
    for name, figure in figures.items():
        print(f"{name}: {figure:.2f}")
    print(f"asked for: ratio <= {RATIO}")
    if options.json:
        from results import add

        add(options.json, "app_start", {"name": "empty window", **figures})


if __name__ == "__main__":
    main()
