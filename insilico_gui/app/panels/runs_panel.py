"""The sessions and stimuli of the experiment, and the state of every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QGridLayout,
    QHeaderView,
    QInputDialog,
    QTreeWidget,
    QTreeWidgetItem,
)

from insilico_gui.app.panels.panel import Panel, text_label
from insilico_gui.app.widgets.controls import action, button, quietly
from insilico_gui.errors import quoted

if TYPE_CHECKING:
    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.resolved import Resolved, RunLine

    Row = tuple[str | None, str | None]
    """Session and stimulus; a row without a stimulus is that of a session."""

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


class RunsPanel(Panel):
    """All that the experiment holds; a click on a run shows it."""

    title = "Experiment"
    place = "left"
    order = 10
    draws = frozenset(
        {
            "sessions",
            "stimuli",
            "runs",
            "session",
            "session_name",
            "stimulus_name",
            "can_undo",
            "can_redo",
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._items: dict[Row, QTreeWidgetItem] = {}
        self.about = text_label(NOTHING)
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(["Stimulus", "Responses"])
        self.tree.setMinimumHeight(120)
        self.tree.setHeaderHidden(True)
        self.tree.setIndentation(8)
        self.tree.setRootIsDecorated(False)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.currentItemChanged.connect(self._chosen)

        self.encode_button = button("Encode", self._encode)
        self.all_button = button(
            "Encode all",
            self._encode_all,
            "Every run whose responses are not there yet",
        )
        self.rename_button = button("Rename…", self._rename)
        self.remove_button = button(
            "Remove", self._remove, "The stimulus or session, with all its runs"
        )
        self.undo_button = button("Undo", self._undo, "Take the last change back")
        self.redo_button = button("Redo", self._redo, "Make it again")
        for text, command, keys in (
            ("Encode or stop", self._encode, ""),
            ("Rename…", self._rename, "F2"),
            ("Remove", self._remove, "Delete"),
            ("Undo", self._undo, "Ctrl+Z"),
            ("Redo", self._redo, "Ctrl+Shift+Z"),
        ):
            action(self.tree, text, command, keys)
        buttons = QGridLayout()
        for k, each in enumerate(
            (
                *(self.encode_button, self.all_button),
                *(self.rename_button, self.remove_button),
                *(self.undo_button, self.redo_button),
            )
        ):
            buttons.addWidget(each, k // 2, k % 2)
        self.body.setContentsMargins(4, 4, 4, 4)
        buttons.setSpacing(4)
        self.body.addWidget(self.about)
        self.body.addWidget(self.tree, 1)
        self.body.addLayout(buttons)

    # -- from the user -----------------------------------------------------------------

    @property
    def row(self) -> Row:
        """Session and stimulus of the row that is chosen."""
        current = self.tree.currentItem()
        return next(
            (row for row, item in self._items.items() if item is current), (None, None)
        )

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

    def _undo(self) -> None:
        self.attempt(self.experiment.undo)

    def _redo(self) -> None:
        self.attempt(self.experiment.redo)

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """List everything, and choose what is on show."""
        now = self.now
        self.about.setVisible(not now.sessions and not now.stimuli)
        rows = _rows(now)
        with quietly(self.tree):
            if rows != list(self._items):
                self._list(rows)
            shown = now.session_name, now.stimulus_name
            for row in (shown, (shown[0], None), (None, shown[1])):
                if row in self._items:
                    self.tree.setCurrentItem(self._items[row])
                    break
        self.undo_button.setEnabled(now.can_undo)
        self.redo_button.setEnabled(now.can_redo)
        chosen = self.row != (None, None)
        self.rename_button.setEnabled(chosen)
        self.remove_button.setEnabled(chosen)
        self.draw_work()

    def _list(self, rows: list[Row]) -> None:
        """Make the items: stimuli below the sessions that take them."""
        self._items = {}
        self.tree.clear()
        parent = self.tree.invisibleRootItem()
        for row in rows:
            session, stimulus = row
            if stimulus is None:
                parent = QTreeWidgetItem(self.tree, [session or NO_SESSION, ""])
                parent.setToolTip(0, session or NO_SESSION_TIP)
                parent.setExpanded(True)
                self._items[row] = parent
            else:
                item = QTreeWidgetItem(parent, [stimulus, ""])
                item.setToolTip(0, stimulus)
                self._items[row] = item

    def draw_work(self) -> None:
        """Say how far every run is."""
        lines = {(line.session, line.stimulus): line for line in self.now.runs}
        for row, item in self._items.items():
            if row in lines:
                item.setText(1, self._state(lines[row]))
                item.setToolTip(1, _tip(lines[row], self._state(lines[row])))
        session, stimulus = self.row
        is_run = session is not None and stimulus is not None
        busy = is_run and self._is_busy(session, stimulus)
        self.encode_button.setText("Stop" if busy else "Encode")
        self.encode_button.setEnabled(busy or (is_run and self.now.shown is not None))
        self.all_button.setEnabled(any(line.state in TO_DO for line in lines.values()))

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
