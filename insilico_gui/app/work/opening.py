"""Whatever a document names and is not at hand is opened or read in the background."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import InsilicoError
from insilico_gui.experiment.live import MovedFileError
from insilico_gui.export import load_responses

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

    from insilico_gui.app.work.jobs import Job, Jobs, Work
    from insilico_gui.experiment import Experiment
    from insilico_gui.experiment.analyses import Result
    from insilico_gui.experiment.analysing import AnalysisTask
    from insilico_gui.experiment.resolved import Resolved
    from insilico_gui.experiment.runs import Task


class Opening(QObject):
    """Opens what is on show, fetches responses from the library and computes results.

    Signals
    -------
    missing(str, str, str)
        The responses of this session and stimulus cannot be had without encoding; why.
    moved(str)
        A file that the experiment names is not where it was; one sentence.
    """

    missing = Signal(str, str, str)
    moved = Signal(str)

    def __init__(
        self, experiment: Experiment, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._jobs = jobs
        self._tried: set[str] = set()
        self._running: set[Job] = set()

    def stop(self) -> None:
        """Stop what is under way: another experiment is about to be there."""
        for job in self._running:
            job.cancel()
        self._running.clear()
        self.forget()

    def forget(self) -> None:
        """Try again what could not be opened before."""
        self._tried.clear()

    def catch_up(self, now: Resolved) -> None:
        """Start what has to be done for what is on show, each once."""
        experiment = self._experiment
        self._open_pair(now.session_name, now.stimulus_name)
        for session in now.view.map.sessions:
            self._open_pair(session, None)
        reference = now.view.reference
        if reference is not None and now.reference is None:
            self._open_pair(reference.session, reference.stimulus)
            if reference.file is not None:
                self._read(reference.file)
        for task in experiment.to_recall():
            self._recall(task)
        for task in experiment.outdated():
            if self._once(f"outdated {task.key}"):
                why = f"were computed with {task.run.computed_on}"
                self.missing.emit(task.run.session, task.run.stimulus, why)
        for entry in experiment.not_at_hand():
            self._compute(experiment.analysis_task_of(entry))

    def _once(self, key: str) -> bool:
        is_new = key not in self._tried
        self._tried.add(key)
        return is_new

    def _start(
        self,
        key: str,
        title: str,
        work: Work,
        on_return: Callable[[Any], object],
    ) -> None:
        """Start work that is tried once; anew if it was cancelled."""

        def ended(job: Job) -> None:
            self._running.discard(job)
            if job.cancelled:
                self._tried.discard(key)

        if self._once(key):
            job = self._jobs.start(title, work, on_return=on_return, on_end=ended)
            self._running.add(job)

    def _open_pair(self, session: str | None, stimulus: str | None) -> None:
        """Open a session and a stimulus of the document, if they are not open."""
        # Taken now: when the work begins, the experiment may be another one
        document, live = self._experiment.document, self._experiment.live
        if session is not None and not live.is_open(document.sessions[session]):
            wanted = document.sessions[session]
            key = f"session {wanted.model_dump_json()}"
            self._open(key, session, lambda: live.session(wanted))
        if stimulus is not None and not live.has_stimulus(document.stimuli[stimulus]):
            shown = document.stimuli[stimulus]
            key = f"stimulus {shown.model_dump_json()}"
            self._open(key, stimulus, lambda: live.stimulus(shown))

    def _read(self, file: str) -> None:
        """Read the responses that those on show are compared with."""

        def take(responses: xr.DataArray) -> None:
            self._experiment.put_recording(file, responses)
            self._experiment.tell_opened()

        self._start(
            f"reference {file}",
            f"Reading {Path(file).name}",
            lambda: load_responses(file),
            take,
        )

    def _open(self, key: str, name: str, work: Callable[[], object]) -> None:
        moved: list[str] = []

        def open_it() -> None:
            try:
                work()
            except MovedFileError as error:
                moved.append(sentence(error))

        def ended(job: Job) -> None:
            if job not in self._running:  # it was for another experiment
                return
            self._running.discard(job)
            if moved:
                self.moved.emit(moved[0])
            elif not job.stopped:  # it is open, also if it was to be cancelled
                self._tried.discard(key)
                self._experiment.tell_opened()

        if self._once(key):
            self._running.add(
                self._jobs.start(f"Opening {name}", open_it, on_end=ended)
            )

    def _recall(self, task: Task) -> None:
        experiment, run = self._experiment, task.run

        def take(responses: xr.DataArray | None) -> None:
            self._tried.discard(f"run {task.key}")
            if responses is not None:
                experiment.finish(task, responses, run.responses_hash)
                return
            experiment.forget(task)
            self.missing.emit(run.session, run.stimulus, "are not in the library")

        self._start(
            f"run {task.key}",
            f"Reading the responses to {run.stimulus}",
            lambda: experiment.recall(task),
            take,
        )

    def _compute(self, task: AnalysisTask) -> None:
        experiment = self._experiment

        def take(result: Result) -> None:
            try:
                experiment.finish_analysis(task, result)
            except InsilicoError:  # it was removed meanwhile, or its run is another
                return

        self._start(
            f"analysis {task.key}",
            f"Computing {task.title}",
            lambda tell: task.compute(tell),
            take,
        )
