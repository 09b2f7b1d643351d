"""Calls that a background thread makes in order."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future


class Behind:
    """Makes calls in another thread, one after the other.

    The thread starts with the first call and has ended after :meth:`finish` or
    :meth:`abandon`, of which one must be called in the end.

    Parameters
    ----------
    n : int
        Number of calls that may be waiting or in work; :meth:`call` waits for room.
    """

    def __init__(self, n: int = 1) -> None:
        self._n = n
        self._pending: deque[Future[None]] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="behind")

    def call(self, work: Callable[[], None]) -> None:
        """Queue a call of `work`.

        An error in an earlier call is raised here, or at the latest by :meth:`finish`.
        """
        # Waiting bounds the memory: a disk that is slower than the session slows it down
        while len(self._pending) >= self._n:
            self._pending.popleft().result()
        self._pending.append(self._thread.submit(work))

    def finish(self) -> None:
        """Wait until all calls are made; raises the error of a call that failed."""
        while self._pending:
            self._pending.popleft().result()
        self._thread.shutdown()

    def abandon(self) -> None:
        """Drop calls that have not begun, and wait for the one that has."""
        self._thread.shutdown(cancel_futures=True)
