"""Plots over time that several panels draw: units by time, and spikes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyqtgraph as pg

from insilico_gui.app.widgets.figures.data import axis_title, table_of
from insilico_gui.app.widgets.image_plot import (
    DIVERGING,
    SEQUENTIAL,
    ImagePlot,
    symmetric,
)
from insilico_gui.app.widgets.themed_plot import ThemedPlot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    RGB = tuple[int, int, int]

TIME, TRIAL_TIME = "time (s)", "trial time (s)"
"""Titles of the horizontal axis."""

MOST_NAMES = 12
"""Names that fit beside each other, or below each other, in a low plot."""

LONGEST_NAME = 18

MOST_SPIKES = 100_000
"""Spikes of a raster that are drawn; more could not be told apart."""


def add_playhead(plot: ThemedPlot, label: str = TRIAL_TIME) -> pg.InfiniteLine:
    """Add a line at the time on show to a plot whose horizontal axis is a time."""
    line = pg.InfiniteLine(angle=90, pen=pg.mkPen(plot.plot_colors.line, width=1))
    line.setZValue(10)
    plot.addItem(line)
    plot.setLabel("bottom", label)
    return line


class HeatMap(ImagePlot):
    """Values of units, a row each, against trial time."""

    def __init__(self, label: str = TRIAL_TIME) -> None:
        super().__init__(square=False)
        self._table = pd.DataFrame()
        self.playhead = add_playhead(self, label)

    def drawn(self) -> pd.DataFrame:
        """Times, and a column of values for each unit."""
        return self._table

    def show_units(
        self,
        values: Floats | None,
        times: Floats,
        names: Sequence[str],
        label: str,
        *,
        limits: tuple[float, float] | None = None,
        signed: bool = False,
    ) -> None:
        """Draw values [T, U] at times [T] (s) of units with these names, or nothing."""
        self.playhead.setVisible(values is not None)
        self.playhead.setPen(pg.mkPen(self.plot_colors.line, width=1))
        self._table = pd.DataFrame()
        if values is None or not values.size:
            self.show_image(None)
            return
        columns = [(f"{n}, {label}", v) for n, v in zip(names, values.T, strict=True)]
        across = axis_title(self, "bottom", "time")
        self._table = table_of([(across, times), *columns])
        step = (times[-1] - times[0]) / max(len(times) - 1, 1)
        picture = np.asarray(values.T, float)
        known = bool(np.isfinite(picture).any())
        self.show_image(
            picture,
            rect=(times[0], 0, step * len(times), len(picture)),
            limits=symmetric(picture) if signed and known else limits,
            colormap=DIVERGING if signed else SEQUENTIAL,
            label=label,
        )
        name_rows(self, names)
        self.setXRange(times[0], times[-1], padding=0)
        self.setYRange(0, len(picture), padding=0)


class RasterPlot(ThemedPlot):
    """Spikes of one simulated trial: a band for each unit, a line for each neuron."""

    def __init__(self, label: str = TRIAL_TIME) -> None:
        super().__init__()
        self.invertY(True)
        self.spikes = self.plot()
        self.playhead = add_playhead(self, label)
        self.n_drawn = 0
        self._table = pd.DataFrame()

    def drawn(self) -> pd.DataFrame:
        """The spikes, a row each; all, also if fewer are drawn."""
        return self._table

    def show_spikes(
        self, spikes: pd.DataFrame, units: Sequence[str], end_s: float
    ) -> str:
        """Draw spikes (``unit_id``, ``neuron``, ``time``) of units; what is left out."""
        place = {unit: k for k, unit in enumerate(units)}
        known = spikes[spikes["unit_id"].isin(place)]
        told = known[["unit_id", "neuron", "time"]]
        self._table = told.rename(columns={"time": axis_title(self, "bottom", "time")})
        numbers = known.groupby("unit_id")["neuron"].max() + 1
        drawn = known.iloc[:: -(-len(known) // MOST_SPIKES)] if len(known) else known
        row = drawn["unit_id"].map(place).to_numpy(float)
        n = drawn["unit_id"].map(numbers).to_numpy(float)
        top = row + 0.05 + 0.9 * drawn["neuron"].to_numpy(float) / n
        time = drawn["time"].to_numpy(float)
        y = np.column_stack([top, top + 0.8 / n]).ravel()
        self.spikes.setData(np.repeat(time, 2), y, connect="pairs")
        self.spikes.setPen(pg.mkPen(self.plot_colors.points, width=1))
        self.playhead.setPen(pg.mkPen(self.plot_colors.line, width=1))
        self.n_drawn = len(drawn)
        name_rows(self, units)
        self.setXRange(0, end_s, padding=0)
        self.setYRange(0, max(len(units), 1), padding=0)
        if len(drawn) < len(known):
            return f"{len(drawn):,} of {len(known):,} spikes are drawn"
        return f"{len(known):,} spikes"


def name_rows(plot: ThemedPlot, names: Sequence[str]) -> None:
    """Write names beside rows 0 to n of a plot; of many, evenly spaced ones."""
    step = -(-len(names) // MOST_NAMES) or 1
    ticks = [(k + 0.5, short_name(names[k])) for k in range(0, len(names), step)]
    plot.getAxis("left").setTicks([ticks])


def short_name(name: str) -> str:
    """A name that fits beside a row."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def colored_names(names: Sequence[str], inks: Sequence[RGB]) -> str:
    """Names in their colours, as rich text."""
    return " &nbsp; ".join(
        f"<span style='color: rgb{ink}'>{name}</span>"
        for name, ink in zip(names, inks, strict=True)
    )
