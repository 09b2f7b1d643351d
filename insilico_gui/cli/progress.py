"""Progress bars, for people who watch: none where stderr goes into a file."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from insilico_gui.progress import OnProgress


@contextmanager
def progress_bar(
    what: str, **style: Any
) -> Iterator[Callable[[int, int | None], None]]:
    """``on_progress(done, total)`` for any work, shown as a bar on a terminal.

    Parameters
    ----------
    what : str
        What is done, in a word or two.
    style
        Further arguments of :class:`tqdm.tqdm`, such as ``unit``.
    """
    from tqdm import tqdm  # only when a bar is shown

    with tqdm(desc=what, disable=None, **style) as bar:

        def show(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show


@contextmanager
def analysis_bar(what: str) -> Iterator[OnProgress]:
    """``on_progress`` for an analysis, which is counted in what means nothing to people."""
    form = "{l_bar}{bar}| {elapsed}<{remaining}"
    with progress_bar(what, total=1, bar_format=form) as show:
        yield show
