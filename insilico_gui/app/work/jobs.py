"""Slow work off the GUI thread: progress, cancel, one sentence when it fails.

Work is one of three:

- a generator function that yields after every piece (a text, None, or a
  :class:`~insilico_gui.progress.Progress`) and returns its result;
- a function of one argument, ``on_progress(done, total)``, which it calls between
  pieces, as analyses do; the call raises once the job is cancelled (the time that has
  passed in seconds, and what is counted, may follow);
- a function without arguments, which is stopped where what it calls asks
  :func:`~insilico_gui.progress.may_go_on`, and else not before its end.

All run on superqt's workers; results come back as signals, so widgets are only ever
touched in the GUI thread.
"""

from __future__ import annotations

import inspect
import logging
import time
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import (
    QCoreApplication,
    QEvent,
    QObject,
    QThreadPool,
    QTimer,
    Signal,
)
from superqt.utils import WorkerBase, create_worker
from typing_extensions import TypeIs

from insilico_gui.errors import InsilicoError
from insilico_gui.log_file import unexpected
from insilico_gui.progress import Progress, Throttle, stopped_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.progress import OnProgress

    Work = Callable[[], Any] | Callable[[OnProgress], Any]

logger = logging.getLogger(__name__)

TELL_S = 0.05
"""Telling progress more often would keep the window from anything else."""

QUIET_S = 0.05
"""Work that ends may start other work; after this long without any, all is done."""

DELAY_S = 0.5
"""Work that a timer is about to start is waited for as well, up to this long."""


class _Stopped(Exception):
    """Raised within work to leave it."""


def sentence(error: BaseException) -> str:
    """What to tell a user about an error; the log gets the rest."""
    if isinstance(error, InsilicoError):
        logger.info("%s", error, exc_info=error)
        return error.in_window or str(error)
    return unexpected(error)


class _Run:
    """What a worker calls. Qt may keep a worker after its end: this then holds nothing."""

    def __init__(self, job: Job, work: Work) -> None:
        self._held: tuple[Job, Work] | None = job, work

    def __call__(self) -> object:
        if self._held is None:
            return None
        job, work = self._held
        return job.run(work)

    def forget(self) -> None:
        self._held = None


class Job(QObject):
    """One piece of work in the background.

    Signals
    -------
    progressed(object)
        What the generator yielded, or a :class:`~insilico_gui.progress.Progress`.
    returned(object)
        The result; not emitted after a failure or a cancel.
    failed(str)
        One sentence.
    ended(object)
        The job itself, last of all, however it ended.

    Attributes
    ----------
    latest : object
        What was told of its progress last.
    stopped : bool
        The work was left before its end, as it was cancelled or failed.
    """

    progressed = Signal(object)
    returned = Signal(object)
    failed = Signal(str)
    ended = Signal(object)
    _yielded = Signal(object)

    def __init__(
        self,
        title: str,
        work: Work,
        parent: QObject | None = None,
        *,
        quiet: bool = False,
        loses: bool = True,
    ) -> None:
        super().__init__(parent)
        self.title = title
        self.quiet = quiet
        self.loses = loses and not quiet
        self.cancelled = False
        self.latest: object = None
        self.stopped = False
        self._yielded.connect(self._on_yielded)
        # A function worker for generators too: superqt's generator worker takes any
        # RuntimeError, such as running out of memory, for its own deletion and goes
        # silent, and it leaves a generator that was stopped open.
        self._run = _Run(self, work)
        self._worker: WorkerBase[object] | None = create_worker(
            self._run.__call__,
            _start_thread=False,
            _ignore_errors=True,  # `failed` tells of them
        )
        self._worker.returned.connect(self._on_returned)
        self._worker.errored.connect(self._on_errored)
        self._worker.signals.finished.connect(self._on_finished)

    def start(self) -> None:
        """Begin, in a thread of the pool."""
        if self._worker is not None:
            self._worker.start()

    def cancel(self) -> None:
        """Ask the work to stop after the piece it is at."""
        self.cancelled = True

    # These run in the worker's thread.

    def run(self, work: Work) -> object:
        """Do the work."""
        if _takes_progress(work):
            return self._run_told(work)
        if inspect.isgeneratorfunction(work):
            return self._run_steps(work)
        try:
            with stopped_by(self._refuse_cancelled):
                return work()
        except _Stopped:
            self.stopped = True
            return None

    def _refuse_cancelled(self) -> None:
        if self.cancelled:
            raise _Stopped

    def _run_told(self, work: Callable[[OnProgress], Any]) -> object:
        """Run a function that tells how far it is."""
        tell = Throttle(TELL_S)

        def on_progress(
            done: int, total: int, elapsed_s: float = 0.0, what: str = ""
        ) -> None:
            if self.cancelled:
                raise _Stopped
            if tell.is_due(at_once=done >= total):
                self._yielded.emit(Progress(done, total, elapsed_s, what))

        try:
            return work(on_progress)
        except _Stopped:
            self.stopped = True
            return None

    def _run_steps(self, work: Callable[[], Any]) -> object:
        """Drive a generator; always closes it."""
        steps = work()
        try:
            while not self.cancelled:
                try:
                    item = next(steps)
                except StopIteration as end:
                    return end.value
                self._yielded.emit(item)
            self.stopped = True
            return None
        finally:
            steps.close()

    # The signals come from the worker's thread; these slots run in the GUI thread.

    def _on_yielded(self, item: object) -> None:
        if not self.cancelled:
            self.latest = item
            self.progressed.emit(item)

    def _on_returned(self, result: object) -> None:
        if not self.cancelled:
            self.returned.emit(result)

    def _on_errored(self, error: Exception) -> None:
        self.stopped = True
        if not self.cancelled:
            self.failed.emit(sentence(error))

    def _on_finished(self) -> None:
        self._worker = None
        self._run.forget()
        self.ended.emit(self)


