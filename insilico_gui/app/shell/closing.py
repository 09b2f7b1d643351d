"""Closing the window, which waits for what runs in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

    from insilico_gui.app.work.jobs import Jobs


class CloseGuard(QObject):
    """Asks before a window closes while something runs; then ends it.

    Exit is clean only when all work in the background has ended.

    Parameters
    ----------
    window : QWidget
        Whose closing is watched.
    jobs : Jobs
    confirm : callable(question) -> bool
        Asks the user.
    may_close : callable() -> bool
        Whether nothing else speaks against closing; may ask the user as well.
    parent : QObject, optional

    Signals
    -------
    closing(bool)
        The window is about to close; True when nothing runs any more, and it goes.
    problem(str)
        The window cannot be closed yet; one sentence.
    """

    closing = Signal(bool)
    problem = Signal(str)

    def __init__(
        self,
        window: QWidget,
        jobs: Jobs,
        confirm: Callable[[str], bool],
        may_close: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._confirm = confirm
        self._may_leave = may_close
        self._closing = False
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hold the window back if it may not close."""
        if event.type() == QEvent.Type.Close and not self._may_close():
            event.ignore()
            return True
        return False

    def _may_close(self) -> bool:
        if self._closing:
            return False
        busy = [job for job in self._jobs.running if job.loses]
        if busy and not self._confirm(
            f"{busy[0].title} is not complete. Stop it and close?"
        ):
            return False
        if not self._may_leave():
            return False
        self._closing = True
        try:
            self.closing.emit(False)
            if not self._jobs.stop_all():
                self.problem.emit(
                    "Something in the background cannot be stopped yet; close the window "
                    "again in a moment."
                )
                return False
            self.closing.emit(True)
        finally:
            self._closing = False
        return True
