"""Traces of behaviour below those of units, on the same axis of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.app.panels.strip.trace_plot import Curve, TracePlot
from insilico_gui.app.panels.strip.traced import single_colors
from insilico_gui.encoding.behavior_file import behavior_columns
from insilico_gui.session import is_video_session

if TYPE_CHECKING:
    from insilico_gui.app.panels.strip.time_axis import TimeAxis
    from insilico_gui.app.widgets.theme import PlotColors
    from insilico_gui.experiment.resolved import Resolved

HEIGHT = 74
"""Pixels of the plot, while there is something in it."""


class BehaviorPlot(TracePlot):
    """Curves of all columns that the run has; hidden where it has none."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self.setLabel("left", "behaviour")
        self.hideAxis("bottom")
        self.loop.hide()
        self.hide()

    def show_behavior(self, now: Resolved, axis: TimeAxis, colors: PlotColors) -> None:
        """Draw the traces of the run on show."""
        session, traces = now.session, now.behavior
        shown = bool(traces) and session is not None and is_video_session(session)
        self.setVisible(shown)
        if not shown or session is None or not is_video_session(session):
            self.clear_curves()
            return
        names = behavior_columns(session)
        columns = [
            (names[trace][k].replace("_", " "), values[:, k])
            for trace, values in traces.items()
            for k in range(values.shape[1])
        ]
        inks = single_colors(len(columns), colors)
        self.show_axis(axis, with_burn_in=False)
        n = len(columns[0][1])
        self.draw_curves(
            axis.place(np.arange(n) / axis.rate),
            [
                Curve(name, ink, values, looked_at=False)
                for (name, values), ink in zip(columns, inks, strict=True)
            ],
            [],
            stacked=False,
            points=False,
        )
