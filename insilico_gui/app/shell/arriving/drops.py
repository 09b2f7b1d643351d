"""Files and folders that are dropped on the window, and what each of them is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QWidget

from insilico_gui.app.shell.arriving.file_kinds import is_looked_into, kind_of
from insilico_gui.app.widgets.application import application
from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.export import suffix_of
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


@dataclass
class Given:
    """What was given at once, sorted.

    Attributes
    ----------
    taken : list of (str, Path)
        What each is, see :func:`.kind_of`, and where.
    problems : list of str
        One sentence for each that cannot be taken.
    """

    taken: list[tuple[str, Path]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, path: Path, input_kind: str) -> None:
        """Sort one file or folder."""
        try:
            kind = kind_of(path, input_kind)
        except InsilicoError as error:
            self.problems.append(sentence(error))
            return
        if kind in ONE_AT_A_TIME and kind in dict(self.taken):
            self.problems.append(
                f"{quoted(path.name)} was left out: open one {ONE_AT_A_TIME[kind]} at a "
                "time."
            )
            return
        self.taken.append((kind, path))


ONE_AT_A_TIME = {
    "experiment": "experiment",
    "responses": "file of responses",
    "sessions": "folder of sessions",
    "properties": "table of units",
}
"""Kinds of which the window shows one."""


class FileSorter(QObject):
    """Tells what it is that was dropped or opened.

    Signals
    -------
    sorted_out(str, object)
        What it is, and the file: see :func:`.kind_of`; ``"stimuli"`` with a list of
        paths, or of lists of paths of images that belong together.
    problem(str)
        What was given cannot be taken; one sentence.
    problems(list)
        Of several that were given, these could not be taken; a sentence for each.
    """

    sorted_out = Signal(str, object)
    problem = Signal(str)
    problems = Signal(list)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs

    def sort(
        self,
        given: Sequence[str | Path],
        *,
        of_images: bool = False,
        input_kind: str = "",
    ) -> None:
        """Tell what was given at once; what has to be looked into, in the background.

        With `of_images`, several images are one stimulus. The kind of input of the
        session on show says what tables may be.
        """
        found = Given()
        paths: list[Path] = []
        for one in given:
            if "://" in str(one):
                found.problems.append(
                    f"{quoted(str(one))} is not on this computer; download it and open "
                    "the file."
                )
            else:
                paths.append(Path(one))
        paths = _without_side_files(paths)

        def look() -> None:
            for path in paths:
                found.add(path, input_kind)

        def tell(_: object = None) -> None:
            self._tell(found, len(given), of_images=of_images)

        if any(is_looked_into(path) for path in paths):
            name = paths[0].name if len(paths) == 1 else f"{len(paths)} files"
            self._jobs.start(f"Looking into {name}", look, on_return=tell)
        else:
            look()
            tell()

    def _tell(self, found: Given, n_given: int, *, of_images: bool) -> None:
        stimuli: list[Any] = [path for kind, path in found.taken if kind == "stimuli"]
        images = [path for path in stimuli if path.suffix.lower() in IMAGE_SUFFIXES]
        if of_images and len(images) > 1:
            stimuli = [path for path in stimuli if path not in images] + [images]
        for kind, path in found.taken:
            if kind != "stimuli":
                self.sorted_out.emit(kind, path)
        if stimuli:
            self.sorted_out.emit("stimuli", stimuli)
        if found.problems:
            self.problem.emit(found.problems[0])
            if n_given > 1:
                self.problems.emit(found.problems)


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
