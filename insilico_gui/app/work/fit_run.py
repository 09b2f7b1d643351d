"""A fit in the background: paused, stopped after a round, and looked at while it runs."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from insilico_gui.fitting import FitLoop
from insilico_gui.progress import Progress, Throttle

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from insilico_gui.fitting import FitDeclaration, FitProgress, FitReport

TELL_S = 0.05
STEPS = 1000
"""Into which a bar of progress divides a fit."""


class FitRun:
    """One fit, whose :meth:`work` runs in a thread; the rest is for the window's.

    Parameters
    ----------
    declared : FitDeclaration
    data : Path
    folder : Path
        For the result.
    parameters : mapping of str to Any
    resume : bool
        Go on with the fit in the folder, if there is one.

    Attributes
    ----------
    paused : bool
    latest : FitProgress or None
        How far it is.
    notices : tuple of str
        Sentences on what it takes, before it starts.
    """

    def __init__(
        self,
        declared: FitDeclaration,
        data: Path,
        folder: Path,
        parameters: Mapping[str, Any],
        *,
        resume: bool = False,
    ) -> None:
        self.declared = declared
        self.folder = folder
        self.paused = False
        self.latest: FitProgress | None = None
        self.notices: tuple[str, ...] = ()
        self._data = data
        self._parameters = dict(parameters)
        self._resume = resume
        self._stopping = False
        self._loop: FitLoop | None = None

    @property
    def rows(self) -> list[dict[str, float]]:
        """The curves so far, a row for each round."""
        return [] if self._loop is None else self._loop.curves.rows()

    @property
    def stopping(self) -> bool:
        """Whether the fit ends after the round that is running."""
        return self._stopping

    def stop(self) -> None:
        """End after the round that is running, with all files; it can be resumed."""
        self._stopping, self.paused = True, False
        if self._loop is not None:
            self._loop.stop()

    def work(self) -> Generator[Progress, None, FitReport]:
        """Do the fit, yielding now and then, also while it is paused.

        Raises
        ------
        InsilicoError
            If data, parameters or folder are wrong, or a loss is not finite.
        """
        yield Progress(0, 0)
        task = self.declared.task(self._data, self._parameters)
        loop = self._loop = FitLoop(task, self.folder, resume=self._resume)
        self.notices = tuple(task.notices())
        yield Progress(0, STEPS)
        if self._stopping:
            loop.stop()
        told, progress = Throttle(TELL_S), Progress(0, STEPS)
        with closing(loop.run()) as going:
            while True:
                if self.paused:
                    time.sleep(TELL_S)
                    yield progress
                    continue
                try:
                    step = next(going)
                except StopIteration as end:
                    report: FitReport = end.value
                    return report
                self.latest = step
                if told.is_due(at_once=step.end_of_round):
                    progress = Progress(round(STEPS * step.done), STEPS, step.elapsed_s)
                    yield progress
