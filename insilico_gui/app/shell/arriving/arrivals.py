"""What is dropped on the window or opened in its viewer: taken, or answered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import ref

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QFileDialog

from insilico_gui.app.panels.session_panel import SessionPanel
from insilico_gui.app.shell.arriving.drops import DropFilter, FileSorter
from insilico_gui.app.shell.arriving.viewer_open import Opener
from insilico_gui.app.shell.question import ask_beside
from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.units.selection_file import read_selections, write_selections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from insilico_gui.app.shell.window import InsilicoWindow
    from insilico_gui.units.selection_file import SavedSelection

PROPERTIES = "unit properties"
"""The analysis that joins a table of units."""

OK = "OK"


class Arrivals(QObject):
    """Takes files and folders for a window, by drop, menu, dialog or script.

    Parameters
    ----------
    window : InsilicoWindow
    """

    def __init__(self, window: InsilicoWindow) -> None:
        super().__init__(window)
        self._window_ref = ref(window)
        self._sorter = FileSorter(window.jobs, self)
        self._drops = DropFilter(window.docks.window, self.take)
        self._opener = Opener(window.viewer, self)
        self._sorter.sorted_out.connect(self._take)
        self._sorter.problem.connect(self._tell)
        self._sorter.problems.connect(self._tell_all)
        self._opener.opened.connect(self.take)

    @property
    def _window(self) -> InsilicoWindow:
        window = self._window_ref()
        if window is None:
            raise InsilicoError("The window has been closed; open another one.")
        return window

    @property
    def closes_viewer(self) -> bool:
        """Whether a script closes the viewer."""
        return self._opener.closes_viewer

    def take(self, paths: Sequence[str | Path]) -> None:
        """Take files and folders that were given at once."""
        now = self._window.now
        self._sorter.sort(
            paths,
            of_images=now.image_session is not None,
            input_kind="" if now.session is None else now.session.input_kind,
        )

    def browse(self) -> None:
        """Ask for files of any kind, and take them."""
        names, _ = QFileDialog.getOpenFileNames(self._window.docks.window, "Open")
        if names:
            self.take(names)

    def browse_folder(self) -> None:
        """Ask for a folder of weights, images or responses, and take it."""
        folder = QFileDialog.getExistingDirectory(
            self._window.docks.window, "Open a folder of weights, or of images"
        )
        if folder:
            self.take([folder])

    def _take(self, kind: str, given: Any) -> None:
        """Take files of a kind that was found out."""
        window = self._window
        if kind == "stimuli":
            window.open_stimuli(given)
        elif kind == "sessions":
            window.panel(SessionPanel).use_folder(given)
        elif kind == "experiment":
            window.files.open(given)
        elif kind == "responses":
            window.show_panel("Compare")
            window.open_reference(given)
        elif self._has_session(given):
            if kind == "properties":
                window.analyse(PROPERTIES, {"table": str(given)})
            else:
                self._read_selections(given)

    def _has_session(self, path: Path) -> bool:
        """Whether there are units that a table can be joined with; else tells so."""
        if self._window.now.session is not None:
            return True
        self._tell(
            f"{quoted(path.name)} is of units; load their session, then open it again."
        )
        return False

    # -- selections --------------------------------------------------------------------

    def _read_selections(self, path: Path) -> None:
        window, now = self._window, self._window.now
        session, name = now.session, now.session_name
        if session is None or name is None:
            return

        def take(found: list[SavedSelection]) -> None:
            for one in found:
                window.experiment.select(
                    indices=one.indices,
                    session=name,
                    name=one.name,
                    color=one.color,
                    show=one is found[-1],
                )
            window.say(_told(found))

        window.jobs.start(
            f"Reading {path.name}",
            lambda: read_selections(path, session.units, session.id),
            on_return=take,
        )

    def load_selections(self) -> None:
        """Ask for a file of selections of the session on show, and take them."""
        name, _ = QFileDialog.getOpenFileName(
            self._window.docks.window,
            "Load selections",
            "",
            "Tables of units (*.csv *.parquet)",
        )
        if name and self._has_session(Path(name)):
            self._read_selections(Path(name))

    def save_selections(self, names: Sequence[str] = ()) -> None:
        """Ask for a file, and write selections of the session on show to it.

        Without `names` all that it has.
        """
        window, now = self._window, self._window.now
        session = now.session
        found = {
            name: (window.experiment.selection(name), entry.color)
            for name, entry in window.experiment.document.selections.items()
            if entry.session == now.session_name and (not names or name in names)
        }
        if session is None or not found:
            self._tell("There is no selection to save; select units first.")
            return
        name, _ = QFileDialog.getSaveFileName(
            window.docks.window, "Save selections", "selections.csv", "Tables (*.csv)"
        )
        if not name:
            return
        path = Path(name if name.lower().endswith(".csv") else f"{name}.csv")
        window.jobs.start(
            f"Saving {path.name}",
            lambda: write_selections(path, found, session.units, overwrite=True),
            on_return=lambda place: window.say(f"Saved: {place.name}"),
        )

    # -- answers -----------------------------------------------------------------------

    def _tell(self, problem: str) -> None:
        self._window.say(problem, problem=True)

    def _tell_all(self, problems: list[str]) -> None:
        """Of several files: the message line soon tells of those that were taken."""
        ask_beside(
            self._window.docks.window, "\n\n".join(problems), [OK], lambda _: None
        )


def _told(found: list[SavedSelection]) -> str:
    """What was read, in one sentence."""
    n = len(found)
    units = sum(len(one.indices) for one in found)
    what = f"selection {quoted(found[0].name)}" if n == 1 else f"{n} selections"
    missing = sum(one.n_missing for one in found)
    beside = f"; {missing:,} units are not of this session" if missing else ""
    return f"Read the {what} of {units:,} units{beside}."
