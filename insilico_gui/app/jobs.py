"""Slow work off the GUI thread: progress, cancel, one sentence when it fails.

Work is a generator that yields after every piece (a :class:`Progress`, a text or None)
and returns its result, or a plain function. Both run on superqt's workers; results come
back as signals, so widgets are only ever touched in the GUI thread.
"""

from __future__ import annotations

import inspect
import logging
import time
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QCoreApplication, QObject, QThreadPool, Signal
from superqt.utils import WorkerBase, create_worker

from insilico_gui.errors import InsilicoError

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


def sentence(error: BaseException) -> str:
    """What to tell a user about an error; the log gets the rest."""
    if isinstance(error, InsilicoError):
        logger.info("%s", error, exc_info=error)
        return str(error)
    logger.error("Unexpected error", exc_info=error)
    return (
        f"Something unexpected went wrong ({type(error).__name__}: {error}); the log "
        "has the details."
    )


class Job(QObject):
    """One piece of work in the background.

    Signals
    -------
    progressed(object)
        What the generator yielded.
    returned(object)
        The result; not emitted after a failure or a cancel.
    failed(str)
        One sentence.
    ended(object)
        The job itself, last of all, however it ended.
    """

    progressed = Signal(object)
    returned = Signal(object)
    failed = Signal(str)
    ended = Signal(object)
    _yielded = Signal(object)

    def __init__(
        self,
        title: str,
        work: Callable[[], Any],
        parent: QObject | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        super().__init__(parent)
        self.title = title
        self.quiet = quiet
        self.cancelled = False
        is_steps = inspect.isgeneratorfunction(work)
        self._yielded.connect(self._on_yielded)
        # A function worker for generators too: superqt's generator worker takes any
        # RuntimeError, such as running out of memory, for its own deletion and goes
        # silent, and it leaves a generator that was stopped open.
        self._worker: WorkerBase | None = create_worker(
            self._run_steps if is_steps else work,
            *((work,) if is_steps else ()),
            _start_thread=False,
            _ignore_errors=True,  # `failed` tells of them
        )
        self._worker.returned.connect(self._on_returned)
        self._worker.errored.connect(self._on_errored)
        self._worker.finished.connect(self._on_finished)

    def start(self) -> None:
        """Begin, in a thread of the pool."""
        if self._worker is not None:
            self._worker.start()

    def cancel(self) -> None:
        """Ask the work to stop at its next yield."""
        self.cancelled = True

    def _run_steps(self, work: Callable[[], Any]) -> object:
        """Drive a generator, in the worker's thread; always closes it."""
        steps = work()
        try:
            while not self.cancelled:
                try:
                    item = next(steps)
                except StopIteration as end:
                    return end.value
                self._yielded.emit(item)
            return None
        finally:
            steps.close()

    # The signals come from the worker's thread; these slots run in the GUI thread.

    def _on_yielded(self, item: object) -> None:
        if not self.cancelled:
            self.progressed.emit(item)

    def _on_returned(self, result: object) -> None:
        if not self.cancelled:
            self.returned.emit(result)

    def _on_errored(self, error: Exception) -> None:
        if not self.cancelled:
            self.failed.emit(sentence(error))

    def _on_finished(self) -> None:
        self._worker = None
        self.ended.emit(self)


class Jobs(QObject):
    """All work in the background of one window.

    Signals
    -------
    changed()
        A job began or ended.
    failed(str)
        A job failed; one sentence.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.running: list[Job] = []

    def start(
        self,
        title: str,
        work: Callable[[], Any],
        *,
        on_return: Callable[[Any], object] | None = None,
        on_progress: Callable[[Any], object] | None = None,
        on_failure: Callable[[str], object] | None = None,
        on_end: Callable[[Job], object] | None = None,
        quiet: bool = False,
    ) -> Job:
        """Run `work` in the background; the callbacks run in the GUI thread.

        With `on_failure`, the caller tells of failures; else :attr:`failed` does. Quiet
        work is the window's own upkeep: users are not told of it and cannot cancel it.
        """
        job = Job(title, work, self, quiet=quiet)
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

    def _on_ended(self, job: Job) -> None:
        if job in self.running:
            self.running.remove(job)
            job.deleteLater()
        self.changed.emit()
