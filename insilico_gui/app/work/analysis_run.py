"""Analyses of runs, computed in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import InsilicoError
from insilico_gui.experiment.unit_tables import label_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.app.work.jobs import Job, Jobs
    from insilico_gui.experiment import Experiment
    from insilico_gui.experiment.analyses import Result


class AnalysisRun(QObject):
    """Computes declared analyses; the results join the experiment.

    Signals
    -------
    completed(list)
        Columns of the unit table on show that an analysis has added.
    """

    completed = Signal(list)

    def __init__(
        self, experiment: Experiment, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._jobs = jobs
        self._running: dict[Job, str] = {}

    def stop(self) -> None:
        """Cancel all that is computed."""
        for job in self._running:
            job.cancel()

    def start(
        self,
        analysis: str,
        parameters: dict[str, Any],
        *,
        on_problem: Callable[[str], object],
    ) -> None:
        """Compute an analysis of the run on show; replaces one that is under way."""
        experiment = self._experiment
        try:
            task = experiment.analysis_task(analysis, parameters=parameters)
        except InsilicoError as error:
            on_problem(sentence(error))
            return
        for running, name in self._running.items():
            if name == analysis:
                running.cancel()

        def take(result: Result) -> None:
            try:
                experiment.finish_analysis(task, result)
            except InsilicoError as error:
                on_problem(sentence(error))
                return
            entry = task.entry
            if entry.session == experiment.on_show()[0]:
                measured = experiment.measured(entry.session)
                self.completed.emit(measured.columns(label_of(entry)))

        def ended(job: Job) -> None:
            self._running.pop(job, None)
            experiment.stop_analysis(task)

        experiment.start_analysis(task)
        job = self._jobs.start(
            f"Computing {task.title}",
            lambda tell: task.compute(tell),
            on_return=take,
            on_end=ended,
        )
        self._running[job] = analysis
