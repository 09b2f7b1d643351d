"""Progress of long analyses, and stopping them: one way for all.

An analysis that may take a second takes ``on_progress(done, total)`` and calls it between
blocks of work, with `done` rising to `total`. An exception raised by it ends the analysis
and is passed on, which is how one is cancelled. Results do not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OnProgress = Callable[[int, int], object]
"""Called with the amount of work done and the whole of it, in the same unit."""

PER_PART = 1000
"""Steps into which :func:`parts` divides each part."""


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


def parts(on_progress: OnProgress | None, n: int) -> list[OnProgress | None]:
    """One callback for each of `n` successive parts of an analysis.

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
