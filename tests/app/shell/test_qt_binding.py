"""The Qt binding keeps its hands off the interpreter's constants.

PySide6 6.12 loses one reference to True whenever a signal is emitted. Up to Python 3.11
True can be freed, and the interpreter then aborts after some minutes of playback.
"""

from __future__ import annotations

import sys

from qtpy.QtCore import QObject, Signal


class Sender(QObject):
    sent = Signal(object)


def test_signals_keep_reference_counts(qapp):
    sender = Sender()
    received = []
    sender.sent.connect(received.append)
    before = [sys.getrefcount(value) for value in (True, False)]
    for _ in range(100):
        sender.sent.emit(sender)
    after = [sys.getrefcount(value) for value in (True, False)]
    assert len(received) == 100
    assert all(b - a < 50 for a, b in zip(after, before, strict=True))
