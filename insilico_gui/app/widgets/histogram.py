"""How a column of a unit table is distributed over units, area by area; a brush on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyqtgraph as pg
from qtpy.QtCore import Qt

from insilico_gui.app.widgets import colors
from insilico_gui.app.widgets.figures.data import GUIDE, table_of
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.drawing.histograms import bin_edges, in_octaves, octave_ticks
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FEW_UNITS = 4


class BrushBox(pg.ViewBox):
    """A drag to the side tells from where to where; a click, that nothing is marked.

    Parameters
    ----------
    draw, done : callable((float, float) or None)
        Called while the mouse is moved, and when its button is let go of.
    """

    def __init__(
        self,
        draw: Callable[[tuple[float, float]], object],
        done: Callable[[tuple[float, float] | None], object],
    ) -> None:
        super().__init__(enableMenu=False)
        self._draw, self._done = draw, done

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        """See pyqtgraph."""
        if event.button() != Qt.MouseButton.LeftButton or axis is not None:
            super().mouseDragEvent(event, axis)
            return
        event.accept()
        places = (event.buttonDownScenePos(), event.scenePos())
        first, last = sorted(self.mapSceneToView(place).x() for place in places)
        self._draw((first, last))
        if event.isFinish():
            self._done((first, last))

    def mouseClickEvent(self, event: Any) -> None:
        """See pyqtgraph."""
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self._done(None)
        else:
            super().mouseClickEvent(event)


class Histogram(ThemedPlot):
    """Counts of units by the value of a column, one line per area.

    Parameters
    ----------
    brushed : callable((float, float) or None)
        Called with the values between which the user dragged, or with None for a click.
    """

    def __init__(
        self,
        brushed: Callable[[tuple[float, float] | None], object] = lambda _ends: None,
    ) -> None:
        super().__init__(BrushBox(self._mark, self._use))
        self._brushed = brushed
        self._is_log = False
        self._region: pg.LinearRegionItem | None = None
        self._table = pd.DataFrame()
        self.setMinimumHeight(60)
        self.setLabel("left", "units")

    def drawn(self) -> pd.DataFrame:
        """Ends of the bins, and units in each, a column for each area."""
        return self._table

    def _mark(self, ends: tuple[float, float]) -> None:
        """Draw a brush between two places of the axis."""
        if self._region is None:
            color = self.plot_colors.points
            self._region = pg.LinearRegionItem(
                movable=False, brush=(*color, 50), pen=pg.mkPen(*color, 160)
            )
            self._region.setZValue(-10)
            self.addItem(self._region, ignoreBounds=True)
        self._region.setRegion(ends)

    def _use(self, ends: tuple[float, float] | None) -> None:
        if ends is not None and self._is_log:
            ends = 2 ** ends[0], 2 ** ends[1]
        self._brushed(ends)

    def show_column(
        self,
        units: pd.DataFrame | None,
        name: str = "",
        *,
        reached: pd.DataFrame | None = None,
        marked: tuple[float | None, float | None] | None = None,
    ) -> str:
        """Draw a column of numbers of these units, or nothing.

        Parameters
        ----------
        units : pandas.DataFrame or None
        name : str
        reached : pandas.DataFrame, optional
            Units that could be counted as well, without the brush: the axis is theirs.
        marked : (float or None, float or None), optional
            Values between which the brush is; None for an open end.

        Returns
        -------
        str
            Legend, rich text; empty if there is nothing to draw.
        """
        self.clear()
        self._region, self._table = None, pd.DataFrame()
        if units is None or name not in units:
            return ""
        values, about = units[name].astype(float), facts(name)
        known = values[np.isfinite(values)]
        whole = known
        if reached is not None:
            whole = reached[name].astype(float)
            whole = whole[np.isfinite(whole)]
        self.setLabel("bottom", about.label)
        if len(whole) == 0:
            return ""
        self._is_log = is_log = in_octaves(name, whole)
        if is_log:
            known, whole = known.apply(np.log2), whole.apply(np.log2)
        edges = bin_edges(name, np.asarray(whole, np.float64))
        self._show_brush(whole, edges, marked)
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

    def _show_brush(
        self,
        whole: pd.Series[float],
        edges: Floats,
        marked: tuple[float | None, float | None] | None,
    ) -> None:
        """Draw where the brush is, and behind it what it was drawn over."""
        if marked is None:
            return
        guide = pg.mkPen(self.plot_colors.guide, width=1)
        counts = np.histogram(whole, edges)[0]
        self.plot(edges, counts, stepMode="center", name=GUIDE, pen=guide)

        def place(end: float | None, edge: float) -> float:
            if end is None:
                return edge
            return float(np.log2(max(end, 1e-12))) if self._is_log else end

        self._mark((place(marked[0], edges[0]), place(marked[1], edges[-1])))

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
