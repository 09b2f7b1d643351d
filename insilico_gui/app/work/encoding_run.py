"""Encoding as it is watched: runs queue, responses show up, and time follows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from insilico_gui.app.work.jobs import sentence
from insilico_gui.encoding import precision_sentence
from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.experiment import runs
from insilico_gui.experiment.encoded import running
from insilico_gui.progress import Progress, Throttle
from insilico_gui.responses import BURN_IN_FRAMES

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

    from insilico_gui.app.work.frame_reader import FrameReader
    from insilico_gui.app.work.jobs import Job, Jobs
    from insilico_gui.encoding import ConditionJob, DriveJob, EncodingJob, ImageJob
    from insilico_gui.experiment import Experiment

    Pair = tuple[str, str]

REDRAW_S = 0.4
"""While responses come in, colours and traces take them up this often."""


class EncodingRun(QObject):
    """Encodes runs of an experiment in the background, one after the other.

    If the run is on show, the playback follows the newest responses until it is told to
    stay, and starts over when all are there.

    Parameters
    ----------
    experiment : Experiment
    jobs : Jobs
    reader : FrameReader
        Of frames that are made already.
    parent : QObject, optional

    Signals
    -------
    grew()
        There are more responses to show; at most every :data:`REDRAW_S`, and at the end.
    completed(str)
        All responses of a run are there; one sentence.

    Attributes
    ----------
    waiting : list of (str, str)
        Sessions and stimuli to be encoded next.
    plays : bool
        Whether responses to frames are played once all are there.
    goes_on : bool
        Whether what begins now follows what has just ended, without anybody's wish.
    """

    grew = Signal()
    completed = Signal(str)
    _began = Signal(object, object)

    def __init__(
        self,
        experiment: Experiment,
        jobs: Jobs,
        reader: FrameReader,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._jobs = jobs
        self._reader = reader
        self.waiting: list[Pair] = []
        self.plays = True
        self.goes_on = False
        self._running: tuple[Pair, runs.Task | None, Job] | None = None
        self._follow = False
        self._redraw = Throttle(REDRAW_S)
        # It comes from the thread that encodes, and is delivered in that of the window
        self._began.connect(self._show_job)

    @property
    def running(self) -> Job | None:
        """The work that is under way, if any."""
        return None if self._running is None else self._running[2]

    @property
    def pair(self) -> Pair | None:
        """Session and stimulus that are being encoded, or opened to be encoded."""
        return None if self._running is None else self._running[0]

    @property
    def part(self) -> float:
        """How much of it is done, 0 to 1."""
        latest = None if self.running is None else self.running.latest
        if not isinstance(latest, Progress):
            return 0.0
        return latest.done / max(latest.total, 1)

    def add(self, session: str, stimulus: str) -> None:
        """Encode a run after those that wait.

        One that is under way goes on, unless it is to be computed with other settings now.

        Raises
        ------
        InsilicoError
            If the session does not take the stimulus.
        """
        pair, experiment = (session, stimulus), self._experiment
        if experiment.is_open(*pair):
            experiment.task(*pair)  # refuses what cannot be encoded, before it waits
        if self.pair == pair and not self._is_wanted():
            self.stop(pair)
        elif self.pair == pair:
            return
        if pair not in self.waiting:
            self.waiting.append(pair)
        self._start_next()

    def stop(self, pair: Pair | None = None) -> None:
        """Stop a run that is under way, or all; those that wait are dropped as well."""
        self.waiting = [] if pair is None else [w for w in self.waiting if w != pair]
        if self._running is not None and pair in (None, self.pair):
            self._running[2].cancel()

    def stay(self) -> None:
        """Leave the time where the user wants it."""
        self._follow = False

    def check(self) -> None:
        """Give up what nobody wants any more, after a change of the experiment.

        It was removed, or is to be computed with other settings.
        """
        self.waiting = [pair for pair in self.waiting if self._is_there(pair)]
        if self._running is not None and not self._is_wanted():
            self._running[2].cancel()

    def _is_there(self, pair: Pair) -> bool:
        document = self._experiment.document
        return pair[0] in document.sessions and pair[1] in document.stimuli

    def _is_wanted(self) -> bool:
        """Whether what is under way is what its run would be computed with now."""
        if self._running is None:
            return False
        pair, task, job = self._running
        if job.cancelled or not self._is_there(pair):
            return False
        try:
            return task is None or self._experiment.task(*pair).key == task.key
        except InsilicoError:
            return False

    def _start_next(self) -> None:
        while self._running is None and self.waiting:
            pair = self.waiting.pop(0)
            if not self._is_there(pair):  # it was removed while it waited
                continue
            if not self._experiment.is_open(*pair):
                self._open(pair)
                return
            try:
                self._start(pair, self._experiment.task(*pair))
            except InsilicoError as error:
                self._jobs.failed.emit(sentence(error))

    def _go_on(self) -> None:
        """Start what waits, after something has ended."""
        self.goes_on = True
        self._start_next()
        self.goes_on = False

    def _open(self, pair: Pair) -> None:
        """Open session and stimulus, then encode."""
        experiment = self._experiment

        def ended(job: Job) -> None:
            self._running = None
            if not job.stopped:
                experiment.tell_opened()
                if not job.cancelled:
                    self.waiting.insert(0, pair)
            self._go_on()

        job = self._jobs.start(
            f"Opening {pair[1]}", lambda: experiment.task(*pair), on_end=ended
        )
        self._running = pair, None, job

    def _start(self, pair: Pair, task: runs.Task) -> None:
        experiment, library = self._experiment, self._experiment.library
        frames = self._reader.lend(task)
        self._follow = pair == experiment.on_show()
        self._redraw = Throttle(REDRAW_S)

        def work(tell: Callable[..., object]) -> tuple[xr.DataArray, str, bool]:
            def told(step: Progress) -> None:
                tell(step.done, step.total, step.elapsed_s, step.what)

            def began(job: EncodingJob | ImageJob | ConditionJob | DriveJob) -> None:
                self._began.emit(task, job)

            known = experiment.recall(task)
            responses = known
            if responses is None:
                responses = task.watch(library, began, told, frames)
            return responses, runs.responses_hash(responses), known is not None

        def ended(job: Job) -> None:
            if frames is not None:
                self._reader.give_back(frames)
            self._forget(task)
            if job.stopped or job.cancelled:
                experiment.fail(task, cancelled=job.cancelled)
            self._go_on()

        def failed(text: str) -> None:
            if _pair(task) != experiment.on_show():  # else nobody asks of what it is
                text = f"{quoted(task.run.stimulus)} is not encoded: {text}"
            self._jobs.failed.emit(text)

        job = self._jobs.start(
            f"Encoding {task.stimulus.name}",
            work,
            on_progress=lambda progress: self._progressed(task, progress),
            on_return=lambda found: self._take(task, *found),
            on_failure=failed,
            on_end=ended,
        )
        self._running = pair, task, job
        experiment.start(task)

    def _show_job(
        self, task: runs.Task, job: EncodingJob | ImageJob | ConditionJob | DriveJob
    ) -> None:
        """The job is about to compute: its responses can be shown from now on."""
        if self._running is not None and self._running[1] is task:
            self._experiment.start(task, running(job))

    def _progressed(self, task: runs.Task, progress: Progress) -> None:
        experiment = self._experiment
        if _pair(task) != experiment.on_show():
            return
        if not self._redraw.is_due(at_once=progress.done >= progress.total):
            return
        encoded, playback = experiment.encoded(*_pair(task)), experiment.playback
        if self._follow and encoded is not None and not playback.playing:
            playback.seek_frame((progress.done - 1) * encoded.n_times)
        self.grew.emit()

    def _take(
        self, task: runs.Task, responses: xr.DataArray, checksum: str, is_known: bool
    ) -> None:
        experiment, follows = self._experiment, self._follow
        self._follow = False
        self._forget(task)  # so that nobody is told of it as under way
        try:
            experiment.finish(task, responses, checksum)
        except InsilicoError as error:
            self.completed.emit(str(error))
            return
        self.completed.emit(_told(task, responses, is_known=is_known))
        if follows and _pair(task) == experiment.on_show():
            self._start_over(responses)
        self.grew.emit()

    def _start_over(self, responses: xr.DataArray) -> None:
        """Begin the playback again; of frames, at the end of the burn-in."""
        playback = self._experiment.playback
        of_frames = responses.dims[0] == "time" and "window_s" not in responses.attrs
        if not of_frames or playback.n_frames <= BURN_IN_FRAMES:
            playback.seek(0.0)
            return
        playback.seek_frame(BURN_IN_FRAMES)
        playback.playing = self.plays

    def _forget(self, task: runs.Task) -> None:
        """A run is under way no more."""
        if self._running is not None and self._running[1] is task:
            self._running = None


def _pair(task: runs.Task) -> Pair:
    return task.run.session, task.run.stimulus


def _called(what: str, name: str) -> str:
    """The name of a stimulus after what it consists of; a table is called after that."""
    if name == what:
        return ""
    return f" ({name})" if what == "conditions" else f" of {name}"


def _told(task: runs.Task, responses: xr.DataArray, *, is_known: bool) -> str:
    """What was computed, or found in the library, and how far it can be trusted."""
    what = "images" if responses.dims[0] == "trial" else "frames"
    if "conditions" in responses.attrs:
        what = "conditions"
    if "window_s" in responses.attrs:
        what = "windows"
    n_units = responses.sizes[responses["unit_id"].dims[0]]
    of = (
        f"{responses.shape[0]} {what}{_called(what, task.stimulus.name)} for "
        f"{n_units:,} unit{'s' * (n_units != 1)}"
    )
    said = f"Encoded {of}."
    if is_known:
        said = f"Computed before, from the library: {of}."
    difference = precision_sentence(responses.attrs)
    said += f" {difference}" if difference else ""
    if responses.attrs.get("warning"):
        said += f" ⚠ {responses.attrs['warning']}"
    return said
