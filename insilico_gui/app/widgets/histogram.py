"""How a column of a unit table is distributed over units, area by area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyqtgraph as pg

from insilico_gui.app.widgets import colors
from insilico_gui.app.widgets.figures.data import table_of
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.drawing.histograms import bin_edges, in_octaves, octave_ticks
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FEW_UNITS = 4


class Histogram(ThemedPlot):
    """Counts of units by the value of a column, one line per area."""

    def __init__(self) -> None:
        super().__init__()
        self._table = pd.DataFrame()
        self.setMinimumHeight(60)
        self.setLabel("left", "units")

    def drawn(self) -> pd.DataFrame:
        """Ends of the bins, and units in each, a column for each area."""
        return self._table

    def show_column(self, units: pd.DataFrame | None, name: str = "") -> str:
        """Draw a column of numbers of these units, or nothing.

        Returns
        -------
        str
            Legend, rich text; empty if there is nothing to draw.
        """
        self.clear()
        self._table = pd.DataFrame()
        if units is None or name not in units:
            return ""
        values, about = units[name].astype(float), facts(name)
        known = values[np.isfinite(values)]
        self.setLabel("bottom", about.label)
        if len(known) == 0:
            return ""
        is_log = in_octaves(name, known)
        if is_log:
            known = known.apply(np.log2)
        edges = bin_edges(name, np.asarray(known, np.float64))
        ticks = octave_ticks(edges) if is_log else about.ticks
        self.getAxis("bottom").setTicks([ticks] if ticks else None)
        groups: list[tuple[str, pd.Series[float]]] = [("all", known)]
        if "area" in units:
            areas = units["area"].loc[known.index]
            if areas.nunique() > 1:
                groups = [(str(a), known[areas == a]) for a in sorted(areas.unique())]
        ends = 2**edges if is_log else edges
        counts = [(f"units, {k}", np.histogram(g, edges)[0]) for k, g in groups]
        bins = [(f"{about.label}, from", ends[:-1]), (f"{about.label}, to", ends[1:])]
        self._table = table_of([*bins, *counts])
        most = max(int(n.max()) for _, n in counts)
        spacing = (1, 1) if most <= FEW_UNITS else (None, None)
        self.getAxis("left").setTickSpacing(*spacing)  # half a unit is none
        return " &nbsp; ".join(self._draw_groups(groups, edges))

    def _draw_groups(
        self, groups: list[tuple[str, pd.Series[float]]], edges: Floats
    ) -> list[str]:
        named = []
        n = len(groups)
        middles = ((np.arange(n) + 0.5) * 256 / n).astype(int)
        palette = colors.categorical_table(n)[middles]
        top = self.plot_colors.brightest / 255
        for (label, group), color in zip(groups, palette, strict=False):
            rgb = [int(255 * c * top) for c in color[:3]]
            self.plot(
                edges,
                np.histogram(group, edges)[0],
                stepMode="center",
                name=f"{label} ({len(group):,})",
                pen=pg.mkPen(rgb, width=2),
            )
            named.append(
                f"<span style='color: rgb{tuple(rgb)}'><b>{label}</b></span> "
                f"{len(group):,}"
            )
        return named
