"""Encoding as it is watched: responses show up, and time follows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from insilico_gui.app.work.jobs import sentence
from insilico_gui.encoding import precision_sentence
from insilico_gui.errors import InsilicoError
from insilico_gui.progress import Throttle

if TYPE_CHECKING:
    from collections.abc import Generator

    import xarray as xr

    from insilico_gui.app.work.jobs import Job, Jobs
    from insilico_gui.encoding import EncodingJob, ImageJob
    from insilico_gui.experiment.window_state import WindowState
    from insilico_gui.progress import Progress

REDRAW_S = 0.4
"""While responses come in, colours and traces take them up this often."""


class EncodingRun(QObject):
    """Encodes an experiment's stimulus in the background, once at a time.

    The playback follows the newest responses until it is told to stay, and starts over
    when all are there.

    Signals
    -------
    progressed(str, object)
        What is being done, and how far it is (:class:`~insilico_gui.progress.Progress`).
    grew()
        There are more responses to show; at most every :data:`REDRAW_S`, and at the end.
    completed(str)
        All responses are there; one sentence.
    problem(str)
        Encoding cannot start; one sentence.
    """

    progressed = Signal(str, object)
    grew = Signal()
    completed = Signal(str)
    problem = Signal(str)

    def __init__(
        self, experiment: WindowState, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._jobs = jobs
        self._running: Job | None = None
        self._follow = False
        self._redraw = Throttle(REDRAW_S)

    @property
    def running(self) -> Job | None:
        """The work that is under way, if any."""
        return self._running

    def start(self, *, selected_only: bool = False) -> None:
        """Encode the stimulus; replaces a run that is under way."""
        experiment = self._experiment
        if experiment.session is None or experiment.frames is None:
            missing = "session" if experiment.session is None else "stimulus"
            self.problem.emit(f"To encode, first choose a {missing}.")
            return
        self.stop()
        try:
            job = experiment.encoding_job(selected_only=selected_only)
        except InsilicoError as error:
            self.problem.emit(sentence(error))
            return
        experiment.use_job(job)
        self._follow = True
        self._redraw = Throttle(REDRAW_S)

        def work() -> Generator[Progress, None, xr.DataArray]:
            return (yield from job.run())

        def take(responses: xr.DataArray) -> None:
            if experiment.job is job:
                experiment.use_responses(responses)
                self._complete(job)

        def ended(run: Job) -> None:
            if self._running is run:
                self._running = None
            if experiment.job is job and experiment.responses is None:
                experiment.drop_job()

        self._running = self._jobs.start(
            f"Encoding {job.stimulus.name}",
            work,
            on_progress=lambda progress: self._progress(job, progress),
            on_return=take,
            on_end=ended,
        )

    def stop(self) -> None:
        """Stop the run that is under way; nothing more is told of it."""
        if self._running is not None:
            self._running.cancel()

    def stay(self) -> None:
        """Leave the time where the user wants it."""
        self._follow = False

    def _progress(self, job: EncodingJob | ImageJob, progress: Progress) -> None:
        if self._experiment.job is not job or self._running is None:
            return
        if self._running.cancelled:
            return
        self.progressed.emit(f"Encoding {job.stimulus.name}", progress)
        if not self._redraw.is_due(at_once=progress.done >= progress.total):
            return
        playback = self._experiment.playback
        if self._follow and not playback.playing:
            playback.seek_frame((progress.done - 1) * job.n_times)
        self.grew.emit()

    def _complete(self, job: EncodingJob | ImageJob) -> None:
        what = "frames" if self._experiment.images is None else "images"
        said = (
            f"Encoded {job.n_frames} {what} of {job.stimulus.name} for "
            f"{len(job.selection):,} units."
        )
        if self._experiment.responses is not None:
            attrs = self._experiment.responses.attrs
            difference = precision_sentence(attrs)
            said += f" {difference}" if difference else ""
            said += f" ⚠ {attrs['warning']}" if attrs.get("warning") else ""
        self.completed.emit(said)
        if self._follow:
            self._follow = False
            self._experiment.playback.seek(0.0)
