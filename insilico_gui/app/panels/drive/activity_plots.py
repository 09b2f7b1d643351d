"""Plots of what a driven session did: rates over time, and two of a unit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg

from insilico_gui.app.panels.parts.time_plots import TIME, add_playhead, colored_names
from insilico_gui.app.widgets.themed_plot import ThemedPlot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class CoursesPlot(ThemedPlot):
    """Some named courses over time, each in a colour, with the playhead."""

    def __init__(self) -> None:
        super().__init__()
        self.curves: list[pg.PlotDataItem] = []
        self.playhead = add_playhead(self, TIME)
        self.setMouseEnabled(y=False)

    def show_courses(
        self,
        times: Floats,
        courses: Sequence[tuple[str, Floats]],
        label: str,
        *,
        step_s: float,
    ) -> None:
        """Draw courses [T] by name, of windows that begin at times [T] (s)."""
        for curve in self.curves:
            self.removeItem(curve)
        colors = self.plot_colors
        inks = [
            (colors.mean, colors.trials, colors.fit)[k % 3] for k in range(len(courses))
        ]
        edges = np.append(times, times[-1] + step_s) if len(times) else times
        self.curves = [
            self.plot(edges, values, pen=pg.mkPen(ink, width=2), stepMode="center")
            for (_, values), ink in zip(courses, inks, strict=True)
        ]
        self.playhead.setPen(pg.mkPen(colors.line, width=1))
        names = [name for name, _ in courses]
        self.setTitle(
            colored_names(names, inks) if len(names) > 1 else None, size="9pt"
        )
        self.setLabel("left", label)
        if len(times):
            self.setXRange(edges[0], edges[-1], padding=0)
            known = [values[np.isfinite(values)] for _, values in courses]
            top = max((float(v.max()) for v in known if v.size), default=1.0)
            self.setYRange(0, 1.08 * (top or 1.0), padding=0)
