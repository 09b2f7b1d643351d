"""Progress of long work, and stopping it: one way for all.

Work that may take a second takes ``on_progress(done, total)`` and calls it between blocks,
with `done` rising to `total`. An exception raised by it ends the work and is passed on,
which is how it is cancelled. Results do not depend on it.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

OnProgress = Callable[[int, int], object]
"""Called with the amount of work done and the whole of it, in the same unit; the whole is
0 while it is not known."""

_no_bars: ContextVar[bool] = ContextVar("no_bars", default=False)

_check: ContextVar[Callable[[], object] | None] = ContextVar("check", default=None)

PER_PART = 1000
"""Steps into which :func:`parts` divides each part."""

WITHOUT_COUNTS = "{l_bar}{bar}| {elapsed}<{remaining}"
"""Form of a bar that counts in what means nothing to people."""


@dataclass(frozen=True)
class Progress:
    """How far some work is.

    Attributes
    ----------
    done, total : int
    elapsed_s : float
        Seconds since it began.
    what : str
        What is counted, such as ``"frames"``; "" if it means nothing to people.
    """

    done: int
    total: int
    elapsed_s: float = 0.0
    what: str = ""

    @property
    def per_s(self) -> float:
        """Average rate so far."""
        return self.done / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def remaining_s(self) -> float | None:
        """Seconds left at this rate; None before there is a rate."""
        rate = self.per_s
        return (self.total - self.done) / rate if rate > 0 else None


class Throttle:
    """Lets through one of many events every `least_s` seconds, the first one at once."""

    def __init__(self, least_s: float) -> None:
        self.least_s = least_s
        self._last = -float("inf")

    def is_due(self, *, at_once: bool = False) -> bool:
        """Whether this event is let through, as every one `at_once` is."""
        now = time.monotonic()
        if now - self._last < self.least_s and not at_once:
            return False
        self._last = now
        return True


def in_blocks(
    n: int, at_once: int, on_progress: OnProgress | None = None
) -> Iterator[slice]:
    """Slices of at most `at_once` that cover 0 to `n`, reporting each when it is done.

    For none there is one empty slice, so that results keep their shape.
    """
    for start in range(0, max(1, n), at_once):
        stop = min(start + at_once, n)
        yield slice(start, stop)
        if on_progress is not None:
            on_progress(stop, n)


def may_go_on() -> None:
    """Raise what :func:`stopped_by` says if the work that this is a part of is cancelled.

    For loops of which nobody is told how far they are, such as reading a large file.
    """
    check = _check.get()
    if check is not None:
        check()


@contextmanager
def stopped_by(check: Callable[[], object]) -> Iterator[None]:
    """Have `check` called between the pieces of work inside; it raises to stop it."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def parts(on_progress: OnProgress | None, n: int) -> list[OnProgress | None]:
    """One callback for each of `n` successive parts of some work.

    Together they report ``done`` from 0 to ``n * PER_PART``, each part the same amount.
    """
    if on_progress is None:
        return [None] * n
    return [_part(on_progress, i, n) for i in range(n)]


def _part(on_progress: OnProgress, i: int, n: int) -> OnProgress:
    def report(done: int, total: int) -> None:
        share = PER_PART * done // total if total else PER_PART
        on_progress(i * PER_PART + share, n * PER_PART)

    return report


class Bar:
    """``on_progress`` that draws; what is done may be told in other words meanwhile."""

    def __init__(self, drawn: Any) -> None:
        self._drawn = drawn

    def __call__(self, done: int, total: int) -> None:
        """See :data:`OnProgress`."""
        self._drawn.total = total or None
        self._drawn.update(done - self._drawn.n)

    def describe(self, what: str) -> None:
        """Say what is being done, before the bar."""
        self._drawn.set_description(what)


@contextmanager
def without_bars(wanted: bool = True) -> Iterator[None]:
    """Draw no bars inside, if that is `wanted`."""
    token = _no_bars.set(wanted or _no_bars.get())
    try:
        yield
    finally:
        _no_bars.reset(token)


@contextmanager
def progress_bar(what: str, **style: Any) -> Iterator[Bar]:
    """``on_progress`` that draws a bar on a terminal, or in a notebook.

    Parameters
    ----------
    what : str
        What is done, in a word or two.
    style
        Further arguments of :class:`tqdm.tqdm`, such as ``unit``; with ``disable=False``
        the bar is drawn into files as well.
    """
    # Imported only here: in notebooks without ipywidgets the import itself warns
    from tqdm import TqdmWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)
        from tqdm.auto import tqdm
    style = {"disable": None, **style} | ({"disable": True} if _no_bars.get() else {})
    with tqdm(desc=what, **style) as bar:
        yield Bar(bar)


@contextmanager
def reporting(
    with_bar: bool, on_progress: OnProgress | None, what: str = "", **style: Any
) -> Iterator[OnProgress]:
    """``on_progress`` that tells a bar, a function, both or neither.

    See :func:`progress_bar` for `what` and `style`.
    """
    with progress_bar(what, **style) if with_bar else nullcontext() as show:

        def report(done: int, total: int) -> None:
            for tell in (on_progress, show):
                if tell is not None:
                    tell(done, total)

        yield report


@contextmanager
def analysis_bar(what: str) -> Iterator[OnProgress]:
    """``on_progress`` for an analysis, which is counted in what means nothing to people."""
    with progress_bar(what, total=1, bar_format=WITHOUT_COUNTS) as show:
        yield show
