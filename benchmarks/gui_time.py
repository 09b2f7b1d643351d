"""How long the thread of the window is busy, and with what.

Qt has one thread that draws and takes the mouse: what keeps it busy cannot be clicked.
"""

from __future__ import annotations

import signal
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from insilico_gui.app import InsilicoWindow

LONG_S = 0.05
"""A block of the event loop that is felt."""


@dataclass(frozen=True)
class Taken:
    """Seconds of wall time, and of processor time of the thread of the window."""

    wall: float
    cpu: float


def timed(action: Callable[..., object], *given: object) -> Taken:
    """What an action takes."""
    start, cpu = time.perf_counter(), time.thread_time()
    action(*given)
    return Taken(time.perf_counter() - start, time.thread_time() - cpu)


@dataclass
class Block:
    """The longest time for which the event loop did not come round.

    Attributes
    ----------
    wall, cpu : float
        Seconds, and seconds of processor time of the thread of the window.
    stack : list of str
        Where the thread was, in the middle of it; outermost first.
    """

    wall: float = 0.0
    cpu: float = 0.0
    stack: list[str] = field(default_factory=list)


class Watchdog:
    """Finds what holds the event loop up.

    By a signal to the thread of the window: another thread that looks at its frames would
    keep what they hold, and with them painters that are to end with them.
    """

    def __init__(self) -> None:
        self.longest = Block()
        self._beat, self._cpu = time.perf_counter(), time.thread_time()
        self._stacks: list[list[str]] = []
        self._timer = QTimer()
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._beats)
        self._timer.start()
        signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, LONG_S / 5, LONG_S / 5)

    def start(self) -> None:
        """Forget what was."""
        self.longest = Block()
        self._beat, self._cpu = time.perf_counter(), time.thread_time()
        self._stacks = []

    def stop(self) -> None:
        """Look no more."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._timer.stop()

    def _beats(self) -> None:
        now, cpu = time.perf_counter(), time.thread_time()
        if cpu - self._cpu > self.longest.cpu:
            middle = self._stacks[len(self._stacks) // 2] if self._stacks else []
            self.longest = Block(now - self._beat, cpu - self._cpu, middle)
        self._beat, self._cpu, self._stacks = now, cpu, []

    def _look(self, _number: int, frame: FrameType | None) -> None:
        if time.perf_counter() - self._beat > LONG_S / 2:
            self._stacks.append(
                [
                    f"{Path(f.filename).name}:{f.lineno} {f.name}"
                    for f in traceback.extract_stack(frame)
                ]
            )


def settle(window: InsilicoWindow, *, least_s: float = 0.3, most_s: float = 60) -> None:
    """Let the event loop run until no work goes on, and everything is drawn."""
    start = time.perf_counter()
    while time.perf_counter() - start < most_s:
        QApplication.processEvents()
        time.sleep(0.001)
        if time.perf_counter() - start > least_s and not window.jobs.running:
            return
