"""Conditions beside each other, each against time from the onset of its trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyqtgraph as pg

from insilico_gui.app.panels.strip.bands import BandAxis, Bands
from insilico_gui.app.panels.strip.strip_plot import LEFT
from insilico_gui.app.widgets.figures.data import axis_title
from insilico_gui.app.widgets.themed_plot import ThemedPlot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.analysis.trials.aligned import Aligned
    from insilico_gui.app.widgets.theme import PlotColors

    Floats = NDArray[np.float64]

MOST_CONDITIONS = 48
"""Of more, as many evenly spaced ones are drawn."""

GAP = 0.12
"""Between conditions, as a part of the time that each takes."""


class AlignedPlot(ThemedPlot):
    """A lane along the horizontal axis for each condition.

    Attributes
    ----------
    means : list of pyqtgraph.PlotDataItem
        One for each condition that is drawn.
    singles : pyqtgraph.PlotDataItem
        All single trials, one after the other.
    lanes : int array
        Conditions that are drawn, from left to right.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bands = BandAxis()
        self.plotItem.setAxisItems({"top": self.bands})
        self.plotItem.showAxis("top", False)
        self.getAxis("left").setWidth(LEFT)
        self.setMouseEnabled(y=False)
        self.showGrid(x=False, y=True, alpha=0.15)
        self.setLabel("bottom", "time from trial onset (s)")
        self.means: list[pg.PlotDataItem] = []
        self.lanes = np.empty(0, np.int64)
        self._sems: list[pg.PlotDataItem] = []
        self._table = pd.DataFrame()
        self._ends = (0.0, 1.0)
        self.singles = self.plot(connect="finite")
        self.singles.setZValue(-2)
        self.playhead = pg.InfiniteLine(angle=90)
        self.playhead.setZValue(20)
        self.playhead.hide()
        self.addItem(self.playhead)
        self.use_plot_colors(self.plot_colors)

    def use_plot_colors(self, plot_colors: PlotColors) -> None:
        """Draw in these colours."""
        super().use_plot_colors(plot_colors)
        if hasattr(self, "playhead"):
            self.playhead.setPen(pg.mkPen(plot_colors.line, width=1))
            self.singles.setPen(pg.mkPen((*plot_colors.guide, 110), width=1))

    def drawn(self) -> pd.DataFrame:
        """A row for each condition and time: mean, standard error, and each trial."""
        return self._table

    # -- places ------------------------------------------------------------------------

    @property
    def _pitch(self) -> float:
        first, last = self._ends
        return (last - first) * (1 + GAP)

    def _place(self, lane: int, times: Floats | float) -> Floats | float:
        return lane * self._pitch + times - self._ends[0]

    def time_at(self, x: float) -> tuple[int, float] | None:
        """Condition and time from the onset (s) at a place; None between conditions."""
        lane = int(np.floor(x / self._pitch)) if self._pitch > 0 else -1
        time = x - lane * self._pitch + self._ends[0]
        if not 0 <= lane < len(self.lanes) or time > self._ends[1]:
            return None
        return int(self.lanes[lane]), float(time)

    def show_time(self, at: tuple[int, float] | None) -> None:
        """Put the playhead at a time of a condition, if that is drawn."""
        lane: NDArray[np.int64] = np.empty(0, np.int64)
        if at is not None and at[1] <= self._ends[1]:
            lane = np.flatnonzero(self.lanes == at[0])
        self.playhead.setVisible(len(lane) > 0)
        if at is not None and len(lane):
            self.playhead.setValue(self._place(int(lane[0]), at[1]))

    # -- what is drawn -----------------------------------------------------------------

    def show_nothing(self) -> None:
        """Draw nothing."""
        self._clear()
        self.plotItem.showAxis("top", False)

    def _clear(self) -> None:
        for item in (*self.means, *self._sems):
            self.removeItem(item)
        self.means, self._sems = [], []
        self.lanes = np.empty(0, np.int64)
        self.singles.setData(np.empty(0), np.empty(0))
        self._table = pd.DataFrame()
        self.playhead.hide()

    def show_trials(
        self, aligned: Aligned, bands: Bands, longest: float, *, repeats: bool
    ) -> int:
        """Draw conditions whose trials last up to `longest` (s); how many are drawn."""
        self._clear()
        n = len(bands.names)
        chosen = np.linspace(0, n - 1, min(n, MOST_CONDITIONS)).astype(np.int64)
        self.lanes = np.unique(chosen)
        self._ends = float(aligned.times[0]), float(aligned.times[-1])
        if repeats:
            self._draw_singles(aligned)
        for lane, k in enumerate(self.lanes):
            x, mean, sem = (
                self._place(lane, aligned.times),
                aligned.mean[k],
                aligned.sem[k],
            )
            color = bands.colors[k]
            edges = [
                self.plot(x, mean + sign * np.nan_to_num(sem), pen=pg.mkPen(None))
                for sign in (1, -1)
            ]
            if np.isfinite(sem).any():
                band = pg.FillBetweenItem(*edges, brush=(*color, 90))
                self.addItem(band)
                self._sems.append(band)
            self._sems += edges
            self.means.append(
                self.plot(
                    x,
                    mean,
                    pen=pg.mkPen(color, width=2),
                    connect="finite",
                    name=bands.names[k],
                )
            )
        self._show_axes(bands, longest)
        self._table = self._tabulate(aligned, bands)
        return len(self.lanes)

    def _draw_singles(self, aligned: Aligned) -> None:
        """All trials as one curve with gaps: thousands of items would be slow."""
        xs, ys = [], []
        gap = np.full(1, np.nan)
        for lane, k in enumerate(self.lanes):
            place = np.asarray(self._place(lane, aligned.times))
            for trial in aligned.trials[aligned.group == k]:
                xs += [place, place[-1:]]
                ys += [trial, gap]
        if xs:
            self.singles.setData(
                np.concatenate(xs), np.concatenate(ys), connect="finite"
            )

    def _show_axes(self, bands: Bands, longest: float) -> None:
        n = len(self.lanes)
        starts = np.array([self._place(lane, 0.0) for lane in range(n)])
        self.bands.show_bands(
            bands, np.column_stack([starts, starts + longest]), self.lanes
        )
        self.plotItem.showAxis("top")
        end = n * self._pitch - (self._pitch - (self._ends[1] - self._ends[0]))
        self.setLimits(xMin=0, xMax=end)
        self.setXRange(0, end, padding=0)
        labelled = [(start, "0") for start in starts]
        if n <= 12:
            labelled += [(start + longest, f"{longest:.3g}") for start in starts]
        self.getAxis("bottom").setTicks([labelled])
        values = [m.getOriginalDataset()[1] for m in self.means]
        values.append(self.singles.getOriginalDataset()[1])
        known = np.concatenate([v[np.isfinite(v)] for v in values if v is not None])
        if known.size:
            self.setYRange(float(known.min()), float(known.max()), padding=0.05)

    def _tabulate(self, aligned: Aligned, bands: Bands) -> pd.DataFrame:
        up = axis_title(self, "left", "response")
        most = max(int((aligned.group == k).sum()) for k in self.lanes)
        parts = []
        for k in self.lanes:
            own = aligned.trials[aligned.group == k]
            part = {
                bands.title: bands.names[k],
                "time from trial onset (s)": aligned.times,
                f"mean, {up}": aligned.mean[k],
                f"SEM, {up}": aligned.sem[k],
            }
            for repeat in range(most):
                there = repeat < len(own)
                part[f"trial {repeat + 1}, {up}"] = own[repeat] if there else np.nan
            parts.append(pd.DataFrame(part))
        return pd.concat(parts, ignore_index=True)
