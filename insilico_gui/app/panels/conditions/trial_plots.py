"""Plots of trials: units against time, choices, psychometric curves, and rasters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyqtgraph as pg

from insilico_gui.app.panels.parts.condition_names import row_names, varying
from insilico_gui.app.widgets.figures.data import axis_title, table_of
from insilico_gui.app.widgets.image_plot import (
    DIVERGING,
    SEQUENTIAL,
    ImagePlot,
    symmetric,
)
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.drawing.labels import parameter_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.app.widgets.theme import PlotColors

    Floats = NDArray[np.float64]
    RGB = tuple[int, int, int]

MOST_NAMES = 12
"""Names that fit beside each other, or below each other, in a low plot."""

LONGEST_NAME = 18
LONGEST_NAMES = 20
"""Letters of all names of conditions that fit below a narrow plot."""

MOST_SPIKES = 100_000
"""Spikes of a raster that are drawn; more could not be told apart."""


def add_playhead(plot: ThemedPlot) -> pg.InfiniteLine:
    """Add a line at the time on show to a plot whose horizontal axis is trial time."""
    line = pg.InfiniteLine(angle=90, pen=pg.mkPen(plot.plot_colors.line, width=1))
    line.setZValue(10)
    plot.addItem(line)
    plot.setLabel("bottom", "trial time (s)")
    return line


class HeatMap(ImagePlot):
    """Values of units, a row each, against trial time."""

    def __init__(self) -> None:
        super().__init__(square=False)
        self._table = pd.DataFrame()
        self.playhead = add_playhead(self)

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

    def __init__(self) -> None:
        super().__init__()
        self.invertY(True)
        self.spikes = self.plot()
        self.playhead = add_playhead(self)
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


class ProbabilityPlot(ThemedPlot):
    """Probability of each choice in each condition, one on top of the other."""

    def __init__(self) -> None:
        super().__init__()
        self.setLabel("left", "probability")
        self.setMouseEnabled(False, False)
        self._table = pd.DataFrame()

    def drawn(self) -> pd.DataFrame:
        """Conditions, and the probabilities of each choice."""
        return self._table

    def show_choices(
        self, probability: Floats, choices: Sequence[str], table: pd.DataFrame, at: int
    ) -> None:
        """Draw probabilities [n, C] of the conditions of a table; one is on show."""
        names = row_names(table)
        self.clear()
        columns = [(f"P({c})", p) for c, p in zip(choices, probability.T, strict=True)]
        told = [(parameter_label(p), table[p].to_numpy()) for p in varying(table)]
        self._table = table_of([*told, *columns])
        n, base = len(probability), np.zeros(len(probability))
        x = np.arange(n)
        inks = choice_colors(choices, self.plot_colors)
        for k, ink in enumerate(inks):
            height = probability[:, k]
            self.addItem(
                pg.BarGraphItem(
                    x=x, y0=base, height=height, width=0.8, brush=ink, pen=None
                )
            )
            base = base + height
        mark = pg.PlotDataItem(
            [at], [1.04], symbol="t", symbolSize=8, symbolBrush=self.plot_colors.line
        )
        self.addItem(mark)
        self.setTitle(colored_names(choices, inks), size="9pt")
        few = sum(map(len, names)) <= LONGEST_NAMES
        step = -(-n // MOST_NAMES)
        texts = names if few else [str(k + 1) for k in range(n)]
        self.getAxis("bottom").setTicks([list(enumerate(texts))[::step]])
        self.setLabel("bottom", "condition")
        self.setXRange(-0.6, n - 0.4, padding=0)
        self.setYRange(0, 1.1, padding=0)


class DensityPlot(ThemedPlot):
    """Density of the response times of each action."""

    def __init__(self) -> None:
        super().__init__()
        self.setLabel("left", "density (1/s)")
        self.curves: list[pg.PlotDataItem] = []
        self.playhead = add_playhead(self)

    def show_densities(
        self, times: Floats, densities: Floats, choices: Sequence[str], name: str
    ) -> None:
        """Draw densities [A, T] of the first A of the choices at times [T] (s)."""
        for curve in self.curves:
            self.removeItem(curve)
        inks = choice_colors(choices, self.plot_colors)
        self.curves = [
            self.plot(
                times, density, pen=pg.mkPen(ink, width=2), connect="finite", name=name
            )
            for density, ink, name in zip(densities, inks, choices, strict=False)
        ]
        self.playhead.setPen(pg.mkPen(self.plot_colors.line, width=1))
        self.setTitle(f"response times, {name}", size="9pt")
        self.setXRange(times[0], times[-1], padding=0)
        top = float(np.nanmax(densities)) if np.isfinite(densities).any() else 1.0
        self.setYRange(0, 1.05 * (top or 1.0), padding=0)


class PsychometricPlot(ThemedPlot):
    """Probability of an action against a parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.curve = self.plot(symbol="o", symbolSize=6, symbolPen=None)

    def show_curve(self, found: xr.Dataset) -> None:
        """Draw the result of the analysis."""
        about, ink = found.attrs["analysis"], self.plot_colors.mean
        levels = found["level"].to_numpy()
        self.curve.setData(levels, found["probability"].to_numpy())
        self.curve.setPen(pg.mkPen(ink, width=2))
        self.curve.setSymbolBrush(ink)
        given = " | any action" if about["of_answered"] else ""
        self.setLabel("left", f"P({about['action']}{given})")
        self.setLabel("bottom", ", ".join(about["parameters"]).replace("_", " "))
        margin = 0.06 * max(float(np.ptp(levels)), 1e-9)
        self.setXRange(levels.min() - margin, levels.max() + margin, padding=0)
        self.setYRange(0, 1.05, padding=0)


def name_rows(plot: ThemedPlot, names: Sequence[str]) -> None:
    """Write names beside rows 0 to n of a plot; of many, evenly spaced ones."""
    step = -(-len(names) // MOST_NAMES) or 1
    ticks = [(k + 0.5, short_name(names[k])) for k in range(0, len(names), step)]
    plot.getAxis("left").setTicks([ticks])


def short_name(name: str) -> str:
    """A name that fits beside a row."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def choice_colors(choices: Sequence[str], colors: PlotColors) -> list[RGB]:
    """A colour for each choice; the last one, to do nothing, is grey."""
    own = (colors.trials, colors.mean, colors.fit)
    found = [own[k % len(own)] for k in range(len(choices) - 1)]
    return [*found, colors.guide]


def colored_names(names: Sequence[str], inks: Sequence[RGB]) -> str:
    """Names in their colours, as rich text."""
    return " &nbsp; ".join(
        f"<span style='color: rgb{ink}'>{name}</span>"
        for name, ink in zip(names, inks, strict=True)
    )
