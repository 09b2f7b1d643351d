"""Telling how far an encoding is: a bar, a function, or both."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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

    def nothing(done: int, total: int) -> None:
        if on_progress is not None:
            on_progress(done, total)

    if not show_progress:
        yield nothing
        return
    with _bar() as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)
            nothing(done, total)

        yield report


def _bar() -> Any:
    """A bar: of the notebook in a notebook that can draw one, else of the terminal."""
    # Imported only here: in notebooks without ipywidgets the import itself warns.
    from tqdm import TqdmWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)
        from tqdm.auto import tqdm
    return tqdm(disable=None, leave=False)  # None: only on a terminal