def _takes_progress(work: Work) -> TypeIs[Callable[[OnProgress], Any]]:
    return any(
        parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.default is parameter.empty
        for parameter in inspect.signature(work).parameters.values()
    )


class Jobs(QObject):
    """All work in the background of one window.

    Signals
    -------
    changed()
        A job began or ended.
    began(object)
        The job that began, if users are told of it.
    progressed()
        A job told of its progress.
    failed(str)
        A job failed; one sentence.
    """

    changed = Signal()
    began = Signal(object)
    progressed = Signal()
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.running: list[Job] = []

    def start(
        self,
        title: str,
        work: Work,
        *,
        on_return: Callable[[Any], object] | None = None,
        on_progress: Callable[[Any], object] | None = None,
        on_failure: Callable[[str], object] | None = None,
        on_end: Callable[[Job], object] | None = None,
        quiet: bool = False,
        loses: bool = True,
    ) -> Job:
        """Run `work` in the background; the callbacks run in the GUI thread.

        With `on_failure`, the caller tells of failures; else :attr:`failed` does. Quiet
        work is the window's own upkeep: users are not told of it and cannot cancel it.
        If nothing is lost when it is stopped, closing the window does not ask.
        """
        job = Job(title, work, self, quiet=quiet, loses=loses)
        job.progressed.connect(self._on_progressed)
        if on_progress is not None:
            job.progressed.connect(on_progress)
        if on_return is not None:
            job.returned.connect(on_return)
        job.failed.connect(self.failed if on_failure is None else on_failure)
        job.ended.connect(self._on_ended)
        if on_end is not None:
            job.ended.connect(on_end)
        self.running.append(job)
        self.changed.emit()
        if not quiet:
            self.began.emit(job)
        job.start()
        return job

    def announced(self) -> list[Job]:
        """Running jobs that the user knows of."""
        return [job for job in self.running if not job.quiet]

    def stop_all(self, timeout_s: float = 60.0) -> bool:
        """Cancel everything and wait until it has ended; False if it has not.

        Threads must be joined before the process exits: torch aborts it otherwise. Their
        last signals are delivered here, while there is somebody to take them.
        """
        for job in self.running:
            job.cancel()
        deadline = time.monotonic() + timeout_s
        while self.running and time.monotonic() < deadline:
            QThreadPool.globalInstance().waitForDone(50)
            QCoreApplication.processEvents()
        return not self.running

    def wait(self, timeout_s: float = 60.0) -> None:
        """Process events until nothing has run for a moment.

        Raises
        ------
        TimeoutError
            If work is still going on after `timeout_s` seconds.
        """
        deadline = time.monotonic() + timeout_s
        idle_since = quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_S:
            QCoreApplication.processEvents()
            time.sleep(0.005)
            now = time.monotonic()
            if self.running:
                idle_since = quiet_since = now
            elif now - idle_since < DELAY_S and self._is_delayed():
                quiet_since = now
            if now > deadline:
                raise TimeoutError(", ".join(job.title for job in self.running))
        # A script has no event loop in which Qt would delete what was put away
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def _is_delayed(self) -> bool:
        """Whether a timer of the window is about to do something once."""
        try:
            window = self.parent()
            while window is not None and window.parent() is not None:
                window = window.parent()
        except RuntimeError:  # the window is gone, and its timers with it
            return False
        timers = [] if window is None else window.findChildren(QTimer)
        return any(timer.isSingleShot() and timer.isActive() for timer in timers)

    def _on_progressed(self, _item: object) -> None:
        self.progressed.emit()

    def _on_ended(self, job: Job) -> None:
        if job in self.running:
            self.running.remove(job)
            job.deleteLater()
        self.changed.emit()
