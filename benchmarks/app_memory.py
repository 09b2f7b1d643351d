"""What a window that is used all day holds: memory, widgets, layers, threads and files.

    python benchmarks/app_memory.py [--sessions 100] [--steps 10000] [--windows 10]

Needs a screen (or ``xvfb-run -a -s '-screen 0 1366x768x24'``). Opens, encodes and closes
a session after the other in one window; plays steps, each of which is drawn; and opens
and closes whole windows. After each tenth, all that nobody holds is given back, and what
is left is counted. Flat means: as much at the end as after the first tenth.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import sys
import threading
import weakref
from typing import TYPE_CHECKING

import numpy as np
import psutil
from qtpy.QtCore import QCoreApplication, QEvent
from qtpy.QtWidgets import QApplication
from recolor import RandomSession

from insilico_gui.app import InsilicoWindow
from insilico_gui.experiment.document import SessionEntry
from insilico_gui.stimuli import ArrayStimulus

if TYPE_CHECKING:
    from collections.abc import Callable

UNITS = 2_000
PARTS = 10


def let_go() -> None:
    """Give back all that nobody holds."""
    for _ in range(3):
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def told(name: str, n_layers: int) -> None:
    """Print what is there now."""
    let_go()
    process = psutil.Process()
    figures = {
        "MB": f"{process.memory_info().rss / 2**20:.1f}",
        "widgets": len(QApplication.allWidgets()),
        "layers": n_layers,
        "threads": threading.active_count(),
        "files": len(process.open_files()),
        "handles": process.num_fds(),
    }
    text = "  ".join(f"{value} {what}" for what, value in figures.items())
    print(f"{name:>18}: {text}", flush=True)


def open_and_close(window: InsilicoWindow) -> None:
    """Open a session and a clip, encode, and take both out again."""
    experiment = window.experiment
    session = RandomSession(UNITS)
    clip = np.random.default_rng(0).integers(0, 255, (20, 144, 256), np.uint8)
    name = experiment.put_session(SessionEntry(id=session.id), session, show=True)
    stimulus = experiment.add_stimulus(ArrayStimulus(clip, 30.0), show=True)
    window.encode()
    window.wait(300)
    experiment.remove_session(name)
    experiment.remove_stimulus(stimulus)
    window.wait(60)


def repeat(
    n: int, name: str, action: Callable[[], object], n_layers: Callable[[], int]
) -> None:
    """Do something often, and count at each tenth."""
    for k in range(1, n + 1):
        action()
        if k % max(n // PARTS, 1) == 0:
            told(f"{k} {name}", n_layers())


def use_window(alive: weakref.WeakSet[InsilicoWindow]) -> None:
    """Open a window, use it once, and close it."""
    window = InsilicoWindow()
    alive.add(window)
    open_and_close(window)
    window.viewer.close()
    window.wait(60)


def use_long(n_sessions: int, n_steps: int) -> None:
    """Open a session after the other in one window, and play."""
    window = InsilicoWindow()
    window.viewer.window._qt_window.resize(1366, 768)
    window.wait(60)
    viewer = window.viewer

    def layers() -> int:
        return len(viewer.layers)

    repeat(n_sessions, "sessions", lambda: open_and_close(window), layers)
    session = RandomSession(UNITS)
    clip = np.random.default_rng(0).integers(0, 255, (60, 144, 256), np.uint8)
    window.experiment.put_session(SessionEntry(id=session.id), session, show=True)
    window.experiment.add_stimulus(ArrayStimulus(clip, 30.0), show=True)
    window.encode()
    window.wait(300)
    playback = window.experiment.playback
    playback.playing = True
    window.playback_bar._timer.stop()

    def step() -> None:
        playback.advance(1 / 30)
        QApplication.processEvents()

    repeat(n_steps, "steps", step, layers)
    viewer.close()
    window.wait(60)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--windows", type=int, default=10)
    options = parser.parse_args()
    use_long(options.sessions, options.steps)
    alive: weakref.WeakSet[InsilicoWindow] = weakref.WeakSet()
    repeat(options.windows, "windows", lambda: use_window(alive), lambda: 0)
    let_go()
    print(f"windows that are still there: {len(alive)}")


if __name__ == "__main__":
    main()
