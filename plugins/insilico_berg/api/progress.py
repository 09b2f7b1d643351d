"""Telling how far an encoding is: a bar, a function, or both."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tqdm.auto import tqdm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from insilico_berg.api.model import OnProgress


@contextmanager
def reporting(
    show_progress: bool, on_progress: OnProgress | None
) -> Iterator[OnProgress]:
    """A function to call with what is done and the whole.

    Parameters
    ----------
    show_progress : bool
        Draw a bar on standard error, if that is a terminal.
    on_progress : callable, optional
        Called with the same numbers.
    """
    # None: only on a terminal
    with tqdm(disable=None if show_progress else True, leave=False) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)
            if on_progress is not None:
                on_progress(done, total)

        yield report
