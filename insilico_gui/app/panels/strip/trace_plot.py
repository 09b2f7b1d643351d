"""Traces of units on one axis, or each on a line of its own, and means with their SEM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import pyqtgraph as pg

from insilico_gui.app.panels.strip.label_axis import Label
from insilico_gui.app.panels.strip.strip_plot import StripPlot
from insilico_gui.app.widgets.figures.data import axis_title, table_of
from insilico_gui.experiment.document import MEAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Values = NDArray[np.floating]
    RGB = tuple[int, int, int]

FEW = 300
"""As many images are drawn as points of their own."""


class Curve(NamedTuple):
    """The trace of one unit; `looked_at` are drawn thick."""

    name: str
    color: RGB
    values: Values
    looked_at: bool


class Means(NamedTuple):
    """Mean and standard error of `n_units` units over time."""

    name: str
    color: RGB
    mean: Values
    sem: Values
    n_units: int


@dataclass
class Group:
    """Items that draw one :class:`Means`."""

    curve: pg.PlotDataItem
    ends: tuple[pg.PlotDataItem, pg.PlotDataItem]
    band: pg.FillBetweenItem


class TracePlot(StripPlot):
    """Curves of units and means.

    Attributes
    ----------
    singles : list of pyqtgraph.PlotDataItem
        Values are those of the units, also where they are drawn on lines of their own.
    means : list of Group
        The first is there also if no mean is drawn.
    """

    def __init__(self) -> None:
        super().__init__()
        self.showGrid(x=True, y=True, alpha=0.15)
        self.singles: list[pg.PlotDataItem] = []
        self.means: list[Group] = []
        self._table = pd.DataFrame()
        self._lanes: NDArray[np.float64] = np.empty(0)
        self._bottom = self._step = 0.0
        self._mean_group(0)

    def drawn(self) -> pd.DataFrame:
        """Times, and a column of values for each curve."""
        return self._table if len(self._table) else super().drawn()

    def clear_curves(self) -> None:
        """Draw nothing."""
        self.draw_curves(np.empty(0), [], [], stacked=False, points=False)

    def draw_curves(
        self,
        places: Values,
        curves: Sequence[Curve],
        means: Sequence[Means],
        *,
        stacked: bool,
        points: bool,
    ) -> None:
        """Draw values at places [n]; `points` marks each of few."""
        self._draw_singles(places, curves)
        symbol = "o" if points and len(places) <= FEW else None
        for k in range(max(len(means), 1)):
            group = self._mean_group(k)
            self._draw_mean(group, places, means[k] if k < len(means) else None, symbol)
        for group in self.means[max(len(means), 1) :]:
            for item in (group.curve, *group.ends, group.band):
                self.removeItem(item)
        del self.means[max(len(means), 1) :]
        self._arrange(curves, means, stacked=stacked and len(curves) > 0)
        across, up = axis_title(self, "bottom", "x"), axis_title(self, "left", "")
        columns = [(across, places)] if len(curves) + len(means) else []
        columns += [(f"unit {c.name}, {up}", c.values) for c in curves]
        for m in means:
            of = "" if m.name == MEAN else f" of {m.name}"
            columns += [(f"mean{of}, {up}", m.mean)]
            if m.n_units > 1:
                columns += [(f"SEM{of}, {up}", m.sem)]
        self._table = table_of(columns) if len(places) else pd.DataFrame()

    # -- single units ------------------------------------------------------------------

    def _draw_singles(self, places: Values, curves: Sequence[Curve]) -> None:
        while len(self.singles) > len(curves):
            self.removeItem(self.singles.pop())
        while len(self.singles) < len(curves):
            self.singles.append(self.plot())
        for item, curve in zip(self.singles, curves, strict=True):
            width = 2 if curve.looked_at else 1
            item.setPen(
                pg.mkPen((*curve.color, 255 if curve.looked_at else 190), width=width)
            )
            item.setData(places, curve.values, connect="finite", name=curve.name)
            item.setZValue(-0.5 if curve.looked_at else -1)

    def _arrange(
        self, curves: Sequence[Curve], means: Sequence[Means], *, stacked: bool
    ) -> None:
        """Put single units on lines of their own, the first at the top, or on one axis."""
        n = len(curves)
        everything = [c.values for c in curves] + [m.mean for m in means]
        known = [v[np.isfinite(v)] for v in everything]
        low = min((float(v.min()) for v in known if v.size), default=0.0)
        high = max((float(v.max()) for v in known if v.size), default=1.0)
        if high <= low:
            high = low + 1.0
        self._bottom, self._step = low, (high - low) if stacked else 0.0
        rows = n + (len(means) > 0) if stacked else 0
        # Lanes are equally high, so that units can be compared
        self._lanes = self._step * np.arange(rows - 1, rows - 1 - n, -1.0) * stacked
        for item, lane in zip(self.singles, self._lanes, strict=True):
            item.setPos(0, lane)
        top = high + self._step * max(rows - 1, 0)
        self.setYRange(low, top, padding=0.04)
        axis = self.getAxis("left")
        if stacked:
            middles = [(lane + (low + high) / 2, "") for lane in self._lanes]
            axis.setTicks([middles])
        else:
            axis.setTicks(None)
        middle = (low + high) / 2 if stacked else None
        labels = [
            Label(c.name, c.color, self._label_height(c, k, middle), c.looked_at)
            for k, c in enumerate(curves)
        ]
        labels += [
            Label(m.name, m.color, middle if stacked else _last(m.mean), bold=True)
            for m in means
        ]
        self.labels.show_labels(labels)

    def _label_height(self, curve: Curve, k: int, middle: float | None) -> float | None:
        return _last(curve.values) if middle is None else float(self._lanes[k] + middle)

    @property
    def step(self) -> float:
        """How far lines of single units are apart; 0 on one axis."""
        return self._step

    def lane_at(self, y: float) -> int | None:
        """Which unit is on a line of its own at a height; None on one axis."""
        if not self._step or not len(self._lanes):
            return None
        inside = (y >= self._lanes + self._bottom) & (
            y < self._lanes + self._bottom + self._step
        )
        found = np.flatnonzero(inside)
        return int(found[0]) if len(found) else None

    # -- means -------------------------------------------------------------------------

    def _mean_group(self, k: int) -> Group:
        while len(self.means) <= k:
            invisible = pg.mkPen(None)
            upper, lower = self.plot(pen=invisible), self.plot(pen=invisible)
            band = pg.FillBetweenItem(upper, lower)
            self.addItem(band)
            curve = self.plot(symbolSize=5, symbolPen=None, name="mean")
            self.means.append(Group(curve, (upper, lower), band))
        return self.means[k]

    def _draw_mean(
        self, group: Group, places: Values, means: Means | None, symbol: str | None
    ) -> None:
        upper, lower = group.ends
        group.band.setVisible(means is not None and means.n_units > 1)
        if means is None:
            for item in (group.curve, upper, lower):
                item.setData(np.empty(0), np.empty(0))
            return
        group.curve.setPen(pg.mkPen(means.color, width=2))
        group.curve.setSymbolBrush(means.color)
        group.curve.setSymbol(symbol)
        group.curve.setData(places, means.mean, name=means.name)
        group.band.setBrush((*means.color, 70))
        sem = np.nan_to_num(means.sem)
        upper.setData(places, means.mean + sem)
        lower.setData(places, means.mean - sem)


def _last(values: Values) -> float | None:
    """The last value that is known."""
    known = values[np.isfinite(values)]
    return float(known[-1]) if known.size else None
