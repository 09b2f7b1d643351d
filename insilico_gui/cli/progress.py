"""Progress bars, for people who watch: none where stderr goes into a file."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from insilico_gui.progress import progress_bar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from insilico_gui.progress import OnProgress

__all__ = ["analysis_bar", "progress_bar"]


@contextmanager
def analysis_bar(what: str) -> Iterator[OnProgress]:
    """``on_progress`` for an analysis, which is counted in what means nothing to people."""
    form = "{l_bar}{bar}| {elapsed}<{remaining}"
    with progress_bar(what, total=1, bar_format=form) as show:
        yield show
