"""One request for a file, answered piece by piece, that can be given up at any time.

The connection is used by a thread of its own: looking up a name, connecting and reading
can all wait for a server, and whoever asked must be able to leave meanwhile.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from insilico_gui.errors import SessionError

if TYPE_CHECKING:
    import urllib.request
    from collections.abc import Callable, Iterator, Mapping

BLOCK = 2**18
_POLL_S = 0.05


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for.

    Attributes
    ----------
    idle_s : float
        Until it answers, or sends anything more.
    window_s, bytes_per_s : float
        Over every `window_s` it has to send `bytes_per_s` in the mean.
    overall_s : float
        Until the download is complete.
    tries : int
        How often a connection that broke is made again without getting further.
    pause_s : float
        Before the second try; twice as long before each further one.
    """

    idle_s: float = 30.0
    window_s: float = 60.0
    bytes_per_s: float = 2048.0
    overall_s: float = 12 * 3600.0
    tries: int = 5
    pause_s: float = 0.5


@dataclass(frozen=True)
class Head:
    """What a server says before the data."""

    status: int
    headers: Mapping[str, str]

    @property
    def validator(self) -> str | None:
        """What to ask for this version by: a strong tag, or the date of its change."""
        tag = self.headers.get("ETag")
        if tag and not tag.startswith("W/"):
            return tag
        return self.headers.get("Last-Modified")

    @property
    def length(self) -> int:
        """How many bytes are to come; 0 if that is not said."""
        text = self.headers.get("Content-Length") or ""
        return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0

    @property
    def part(self) -> tuple[int, int]:
        """Where a part begins, and the size of the whole; -1 if that is not said."""
        text = self.headers.get("Content-Range") or ""
        found = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})", text)
        return (int(found[1]), int(found[2])) if found else (-1, -1)


class Clock:
    """Watches that a server keeps within a patience."""

    def __init__(self, patience: Patience, url: str) -> None:
        self._patience = patience
        self._url = url
        self._start = self._window = time.monotonic()
        self._bytes = 0

    def received(self, n_bytes: int) -> None:
        """Count data."""
        self._bytes += n_bytes

    def begin_window(self) -> None:
        """Start a window, for a new request."""
        self._window, self._bytes = time.monotonic(), 0

    def check(self) -> None:
        """Raise SessionError if it is too slow."""
        now, patience = time.monotonic(), self._patience
        if now - self._start > patience.overall_s:
            raise SessionError(
                f"{self._url} was not complete after {patience.overall_s:.0f} s; try "
                "again, to go on from there."
            )
        if now - self._window > patience.window_s:
            if self._bytes < patience.bytes_per_s * patience.window_s:
                raise SessionError(
                    f"{self._url} came too slowly ({self._bytes} bytes in "
                    f"{patience.window_s:.0f} s); check the connection and try again."
                )
            self.begin_window()


class Transfer:
    """One request; iterating gives its :class:`Head`, then blocks of data.

    Whatever the connection raises comes out of the iteration.

    Parameters
    ----------
    opener, request
        What is asked of whom.
    idle_s : float
        See :class:`Patience`.
    watch : callable
        Called often; what it raises ends the transfer.
    """

    def __init__(
        self,
        opener: urllib.request.OpenerDirector,
        request: urllib.request.Request,
        idle_s: float,
        watch: Callable[[], None],
    ) -> None:
        self._items: queue.Queue[Head | bytes | Exception | None] = queue.Queue(8)
        self._given_up = threading.Event()
        self._watch = watch
        self._arguments = opener, request, idle_s

    def __iter__(self) -> Iterator[Head | bytes]:
        threading.Thread(target=self._run, name="download", daemon=True).start()
        try:
            while True:
                self._watch()
                try:
                    item = self._items.get(timeout=_POLL_S)
                except queue.Empty:
                    continue
                if item is None:
                    return
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self._given_up.set()

    def _run(self) -> None:
        opener, request, idle_s = self._arguments
        try:
            with opener.open(request, timeout=idle_s) as response:
                if not self._put(Head(response.status, response.headers)):
                    return
                while block := response.read1(BLOCK):
                    if not self._put(block):
                        return
            self._put(None)
        except Exception as error:  # raised where the download was asked for
            self._put(error)

    def _put(self, item: Head | bytes | Exception | None) -> bool:
        """Whether anybody is still waiting for it."""
        while not self._given_up.is_set():
            try:
                self._items.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return True
        return False
