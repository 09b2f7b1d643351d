"""Files and folders that are dropped on the window, or opened in its viewer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QWidget

from insilico_gui.app.widgets.application import application
from insilico_gui.errors import quoted
from insilico_gui.experiment.file import SUFFIX as EXPERIMENT
from insilico_gui.export import load_suffixes, suffix_of
from insilico_gui.opening import session_infos
from insilico_gui.stimuli import SUPPORTED_SUFFIXES
from insilico_gui.stimuli.readers.places import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from insilico_gui.app.work.jobs import Jobs


class DropFilter(QObject):
    """Takes everything that is dropped before napari's own readers would.

    With Alt held down a drop is left to napari, which then asks for a reader.

    Parameters
    ----------
    window : QWidget
        Everything in it accepts drops from now on.
    on_drop : callable(list of str)
        Gets everything that was dropped at once: paths, or addresses of what is not on
        this computer.
    """

    def __init__(self, window: QWidget, on_drop: Callable[[list[str]], object]) -> None:
        super().__init__(window)
        self._on_drop = on_drop
        window.setAcceptDrops(True)
        # Not a filter on each widget: panels make new ones, and PySide never lets go of
        # a widget that was found by findChildren().
        application().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Accept files, let everything else pass."""
        if not isinstance(event, QDropEvent) or not self._is_ours(watched):
            return False
        urls = event.mimeData().urls()
        if not urls or event.modifiers() & Qt.KeyboardModifier.AltModifier:
            return False
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop:
            self._on_drop(
                [url.toLocalFile() if url.isLocalFile() else url.url() for url in urls]
            )
        return True

    def _is_ours(self, watched: QObject) -> bool:
        """Whether it is a widget of the window, or of a panel that floats beside it."""
        window = self.parent()
        widget = watched if isinstance(watched, QWidget) else None
        while widget is not None and widget is not window:
            widget = widget.parentWidget()
        return widget is not None


class FileSorter(QObject):
    """Tells what it is that was dropped or opened.

    Signals
    -------
    sorted_out(str, object)
        What it is, and the files: ``"stimuli"`` with a list of paths, or of lists of
        paths of images that belong together; ``"sessions"`` with a folder that holds
        sessions; ``"responses"`` with the path of exported responses;
        ``"experiment"`` with the path of an experiment.
    problem(str)
        What was given cannot be taken; one sentence.
    """

    sorted_out = Signal(str, object)
    problem = Signal(str)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs

    def sort(self, given: Sequence[str | Path], *, of_images: bool = False) -> None:
        """Tell what was given at once; folders are looked into in the background.

        With `of_images`, several images are one stimulus.
        """
        remote = next((str(path) for path in given if "://" in str(path)), None)
        if remote is not None:
            self.problem.emit(
                f"{quoted(remote)} is not on this computer; download it and open the file."
            )
            return
        paths = _without_side_files([Path(path) for path in given])
        stimuli = [path for path in paths if self._sort_one(path)]
        images = [path for path in stimuli if path.suffix.lower() in IMAGE_SUFFIXES]
        if of_images and len(images) > 1:
            stimuli = [path for path in stimuli if path not in images]
            self.sorted_out.emit("stimuli", [*stimuli, images])
        elif stimuli:
            self.sorted_out.emit("stimuli", stimuli)

    def _sort_one(self, path: Path) -> bool:
        """Whether it is the file of a stimulus; tells of everything else."""
        suffix = path.suffix.lower()
        if not os.path.exists(path):  # unlike Path.exists, of any name
            self.problem.emit(
                f"There is no file {quoted(path.name)}; check its name and folder."
            )
        elif path.name.endswith(EXPERIMENT):
            self.sorted_out.emit("experiment", path)
        elif suffix_of(path) in load_suffixes():
            self.sorted_out.emit("responses", path)
        elif os.path.isdir(path):
            self._look_into(path)
        elif suffix in SUPPORTED_SUFFIXES | IMAGE_SUFFIXES:
            return True
        elif suffix_of(path):
            self.problem.emit(
                f"{quoted(path.name)} is of a type that is written for other programs "
                "and does not hold all of the responses; to open responses here, export "
                f"them to one of {', '.join(load_suffixes())}."
            )
        else:
            self.problem.emit(
                f"{quoted(path.name)} is nothing that can be shown to a session: open a "
                f"stimulus ({', '.join(sorted(SUPPORTED_SUFFIXES))}), a folder of images "
                "or of sessions, exported responses "
                f"({', '.join(load_suffixes())}), or an experiment ({EXPERIMENT})."
            )
        return False

    def _look_into(self, folder: Path) -> None:
        def tell(has_sessions: bool) -> None:
            if has_sessions:
                self.sorted_out.emit("sessions", folder)
            else:
                self.sorted_out.emit("stimuli", [folder])

        self._jobs.start(
            f"Looking into {folder.name}",
            lambda: _holds_sessions(folder),
            on_return=tell,
        )


def _without_side_files(paths: list[Path]) -> list[Path]:
    """Paths but for those that an export to .csv wrote beside another of them."""
    beside = {
        path.with_name(f"{name}.{ending}")
        for path in paths
        if suffix_of(path) == ".csv"
        for name in (path.name, path.name[:-4])  # now, and in earlier versions
        for ending in ("units.csv", "trials.csv", "json")
    }
    return [path for path in paths if path not in beside]


def _holds_sessions(folder: Path) -> bool:
    """Whether some twin finds a session in a folder that it does not find without."""
    everywhere = {info.id for info in session_infos()}
    return any(info.id not in everywhere for info in session_infos(folder))
