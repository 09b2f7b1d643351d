"""Choosing the conditions that a session answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout

from insilico_gui.app.panels.conditions.condition_sheet import LevelsForm, RowsTable
from insilico_gui.app.panels.panel import Panel, text_label
from insilico_gui.app.widgets.controls import button
from insilico_gui.app.work.jobs import sentence
from insilico_gui.conditions import check_conditions
from insilico_gui.errors import InsilicoError
from insilico_gui.stimuli import ConditionTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.resolved import Resolved


class ConditionsPanel(Panel):
    """A sheet made of the session's own parameters: levels, their crossing, the table."""

    title = "Conditions"
    place = "sheet"
    order = 22
    draws = frozenset({"session", "stimulus"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.about = text_label()
        self.form = LevelsForm(())
        self.table = RowsTable()
        self.cross_button = button(
            "Cross the levels",
            lambda: self._fill(lambda: self.table.show_rows(self.form.crossing())),
            "Every combination of the levels above, in place of the table",
        )
        self.add_button = button(
            "Add a row",
            lambda: self._fill(lambda: self.table.add_rows(self.form.row())),
            "Of the first level of each parameter; cells can be edited",
        )
        self.remove_button = button(
            "Remove", self._remove, "The chosen rows, or the last one"
        )
        self.show_button = button(
            "Show these conditions",
            self.show_conditions,
            "As a stimulus, which the session answers at once",
        )
        self.count = text_label()
        row = QHBoxLayout()
        row.addWidget(self.cross_button, 2)
        row.addWidget(self.add_button, 1)
        row.addWidget(self.remove_button, 1)
        self.body.addWidget(self.about)
        self.body.addWidget(self.form)
        self.body.addLayout(row)
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.count)
        self.body.addWidget(self.show_button)

    @classmethod
    def is_offered(cls, now: Resolved) -> bool:
        """Whether the session answers named conditions."""
        return now.condition_session is not None

    @classmethod
    def is_first(cls, now: Resolved) -> bool:
        """It is what is needed first for such a session."""
        return cls.is_offered(now) and now.stimulus_name is None

    # -- from the user -----------------------------------------------------------------

    def show_conditions(self) -> None:
        """Add the table as a stimulus, and have it encoded."""
        session = self.now.condition_session
        if session is None:
            return
        try:
            given = ConditionTable(self.table.rows())
            rows = check_conditions(session.parameters, given, session.id)
        except InsilicoError as error:
            self.problem(sentence(error))
            return
        # A parameter that has its default everywhere would make every name longer
        kept = [
            p
            for p in session.parameters
            if rows[p.name].nunique() > 1 or rows[p.name][0] != p.default
        ] or list(session.parameters[:1])
        units = {p.name: p.unit for p in kept if p.unit}
        names = [p.name for p in kept]
        table = ConditionTable(rows[names], units, name=", ".join(names))
        self.desk.window.open_stimuli([table])

    def _remove(self) -> None:
        self.table.remove_chosen()
        self._show_count()

    def _fill(self, command: Callable[[], None]) -> None:
        self.attempt(command)
        self._show_count()

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Make the form of another session, and show the table that is on show."""
        session, stimulus = self.now.condition_session, self.now.stimulus
        if session is None:
            return
        if "session" in changed or not self.form.fields:
            form = LevelsForm(session.parameters)
            self.body.replaceWidget(self.form, form)
            self.form.deleteLater()
            self.form = form
            self.table.use_parameters(session.parameters)
        self.about.setText(
            f"<b>{session.id}</b> answers conditions: choose levels, cross them or add "
            "rows, and show the table."
        )
        if isinstance(stimulus, ConditionTable) and self.now.shown is not None:
            self.table.show_rows(stimulus.table)
            self.form.show_levels(stimulus.table)
        self._show_count()

    def _show_count(self) -> None:
        n = self.table.rowCount()
        self.count.setText(f"{n:,} condition{'s' * (n != 1)} in the table")
        self.show_button.setEnabled(n > 0)
