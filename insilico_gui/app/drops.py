"""Files and folders dropped anywhere on the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Signal
from qtpy.QtWidgets import QWidget

from insilico_gui.opening import session_infos
from insilico_gui.session import is_image_session
from insilico_gui.stimuli import SUPPORTED_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.app.jobs import Jobs
    from insilico_gui.experiment import Experiment


class DropFilter(QObject):
    """Takes drops of our files and folders before napari's own reader dialog would.

    Parameters
    ----------
    window : QWidget
        Everything in it accepts drops from now on.
    takes : callable(path) -> bool
        Whether a path is one of ours. A drop of others only is left to napari.
    on_drop : callable(list of path)
        Gets everything that was dropped at once.
    """

    def __init__(
        self,
        window: QWidget,
        takes: Callable[[Path], bool],
        on_drop: Callable[[list[Path]], object],
    ) -> None:
        super().__init__(window)
        self._takes = takes
        self._on_drop = on_drop
        window.setAcceptDrops(True)
        self.watch(window)

    def watch(self, window: QWidget) -> None:
        """Also take drops on the children that would have handled them themselves."""
        for widget in (window, *window.findChildren(QWidget)):
            if widget.acceptDrops():
                widget.removeEventFilter(self)
                widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Accept what is ours, let everything else pass."""
        kind = event.type()
        if kind not in (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop):
            return False
        paths = _local_paths(event)
        if not any(self._takes(path) for path in paths):
            return False
        event.acceptProposedAction()  # type: ignore[attr-defined]
        if kind == QEvent.Type.Drop:
            self._on_drop(paths)
        return True


class DropSorter(QObject):
    """Tells what it is that was dropped.

    Signals
    -------
    stimulus(object)
        A path to open as a stimulus, or a list of paths of images.
    sessions(object)
        A folder that holds sessions.
    problem(str)
        What was dropped cannot be taken; one sentence.
    """

    stimulus = Signal(object)
    sessions = Signal(object)
    problem = Signal(str)

    def __init__(
        self, experiment: Experiment, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._jobs = jobs

    def sort(self, paths: list[Path]) -> None:
        """Tell what was dropped at once; folders are looked into in the background."""
        session = self._experiment.session
        if len(paths) > 1:
            if session is not None and is_image_session(session):
                self.stimulus.emit(paths)
                return
            self.problem.emit(
                "Drop one file or folder at a time; to show several images one after "
                "the other, put them into a folder and drop that."
            )
        elif paths[0].is_dir():
            self._look_into(paths[0])
        else:
            self.stimulus.emit(paths[0])

    def _look_into(self, folder: Path) -> None:
        def tell(has_sessions: bool) -> None:
            (self.sessions if has_sessions else self.stimulus).emit(folder)

        self._jobs.start(
            f"Looking into {folder.name}",
            lambda: _holds_sessions(folder),
            on_return=tell,
        )


def may_be_stimulus(path: Path) -> bool:
    """Whether a path is a folder or looks like a file that can be opened."""
    return path.is_dir() or path.suffix.lower() in SUPPORTED_SUFFIXES


def _holds_sessions(folder: Path) -> bool:
    """Whether some twin finds a session in a folder that it does not find without."""
    everywhere = {info.id for info in session_infos()}
    return any(info.id not in everywhere for info in session_infos(folder))


def _local_paths(event: QEvent) -> list[Path]:
    urls = event.mimeData().urls()  # type: ignore[attr-defined]
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
