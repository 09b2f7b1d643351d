"""How a column of the unit table is distributed over the selection, area by area."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtWidgets import QHBoxLayout

from insilico_gui.app.panels.panel import NarrowText, Panel, fill_box
from insilico_gui.app.widgets.controls import choice
from insilico_gui.app.widgets.histogram import Histogram
from insilico_gui.drawing.histograms import median_of
from insilico_gui.units.columns import facts
from insilico_gui.units.filters import fulfils
from insilico_gui.units.measures import measured_columns

if TYPE_CHECKING:
    import pandas as pd

    from insilico_gui.app.panels.desk import Desk


class PopulationPanel(Panel):
    """Histograms of any numeric column, one line per area."""

    title = "Population"
    place = "right"
    order = 40
    draws = frozenset(
        {
            *("units", "measured", "selection", "results", "stimulus_name", "session"),
            "conditions",
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._chosen = ""
        self.body.setContentsMargins(2, 2, 2, 2)
        # the longest names are seen whole
        self.column = choice(self._choose, letters=22)
        self.summary = NarrowText()
        self.plot = Histogram(self._brushed)
        self.plot.setToolTip(
            "Drag to the side: select the units between; a click takes that away"
        )
        row = QHBoxLayout()
        row.addWidget(self.column)
        row.addStretch(1)
        self.body.addLayout(row)
        self.body.addWidget(self.summary)
        self.body.addWidget(self.plot, 1)

    def _choose(self, column: str) -> None:
        """The user chose: stay with it as long as there is such a column."""
        self._chosen = column
        self._show_column()

    def _brushed(self, ends: tuple[float, float] | None) -> None:
        """Select of the selected units those between; None for all of them again."""
        name, known = self.column.currentText(), dict(self.now.conditions)
        was_on = known.pop(name, None) is not None
        if not name or self.now.session is None or (ends is None and not was_on):
            return
        if ends is not None:
            known[name] = tuple(float(f"{end:.4g}") for end in ends)
        if not self.attempt(self.experiment.narrow, known):
            self._show_column()

    def _reached(self, name: str) -> pd.DataFrame | None:
        """Units that are selected but for the condition on a column; None without one."""
        now = self.now
        if name not in now.conditions or now.session is None:
            return None
        mask = np.zeros(len(now.units), bool)
        mask[self.experiment.picked(conditions=False).indices] = True
        for other, wanted in now.conditions.items():
            if other != name and other in now.units:
                mask &= fulfils(now.units, now.session.id, other, wanted)
        return now.units[mask]

    def recolor(self) -> None:
        """Draw the lines in the colours of the theme."""
        self._show_column()

    def draw(self, changed: frozenset[str]) -> None:
        """Show the column of the user's choice, or the newest result."""
        names = measured_columns(self.now.units)
        if changed & {"session", "stimulus_name"} and not self.now.is_current(
            self._chosen
        ):
            self._chosen = ""  # what is of another run is shown on demand only
        if self._chosen not in names:
            self._chosen = ""
        fill_box(self.column, names, self._chosen or self._best_of(names))
        self._show_column()

    def _best_of(self, names: list[str]) -> str:
        """What a user is most likely to ask for: the newest result, else a property."""
        now = self.now
        newest = next(reversed(list(now.results)), None)
        measured: list[str] = [] if newest is None else now.columns_of(newest)
        current = [name for name in names if now.is_current(name)]
        for wanted in ([n for n in names if n in measured], current):
            for name in wanted:
                if not facts(name).place:
                    return name
        return current[0] if current else ""

    def _show_column(self) -> None:
        name, selection = self.column.currentText(), self.now.selection
        if not name or selection is None or name not in self.now.units:
            self.plot.show_column(None)
            self.summary.setText("")
            return
        units = self.now.units.iloc[selection.indices]
        legend = self.plot.show_column(
            units,
            name,
            reached=self._reached(name),
            marked=self.now.conditions.get(name),
        )
        values = units[name].astype(float)
        n_known = int(np.isfinite(values).sum())
        if n_known == 0:
            self.summary.setText("No selected unit has this value.")
            return
        text = f"{n_known:,} of {len(values):,} selected units"
        if not self.now.is_current(name):
            parameters = (self.now.measured.origin(name) or ("", {}))[1]
            text = f"⚠ of {escape(parameters.get('stimulus') or 'other responses')}: {text}"
        median = median_of(name, values)
        if median is not None:  # of angles it would mean nothing
            is_large = abs(median) >= 1000
            text += ", median " + (f"{median:,.0f}" if is_large else f"{median:.3g}")
        self.summary.setText(f"{text}: &nbsp; {legend}")
