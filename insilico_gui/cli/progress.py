"""The progress bar of an analysis."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from insilico_gui.analysis.progress import OnProgress


@contextmanager
def analysis_bar(what: str) -> Iterator[OnProgress]:
    """``on_progress`` for an analysis, shown as a bar."""
    form = "{l_bar}{bar}| {elapsed}<{remaining}"
    with tqdm(desc=what, total=1, bar_format=form) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show
