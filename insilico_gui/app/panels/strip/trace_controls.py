"""What is chosen beside the traces: which units, how they are drawn, whose mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from insilico_gui.app.panels.panel import NarrowText
from insilico_gui.app.panels.strip.traced import columns_named, key_of
from insilico_gui.app.widgets.controls import (
    button,
    choice,
    quietly,
    text_field,
    whole_number,
)
from insilico_gui.errors import quoted
from insilico_gui.experiment.document import MOST_TRACES

if TYPE_CHECKING:
    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.resolved import Resolved

WIDTH = 216
LAYOUTS = ("overlaid", "stacked")
SCALES = ("response", "z-score", "percentile")
MEANS = {
    "mean of selected": "selection",
    "of every selection": "every selection",
    "no mean": "none",
}


class TraceControls(QWidget):
    """Choices for the traces, which are view state of the experiment.

    Parameters
    ----------
    desk : Desk
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._experiment = desk, desk.experiment
        self.layout_box = choice(
            lambda text: self._use(layout=text),
            "On one axis, or each unit on a line of its own",
            LAYOUTS,
            letters=7,
        )
        self.scale = choice(
            lambda text: self._use(scale=text),
            "Responses as they are, standard deviations from the mean over time, or "
            "percentiles of the unit's own responses; the burn-in left out",
            SCALES,
            letters=8,
        )
        self.means = choice(
            lambda text: self._use(means=MEANS[text]),
            "Mean and standard error over units; every selection in its colour",
            list(MEANS),
            letters=6,
        )
        self.n_units = whole_number(
            5,
            (0, MOST_TRACES),
            lambda: self._use(n_units=self.n_units.value(), units=()),
            "Single units of the selected ones, evenly spread",
        )
        self.n_units.setSuffix(" units")
        self.n_units.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)  # are wide
        self.units = text_field(
            self._typed,
            f"Ids of up to {MOST_TRACES} units, then Enter; empty: as above",
        )
        self.units.setPlaceholderText("or unit ids, Enter")
        self.keep = button(
            "All selected", self._keep, f"Draw the first {MOST_TRACES} selected units"
        )
        self.about = NarrowText()
        self.about.setMinimumWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for pair in (
            (self.layout_box, self.scale),
            (self.means,),
            (self.n_units, self.keep),
            (self.units,),
        ):
            row = QHBoxLayout()
            row.setSpacing(2)
            for widget in pair:
                row.addWidget(widget, widget is not self.keep)
            column.addLayout(row)
        column.addWidget(self.about)
        column.addStretch(1)
        self.setFixedWidth(WIDTH)

    # -- from the user -----------------------------------------------------------------

    def _use(self, **changes: Any) -> None:
        traces = self._desk.now.view.traces
        self._desk.attempt(
            self._experiment.look, traces={**traces.model_dump(), **changes}
        )

    def _typed(self) -> None:
        now = self._desk.now
        text = self.units.text().replace(";", ",")
        wanted = [name.strip() for name in text.split(",") if name.strip()]
        if (
            len(wanted) == 1
            and " " in wanted[0]
            and not len(columns_named(now, wanted))
        ):
            wanted = wanted[0].split()
        found, unknown = [], []
        for name in wanted[:MOST_TRACES]:
            columns = columns_named(now, [name])
            if len(columns):
                found.append(key_of(now, int(columns[0])))
            else:
                unknown.append(name)
        if unknown:
            wrong = quoted(unknown[0] if found else self.units.text())
            self._desk.window.say(
                f"Unit {wrong} is not among those that were encoded; type ids as the "
                "table shows them, with commas between.",
                problem=True,
            )
            return
        self._use(units=tuple(found))

    def _keep(self) -> None:
        now = self._desk.now
        columns = now.selected_columns[:MOST_TRACES]
        self._use(units=tuple(key_of(now, int(column)) for column in columns))

    # -- from the state ----------------------------------------------------------------

    def show_state(self, now: Resolved) -> None:
        """Show what is chosen."""
        traces = now.view.traces
        self.layout_box.setCurrentText(traces.layout)
        self.scale.setCurrentText(traces.scale)
        self.means.setCurrentText(
            next(text for text, means in MEANS.items() if means == traces.means)
        )
        with quietly(self.n_units):
            self.n_units.setValue(traces.n_units)
        if not self.units.hasFocus() or not self.units.isModified():
            self.units.setText(", ".join(map(str, traces.units)))
        self.keep.setEnabled(len(now.selected_columns) > 0)
        by_condition = now.condition_session is not None
        self.setVisible(not by_condition)
        if now.encoded is None:
            self.say("")

    def say(self, text: str) -> None:
        """Say whose means are drawn, as rich text."""
        self.about.setText(text)
