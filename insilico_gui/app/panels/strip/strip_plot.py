"""A plot against time: playhead, burn-in, the part that loops, trials above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg

from insilico_gui.app.panels.strip.bands import BandAxis, Bands
from insilico_gui.app.panels.strip.label_axis import LabelAxis
from insilico_gui.app.widgets.figures.data import GUIDE
from insilico_gui.app.widgets.themed_plot import ThemedPlot

if TYPE_CHECKING:
    from insilico_gui.app.panels.strip.time_axis import TimeAxis
    from insilico_gui.app.widgets.theme import PlotColors
    from insilico_gui.experiment.playback import Playback

LEFT = 62
"""Pixels of the left axis: equal, so that times of all plots are above each other."""


class StripPlot(ThemedPlot):
    """An empty plot whose horizontal axis is that of playback.

    Attributes
    ----------
    playhead : pyqtgraph.InfiniteLine
    bands : BandAxis
    labels : LabelAxis
    """

    def __init__(self) -> None:
        super().__init__()
        self.bands, self.labels = BandAxis(), LabelAxis()
        self.plotItem.setAxisItems({"top": self.bands, "right": self.labels})
        self.plotItem.showAxis("top", False)
        self.plotItem.showAxis("right")
        self.getAxis("left").setWidth(LEFT)
        self.setMouseEnabled(y=False)
        self.burn_in, self.loop = (
            pg.LinearRegionItem(brush=brush, pen=pg.mkPen(None), movable=False)
            for brush in (
                pg.mkBrush(150, 150, 150, 60),
                pg.mkBrush(80, 140, 255, 40),
            )
        )
        self.burn_in.setToolTip("burn-in: the state of the twin settles")
        self.loop.setToolTip("this part is played over and over")
        self.playhead = pg.InfiniteLine(angle=90)
        self.playhead.setZValue(20)
        for item in (self.burn_in, self.loop, self.playhead):
            self.addItem(item)
        self.burn_in.setZValue(-5)
        self.loop.setZValue(-4)
        self._looped: tuple[object, ...] | None = None
        self.show_bands(None)

    def use_plot_colors(self, plot_colors: PlotColors) -> None:
        """Draw in these colours."""
        super().use_plot_colors(plot_colors)
        if hasattr(self, "playhead"):
            self.playhead.setPen(pg.mkPen(plot_colors.line, width=1))

    # -- time --------------------------------------------------------------------------

    def show_axis(self, axis: TimeAxis, *, with_burn_in: bool) -> None:
        """Go from end to end of an axis."""
        low, high = axis.ends
        self.setLimits(xMin=low, xMax=high)
        self.setXRange(low, high, padding=0)
        self.setLabel("bottom", axis.label)
        start, stop = axis.edges(np.array([0, axis.burn_in]))
        self.burn_in.setRegion((start, stop))
        self.burn_in.setVisible(with_burn_in and axis.burn_in > 0)

    def show_bands(self, bands: Bands | None) -> None:
        """Show trials above the plot, or none."""
        self.bands.show_bands(bands)
        self.plotItem.showAxis("top", bands is not None)

    def show_loop(self, playback: Playback, axis: TimeAxis) -> None:
        """Show which part is played over and over, if there is one."""
        shown = playback.has_loop and axis.trial_times is None
        state = (shown, playback.loop_s if shown else None)
        if state == self._looped:
            return
        self._looped = state
        self.loop.setVisible(shown)
        if shown:
            self.loop.setRegion([axis.place(end) for end in playback.loop_s])


def unnamed(item: pg.PlotDataItem) -> pg.PlotDataItem:
    """The same curve, left out of the data of the plot."""
    item.opts["name"] = GUIDE
    return item
