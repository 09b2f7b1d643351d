"""What FFmpeg reports in its log and nowhere else.

Many decoders paint over damage and only log that. PyAV hands each line of the log to
Python, without saying which of several open decoders it is about. So reports are used
in two ways: their number, over all threads, says that something may be wrong; then the
frames are decoded again by one thread, where each report belongs to one packet.
"""

from __future__ import annotations

import atexit
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import av.logging

if TYPE_CHECKING:
    from collections.abc import Iterator

_libav: Any = av.logging  # its types leave out what is used here

# Parts of errors that are written of intact pictures
_HARMLESS = (
    "APP fields",  # notes of a camera
    "SEI type",  # notes of an encoder
    "Could not find codec parameters",
)

# Parts of errors that are written where decoding starts at a keyframe: frames are to be
# forgotten that were not decoded
_HARMLESS_AFTER_A_SEEK = ("mmco: unref short failure",)

# Parts of lines that report damage although they are no errors to FFmpeg
_DAMAGE = ("concealing", "End mismatch", "bits left after decoding slice")

_Line = tuple[int, str, str]  # level, who wrote it, text


class Reports(list[_Line]):
    """Lines of the log."""

    def damage(
        self, writer: str | None = None, *, after_seek: bool = False
    ) -> str | None:
        """The first line that reports damage, of one writer or of any."""
        harmless = _HARMLESS + (_HARMLESS_AFTER_A_SEEK if after_seek else ())
        for line in self:
            if writer is not None and line[1] != writer:
                continue
            text = line[2].strip()
            if _is_damage(line) and not any(part in text for part in harmless):
                return text
        return None


class _Counter:
    """How often damage was reported by any thread that nobody listens to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._capture = _libav.Capture(local=False)
        self._lines: list[_Line] = self._capture.__enter__()
        self._count = 0

    def count(self) -> int:
        with self._lock:
            n = len(self._lines)  # other threads append
            self._count += sum(
                _is_damage(line) and not any(part in line[2] for part in _HARMLESS)
                for line in self._lines[:n]
            )
            del self._lines[:n]
            return self._count


_counter = _Counter()


def n_reports() -> int:
    """How often damage was reported so far, by any thread."""
    _watch()
    return _counter.count()


@contextmanager
def listening() -> Iterator[Reports]:
    """Collect what is logged in this thread."""
    _watch()
    reports = Reports()
    with _libav.Capture() as lines:
        try:
            yield reports
        finally:
            reports.extend(lines)


def _watch() -> None:
    """Have FFmpeg hand on its log, which PyAV drops unless it is told otherwise."""
    level = _libav.get_level()
    if level is None or level < _libav.INFO:
        _libav.set_level(_libav.INFO)
    _libav.set_skip_repeated(False)


def _is_damage(line: _Line) -> bool:
    level, _, text = line
    if level <= _libav.ERROR:
        return bool(text.strip())
    return any(part in text for part in _DAMAGE)


# Threads of decoders must not wait for an interpreter that is gone
atexit.register(_libav.set_level, None)
