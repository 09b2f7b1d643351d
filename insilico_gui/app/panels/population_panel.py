"""How a column of the unit table is distributed over the selection, area by area."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import QComboBox, QHBoxLayout

from insilico_gui.app.panels.panel import NarrowText, Panel, fill_box
from insilico_gui.app.widgets import colors
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.units.columns import facts, measured_columns

if TYPE_CHECKING:
    import pandas as pd

    from insilico_gui.app.panels.desk import Desk


N_BINS = 24


class PopulationPanel(Panel):
    """Histograms of any numeric column, one line per area."""

    title = "Population"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._chosen = ""
        self._newest: str | None = None
        self.body.setContentsMargins(2, 2, 2, 2)
        self.column = QComboBox()
        self.column.setMaxVisibleItems(30)
        self.column.setMinimumContentsLength(22)  # the longest names are seen whole
        self.column.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.column.currentTextChanged.connect(self._draw)
        self.column.activated.connect(self._keep_choice)
        self.summary = NarrowText()
        self.plot = ThemedPlot()
        self.plot.setMinimumHeight(60)
        self.plot.setLabel("left", "units")
        row = QHBoxLayout()
        row.addWidget(self.column)
        row.addStretch(1)
        self.body.addLayout(row)
        self.body.addWidget(self.summary)
        self.body.addWidget(self.plot, 1)
        experiment.analysis_changed.connect(self._analysis_changed)
        experiment.units_changed.connect(self._fill)
        for signal in (
            experiment.session_changed,
            experiment.stimulus_changed,
            experiment.job_changed,
        ):
            signal.connect(self._forget_stale)
        experiment.selection_changed.connect(self._draw)
        self._fill()

    def _keep_choice(self) -> None:
        """The user chose: stay with it as long as there is such a column."""
        self._chosen = self.column.currentText()

    def recolor(self) -> None:
        """Draw the lines in the colours of the theme."""
        self._draw()

    def _forget_stale(self) -> None:
        """What was measured on other responses is shown on demand only."""
        if not self.now.is_current(self.column.currentText()):
            self._chosen = ""
        self._fill()

    def _analysis_changed(self, name: str) -> None:
        is_there = name in self.now.results
        if is_there or self._newest == name:
            self._newest = name if is_there else None

    def _fill(self) -> None:
        names = measured_columns(self.now.units)
        if self._chosen not in names:
            self._chosen = ""
        fill_box(self.column, names, self._chosen or self._best_of(names))
        self._draw()

    def _best_of(self, names: list[str]) -> str:
        """What a user is most likely to ask for: the newest result, else a property."""
        measured: list[str] = []
        if self._newest is not None:
            measured = self.now.measured.columns(self._newest)
        current = [name for name in names if self.now.is_current(name)]
        for wanted in ([n for n in names if n in measured], current):
            for name in wanted:
                if not facts(name).place:
                    return name
        return current[0] if current else ""

    def _draw(self, *_: object) -> None:
        self.plot.clear()
        self.summary.setText("")
        name, selection = self.column.currentText(), self.now.selection
        if not name or selection is None:
            return
        units = self.now.units.iloc[selection.indices]
        values = units[name].astype(float)
        known = values[np.isfinite(values)]
        about = facts(name)
        is_log = about.drawn == "octaves" and bool((known > 0).all())
        self.plot.setLabel("bottom", about.label)
        if len(known) == 0:
            self.summary.setText("No selected unit has this value.")
            return
        if is_log:
            known = known.apply(np.log2)
        edges = _edges(name, known.to_numpy())
        ticks = _octaves(edges) if is_log else about.ticks
        self.plot.getAxis("bottom").setTicks([ticks] if ticks else None)
        named = []
        groups: list[tuple[str, pd.Series[float]]] = [("all", known)]
        if "area" in units:
            areas = units["area"].loc[known.index]
            if areas.nunique() > 1:
                groups = [(str(a), known[areas == a]) for a in sorted(areas.unique())]
        palette = colors.categorical_table(len(groups))[:: 256 // len(groups)]
        top = self.plot_colors.brightest / 255
        for (label, group), color in zip(groups, palette, strict=False):
            counts = np.histogram(group, edges)[0]
            rgb = [int(255 * c * top) for c in color[:3]]
            self.plot.plot(
                edges,
                counts,
                stepMode="center",
                name=f"{label} ({len(group):,})",
                pen=pg.mkPen(rgb, width=2),
            )
            named.append(
                f"<span style='color: rgb{tuple(rgb)}'><b>{label}</b></span> "
                f"{len(group):,}"
            )
        text = f"{len(known):,} of {len(values):,} selected units"
        if not self.now.is_current(name):
            parameters = (self.now.measured.origin(name) or ("", {}))[1]
            text = f"⚠ of {escape(parameters.get('stimulus') or 'other responses')}: {text}"
        if about.period is None:  # a median of angles would mean nothing
            median = known.median()
            text += f", median {2**median if is_log else median:.3g}"
        self.summary.setText(f"{text}: &nbsp; {' &nbsp; '.join(named)}")


def _octaves(edges: np.ndarray) -> list[tuple[float, str]]:
    """Ticks at every octave, or every third, of an axis in log2: ..., 0.04 or 4, ..."""
    step = 1 if np.ptp(edges) <= 8 else 3
    base = np.log2(0.01) if edges[0] < np.log2(0.2) else 0.0
    first = base + step * np.ceil((edges[0] - base) / step - 1e-6)
    places = np.arange(first, edges[-1] + 1e-6, step)
    return [(float(at), f"{2**at:.3g}") for at in places]


def _edges(name: str, values: np.ndarray) -> np.ndarray:
    turn = facts(name).turn
    if turn is not None:
        return np.linspace(*turn, N_BINS + 1)
    low, high = float(values.min()), float(values.max())
    return np.linspace(low, high if high > low else low + 1, N_BINS + 1)
