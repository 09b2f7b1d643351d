"""The current responses against a reference: another stimulus, session or recording."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
import xarray as xr
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QFileDialog, QFormLayout, QHBoxLayout, QPushButton

from insilico_gui.analysis import compare
from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.app.panels.panel import Panel, fill_box, text_label
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.errors import AnalysisError
from insilico_gui.export import load_responses, load_suffixes
from insilico_gui.responses import unit_dim, unit_table
from insilico_gui.units.columns import facts, measured_columns
from insilico_gui.units.identity import match_units

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk


COMPARISON = "comparison"
MEAN_RESPONSE = "mean response"
POINT_ALPHA = 150


class ComparePanel(Panel):
    """Keep or load a reference, compare unit by unit, scatter any column.

    Signals
    -------
    loaded(str)
        The file of this name has become the reference.
    """

    title = "Compare"
    loaded = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._reference_units: pd.DataFrame | None = None
        self.keep_button = QPushButton("Keep current")
        self.keep_button.setToolTip("Make the current responses the reference")
        self.keep_button.clicked.connect(self._keep)
        self.load_button = QPushButton("Load…")
        self.load_button.setToolTip("Take an exported file as the reference")
        self.load_button.clicked.connect(self._browse)
        self.compare_button = QPushButton("Compare")
        self.compare_button.clicked.connect(self.compare)
        self.about = text_label()
        self.column = QComboBox()
        self.column.currentTextChanged.connect(self._draw)
        self.plot = ThemedPlot()
        self.plot.setFixedHeight(250)
        self.summary = text_label()

        row = QHBoxLayout()
        row.addWidget(self.keep_button)
        row.addWidget(self.load_button)
        form = QFormLayout()
        form.addRow("Column", self.column)
        self.body.addWidget(self.about)
        self.body.addLayout(row)
        self.body.addWidget(self.compare_button)
        self.body.addLayout(form)
        self.body.addWidget(self.plot)
        self.body.addWidget(self.summary)
        self.body.addStretch(1)

        experiment.session_changed.connect(self._show_state)
        experiment.responses_changed.connect(self._show_state)
        experiment.job_changed.connect(self._show_state)
        experiment.stimulus_changed.connect(self._show_state)
        experiment.reference_changed.connect(self._show_state)
        experiment.units_changed.connect(self._fill)
        experiment.selection_changed.connect(self._draw)
        self._show_state()

    # -- from the user -----------------------------------------------------------------

    def _keep(self) -> None:
        self.attempt(self.experiment.keep_as_reference)

    def load(self, path: str | Path) -> None:
        """Read a reference in the background."""
        name = Path(path).name

        def take(reference: xr.DataArray) -> None:
            if self.attempt(self.experiment.use_reference, reference):
                self.loaded.emit(name)

        self.jobs.start(f"Reading {name}", lambda: load_responses(path), on_return=take)

    def _browse(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in load_suffixes())
        path, _ = QFileDialog.getOpenFileName(
            self, "Responses to compare with", "", f"Responses ({patterns})"
        )
        if path:
            self.load(path)

    def compare(self) -> None:
        """Compare in the background; the columns join the unit table."""
        responses, reference = self.now.responses, self.now.reference
        if responses is None or reference is None:
            return

        def take(table: pd.DataFrame) -> None:
            if responses is self.now.responses:
                result = xr.Dataset.from_dataframe(table).assign_attrs(table.attrs)
                self.attempt(self.experiment.use_analysis, COMPARISON, result, table)
                self.column.setCurrentText(MEAN_RESPONSE)

        self.jobs.start(
            "Comparing",
            lambda tell: compare(responses, reference, on_progress=tell),
            on_return=take,
        )

    # -- from the state ----------------------------------------------------------------

    def _show_state(self) -> None:
        responses, reference = self.now.responses, self.now.reference
        self.keep_button.setEnabled(responses is not None)
        self.compare_button.setEnabled(responses is not None and reference is not None)
        if reference is None:
            self._reference_units = None
            self.about.setText(
                "No reference yet: keep the current responses, then encode another "
                "stimulus or session; or load a file."
            )
        else:
            self._reference_units = unit_table(reference)
            attrs = reference.attrs
            self.about.setText(
                f"<b>Reference:</b> {attrs.get('stimulus', 'unknown stimulus')} on "
                f"{attrs.get('session', 'an unknown session')}, "
                f"{reference.sizes[unit_dim(reference)]:,} units"
            )
        self._fill()

    def _fill(self) -> None:
        """Columns that both sides have, and those that a comparison has made."""
        units, reference = self.now.units, self._reference_units
        names = []
        if reference is not None and len(units):
            there = set(measured_columns(reference))
            # What was measured on earlier responses is not current
            names = [
                name
                for name in measured_columns(units)
                if name in there and self.now.is_current(name)
            ]
            if COMPARISON in self.now.results:
                names.insert(0, MEAN_RESPONSE)
        chosen = self.column.currentText()
        if chosen not in names:  # a position is alike on both sides, and says nothing
            chosen = next((name for name in names if not facts(name).place), "")
        fill_box(self.column, names, chosen)
        self._draw()

    def recolor(self) -> None:
        """Draw the points in the colours of the theme."""
        self._draw()

    def _draw(self, *_: object) -> None:
        self.plot.clear()
        self.summary.setText("")
        name, reference = self.column.currentText(), self._reference_units
        selection = self.now.selection
        if not name or reference is None or selection is None:
            return
        units = self.now.units.iloc[selection.indices]
        if name == MEAN_RESPONSE:
            x = units["mean_reference"].to_numpy(dtype=float)
            y = units["mean_response"].to_numpy(dtype=float)
        else:
            x = self._of_reference(units, reference, name)
            y = units[name].to_numpy(dtype=float)
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
        self.plot.plot(ends, ends, pen=pg.mkPen(self.plot_colors.guide))
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
        compared = COMPARISON in self.now.results
        if compared and units["correlation"].notna().any():
            text += (
                f"; correlation over frames, median {units['correlation'].median():.3f}"
            )
        made = self.now.measured.origin("mean_reference")
        if name == MEAN_RESPONSE and made is not None and "warning" in made[1]:
            text += f"<br>⚠ {made[1]['warning']}"
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
