"""Plots of trials: units against time, choices, psychometric curves, and rasters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyqtgraph as pg

from insilico_gui.app.panels.parts.condition_names import row_names, varying
from insilico_gui.app.panels.parts.time_plots import (
    MOST_NAMES,
    add_playhead,
    colored_names,
)
from insilico_gui.app.widgets.figures.data import table_of
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.drawing.labels import parameter_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.app.widgets.theme import PlotColors

    Floats = NDArray[np.float64]
    RGB = tuple[int, int, int]


LONGEST_NAMES = 20
"""Letters of all names of conditions that fit below a narrow plot."""


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


def choice_colors(choices: Sequence[str], colors: PlotColors) -> list[RGB]:
    """A colour for each choice; the last one, to do nothing, is grey."""
    own = (colors.trials, colors.mean, colors.fit)
    found = [own[k % len(own)] for k in range(len(choices) - 1)]
    return [*found, colors.guide]
