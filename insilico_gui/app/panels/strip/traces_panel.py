"""Responses of units against time: single ones, and means of selections."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout

from insilico_gui.analysis.trials.traces import TraceSummary
from insilico_gui.app.panels.behavior.behavior_plot import BehaviorPlot
from insilico_gui.app.panels.panel import Panel
from insilico_gui.app.panels.parts.condition_curves import (
    ConditionCurves,
    legend,
    short_label,
)
from insilico_gui.app.panels.strip.bands import trial_bands
from insilico_gui.app.panels.strip.time_axis import TimeAxis
from insilico_gui.app.panels.strip.trace_controls import TraceControls
from insilico_gui.app.panels.strip.trace_plot import Curve, Means, TracePlot
from insilico_gui.app.panels.strip.traced import (
    Group,
    groups_of,
    key_of,
    looked_at_column,
    single_colors,
    single_columns,
)
from insilico_gui.app.widgets.unit_names import unit_names
from insilico_gui.app.work.live_summary import LiveSummary
from insilico_gui.experiment.document import MEAN
from insilico_gui.stimuli import ConditionTable

if TYPE_CHECKING:
    import pyqtgraph as pg
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk

SCALES = {"z-score": "z-score", "percentile": "percentile of own responses"}
"""Labels of the axis on scales other than that of the responses."""


class TracesPanel(Panel):
    """Single units, mean and standard error of selections, trials, the playhead.

    Of conditions, their mean over trial time: a curve for each condition.
    """

    title = "Traces"
    place = "bottom"
    order = 10
    draws = frozenset(
        {
            *("encoded", "selection", "session", "shown", "stimulus", "selections"),
            *("view.traces", "view.unit_id", "view.selection", "behavior"),
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.body.setContentsMargins(2, 2, 2, 2)
        self._summary = LiveSummary(
            "Reading traces", self._summarised, self._draw, self.jobs, self
        )
        self._groups: list[Group] = []
        self.controls = TraceControls(desk)
        self.plot = TracePlot()
        self.plot.setMinimumHeight(90)
        self.behavior = BehaviorPlot()
        self.behavior.labels.aligned = (self.plot.labels,)
        self.plot.labels.aligned = (self.behavior.labels,)
        self._conditions = ConditionCurves(self.plot)
        self._named = -1
        self.plot.clicked.connect(self._clicked)
        row = QHBoxLayout()
        row.addWidget(self.controls)
        plots = QVBoxLayout()
        plots.setSpacing(0)
        plots.addWidget(self.plot, 1)
        plots.addWidget(self.behavior)
        row.addLayout(plots, 1)
        self.body.addLayout(row)
        self.recolor()

    @property
    def playhead(self) -> pg.InfiniteLine:
        """The line at the time on show."""
        return self.plot.playhead

    @property
    def mean_curve(self) -> pg.PlotDataItem:
        """The mean of the selected units."""
        return self.plot.means[0].curve

    # -- from the user -----------------------------------------------------------------

    def _clicked(self, x: float, y: float) -> None:
        playback, summary = self.experiment.playback, self._summary.value
        self.desk.window.stay()
        playback.seek_frame(self._axis().moment(x, self.frame_on_show))
        at = self.plot.lane_at(y)
        if summary is not None and at is not None:
            unit = key_of(self.now, int(summary.singles[at]))
            self.attempt(self.experiment.look, unit_id=unit)

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Summarise anew; what is drawn of another selection stays until then."""
        self.controls.show_state(self.now)
        self.behavior.show_behavior(self.now, self._axis(), self.plot_colors)
        encoded, summary = self.now.encoded, self._summary.value
        known = 0 if encoded is None else encoded.moments.n_done
        of_another = summary is not None and summary.n_done > known
        if encoded is None or of_another or changed & {"session", "shown"}:
            self._summary.clear()
        elif changed - {"stimulus", "behavior"} or summary is None:
            self._summary.restart()

    def draw_time(self) -> None:
        """Move the playhead; in trial time, mark the condition on show."""
        playback, axis = self.experiment.playback, self._axis()
        for each in (self.plot, self.behavior):
            each.show_loop(playback, axis)
        if axis.trial_times is not None:
            moment = playback.frame
            self.playhead.setValue(axis.trial_times[moment % len(axis.trial_times)])
            self._conditions.mark(self.frame_on_show)
            if self._conditions.curves and self._named != self.frame_on_show:
                self._name_conditions()
            return
        for each in (self.plot, self.behavior):
            each.playhead.setValue(axis.place(playback.time))

    def grow(self) -> None:
        """Take in responses that have come since the last time."""
        self._summary.grow()

    def recolor(self) -> None:
        """Draw the curves in the colours of the theme."""
        self.behavior.show_behavior(self.now, self._axis(), self.plot_colors)
        self._draw()

    def _axis(self) -> TimeAxis:
        return TimeAxis.of(self.now, self.experiment.playback)

    def _summarised(self) -> TraceSummary | None:
        """A summary of what is to be drawn; None if no unit of it was encoded."""
        encoded, columns = self.now.encoded, self.now.selected_columns
        if encoded is None:
            return None
        scale, axis = self.now.view.traces.scale, self._axis()
        if axis.trial_times is not None:  # a curve for each condition, as they are
            self._groups = [Group("", None, columns)] if len(columns) else []
            singles = columns[:0]
            scale = "response"
        else:
            self._groups = groups_of(self.now, self.experiment)
            singles = single_columns(self.now)
        if not self._groups and not len(singles):
            return None
        groups = [group.columns for group in self._groups]
        return TraceSummary(encoded.moments, groups, singles, scale, axis.burn_in)

    def _draw(self) -> None:
        summary, axis = self._summary.value, self._axis()
        self._conditions.clear()
        self.plot.show_axis(axis, with_burn_in=summary is not None)
        self._show_labels(axis)
        bands = None
        if not axis.of_images and axis.trial_times is None:
            bands = trial_bands(getattr(self.now.stimulus, "trials", None))
        self.plot.show_bands(bands if self.now.shown is not None else None)
        if summary is None:
            self.plot.clear_curves()
            self.plot.setTitle(self._why_empty(), size="9pt")
            return
        if axis.trial_times is not None:
            self._draw_conditions(summary, axis.trial_times)
            return
        self.plot.setTitle(None)
        n = summary.n_done
        place = axis.place(np.arange(n) / axis.rate)
        self.plot.draw_curves(
            place,
            [self._curve(summary, k) for k in range(len(summary.singles))],
            [
                Means(
                    group.name or MEAN,
                    group.color or self.plot_colors.mean,
                    summary.means[k, :n],
                    summary.sems[k, :n],
                    len(group.columns),
                )
                for k, group in enumerate(self._groups)
            ],
            stacked=self.now.view.traces.layout == "stacked",
            points=axis.of_images and axis.n_times == 1,
        )
        self.controls.say(self._about())

    def _curve(self, summary: TraceSummary, k: int) -> Curve:
        column = int(summary.singles[k])
        row = self.now.encoded_rows[column]
        return Curve(
            unit_names(self.now.units, [int(row)])[0],
            single_colors(len(summary.singles), self.plot_colors)[k],
            summary.traces[: summary.n_done, k],
            column == looked_at_column(self.now),
        )

    def _about(self) -> str:
        parts = []
        for group in self._groups:
            n = len(group.columns)
            color = group.color or self.plot_colors.mean
            name = escape(group.name) or ("selected" if n > 1 else "the selected one")
            parts.append(f"<span style='color: rgb{color}'>{name}</span>: {n:,}")
        text = "mean ± SEM of " + ", ".join(parts) if parts else ""
        if self.plot.step:
            text += f"<br>lines are {self.plot.step:.3g} apart"
        return text

    # -- conditions --------------------------------------------------------------------

    def _draw_conditions(
        self, summary: TraceSummary, times: NDArray[np.float64]
    ) -> None:
        """Draw a curve over trial time for each condition."""
        shown = self.now.shown
        self.plot.clear_curves()
        if shown is None or not len(summary.means):
            return
        means = summary.means[0].reshape(shown.n_items, len(times))
        self._conditions.draw(
            times, means, self.frame_on_show, self.plot_colors, shown.labels
        )
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

    def _show_labels(self, axis: TimeAxis) -> None:
        scale = self.now.view.traces.scale
        label = getattr(self.now.session, "response_label", "response")
        if axis.trial_times is None:
            label = SCALES.get(scale, label)
        self.plot.setLabel("left", short_label(label))
        self.plot.getAxis("left").setToolTip(label)

    def _why_empty(self) -> str:
        if self.now.encoded is None and self.now.condition_session is not None:
            return "Show conditions to see responses"
        if self.now.encoded is None:
            return "Encode a stimulus to see responses"
        if len(self.now.selected_columns) or self.now.view.traces.units:
            return "Responses show here as they come"
        return "None of the encoded units is selected"
