"""The file of the experiment in a window: new, open, save, and what is not saved."""

from __future__ import annotations

from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import ref

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QApplication, QFileDialog, QMainWindow, QMessageBox

from insilico_gui.app.shell.library_dialog import LibraryDialog
from insilico_gui.app.shell.question import LATER, ask_beside
from insilico_gui.app.work.autosave import Autosave
from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.experiment.saving import file
from insilico_gui.experiment.saving.recovery import find_leftovers
from insilico_gui.settings import add_recent, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from insilico_gui.app.shell.window import InsilicoWindow
    from insilico_gui.app.work.jobs import Job
    from insilico_gui.experiment.saving.recovery import Leftover

FILTER = f"Experiments (*{file.SUFFIX})"
SEARCH = "Search in a folder…"


class Answer(Enum):
    """What is to become of changes that are not saved."""

    SAVE = "save"
    DISCARD = "discard"
    CANCEL = "cancel"


class ExperimentFiles(QObject):
    """Opens and saves the experiment of a window; reading and writing in the background.

    Parameters
    ----------
    window : InsilicoWindow
        Owns this.
    """

    def __init__(self, window: InsilicoWindow) -> None:
        super().__init__(window)
        self._window_ref = ref(window)
        self._base_title = window.viewer.title
        self.autosave = Autosave(window.experiment, window.jobs, self._tell, self)
        self.autosave.set_delay(round(1000 * read_settings()[0].autosave_s))

    @property
    def _window(self) -> InsilicoWindow:
        window = self._window_ref()
        if window is None:
            raise InsilicoError("The window has been closed; open another one.")
        return window

    # -- commands ----------------------------------------------------------------------

    def new(self) -> None:
        """Begin an empty experiment."""
        self._leave(self._clear)

    def open(self, path: str | Path | None = None, search: Path | None = None) -> None:
        """Open an experiment in place of the one in the window.

        Parameters
        ----------
        path : path, optional
            Asked for by default.
        search : Path, optional
            Folder in which files that have moved are looked for.
        """
        chosen = self.ask_for_path(save=False) if path is None else Path(path)
        if chosen is not None:
            self._read(chosen, search)

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save to the file of the experiment; asks for one if it has none.

        `then` is called when it is written.
        """
        path = self._window.experiment.path
        if path is None:
            self.save_as(then=then)
        else:
            self._write(path, then)

    def save_as(
        self,
        path: str | Path | None = None,
        then: Callable[[], object] | None = None,
    ) -> None:
        """Save to another file, which is that of the experiment from now on."""
        chosen = self.ask_for_path(save=True) if path is None else Path(path)
        if chosen is not None:
            self._write(chosen, then)

    def may_close(self) -> bool:
        """Whether the window may close now; if changes are saved first, it closes then."""
        answer = self._ask()
        if answer is Answer.SAVE:
            self.save(then=self._close_window)
        return answer is Answer.DISCARD

    def undo(self) -> None:
        """Go back to the experiment before the last command."""
        experiment = self._window.experiment
        if experiment.can_undo:
            experiment.undo()
        else:
            self._window.say("There is nothing to undo.")

    def redo(self) -> None:
        """Do the command again that was undone last."""
        experiment = self._window.experiment
        if experiment.can_redo:
            experiment.redo()
        else:
            self._window.say("There is nothing to redo.")

    def copy_as_python(self) -> None:
        """Put the experiment on the clipboard, as a script."""
        try:
            script = self._window.experiment.to_python()
        except InsilicoError as error:
            self._tell(sentence(error))
            return
        QApplication.clipboard().setText(script)
        n_lines = len(script.splitlines())
        self._window.say(f"The experiment is on the clipboard, in {n_lines} lines.")

    def show_library(self) -> None:
        """Show where responses are kept, and how many."""
        window = self._window
        dialog = LibraryDialog(
            window.jobs, window.experiment.renew_library, window.docks.window
        )
        dialog.show()

    # -- questions ---------------------------------------------------------------------

    def ask_for_path(self, *, save: bool) -> Path | None:
        """Ask the user for a file; None if there is to be none."""
        window, path = self._window.docks.window, self._window.experiment.path
        if save:
            start = str(path or f"experiment{file.SUFFIX}")
            chosen, _ = QFileDialog.getSaveFileName(
                window, "Save experiment", start, FILTER
            )
        else:
            start = "" if path is None else str(path.parent)
            chosen, _ = QFileDialog.getOpenFileName(
                window, "Open experiment", start, FILTER
            )
        if not chosen:
            return None
        is_named = not save or chosen.endswith(file.SUFFIX)
        return Path(chosen if is_named else _with_suffix(chosen))

    def ask(self, question: str) -> Answer:
        """Ask the user what is to become of changes."""
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window.docks.window,
            "insilico_gui",
            question,
            buttons.Save | buttons.Discard | buttons.Cancel,
            buttons.Save,
        )
        answers = {buttons.Save: Answer.SAVE, buttons.Discard: Answer.DISCARD}
        return answers.get(answer, Answer.CANCEL)

    def offer_search(self, problem: str) -> None:
        """Tell that a file has moved, and offer to search a folder for it."""
        window = self._window

        def answered(answer: str) -> None:
            if answer == SEARCH:
                folder = self.ask_for_folder()
                if folder is not None:
                    window.opening.forget()
                    window.experiment.search_in(folder)

        self._tell(problem)
        ask_beside(window.docks.window, problem, [SEARCH, LATER], answered)

    def ask_for_folder(self) -> Path | None:
        """Ask for a folder in which files that have moved are looked for."""
        chosen = QFileDialog.getExistingDirectory(
            self._window.docks.window, "Folder with the files of the experiment"
        )
        return Path(chosen) if chosen else None

    def _ask(self) -> Answer:
        experiment = self._window.experiment
        if experiment.is_saved or experiment.is_empty:
            return Answer.DISCARD
        return self.ask(f"{self._name()} has changes that are not saved. Save them?")

    def _leave(self, then: Callable[[], object]) -> None:
        """Do what replaces the experiment, once the user has let go of this one."""
        answer = self._ask()
        if answer is Answer.SAVE:
            self.save(then=then)
        elif answer is Answer.DISCARD:
            then()

    # -- files -------------------------------------------------------------------------

    def _clear(self) -> None:
        self._stop_work()
        self._window.experiment.clear()
        self._window.say("This is a new experiment.")

    def _stop_work(self) -> None:
        """Stop what runs for the experiment, which is about to be replaced."""
        window = self._window
        for work in (window.encoding, window.analyses, window.opening, window.stimuli):
            work.stop()

    def _read(self, path: Path, search: Path | None) -> None:
        """Read a file, and only then ask what is to become of the experiment there is."""
        window = self._window

        def put(read: tuple[Any, Any]) -> None:
            self._stop_work()
            window.experiment.put(*read, path, search=search)
            self.opened(path)

        def take(read: tuple[Any, Any]) -> None:
            self._leave(lambda: put(read))

        window.jobs.start(
            f"Opening {path.name}", lambda: file.load(path), on_return=take
        )

    def opened(self, path: Path) -> None:
        """Say what was opened, and remember the file."""
        n_runs = len(self._window.experiment.document.runs)
        runs = "1 run" if n_runs == 1 else f"{n_runs} runs"
        self._window.say(f"{path.name}: {runs}.")
        self._remember(path)

    def encode_again(self, session: str, stimulus: str, why: str) -> None:
        """Encode a run of the file whose responses cannot be had in another way."""
        window = self._window
        window.say(
            f"The responses of {session} to {quoted(stimulus)} {why} and are computed "
            "again."
        )
        with suppress(InsilicoError):
            window.encoding.add(session, stimulus)

    def _write(self, path: Path, then: Callable[[], object] | None) -> None:
        window = self._window
        document, arrays = window.experiment.content()
        written: list[Path] = []

        def take(place: Path) -> None:
            window.experiment.mark_saved(document, place)
            window.say(f"Saved: {place.name}")
            written.append(place)

        def ended(_job: Job) -> None:
            if written:
                self._remember(path)
                if then is not None:
                    then()

        window.jobs.start(
            f"Saving {path.name}",
            lambda: file.save(document, arrays, path),
            on_return=take,
            on_end=ended,
        )

    def _remember(self, path: Path) -> None:
        """Put a file first among the recent ones."""
        self._window.jobs.start(
            "Remembering the file",
            lambda: add_recent(path),
            on_failure=self._tell,
            quiet=True,
        )

    # -- what is kept for a crash ------------------------------------------------------

    def look_for_leftovers(self) -> None:
        """Offer what windows that crashed did not save; tell of damaged settings."""
        jobs = self._window.jobs
        jobs.start(
            "Looking for what was not saved",
            find_leftovers,
            on_return=self._offer_all,
            quiet=True,
        )
        jobs.start(
            "Reading the settings",
            lambda: read_settings()[1],
            on_return=lambda problem: self._tell(problem) if problem else None,
            quiet=True,
        )

    def _offer_all(self, leftovers: list[Leftover]) -> None:
        if leftovers:
            self._offer(leftovers[0], leftovers[1:])

    def _offer(self, leftover: Leftover, others: list[Leftover]) -> None:
        """Offer one of them, then the others; the window can be used meanwhile."""
        name = "" if leftover.path is None else f" ({quoted(leftover.path.name)})"
        answers = {
            "Open it": lambda: self._leave(lambda: self.recover(leftover)),
            "Discard": leftover.remove,
            LATER: leftover.let_go,
        }

        def answered(answer: str) -> None:
            answers[answer]()
            self._offer_all(others)

        ask_beside(
            self._window.docks.window,
            f"An experiment of {leftover.saved:%Y-%m-%d %H:%M}{name} was not saved.",
            list(answers),
            answered,
        )

    def recover(self, leftover: Leftover) -> None:
        """Open what a window that crashed did not save."""
        window = self._window

        def take(read: tuple[Any, Any]) -> None:
            self._stop_work()
            window.experiment.put(*read, leftover.path, saved=False)
            self.autosave.adopt(leftover)
            window.say("The experiment is as it was; save it to keep it.")

        def failed(problem: str) -> None:
            leftover.let_go()
            self._tell(problem)

        window.jobs.start(
            "Opening what was not saved",
            leftover.read,
            on_return=take,
            on_failure=failed,
        )

    def _close_window(self) -> None:
        window = self._window.docks.window
        # napari's own asks once more whether to close
        QMainWindow.close(window)

    def close(self) -> None:
        """The window closes: nothing has to be recovered."""
        self.autosave.close()

    # -- what is shown -----------------------------------------------------------------

    def draw(self) -> None:
        """Show the name of the file in the title, and whether all is saved."""
        self.autosave.changed()
        viewer, experiment = self._window.viewer, self._window.experiment
        title = self._base_title
        if experiment.path is not None or not experiment.is_empty:
            star = "" if experiment.is_saved else "*"
            title = f"{self._name()}{star} - {self._base_title}"
        if viewer.title != title:
            viewer.title = title

    def _name(self) -> str:
        path = self._window.experiment.path
        if path is None:
            return "New experiment"
        return quoted(path.name.removesuffix(file.SUFFIX), marks="")

    def _tell(self, problem: str) -> None:
        self._window.say(problem, problem=True)


def _with_suffix(name: str) -> str:
    for ending in (".yaml", ".yml", ".insilico"):
        name = name.removesuffix(ending)
    return name + file.SUFFIX
