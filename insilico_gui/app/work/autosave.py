"""Unsaved experiments are kept in the background, in case the window crashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer

from insilico_gui.experiment.saving.recovery import Recovery

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.app.work.jobs import Job, Jobs
    from insilico_gui.experiment import Experiment
    from insilico_gui.experiment.saving.recovery import Leftover

DELAY_MS = 3000
"""How long after a change an experiment is written, with what changed meanwhile."""


class Autosave(QObject):
    """Keeps the experiment of a window on disk while it is not saved.

    Parameters
    ----------
    experiment : Experiment
    jobs : Jobs
    on_problem : callable(str)
        Told once if nothing can be kept; one sentence.
    parent : QObject, optional
    """

    def __init__(
        self,
        experiment: Experiment,
        jobs: Jobs,
        on_problem: Callable[[str], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._jobs = jobs
        self._on_problem: Callable[[str], object] | None = on_problem
        self.recovery = Recovery()
        self._kept: object = None
        self._job: Job | None = None
        # It ticks until it has run once, and is not single-shot: nobody has to wait for it
        self._timer = QTimer(self)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self.keep)

    def set_delay(self, delay_ms: int) -> None:
        """Write a change after another time than :data:`DELAY_MS`."""
        self._timer.setInterval(delay_ms)

    def changed(self) -> None:
        """The experiment has changed: keep it soon, or remove it if it is saved."""
        if self._is_needed():
            is_new = self._experiment.document is not self._kept
            if is_new and not self._timer.isActive():
                self._timer.start()
        elif self.recovery.folder is not None:
            self.keep()

    def adopt(self, leftover: Leftover) -> None:
        """A leftover is the experiment of the window from now on."""
        self.recovery.adopt(leftover)
        self._kept = self._experiment.document

    def keep(self) -> None:
        """Write the experiment now, in the background; remove it if it is saved."""
        self._timer.stop()
        if self._job is not None:  # its end calls again
            self._timer.start()
            return
        if not self._is_needed():
            self._kept = None
            self._job = self._jobs.start(
                "Removing what was kept",
                self.recovery.clear,
                on_end=self._ended,
                quiet=True,
            )
            return
        experiment, recovery = self._experiment, self.recovery
        document, arrays = experiment.content()
        path = experiment.path
        self._kept = experiment.document
        self._job = self._jobs.start(
            "Keeping the experiment",
            lambda: recovery.write(document, arrays, path),
            on_failure=self._failed,
            on_end=self._ended,
            quiet=True,
        )

    def close(self) -> None:
        """The window closes as its user wants: nothing has to be recovered."""
        self._timer.stop()
        self.recovery.clear()

    def _is_needed(self) -> bool:
        experiment = self._experiment
        return not experiment.is_saved and not experiment.is_empty

    def _ended(self, _job: Job) -> None:
        self._job = None
        self.changed()

    def _failed(self, text: str) -> None:
        tell, self._on_problem = self._on_problem, None
        if tell is not None:
            tell(text)
