"""Whatever a document names and is not at hand is opened or read in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from insilico_gui.errors import InsilicoError

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

    from insilico_gui.app.work.jobs import Job, Jobs
    from insilico_gui.experiment import Experiment
    from insilico_gui.experiment.analyses import Result
    from insilico_gui.experiment.analysing import AnalysisTask
    from insilico_gui.experiment.resolved import Resolved
    from insilico_gui.experiment.runs import Task


class Opening(QObject):
    """Opens what is on show, fetches responses from the library and computes results.

    Signals
    -------
    missing(str, str)
        The responses of this session and stimulus are not in the library any more.
    """

    missing = Signal(str, str)

    def __init__(
        self, experiment: Experiment, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._jobs = jobs
        self._tried: set[str] = set()

    def forget(self) -> None:
        """Try again what could not be opened before."""
        self._tried.clear()

    def catch_up(self, now: Resolved) -> None:
        """Start what has to be done for what is on show, each once."""
        experiment, document = self._experiment, self._experiment.document
        session, stimulus = now.session_name, now.stimulus_name
        if session is not None and now.session is None:
            key = f"session {document.sessions[session].model_dump_json()}"
            self._open(key, session, lambda: experiment.session(session))
        if stimulus is not None and now.stimulus is None:
            key = f"stimulus {document.stimuli[stimulus].model_dump_json()}"
            self._open(key, stimulus, lambda: experiment.stimulus(stimulus))
        for task in experiment.to_recall():
            self._recall(task)
        for entry in experiment.not_at_hand():
            self._compute(experiment.analysis_task_of(entry))

    def _once(self, key: str) -> bool:
        is_new = key not in self._tried
        self._tried.add(key)
        return is_new

    def _open(self, key: str, name: str, work: Callable[[], object]) -> None:
        def ended(job: Job) -> None:
            if not job.stopped:  # it is open, also if it was to be cancelled
                self._experiment.tell_opened()

        if self._once(key):
            self._jobs.start(f"Opening {name}", work, on_end=ended)

    def _recall(self, task: Task) -> None:
        experiment, run = self._experiment, task.run

        def take(responses: xr.DataArray | None) -> None:
            self._tried.discard(f"run {task.key}")
            if responses is not None:
                experiment.finish(task, responses, run.responses_hash)
                return
            experiment.forget(task)
            self.missing.emit(run.session, run.stimulus)

        if self._once(f"run {task.key}"):
            self._jobs.start(
                f"Reading the responses to {run.stimulus}",
                lambda: experiment.recall(task),
                on_return=take,
                on_end=lambda job: self._ended(job, f"run {task.key}"),
            )

    def _ended(self, job: Job, key: str) -> None:
        """What was cancelled may be tried again."""
        if job.cancelled:
            self._tried.discard(key)

    def _compute(self, task: AnalysisTask) -> None:
        experiment = self._experiment

        def take(result: Result) -> None:
            try:
                experiment.finish_analysis(task, result)
            except InsilicoError:  # it was removed meanwhile, or its run is another
                return

        if self._once(f"analysis {task.key}"):
            self._jobs.start(f"Computing {task.title}", task.compute, on_return=take)
