"""How a column of the unit table is distributed over the selection, area by area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import QComboBox, QHBoxLayout

from insilico_gui.app import colors
from insilico_gui.app.panel import Panel, ThemedPlot, text_label
from insilico_gui.responses import measured_columns

if TYPE_CHECKING:
    import pandas as pd

    from insilico_gui.app.jobs import Jobs
    from insilico_gui.experiment import Experiment

N_BINS = 24


class PopulationPanel(Panel):
    """Histograms of any numeric column, one line per area."""

    title = "Population"

    def __init__(self, experiment: Experiment, jobs: Jobs) -> None:
        super().__init__(experiment, jobs)
        self.body.setContentsMargins(2, 2, 2, 2)
        self.column = QComboBox()
        self.column.setMaxVisibleItems(30)
        self.column.currentTextChanged.connect(self._draw)
        self.summary = text_label()
        self.summary.setWordWrap(False)
        self.plot = ThemedPlot()
        self.plot.setMinimumHeight(60)
        self.plot.setLabel("left", "units")
        self.plot.addLegend(offset=(-10, 5))
        row = QHBoxLayout()
        row.addWidget(self.column)
        row.addWidget(self.summary, 1)
        self.body.addLayout(row)
        self.body.addWidget(self.plot, 1)
        experiment.units_changed.connect(self._fill)
        experiment.selection_changed.connect(self._draw)
        self._fill()

    def _fill(self) -> None:
        units = self.experiment.units
        names = measured_columns(units)
        current = self.column.currentText()
        self.column.blockSignals(True)
        self.column.clear()
        self.column.addItems(names)
        if current in names:
            self.column.setCurrentText(current)
        self.column.blockSignals(False)
        self._draw()

    def _draw(self, *_: object) -> None:
        self.plot.clear()
        self.summary.setText("")
        name, selection = self.column.currentText(), self.experiment.selection
        if not name or selection is None:
            return
        units = self.experiment.units.iloc[selection.indices]
        values = units[name].astype(float)
        known = values[np.isfinite(values)]
        self.plot.setLabel("bottom", name)
        if len(known) == 0:
            self.summary.setText("No selected unit has this value.")
            return
        edges = _edges(name, known.to_numpy())
        groups: list[tuple[str, pd.Series[float]]] = [("all", known)]
        if "area" in units:
            areas = units["area"].loc[known.index]
            if areas.nunique() > 1:
                groups = [(str(a), known[areas == a]) for a in sorted(areas.unique())]
        palette = colors.categorical_table(len(groups))[:: 256 // len(groups)]
        for (label, group), color in zip(groups, palette, strict=False):
            counts, _ = np.histogram(group, edges)
            self.plot.plot(
                edges,
                counts,
                stepMode="center",
                name=f"{label} ({len(group):,})",
                pen=pg.mkPen([int(255 * c) for c in color[:3]], width=2),
            )
        text = f"{len(known):,} of {len(values):,} selected units have a value"
        if colors.period(name) is None:  # a median of angles would mean nothing
            text += f"; median {known.median():.3g}"
        self.summary.setText(text)


def _edges(name: str, values: np.ndarray) -> np.ndarray:
    cycle = colors.period(name)
    if cycle is not None:
        return np.linspace(0, cycle, N_BINS + 1)
    low, high = float(values.min()), float(values.max())
    return np.linspace(low, high if high > low else low + 1, N_BINS + 1)
