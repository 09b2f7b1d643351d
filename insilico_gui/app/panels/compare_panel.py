"""The run on show against another run of the experiment, or against a file."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel

from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.app.panels.panel import NarrowText, Panel, fill_box
from insilico_gui.app.panels.parts.run_tables import named, values_of, with_results
from insilico_gui.app.widgets.controls import button, choice
from insilico_gui.app.widgets.figures.data import GUIDE
from insilico_gui.app.widgets.histogram import Histogram
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.app.widgets.unit_names import unit_key
from insilico_gui.errors import AnalysisError
from insilico_gui.export import load_suffixes
from insilico_gui.responses import unit_dim, unit_table
from insilico_gui.units.columns import facts
from insilico_gui.units.frame import MEASURED_AGAIN
from insilico_gui.units.identity import match_units
from insilico_gui.units.measures import measured_columns

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.analyses import Result


Floats: TypeAlias = "NDArray[np.float64]"

COMPARISON = "comparison"
MEAN_RESPONSE, CORRELATION = "mean response", "correlation of each unit"
COLORED = {"mean_difference": "difference", "correlation": "correlation"}
"""Columns of a comparison that the map can be coloured by, and what they are called."""

LEAST_PLOT, NEAR = 110, 12
"""Pixels: of the height of the plot, and within which a click means a point."""

NO_POINTS = (np.empty(0), np.empty(0), np.empty(0, np.int64))
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
            *("reference", "reference_results", "view.reference", "view.color_by"),
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._reference_units: pd.DataFrame | None = None
        self._had_comparison: Result | None = None
        self.run_a = choice(self._show, "The run that is on show", letters=9)
        self.run_b = choice(
            self._choose, "The run that the one on show is compared with", letters=9
        )
        self.keep_button = button(
            "Keep as B", self._keep, "Compare with the run that is on show now"
        )
        self.load_button = button(
            "Load…", self._browse, "Compare with responses in an exported file"
        )
        self.compare_button = button("Compare", self.compare)
        self.about, self.summary = NarrowText(), NarrowText()
        self.column = choice(self._show_columns, "What is drawn", letters=9)
        self.color_by = choice(
            self._color_by, "Colour the map by what was compared", letters=7
        )
        self.plot, self.histogram = ThemedPlot(), Histogram()
        self.plot.setMinimumHeight(LEAST_PLOT)
        self.plot.setToolTip("A click looks at the unit of the nearest point")
        self.plot.clicked.connect(self._clicked)
        self._drawn: tuple[Floats, Floats, NDArray[np.int64]] = NO_POINTS

        self.color_label = QLabel("map by")
        self.body.setContentsMargins(2, 2, 2, 2)
        self.body.setSpacing(3)
        for parts in (
            (QLabel("A"), self.run_a, self.keep_button),
            (QLabel("B"), self.run_b, self.load_button, self.compare_button),
            (self.column, self.color_label, self.color_by),
        ):
            row = QHBoxLayout()
            for widget in parts:
                row.addWidget(widget, int(isinstance(widget, QComboBox)))
            self.body.addLayout(row)
        self.body.addWidget(self.about)
        self.body.addWidget(self.plot, 1)
        self.body.addWidget(self.histogram, 1)
        self.body.addWidget(self.summary)
        self.body.addStretch(0)

    # -- from the user -----------------------------------------------------------------

    def _show(self, _text: str) -> None:
        """Another run is to be on show, and with it run A."""
        session, stimulus = self.run_a.currentData()
        self.attempt(self.experiment.show, session, stimulus)

    def _color_by(self, _text: str) -> None:
        column = self.color_by.currentData()
        if column is not None:
            self.attempt(self.experiment.look, color_by=column, limits=None)

    def _clicked(self, x: float, y: float) -> None:
        """Look at the unit of the point that is nearest on the screen."""
        across, up, rows = self._drawn
        if not len(rows):
            return
        wide, high = self.plot.plotItem.vb.viewPixelSize()
        away = np.hypot((across - x) / max(wide, 1e-12), (up - y) / max(high, 1e-12))
        nearest = int(away.argmin())
        if away[nearest] <= NEAR:
            unit = unit_key(self.now.units, int(rows[nearest]))
            self.attempt(self.experiment.look, unit_id=unit)

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
        self.about.setVisible(now.reference is None)  # or the boxes tell
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
        done = [(run.session, run.stimulus) for run in now.runs if run.state == "done"]
        if None not in shown and shown not in done:
            done.insert(0, (str(shown[0]), str(shown[1])))
        self.run_a.clear()
        for session, stimulus in done:
            self.run_a.addItem(f"{stimulus} on {session}", (session, stimulus))
        if not done:
            self.run_a.addItem("no run is on show", (None, None))
        self.run_a.setCurrentIndex(done.index(shown) if shown in done else 0)
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
            entries.append((named(chosen), values_of(chosen)))
        entries.insert(0, (NOTHING, (None, None, None)))
        # Not a signal: what a program sets is no command
        self.run_b.clear()
        for text, values in entries:
            self.run_b.addItem(text, values)
        places = [values for _, values in entries]
        self.run_b.setCurrentIndex(
            0 if chosen is None else places.index(values_of(chosen))
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
                if result.columns is not None and "correlation" in result.columns:
                    names.insert(1, CORRELATION)
        chosen = self.column.currentText()
        if result is not None and result is not self._had_comparison:
            chosen = MEAN_RESPONSE
        self._had_comparison = result
        if chosen not in names:  # a position is alike on both sides, and says nothing
            chosen = next((name for name in names if not facts(name).place), "")
        fill_box(self.column, names, chosen)
        self._offer_colors()
        self._show_columns()

    def _offer_colors(self) -> None:
        """Offer the columns of the comparison as colours of the map."""
        now, own = self.now, {}
        for column in now.columns_of(COMPARISON):
            plain = column.partition(" of ")[0].removesuffix(MEASURED_AGAIN)
            if plain in COLORED and column in now.units:
                own[column] = COLORED[plain]
        self.color_by.clear()
        self.color_by.addItem("other", None)
        for column, text in own.items():
            self.color_by.addItem(text, column)
        self.color_by.setCurrentIndex(max(self.color_by.findData(now.view.color_by), 0))
        for widget in (self.color_by, self.color_label):
            widget.setVisible(bool(own))

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
        self._drawn = NO_POINTS
        self.summary.setText("")
        name, reference = self.column.currentText(), self._reference_units
        selection = self.now.selection
        has_plot = bool(name) and reference is not None
        self.plot.setVisible(has_plot and name != CORRELATION)
        self.histogram.setVisible(has_plot and name == CORRELATION)
        if not name or reference is None or selection is None:
            return
        compared = self._compared(selection.indices)
        if name == CORRELATION:
            self._show_correlation(compared)
            return
        rows = selection.indices
        if name == MEAN_RESPONSE:
            if compared is None:
                return
            rows = self._compared_rows()
            x = compared["mean_reference"].to_numpy(dtype=float)
            y = compared["mean_response"].to_numpy(dtype=float)
        else:
            units = self._table().iloc[selection.indices]
            x = self._of_reference(units, reference, name)
            y = units[name].to_numpy(dtype=float)
        known = np.isfinite(x) & np.isfinite(y)
        self._drawn = x[known], y[known], rows[known]
        self._scatter(name, compared)

    def _show_correlation(self, compared: pd.DataFrame | None) -> None:
        """Draw how the correlations over frames are distributed over the units."""
        if compared is None:
            return
        units = self.now.units.iloc[self._compared_rows()]
        table = units.assign(correlation=compared["correlation"].to_numpy(float))
        legend = self.histogram.show_column(table, "correlation")
        known = table["correlation"].dropna()
        median = f", median {known.median():.3f}" if len(known) else ""
        self.summary.setText(
            f"correlation over frames of {len(known):,} units{median}: &nbsp; {legend}"
        )

    def _compared_rows(self) -> NDArray[np.int64]:
        """Rows of the selected units that were compared."""
        result, selection = self.now.results.get(COMPARISON), self.now.selection
        if result is None or selection is None:
            return np.empty(0, np.int64)
        return np.asarray(result.rows)[np.isin(result.rows, selection.indices)]

    def _compared(self, rows: NDArray[np.int64]) -> pd.DataFrame | None:
        """What the comparison found of these units; those not encoded are left out."""
        result = self.now.results.get(COMPARISON)
        if result is None or result.columns is None:
            return None
        chosen: pd.DataFrame = result.columns[np.isin(result.rows, rows)]
        return chosen

    def _scatter(self, name: str, compared: pd.DataFrame | None) -> None:
        x, y, _ = self._drawn
        about = facts(name)
        across = replace(about, title=f"{about.title}, reference")
        self.plot.setLabel("bottom", across.label)
        self.plot.setLabel("left", "current")  # low plots have no room for more
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
