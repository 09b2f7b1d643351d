"""How a column of a unit table is distributed over units, area by area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyqtgraph as pg

from insilico_gui.app.widgets import colors
from insilico_gui.app.widgets.figures.data import table_of
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

N_BINS = 24
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
        edges = _edges(name, np.asarray(known, np.float64))
        ticks = _octaves(edges) if is_log else about.ticks
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


def in_octaves(name: str, known: pd.Series[float]) -> bool:
    """Whether finite values of a column are drawn, and averaged, as logarithms."""
    return facts(name).drawn == "octaves" and bool((known > 0).all())


def median_of(name: str, values: pd.Series[float]) -> float | None:
    """Median of the finite values; of angles, or of nothing, there is none."""
    known = values[np.isfinite(values)]
    if facts(name).period is not None or len(known) == 0:
        return None
    if in_octaves(name, known):
        return float(2 ** known.apply(np.log2).median())
    return float(known.median())


def _octaves(edges: Floats) -> list[tuple[float, str]]:
    """Ticks at every octave, or every third, of an axis in log2: ..., 0.04 or 4, ..."""
    step = 1 if np.ptp(edges) <= 8 else 3
    base = np.log2(0.01) if edges[0] < np.log2(0.2) else 0.0
    first = base + step * np.ceil((edges[0] - base) / step - 1e-6)
    places = np.arange(first, edges[-1] + 1e-6, step)
    return [(float(at), f"{2**at:.3g}") for at in places]


def _edges(name: str, values: Floats) -> Floats:
    turn = facts(name).turn
    if turn is not None:
        return np.linspace(*turn, N_BINS + 1)
    low, high = float(values.min()), float(values.max())
    return np.linspace(low, high if high > low else low + 1, N_BINS + 1)
