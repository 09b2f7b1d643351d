"""Summaries of responses that follow the experiment, computed in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar
from weakref import WeakMethod

from insilico_gui.app.work.timers import delayed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from qtpy.QtCore import QObject

    from insilico_gui.app.work.jobs import Job, Jobs

DELAY_MS = 150
"""Selections and responses change in bursts; a summary follows a moment later."""


class Summary(Protocol):
    """What grows with the responses that it is of."""

    def update(self) -> Iterator[None]:
        """Take in the responses that have come; yields between blocks."""
        ...


AnySummary = TypeVar("AnySummary", bound=Summary)


class LiveSummary(Generic[AnySummary]):
    """Keeps one summary up to date; it is drawn whenever there is more of it.

    Parameters
    ----------
    title : str
        What the work in the background is called.
    make : method
        A new summary of what is to be summarised now; None if there is nothing.
    draw : method
        Draws :attr:`value`, which may be None.
    jobs : Jobs
    parent : QObject
        The panel that draws.

    Attributes
    ----------
    value : Summary or None
        None until something is to be summarised.
    """

    def __init__(
        self,
        title: str,
        make: Callable[[], AnySummary | None],
        draw: Callable[[], object],
        jobs: Jobs,
        parent: QObject,
    ) -> None:
        self.value: AnySummary | None = None
        self._title, self._jobs = title, jobs
        # Not held: panels would be kept by cycles, and go in the wrong order
        self._make, self._drawn = WeakMethod(make), WeakMethod(draw)
        self._job: Job | None = None
        self._stale = False
        self._timer = delayed(self._update, parent, DELAY_MS)

    def grow(self) -> None:
        """Take in responses that have come since the last time."""
        if not self._timer.isActive():
            self._timer.start()

    def restart(self) -> None:
        """Summarise anew, as other units are selected; what is drawn stays until then."""
        self.value = None
        self._timer.start()

    def clear(self) -> None:
        """Summarise anew, and draw nothing of earlier responses until then."""
        self.restart()
        self._draw()

    def _draw(self) -> None:
        draw = self._drawn()
        if draw is not None:
            draw()

    def _update(self) -> None:
        if self._job is not None:
            self._stale = True
            if self.value is None:
                self._job.cancel()
            return
        make = self._make()
        if self.value is None and make is not None:
            self.value = make()
        if self.value is None:
            self._draw()
            return
        self._job = self._jobs.start(
            self._title, self.value.update, on_end=self._updated, quiet=True
        )

    def _updated(self, _job: Job) -> None:
        self._job = None
        if self.value is not None:
            self._draw()
        if self._stale:
            self._stale = False
            self._timer.start()
