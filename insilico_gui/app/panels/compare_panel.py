"""The run on show against another run of the experiment, or against a file."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import QFileDialog, QFormLayout, QHBoxLayout

from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.app.panels.panel import Panel, fill_box, text_label
from insilico_gui.app.widgets.controls import button, choice
from insilico_gui.app.widgets.figures.data import GUIDE
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.document import Reference
from insilico_gui.export import load_suffixes
from insilico_gui.responses import distinct_names, unit_dim, unit_table
from insilico_gui.units.columns import facts
from insilico_gui.units.identity import match_units, measured_names
from insilico_gui.units.measures import measured_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.analyses import Result


COMPARISON = "comparison"
MEAN_RESPONSE = "mean response"
NOTHING = "choose a run"
POINT_ALPHA = 150


class ComparePanel(Panel):
    """Choose any two runs, or a file, compare unit by unit, scatter any column.

    Run A is the one on show, and run B the reference.
    """

    title = "Compare"
    place = "right"
    order = 50
    draws = frozenset(
        {
            *("units", "results", "responses", "selection", "computing", "runs"),
            *("reference", "reference_results", "view.reference"),
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._reference_units: pd.DataFrame | None = None
        self._had_comparison: Result | None = None
        self.run_a = text_label()
        self.run_b = choice(
            self._choose, "The run that the one on show is compared with", letters=18
        )
        self.keep_button = button(
            "Keep current", self._keep, "Compare with the run that is on show now"
        )
        self.load_button = button(
            "Load…", self._browse, "Compare with responses in an exported file"
        )
        self.compare_button = button("Compare", self.compare)
        self.about = text_label()
        self.column = choice(self._show_columns)
        self.plot = ThemedPlot()
        self.plot.setFixedHeight(250)
        self.summary = text_label()

        row = QHBoxLayout()
        row.addWidget(self.keep_button)
        row.addWidget(self.load_button)
        runs = QFormLayout()
        runs.addRow("A", self.run_a)
        runs.addRow("B", self.run_b)
        form = QFormLayout()
        form.addRow("Column", self.column)
        self.body.addLayout(runs)
        self.body.addWidget(self.about)
        self.body.addLayout(row)
        self.body.addWidget(self.compare_button)
        self.body.addLayout(form)
        self.body.addWidget(self.plot)
        self.body.addWidget(self.summary)
        self.body.addStretch(1)

    # -- from the user -----------------------------------------------------------------

    def _keep(self) -> None:
        now = self.now
        self.attempt(self.experiment.compare_with, now.session_name, now.stimulus_name)

    def _choose(self, _text: str) -> None:
        session, stimulus, file = self.run_b.currentData()
        self.attempt(self.experiment.compare_with, session, stimulus, file=file)

    def load(self, path: str | Path) -> None:
        """Read a reference in the background."""
        self.desk.window.open_reference(Path(path))

    def _browse(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in load_suffixes())
        path, _ = QFileDialog.getOpenFileName(
            self, "Responses to compare with", "", f"Responses ({patterns})"
        )
        if path:
            self.load(path)

    def compare(self) -> None:
        """Compare in the background; the columns join the unit table."""
        chosen = self.now.view.reference
        if self.now.responses is None or chosen is None:
            return
        given = (
            {"other_session": chosen.session, "other_stimulus": chosen.stimulus}
            if chosen.file is None
            else {"other_file": chosen.file}
        )
        self.desk.window.analyse(COMPARISON, given)

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Show which two are compared, and a column of both."""
        now = self.now
        self._offer_runs()
        self.keep_button.setEnabled(now.responses is not None)
        self.compare_button.setEnabled(
            now.responses is not None
            and now.reference is not None
            and COMPARISON not in now.computing
        )
        self._reference_units = None
        if now.reference is None:
            self.about.setText(
                "No reference yet: choose another run, or keep the one on show and go on "
                "to another stimulus or session; or load a file."
                if now.view.reference is None
                else "The reference is not at hand: its responses are being read, or "
                "have to be encoded."
            )
        else:
            self._reference_units = with_results(
                unit_table(now.reference), now.reference_results
            )
            attrs = now.reference.attrs
            stimulus = escape(str(attrs.get("stimulus", "unknown stimulus")))
            session = escape(str(attrs.get("session", "an unknown session")))
            self.about.setText(
                f"<b>Reference:</b> {stimulus} on {session}, "
                f"{now.reference.sizes[unit_dim(now.reference)]:,} units"
            )
        self._fill()

    def _offer_runs(self) -> None:
        """All other runs that are done, and the file that was loaded."""
        now = self.now
        shown = now.session_name, now.stimulus_name
        self.run_a.setText(
            "no run is on show"
            if None in shown
            else escape(f"{now.stimulus_name} on {now.session_name}")
        )
        chosen = now.view.reference
        offered = [
            (run.session, run.stimulus)
            for run in now.runs
            if run.state == "done" and (run.session, run.stimulus) != shown
        ]
        entries: list[tuple[str, tuple[str | None, str | None, str | None]]] = [
            (f"{stimulus} on {session}", (session, stimulus, None))
            for session, stimulus in offered
        ]
        if chosen is not None and (chosen.session, chosen.stimulus) not in offered:
            entries.append((_named(chosen), _values(chosen)))
        entries.insert(0, (NOTHING, (None, None, None)))
        # Not a signal: what a program sets is no command
        self.run_b.clear()
        for text, values in entries:
            self.run_b.addItem(text, values)
        places = [values for _, values in entries]
        self.run_b.setCurrentIndex(
            0 if chosen is None else places.index(_values(chosen))
        )

    def _fill(self) -> None:
        """Columns that both sides have, and those that a comparison has made."""
        session, reference = self.now.session, self._reference_units
        result, names = self.now.results.get(COMPARISON), []
        if reference is not None and session is not None:
            there = set(measured_columns(reference))
            # What was measured on other responses is no property of this run
            names = [n for n in measured_columns(self._table()) if n in there]
            if result is not None:
                names.insert(0, MEAN_RESPONSE)
        chosen = self.column.currentText()
        if result is not None and result is not self._had_comparison:
            chosen = MEAN_RESPONSE
        self._had_comparison = result
        if chosen not in names:  # a position is alike on both sides, and says nothing
            chosen = next((name for name in names if not facts(name).place), "")
        fill_box(self.column, names, chosen)
        self._show_columns()

    def _table(self) -> pd.DataFrame:
        """All units of the session on show, with the results of the run on show."""
        session = self.now.session
        if session is None:
            return self.now.units
        results = {
            name: result
            for name, result in self.now.results.items()
            if name != COMPARISON
        }
        return with_results(session.units, results, by_row=True)

    def recolor(self) -> None:
        """Draw the points in the colours of the theme."""
        self._show_columns()

    def _show_columns(self, *_: object) -> None:
        self.plot.clear()
        self.summary.setText("")
        name, reference = self.column.currentText(), self._reference_units
        selection = self.now.selection
        self.plot.setVisible(bool(name) and reference is not None)
        if not name or reference is None or selection is None:
            return
        compared = self._compared(selection.indices)
        if name == MEAN_RESPONSE:
            if compared is None:
                return
            x = compared["mean_reference"].to_numpy(dtype=float)
            y = compared["mean_response"].to_numpy(dtype=float)
        else:
            units = self._table().iloc[selection.indices]
            x = self._of_reference(units, reference, name)
            y = units[name].to_numpy(dtype=float)
        self._scatter(name, x, y, compared)

    def _compared(self, rows: NDArray[np.int64]) -> pd.DataFrame | None:
        """What the comparison found of these units; those not encoded are left out."""
        result = self.now.results.get(COMPARISON)
        if result is None or result.columns is None:
            return None
        chosen: pd.DataFrame = result.columns[np.isin(result.rows, rows)]
        return chosen

    def _scatter(
        self,
        name: str,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        compared: pd.DataFrame | None,
    ) -> None:
        known = np.isfinite(x) & np.isfinite(y)
        x, y = x[known], y[known]
        about = facts(name)
        for side, which in (("bottom", "reference"), ("left", "current")):
            named = replace(about, title=f"{about.title}, {which}")
            self.plot.setLabel(side, named.label)
        if len(x) == 0:
            self.summary.setText("No selected unit has this value on both sides.")
            return
        ends = [min(x.min(), y.min()), max(x.max(), y.max())]
        self.plot.plot(ends, ends, pen=pg.mkPen(self.plot_colors.guide), name=GUIDE)
        self.plot.plot(
            x,
            y,
            pen=None,
            symbol="o",
            symbolSize=4,
            symbolBrush=(*self.plot_colors.points, POINT_ALPHA),
            symbolPen=None,
        )
        text = f"{len(x):,} selected units"
        # Of angles, 359 and 1 degrees are alike, which r does not see
        comparable = about.period is None and len(x) > 2
        if comparable and not is_flat(np.stack([x, y]), axis=1).any():
            text += f", r = {np.corrcoef(x, y)[0, 1]:.3f} across units"
        if compared is not None and "correlation" in compared:
            correlation = compared["correlation"]
            if correlation.notna().any():
                text += f"; correlation over frames, median {correlation.median():.3f}"
        if name == MEAN_RESPONSE and compared is not None:
            warning = self.now.results[COMPARISON].dataset.attrs.get("warning")
            text += f"<br>⚠ {escape(str(warning))}" if warning else ""
        self.summary.setText(text)

    def _of_reference(
        self, units: pd.DataFrame, reference: pd.DataFrame, name: str
    ) -> NDArray[np.float64]:
        """A column of the reference for these units; NaN where it lacks the unit."""
        session, kept = self.now.session, self.now.reference
        sessions = (
            None if session is None else session.id,
            None if kept is None else kept.attrs.get("session"),
        )
        try:
            rows = match_units(units, reference, sessions=sessions).rows
        except AnalysisError:  # says so when they are compared
            rows = np.full(len(units), -1)
        return np.where(rows >= 0, reference[name].to_numpy(float)[rows], np.nan)


def with_results(
    units: pd.DataFrame, results: Mapping[str, Result], *, by_row: bool = False
) -> pd.DataFrame:
    """A unit table with the columns of numbers of results, the latest last.

    Parameters
    ----------
    units : pandas.DataFrame
        Of the units that the results are of, or of the whole session with `by_row`.
    """
    table = units.copy()
    for result in results.values():
        if result.columns is None:
            continue
        rows = result.rows if by_row else np.arange(len(result.columns))
        if not by_row and len(result.columns) != len(units):
            continue  # of the session alone, where fewer units were encoded
        found = result.columns[measured_names(result.columns)]
        names = distinct_names(map(str, found), units.columns)
        for name, values in found.rename(columns=names).items():
            if values.dtype.kind not in "fiub":
                continue
            full = np.full(len(units), np.nan)
            full[rows] = values.to_numpy(float)
            table[str(name)] = full
    return table


def _named(reference: Reference) -> str:
    """A reference in words."""
    if reference.file is not None:
        return Path(reference.file).name
    return f"{reference.stimulus} on {reference.session}"


def _values(reference: Reference) -> tuple[str | None, str | None, str | None]:
    """The arguments that make a reference."""
    return reference.session, reference.stimulus, reference.file
