"""Responses to trials: aligned to their onsets, apart for each condition."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from insilico_gui.analysis.trials.aligned import Aligned, align
from insilico_gui.analysis.trials.traces import TraceSummary
from insilico_gui.app.panels.parts.analysis_panel import UnitAnalysisPanel
from insilico_gui.app.panels.parts.condition_curves import short_label
from insilico_gui.app.panels.strip.aligned_plot import AlignedPlot
from insilico_gui.app.panels.strip.bands import (
    CONDITION,
    Bands,
    parameters_of,
    trial_bands,
)
from insilico_gui.app.widgets.controls import check, choice, number, quietly
from insilico_gui.app.work.live_summary import LiveSummary
from insilico_gui.responses import BURN_IN_FRAMES
from insilico_gui.units.columns import parameter_facts

if TYPE_CHECKING:
    import pandas as pd

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.resolved import Resolved

WIDTH = 164
EVERY = "every condition"


class AlignedPanel(UnitAnalysisPanel):
    """The unit looked at, or the mean of the selection, by time from the onset."""

    title = "Aligned trials"
    place = "bottom"
    order = 14
    draws = frozenset(
        {
            *("encoded", "session", "shown", "stimulus", "units", "selection"),
            *("view.trials", "view.unit_id"),
        }
    )
    with_mean = True

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.compute_button.hide()
        self._summary = LiveSummary(
            "Reading trials", self._summarised, self._draw, self.jobs, self
        )
        self._by: dict[str, str] = {}
        self._aligned: Aligned | None = None
        self._bands: Bands | None = None
        self.by = choice(
            lambda text: self._use(by=self._by[text]),
            "What tells conditions apart",
            letters=8,
        )
        self.repeats = check(
            "single trials", lambda on: self._use(repeats=on), "Each trial, thin"
        )
        self.before, self.after = (
            number(0.0, (0.0, 10.0), self._ends, tip, step=0.1, suffix=" s")
            for tip in ("Drawn before the onset", "Drawn after the end of the trial")
        )
        self.before.setPrefix("before ")
        self.after.setPrefix("after ")
        self.plot = AlignedPlot()
        self.plot.setMinimumHeight(90)
        self.plot.clicked.connect(self._clicked)
        self.about.setMinimumWidth(WIDTH)
        row = QHBoxLayout()
        row.addWidget(self._controls())
        row.addWidget(self.plot, 1)
        self.body.addLayout(row)
        self.recolor()

    def _controls(self) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for widget in (
            *(self.unit, self.by, self.repeats, self.before, self.after, self.about),
        ):
            column.addWidget(widget)
        column.addStretch(1)
        made.setFixedWidth(WIDTH)
        return made

    @classmethod
    def is_offered(cls, now: Resolved) -> bool:
        """Whether the stimulus on show has trials, which the session answers in time."""
        trials = getattr(now.stimulus, "trials", None)
        in_time = now.shown is not None and now.shown.item == "frame"
        return in_time and trials is not None and len(trials) > 0

    # -- from the user -----------------------------------------------------------------

    def _use(self, **changes: Any) -> None:
        trials = self.now.view.trials
        self.attempt(self.experiment.look, trials={**trials.model_dump(), **changes})

    def _ends(self) -> None:
        self._use(before_s=self.before.value(), after_s=self.after.value())

    def _clicked(self, x: float, _y: float) -> None:
        """Go to the trial of that condition that is next, at that time."""
        at, bands = self.plot.time_at(x), self._bands
        if at is None or bands is None:
            return
        group, time = at
        onsets = bands.starts[bands.group == group]
        playback = self.experiment.playback
        later = onsets[onsets > playback.time + 1e-6]
        onset = later[0] if len(later) else onsets[0]
        self.desk.window.stay()
        playback.seek(float(onset + time + 1e-9))

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Align anew; what is drawn of another unit stays until then."""
        self._show_choices()
        self.offer_units()
        encoded = self.now.encoded
        if encoded is None or changed & {"session", "shown"}:
            self._summary.clear()
        elif changed & self.draws <= {"view.trials", "units"} and (
            self._summary.value is not None
        ):
            self._draw()
        else:
            self._summary.restart()

    def draw_time(self) -> None:
        """Move the playhead, which is in the condition on show."""
        playback, bands = self.experiment.playback, self._bands
        if bands is None or self._aligned is None:
            self.plot.show_time(None)
            return
        found = np.searchsorted(bands.starts, playback.time + 1e-6) - 1
        if found < 0:
            self.plot.show_time(None)
            return
        time = playback.time - float(bands.starts[found])
        self.plot.show_time((int(bands.group[found]), time))

    def grow(self) -> None:
        """Take in responses that have come since the last time."""
        self._summary.grow()

    def recolor(self) -> None:
        """Draw in the colours of the theme."""
        self._draw()

    def _summarised(self) -> TraceSummary | None:
        encoded, columns = self.now.encoded, self.now.selected_columns
        if encoded is None or not len(columns):
            return None
        chosen = columns
        if not self.unit.is_mean and self.unit.column is not None:
            chosen = np.array([self.unit.column], np.int64)
        return TraceSummary(encoded.moments, [chosen], columns[:0])

    def _draw(self) -> None:
        summary, now = self._summary.value, self.now
        trials = self._trials()
        view = now.view.trials
        self._bands = bands = trial_bands(trials, view.by)
        self._aligned = None
        label = getattr(now.session, "response_label", "response")
        self.plot.setLabel("left", short_label(label))
        if summary is None or bands is None or not self.is_offered(now):
            self.plot.show_nothing()
            self.plot.setTitle(self._why_empty(), size="9pt")
            self.about.setText("")
            return
        self.plot.setTitle(None)
        longest = float((bands.stops - bands.starts).max())
        self._aligned = align(
            summary.means[0],
            self.experiment.playback.frame_rate,
            bands.starts,
            bands.group,
            len(bands.names),
            (-view.before_s, longest + view.after_s),
            BURN_IN_FRAMES,
        )
        n_drawn = self.plot.show_trials(
            self._aligned, bands, longest, repeats=view.repeats
        )
        self._say(bands, n_drawn)
        self.draw_time()

    def _say(self, bands: Bands, n_drawn: int) -> None:
        n_units = len(self.now.selected_columns)
        what = f"unit {escape(self.unit.unit)}"
        if self.unit.is_mean:
            what = f"mean of {n_units:,} units"
        n = len(bands.names)
        conditions = f"{n:,} conditions" if n_drawn == n else f"{n_drawn} of {n:,}"
        self.about.setText(
            f"{what}<br>{len(bands.starts):,} trials, {conditions}<br>mean ± SEM over "
            "trials"
        )

    def _trials(self) -> pd.DataFrame | None:
        trials: pd.DataFrame | None = getattr(self.now.stimulus, "trials", None)
        return trials if self.is_offered(self.now) else None

    def _show_choices(self) -> None:
        view, trials = self.now.view.trials, self._trials()
        names = [] if trials is None else parameters_of(trials)
        by = {EVERY: CONDITION}
        if len(names) > 1:
            by |= {parameter_facts(name).title or name: name for name in names}
        if by != self._by:
            self._by = by
            self.by.clear()
            self.by.addItems(list(by))
        self.by.setCurrentText(next((t for t, v in by.items() if v == view.by), EVERY))
        self.by.setVisible(len(by) > 1)
        self.repeats.setChecked(view.repeats)
        with quietly(self.before, self.after):
            self.before.setValue(view.before_s)
            self.after.setValue(view.after_s)

    def _why_empty(self) -> str:
        if self.now.encoded is None:
            return "Encode the stimulus to see responses to its trials"
        if not len(self.now.selected_columns):
            return "None of the encoded units is selected"
        return "Responses show here as they come"
