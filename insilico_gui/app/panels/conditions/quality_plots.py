"""Plots of fit quality: a time-rescaling check, and choices recorded and predicted."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt

from insilico_gui.app.panels.conditions.trial_plots import choice_colors
from insilico_gui.app.panels.parts.time_plots import colored_names
from insilico_gui.app.widgets.figures.data import GUIDE
from insilico_gui.app.widgets.themed_plot import ThemedPlot

if TYPE_CHECKING:
    import xarray as xr

DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)
MARKS = ("—", "--", "···")
"""How lines are drawn, and what stands for them in a title."""


class RescalingPlot(ThemedPlot):
    """Quantiles of rescaled intervals against those of a model that is right."""

    def __init__(self) -> None:
        super().__init__()
        self.setLabel("bottom", "quantile")
        self.setLabel("left", "rescaled intervals")
        self.quantiles = pg.PlotDataItem()

    def show_unit(self, found: xr.Dataset, at: int) -> None:
        """Draw a unit of a result, with the band that 95 % of right models stay in."""
        self.clear()
        expected = found["expected"].to_numpy()
        bound = float(found["ks_bound"][at])
        guide, dashed = (
            pg.mkPen(self.plot_colors.guide, width=1, style=style)
            for style in DASHES[:2]
        )
        self.plot([0, 1], [0, 1], pen=guide, name=GUIDE)
        if np.isfinite(bound):
            for shift in (bound, -bound):
                self.plot([0, 1], [shift, 1 + shift], pen=dashed, name=GUIDE)
        self.quantiles = self.plot(
            expected,
            found["rescaled"][at].to_numpy(),
            pen=pg.mkPen(self.plot_colors.points, width=2),
            name=str(found["unit_id"].to_numpy()[at]),
        )
        self.setTitle("time rescaling, 95 % band", size="9pt")
        self.setRange(xRange=(0, 1), yRange=(0, 1), padding=0.02)


class AgreementPlot(ThemedPlot):
    """Choices in recordings, and their probabilities by the model, against a stimulus."""

    def __init__(self) -> None:
        super().__init__()
        self.setLabel("left", "probability")

    def show_choices(self, found: xr.Dataset) -> None:
        """Draw each action: dots with standard errors recorded, lines predicted."""
        self.clear()
        choices = [str(name) for name in found["choice"].to_numpy()]
        inks = choice_colors(choices, self.plot_colors)[:-1]
        levels, trials = (found[k].to_numpy() for k in ("level", "level_trials"))
        self.setLabel("bottom", str(found["level_of"].item()).replace("_", " "))
        readings = [str(name) for name in found["reading"].to_numpy()]
        for k, (choice, ink) in enumerate(zip(choices, inks, strict=False)):
            seen = found["level_recorded"].to_numpy()[:, k]
            error = np.sqrt(seen * (1 - seen) / np.maximum(trials, 1))
            self.addItem(
                pg.ErrorBarItem(
                    x=levels, y=seen, height=2 * error, pen=pg.mkPen(ink), beam=0
                )
            )
            self.plot(
                levels,
                seen,
                pen=None,
                symbol="o",
                symbolSize=6,
                symbolBrush=ink,
                symbolPen=None,
                name=f"{choice}, recorded",
            )
            for reading, style in zip(readings, DASHES, strict=False):
                self.plot(
                    levels,
                    found["level_predicted"].sel(reading=reading)[:, k].to_numpy(),
                    pen=pg.mkPen(ink, width=2, style=style),
                    name=f"{choice}, reading {reading}",
                )
        lines = " ".join(f"{m} {r}" for m, r in zip(MARKS, readings, strict=False))
        names = colored_names(choices[:-1], inks)
        self.setTitle(f"{names} &nbsp; ● data {lines}", size="8pt")
        margin = 0.06 * max(float(np.ptp(levels)), 1e-9)
        self.setXRange(levels.min() - margin, levels.max() + margin, padding=0)
        self.setYRange(0, 1.05, padding=0)


def unit_to_show(found: xr.Dataset, wanted: str | None) -> int:
    """Place of a unit in a result: the one that is wanted, or the first with spikes."""
    ids = [str(name) for name in found["unit_id"].to_numpy()]
    known = np.flatnonzero(np.isfinite(found["bits_per_spike"].to_numpy()))
    if wanted in ids and ids.index(wanted) in known:
        return ids.index(wanted)
    return int(known[0]) if len(known) else 0


def in_words(found: xr.Dataset, at: int) -> str:
    """What was found of a unit, in a line of rich text."""
    name = escape(str(found["unit_id"].to_numpy()[at]))
    bits, distance, bound, n = (
        float(found[key][at])
        for key in ("bits_per_spike", "ks_distance", "ks_bound", "n_spikes")
    )
    if not np.isfinite(bits):
        return f"<b>unit {name}</b>: no spikes were recorded"
    fits = "within" if distance <= bound else "beyond"
    return (
        f"<b>unit {name}</b>: {bits:.3g} bits/spike over a constant rate, {n:,.0f} test "
        f"spikes; rescaled intervals are off by {distance:.3f}, {fits} the 95 % bound of "
        f"{bound:.3f}"
    )
