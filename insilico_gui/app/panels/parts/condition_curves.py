"""Curves over trial time, one for each condition, with their names in their colours."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg

from insilico_gui.app.panels.parts.condition_names import row_names, varying

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from insilico_gui.app.widgets.theme import PlotColors
    from insilico_gui.app.widgets.themed_plot import ThemedPlot

    Floats = NDArray[np.float64]

MOST_CURVES = 60
"""Of more conditions, as many evenly spaced ones are drawn, and the one on show."""

LONGEST_NAMES = 90
"""Letters of the names of conditions that a title has room for."""

LONGEST_LABEL = 26


class ConditionCurves:
    """Curves in a plot, of which that of the condition on show is thick.

    Parameters
    ----------
    plot : ThemedPlot
    """

    def __init__(self, plot: ThemedPlot) -> None:
        self._plot = plot
        self.curves: dict[int, pg.PlotDataItem] = {}
        self._colors: dict[int, tuple[int, int, int]] = {}
        self._on_show = 0

    def clear(self) -> None:
        """Draw nothing."""
        for curve in self.curves.values():
            self._plot.removeItem(curve)
        self.curves = {}

    def draw(
        self,
        times: Floats,
        means: Floats,
        on_show: int,
        colors: PlotColors,
        names: Sequence[str],
    ) -> None:
        """Draw means [n, T], NaN where there is none, against times [T] (s)."""
        self.clear()
        n = len(means)
        self._on_show = on_show
        chosen = np.unique(np.linspace(0, n - 1, min(n, MOST_CURVES)).astype(int))
        self._colors = condition_colors(n, colors)
        for k in sorted({*chosen.tolist(), on_show} & {*range(n)}):
            self.curves[k] = self._plot.plot(
                times, means[k], connect="finite", name=names[k]
            )
        self._use_pens()

    def mark(self, on_show: int) -> None:
        """Another condition is on show."""
        if on_show != self._on_show:
            self._on_show = on_show
            self._use_pens()

    def _use_pens(self) -> None:
        for k, curve in self.curves.items():
            width = 3 if k == self._on_show else 1
            curve.setPen(pg.mkPen(self._colors[k], width=width))
            curve.setZValue(1 if k == self._on_show else 0)


def condition_colors(n: int, colors: PlotColors) -> dict[int, tuple[int, int, int]]:
    """Colour of each of n conditions, red, green, blue."""
    # A full blue cannot be read on a dark background
    look = {"maxValue": colors.brightest, "sat": 255 if colors.is_light else 150}
    return {k: pg.intColor(k, max(n, 7), **look).getRgb()[:3] for k in range(n)}


def legend(table: pd.DataFrame, on_show: int, colors: PlotColors) -> str:
    """Names of conditions in their colours, as rich text; of many, the one on show."""
    rows = row_names(table)
    inks = condition_colors(len(rows), colors)
    named = "/".join(escape(str(name)) for name in varying(table))

    def colored(k: int) -> str:
        text = f"<span style='color: rgb{inks[k]}'>{escape(rows[k])}</span>"
        return f"<b>{text}</b>" if k == on_show else text

    if len(named) + sum(len(row) + 2 for row in rows) <= LONGEST_NAMES:
        return f"{named}: " + ", ".join(map(colored, range(len(rows))))
    if not 0 <= on_show < len(rows):
        return f"{len(rows):,} conditions"
    return f"{len(rows):,} conditions, thick: {named} {colored(on_show)}"


def short_label(text: str) -> str:
    """A label that fits a low axis: what explains it further is left out."""
    if len(text) <= LONGEST_LABEL:
        return text
    first, mark, _ = text.partition(";")
    if mark:
        text = first + ")" * (first.count("(") - first.count(")"))
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"
