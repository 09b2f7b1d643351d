"""Timers of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable


def delayed(action: Callable[[], object], parent: QObject, delay_ms: int = 0) -> QTimer:
    """A timer that calls `action` once, `delay_ms` after it was last started."""
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(delay_ms)
    timer.timeout.connect(action)
    return timer
