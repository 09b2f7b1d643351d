"""Responses of the selected units against time."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg

from insilico_gui.analysis.trials.traces import TraceSummary
from insilico_gui.app.panels.panel import Panel
from insilico_gui.app.panels.parts.condition_curves import (
    ConditionCurves,
    legend,
    short_label,
)
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.app.widgets.unit_names import unit_names
from insilico_gui.app.work.live_summary import LiveSummary
from insilico_gui.responses import BURN_IN_FRAMES
from insilico_gui.stimuli import ConditionTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk

FEW = 300
"""As many images are drawn as points of their own."""


class TracesPanel(Panel):
    """Mean and standard error of the selected units, some single units, the playhead.

    Of conditions, their mean over trial time: a curve for each condition.
    """

    title = "Traces"
    place = "bottom"
    order = 10
    draws = frozenset({"encoded", "selection", "session", "shown"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.body.setContentsMargins(2, 2, 2, 2)
        self._summary = LiveSummary(
            "Reading traces", self._summarised, self._draw, self.jobs, self
        )
        self.plot = ThemedPlot()
        self.plot.setMinimumHeight(90)
        self.plot.setLabel("bottom", "time (s)")
        self.plot.setLabel("left", "response")
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        self.plot.setMouseEnabled(y=False)
        burn_in = pg.LinearRegionItem(
            brush=pg.mkBrush(150, 150, 150, 60), pen=pg.mkPen(None), movable=False
        )
        burn_in.setToolTip("burn-in: the state of the twin settles")
        self._burn_in = burn_in
        self.plot.addItem(burn_in)
        invisible = pg.mkPen(None)
        self._upper = self.plot.plot(pen=invisible, name="mean + SEM")
        self._lower = self.plot.plot(pen=invisible, name="mean - SEM")
        self._band = pg.FillBetweenItem(self._upper, self._lower)
        self.plot.addItem(self._band)
        self._examples: list[pg.PlotDataItem] = []
        self.mean_curve = self.plot.plot(symbolSize=5, symbolPen=None, name="mean")
        self._conditions = ConditionCurves(self.plot)
        self._named = -1
        self.playhead = pg.InfiniteLine(angle=90)
        self.plot.addItem(self.playhead)
        self.plot.clicked.connect(self._clicked)
        self.body.addWidget(self.plot)

        self.recolor()

    # -- from the user -----------------------------------------------------------------

    def _clicked(self, x: float, _y: float) -> None:
        playback, times = self.experiment.playback, self._trial_times()
        if times is not None:
            nearest = int(np.argmin(np.abs(times - x)))
            playback.seek_frame(self.frame_on_show * len(times) + nearest)
        elif self.now.images is None:
            playback.seek(x)
        elif self.now.n_times == 1:
            playback.seek_frame(round(x) - 1)
        else:
            playback.seek_frame(int((x - 1) * self.now.n_times))

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Summarise anew; what is drawn of another selection stays until then."""
        if self.now.encoded is None or changed & {"session", "shown"}:
            self._summary.clear()
        else:
            self._summary.restart()

    def draw_time(self) -> None:
        """Move the playhead; in trial time, mark the condition on show."""
        times = self._trial_times()
        if times is not None:
            moment = self.experiment.playback.frame
            self.playhead.setValue(times[moment % len(times)])
            self._conditions.mark(self.frame_on_show)
            if self._conditions.curves and self._named != self.frame_on_show:
                self._name_conditions()
            return
        self.playhead.setValue(self._place(self.experiment.playback.time))

    def grow(self) -> None:
        """Take in responses that have come since the last time."""
        self._summary.grow()

    def recolor(self) -> None:
        """Draw the curves in the colours of the theme."""
        colors = self.plot_colors
        self.mean_curve.setPen(pg.mkPen(colors.mean, width=2))
        self.mean_curve.setSymbolBrush(colors.mean)
        self._band.setBrush((*colors.mean, 70))
        self.playhead.setPen(pg.mkPen(colors.line, width=1))
        self._draw()

    def _summarised(self) -> TraceSummary | None:
        """A summary of the selected units; None if none of them was encoded."""
        encoded, columns = self.now.encoded, self.now.selected_columns
        if encoded is None or not len(columns):
            return None
        return TraceSummary(encoded.moments, columns)

    def _draw(self) -> None:
        playback, summary = self.experiment.playback, self._summary.value
        rate = playback.frame_rate
        of_images = self.now.images is not None
        self._burn_in.setRegion((0, BURN_IN_FRAMES / rate))
        self._show_axes()
        empty = np.empty(0)
        self._band.setVisible(summary is not None)
        by_condition = self._trial_times() is not None
        self._burn_in.setVisible(summary is not None and self._has_burn_in)
        self._conditions.clear()
        for curve in self._examples:
            self.plot.removeItem(curve)
        self._examples = []
        if summary is None:
            for curve in (self.mean_curve, self._upper, self._lower):
                curve.setData(empty, empty)
            self.plot.setTitle(self._why_empty(), size="9pt")
            return
        if by_condition:
            self._draw_conditions(summary)
            return
        n = summary.n_done
        place = self._place(np.arange(n) / rate)
        symbol = "o" if of_images and self.now.n_times == 1 and n <= FEW else None
        mean, sem = summary.mean[:n], np.nan_to_num(summary.sem[:n])
        pens = self._example_colors(summary.examples.shape[1])
        names = self._example_names(summary)
        for column, color in enumerate(pens):
            pen = pg.mkPen((*color, 130), width=1)
            values = summary.examples[:n, column]
            curve = self.plot.plot(place, values, pen=pen, name=names[column])
            curve.setZValue(-1)
            self._examples.append(curve)
        self.mean_curve.setSymbol(symbol)
        self.mean_curve.setData(place, mean)
        self._upper.setData(place, mean + sem)
        self._lower.setData(place, mean - sem)
        self.plot.setXRange(*self._ends(), padding=0)
        self.plot.setTitle(self._legend(summary, pens), size="9pt")

    @property
    def _has_burn_in(self) -> bool:
        """Whether the first responses are those of a network that sees pictures begin."""
        return self.now.shown is not None and self.now.shown.item == "frame"

    def _trial_times(self) -> NDArray[np.float64] | None:
        """Seconds from the beginning of a trial, if conditions are shown."""
        shown = self.now.shown
        return None if shown is None or shown.item != "condition" else shown.times

    def _draw_conditions(self, summary: TraceSummary) -> None:
        """Draw a curve over trial time for each condition."""
        shown, times = self.now.shown, self._trial_times()
        if shown is None or times is None:
            return
        for curve in (self.mean_curve, self._upper, self._lower):
            curve.setData(np.empty(0), np.empty(0))
        self._band.setVisible(False)
        means = summary.mean.reshape(shown.n_items, len(times))
        self._conditions.draw(
            times, means, self.frame_on_show, self.plot_colors, shown.labels
        )
        self.plot.setXRange(*self._ends(), padding=0)
        self._name_conditions()
        self.draw_time()

    def _name_conditions(self) -> None:
        """Say above the plot which curve is of which condition."""
        self._named = self.frame_on_show
        stimulus, columns = self.now.stimulus, self.now.selected_columns
        if not isinstance(stimulus, ConditionTable):
            return
        n_units = len(columns)
        what = f"mean of {n_units:,} units"
        if n_units == 1:
            names = unit_names(self.now.units, self.now.encoded_rows[columns])
            what = f"unit {escape(names[0])}"
        text = legend(stimulus.table, self._named, self.plot_colors)
        self.plot.setTitle(f"{what} &nbsp; {text}", size="9pt")

    def _example_colors(self, n: int) -> list[tuple[int, int, int]]:
        """A colour for each single unit."""
        top = self.plot_colors.brightest
        return [pg.intColor(k, 7, maxValue=top).getRgb()[:3] for k in range(n)]

    def _example_names(self, summary: TraceSummary) -> list[str]:
        rows = self.now.encoded_rows[summary.example_columns]
        return unit_names(self.now.units, rows)

    def _legend(self, summary: TraceSummary, pens: list[tuple[int, int, int]]) -> str:
        """What is drawn: the mean and, by its id and in its colour, each single unit."""
        names = self._example_names(summary)
        units = ", ".join(
            f"<span style='color: rgb{color}'>{escape(name)}</span>"
            for name, color in zip(names, pens, strict=True)
        )
        n_units = len(self.now.selected_columns)
        burn_in = "; grey: burn-in" if self._has_burn_in else ""
        if n_units == 1:
            return f"unit {units}" + burn_in
        mean = f"<span style='color: rgb{self.plot_colors.mean}'>mean ± SEM</span>"
        text = (
            f"{mean} of {n_units:,} units; thin: unit{'s' * (len(names) > 1)} {units}"
        )
        return text + burn_in

    def _place(self, time: Any) -> Any:
        """Where a time of the playback is on the axis: in seconds, or at an image."""
        if self.now.images is None:
            return time
        per_image = self.now.n_times / self.experiment.playback.frame_rate
        return 1 + time / per_image

    def _ends(self) -> tuple[float, float]:
        playback, times = self.experiment.playback, self._trial_times()
        if times is not None:
            return float(times[0]), float(times[-1])
        if self.now.images is None:
            return 0.0, max(playback.duration, 1 / playback.frame_rate)
        n_images = playback.n_frames / self.now.n_times
        if self.now.n_times > 1:
            return 1.0, 1 + n_images  # within an image time goes on
        return 0.5, n_images + 0.5

    def _show_axes(self) -> None:
        session = self.now.session
        low, high = self._ends()
        self.plot.setLimits(xMin=low, xMax=high)
        of_images = self.now.images is not None
        in_time = "time (s)" if self._trial_times() is None else "trial time (s)"
        self.plot.setLabel("bottom", "image" if of_images else in_time)
        label = getattr(session, "response_label", "response")
        self.plot.setLabel("left", short_label(label))
        self.plot.getAxis("left").setToolTip(label)

    def _why_empty(self) -> str:
        if self.now.encoded is None and self.now.condition_session is not None:
            return "Show conditions to see responses"
        if self.now.encoded is None:
            return "Encode a stimulus to see responses"
        if len(self.now.selected_columns):
            return "Responses show here as they come"
        return "None of the encoded units is selected"
