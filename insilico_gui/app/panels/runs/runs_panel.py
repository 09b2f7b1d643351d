"""The sessions and stimuli of the experiment, and the state of every run."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

from qtpy.QtWidgets import QHBoxLayout, QInputDialog, QMenu

from insilico_gui.app.panels.panel import Panel, text_label
from insilico_gui.app.panels.runs.glances import Glance, glance
from insilico_gui.app.panels.runs.run_list import Line, RunList
from insilico_gui.app.panels.runs.run_script import ScriptDialog
from insilico_gui.app.widgets.controls import action, button, quietly
from insilico_gui.errors import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qtpy.QtGui import QAction, QResizeEvent

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.app.panels.runs.run_list import Row
    from insilico_gui.experiment.live import AnyStimulus
    from insilico_gui.experiment.resolved import Resolved, RunLine

NOTHING = (
    "The experiment is empty: load a session, and drop stimuli on the window, several at "
    "once if you like."
)
NO_SESSION = "for no session"
NO_SESSION_TIP = "None of the sessions that are loaded takes these stimuli"

TIPS = {
    "new": "Its responses have not been computed",
    "waiting": "It is encoded after others",
    "encoding": "Its responses are being computed",
    "done": "Its responses are there",
    "stale": "Its responses were computed with other settings; encode it again",
    "failed": "Its responses could not be computed; encode it again",
}
TO_DO = ("new", "stale", "failed")

MENU = (
    ("encode", "Encode", "_encode", ""),
    ("encode all", "Encode all that are not done", "_encode_all", ""),
    ("compare", "Compare with this run (B)", "_compare", ""),
    ("rename", "Rename…", "_rename", "F2"),
    ("duplicate", "Duplicate", "_duplicate", "Ctrl+D"),
    ("remove", "Remove", "_remove", "Delete"),
    ("export", "Export responses…", "_export", ""),
    ("script", "Show as Python", "_show_script", ""),
)
"""Entries of the menu: a name, a text, a method, keys."""


class RunsPanel(Panel):
    """All that the experiment holds; a click on a run shows it.

    Where there is no room for words, runs are icons and the buttons are in one menu.

    Attributes
    ----------
    tree : RunList
    actions_by_name : dict of str to QAction
        Of the menu of the row that is chosen.
    """

    title = "Experiment"
    place = "left"
    order = 10
    least_width = 56
    draws = frozenset(
        {
            *("sessions", "stimuli", "runs", "session", "session_name"),
            *("stimulus", "stimulus_name", "view.reference"),
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._glances: dict[str, tuple[ref[AnyStimulus], Glance | None]] = {}
        self._is_glancing = False
        self.about = text_label(NOTHING)
        self.tree = RunList(self._chosen, self._pin)
        self.all_button = button(
            "Encode all",
            self._encode_all,
            "Every run whose responses are not there yet",
        )
        self.actions_by_name: dict[str, QAction] = {
            name: action(self.tree, text, getattr(self, method), keys)
            for name, text, method, keys in MENU
        }
        self.more_button = button(
            "⋯", lambda: None, "What can be done with the row that is chosen"
        )
        self.more_button.setAccessibleName("More")
        menu = QMenu(self.more_button)
        menu.addActions(list(self.actions_by_name.values()))
        self.more_button.setMenu(menu)
        self.more_button.setStyleSheet("QPushButton::menu-indicator { width: 0; }")
        self.more_button.setMaximumWidth(34)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.all_button, 1)
        row.addWidget(self.more_button)
        self.body.setContentsMargins(4, 4, 4, 4)
        self.body.addWidget(self.about)
        self.body.addWidget(self.tree, 1)
        self.body.addLayout(row)
        self.setMinimumWidth(self.least_width)

    # -- from the user -----------------------------------------------------------------

    @property
    def row(self) -> Row:
        """Session and stimulus of the row that is chosen."""
        return self.tree.row

    def _chosen(self, *_: object) -> None:
        session, stimulus = self.row
        if session is not None or stimulus is not None:
            self.attempt(self.experiment.show, session, stimulus)

    def _encode(self) -> None:
        """Encode the run that is chosen; stop it if it waits or is under way."""
        session, stimulus = self.row
        if session is None or stimulus is None:
            return
        window, pair = self.desk.window, (session, stimulus)
        if self._is_busy(*pair):
            window.encoding.stop(pair)
            self.draw_work()
        else:
            window.encode()

    def _encode_all(self) -> None:
        pairs = [
            (line.session, line.stimulus)
            for line in self.now.runs
            if line.state in TO_DO and not self._is_busy(line.session, line.stimulus)
        ]
        self.desk.window.encode(pairs)
        self.draw_work()

    def _rename(self) -> None:
        session, stimulus = self.row
        kind = "session" if stimulus is None else "stimulus"
        name = session if stimulus is None else stimulus
        if name is None:
            return
        if any(
            name in (line.session, line.stimulus)
            and self._is_busy(line.session, line.stimulus)
            for line in self.now.runs
        ):
            self.problem(
                f"{quoted(name)} is being encoded; rename it when that is done."
            )
            return
        new, is_given = QInputDialog.getText(
            self, f"Rename the {kind}", "Name", text=name
        )
        if is_given:
            self.attempt(self.experiment.rename, kind, name, new.strip())

    def _remove(self) -> None:
        session, stimulus = self.row
        if stimulus is not None:
            done = self.attempt(self.experiment.remove_stimulus, stimulus)
        elif session is not None:
            done = self.attempt(self.experiment.remove_session, session)
        else:
            return
        if done:
            name = quoted(stimulus or session)
            self.desk.window.say(
                f"{name} and its runs are out of the experiment; Undo brings them back."
            )

    def _duplicate(self) -> None:
        """The stimulus once more, to be fitted or named in another way."""
        _, stimulus = self.row
        if stimulus is not None:
            self.attempt(self.experiment.duplicate_stimulus, stimulus, show=True)

    def _pin(self, row: Row) -> None:
        """Compare what is on show with a run, or not any more."""
        session, stimulus = row
        if session is None or stimulus is None or row == self._on_show:
            return
        if row == self._compared:
            self.attempt(self.experiment.compare_with)
        else:
            self.attempt(self.experiment.compare_with, session, stimulus)

    def _compare(self) -> None:
        """Make the run that is chosen the one that others are compared with."""
        session, stimulus = self.row
        if session is not None and stimulus is not None:
            self.attempt(self.experiment.compare_with, session, stimulus)

    def _export(self) -> None:
        self.desk.window.show_panel("Export")

    def _show_script(self) -> None:
        """Show the script that makes what is chosen."""
        session, stimulus = self.row
        if session is not None:
            self.attempt(self._open_script, session, stimulus)

    def _open_script(self, session: str, stimulus: str | None) -> None:
        dialog = ScriptDialog(self.experiment.to_python(session, stimulus), self)
        dialog.open()

    # -- from the state ----------------------------------------------------------------

    @property
    def _on_show(self) -> Row:
        return self.now.session_name, self.now.stimulus_name

    @property
    def _compared(self) -> Row:
        reference = self.now.view.reference
        if reference is None:
            return None, None
        return reference.session, reference.stimulus

    def draw(self, changed: frozenset[str]) -> None:
        """List everything, and choose what is on show."""
        now = self.now
        self._use_width()
        rows = _rows(now)
        with quietly(self.tree):
            if rows != list(self.tree.items):
                self.tree.list_rows(rows, (NO_SESSION, NO_SESSION_TIP))
            shown = now.session_name, now.stimulus_name
            for row in (shown, (shown[0], None), (None, shown[1])):
                if row in self.tree.items:
                    self.tree.setCurrentItem(self.tree.items[row])
                    break
        self._glance()
        self.draw_work()

    def draw_work(self) -> None:
        """Say how far every run is."""
        lines: dict[Row, RunLine] = {
            (line.session, line.stimulus): line for line in self.now.runs
        }
        for row in self.tree.items:
            self._draw_row(row, lines.get(row))
        session, stimulus = self.row
        is_run = session is not None and stimulus is not None
        busy = is_run and self._is_busy(session, stimulus)
        can_encode = busy or (is_run and self.now.shown is not None)
        any_to_do = any(line.state in TO_DO for line in lines.values())
        self.actions_by_name["encode"].setText("Stop" if busy else "Encode")
        self.actions_by_name["encode"].setEnabled(can_encode)
        self.all_button.setEnabled(any_to_do)
        line = lines.get((session, stimulus))
        done = line is not None and line.state == "done"
        for name, on in (
            ("encode all", any_to_do),
            ("compare", done),
            ("export", done),
            ("rename", (session, stimulus) != (None, None)),
            ("remove", (session, stimulus) != (None, None)),
            ("duplicate", stimulus is not None),
            ("script", session is not None),
        ):
            self.actions_by_name[name].setEnabled(on)

    def _draw_row(self, row: Row, line: RunLine | None) -> None:
        """Draw one row: that of a session has a name alone."""
        session, stimulus = row
        if stimulus is None:
            tip = session or NO_SESSION_TIP
            self.tree.show_line(row, Line(session or NO_SESSION, True), tip)
            return
        state = "" if line is None else self._state(line)
        encoding = self.desk.window.encoding
        pin = "A" if row == self._on_show else "B" if row == self._compared else ""
        seen = self._glances.get(stimulus)
        drawn = Line(
            stimulus,
            False,
            state,
            encoding.part if state and row == encoding.pair else None,
            pin if line is not None else "",
            may_pin=line is not None and line.state == "done" and pin != "A",
            glance=None if seen is None else seen[1],
        )
        tip = stimulus
        if line is not None:
            tip = f"{stimulus} on {session}: {state}\n{_tip(line, state)}"
            tip += {"": "", "A": "\nA: on show", "B": "\nB: compared with A"}[pin]
        self.tree.show_line(row, drawn, tip)

    # -- pictures ----------------------------------------------------------------------

    def _glance(self) -> None:
        """Have pictures made of stimuli that are open and have none yet."""
        opened = self._opened()
        self._glances = {
            name: kept for name, kept in self._glances.items() if name in opened
        }
        todo = {
            name: stimulus
            for name, stimulus in opened.items()
            if name not in self._glances or self._glances[name][0]() is not stimulus
        }
        if not todo or self._is_glancing:
            return
        self._is_glancing = True

        def look() -> Iterator[tuple[str, AnyStimulus, Glance | None]]:
            for name, stimulus in todo.items():
                yield name, stimulus, glance(stimulus)

        self.jobs.start(
            "Looking at stimuli",
            look,
            on_progress=self._glanced,
            on_end=self._all_glanced,
            quiet=True,
        )

    def _opened(self) -> dict[str, AnyStimulus]:
        """Stimuli that are open, by name; opens none."""
        live, entries = self.experiment.live, self.experiment.document.stimuli
        return {
            name: live.stimulus(entries[name])
            for name in self.now.stimuli
            if name in entries and live.has_stimulus(entries[name])
        }

    def _glanced(self, made: tuple[str, AnyStimulus, Glance | None]) -> None:
        name, stimulus, found = made
        self._glances[name] = ref(stimulus), found
        self.draw_work()

    def _all_glanced(self, *_: object) -> None:
        self._is_glancing = False
        if self.is_seen:
            self._glance()

    # -- room --------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See Qt."""
        super().resizeEvent(event)
        self._use_width()

    def _use_width(self) -> None:
        """Show words where there is room for the buttons, else icons."""
        margins = self.body.contentsMargins()
        needed = self.all_button.sizeHint().width() + self.more_button.maximumWidth()
        small = self.width() < needed + margins.left() + margins.right() + 4
        self.all_button.setVisible(not small)
        empty = not self.now.sessions and not self.now.stimuli
        self.about.setVisible(empty and not small)
        self.tree.use_small(small)

    def _is_busy(self, session: str | None, stimulus: str | None) -> bool:
        """Whether a run waits or is under way."""
        encoding, pair = self.desk.window.encoding, (session, stimulus)
        return pair == encoding.pair or pair in encoding.waiting

    def _state(self, line: RunLine) -> str:
        """State of a run in words."""
        encoding, pair = self.desk.window.encoding, (line.session, line.stimulus)
        if pair in encoding.waiting:
            return "waiting"
        if pair == encoding.pair:
            return f"encoding {encoding.part:.0%}"
        return line.state


def _rows(now: Resolved) -> list[Row]:
    """Rows of the list: each session with what it takes, then all other stimuli."""
    rows: list[Row] = []
    for session in now.sessions:
        rows.append((session, None))
        rows += [(session, run.stimulus) for run in now.runs if run.session == session]
    listed = {run.stimulus for run in now.runs}
    others = [stimulus for stimulus in now.stimuli if stimulus not in listed]
    if others:
        rows += [(None, None), *((None, stimulus) for stimulus in others)]
    return rows


def _tip(line: RunLine, state: str) -> str:
    """What the state of a run means, and what has been made of it."""
    tip = TIPS[state.partition(" ")[0]]
    if line.n_analyses:
        tip += f"; {line.n_analyses} analys{'i' if line.n_analyses == 1 else 'e'}s"
    return tip
