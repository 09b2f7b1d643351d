"""What a session of conditions does in a trial: units over time, choices, spikes."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from insilico_gui.app.panels.conditions.quality_plots import (
    AgreementPlot,
    RescalingPlot,
    in_words,
    unit_to_show,
)
from insilico_gui.app.panels.conditions.trial_fields import (
    CHOICES,
    DIFFERENCE,
    PSYCHOMETRIC,
    QUALITY,
    RESPONSES,
    SIMULATED,
    TUNING,
    TrialFields,
)
from insilico_gui.app.panels.conditions.trial_plots import (
    DensityPlot,
    ProbabilityPlot,
    PsychometricPlot,
)
from insilico_gui.app.panels.parts.analysis_panel import UnitAnalysisPanel
from insilico_gui.app.panels.parts.condition_curves import short_label
from insilico_gui.app.panels.parts.time_plots import HeatMap, RasterPlot
from insilico_gui.app.widgets.tuning_plots import CurvePlot, PairPlot
from insilico_gui.app.widgets.unit_names import unit_names
from insilico_gui.drawing.curves import Curve
from insilico_gui.experiment.unit_tables import ALONE
from insilico_gui.stimuli import ConditionTable

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.conditions import ConditionSession
    from insilico_gui.experiment.resolved import Resolved

    Floats = NDArray[np.float64]


class TrialsPanel(UnitAnalysisPanel):
    """Units by time of the condition on show, and what the session's analyses find."""

    title = "Trials"
    place = "bottom"
    order = 15
    names = frozenset({DIFFERENCE, TUNING, CHOICES, PSYCHOMETRIC, SIMULATED, QUALITY})
    draws = frozenset(
        {
            *("session", "responses", "encoded", "results", "computing", "units"),
            *("selection", "shown", "view.unit_id"),
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._session: ConditionSession | None = None
        self._condition = -1
        self._limits: tuple[object, tuple[float, float] | None] = (None, None)
        self._then_curve = False
        self.about.setMinimumWidth(200)
        self.fields = TrialFields(self._show_view, self.compute, self.unit)
        self.heat, self.matrix, self.tuned = HeatMap(), PairPlot(), CurvePlot()
        self.bars, self.densities = ProbabilityPlot(), DensityPlot()
        self.curve, self.raster = PsychometricPlot(), RasterPlot()
        self.rescaling, self.agreement = RescalingPlot(), AgreementPlot()
        self.plots: tuple[QWidget, ...] = (
            *(self.heat, self.matrix, self.tuned, self.bars, self.densities),
            *(self.curve, self.raster, self.rescaling, self.agreement),
        )
        row = QHBoxLayout()
        controls = QVBoxLayout()
        controls.addWidget(self.fields)
        controls.addWidget(self.compute_button)
        controls.addStretch(1)
        row.addLayout(controls, 2)
        for plot in self.plots:
            plot.setMinimumHeight(90)
            row.addWidget(plot, 4)
        self.body.addWidget(self.about)
        self.body.addLayout(row, 1)
        self._show_view()

    @classmethod
    def is_offered(cls, now: Resolved) -> bool:
        """Whether the session answers named conditions."""
        return now.condition_session is not None

    # -- from the user -----------------------------------------------------------------

    def show_view(self, view: str) -> None:
        """Draw what an analysis finds, or the responses."""
        self.fields.use_view(view)
        self._show_view()

    def compute(self) -> None:
        """Compute what is drawn, in the background."""
        view = self.fields.view
        if view == QUALITY:
            self.desk.window.analyse(view, self.fields.given(view))
            return
        if self.now.responses is None or view == RESPONSES:
            return
        if view == DIFFERENCE and len(set(self.fields.given(view).values())) < 2:
            return
        if view == PSYCHOMETRIC and not self.fields.action.count():
            # Which actions there are is known from the choices
            self._then_curve = True
            view = CHOICES
        self.desk.window.analyse(view, self.fields.given(view))

    def _show_view(self) -> None:
        """Offer the fields of what is drawn, and draw it; compute it the first time."""
        view = self.fields.view
        self.fields.show_fields()
        is_new = view not in (RESPONSES, QUALITY) and self._found(view) is None
        if is_new and self.now.responses is not None and not self.is_computing:
            self.compute()
        self._show()

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Offer what the session can do, and show what was found."""
        session = self.now.condition_session
        if session is None:
            return
        if session is not self._session:
            self._session = session
            self.fields.offer_session(session)
        self._offer(changed)
        self.offer_units()
        self._show()
        if self._then_curve and self.fields.action.count():
            self._then_curve = False
            if self.fields.view == PSYCHOMETRIC:
                self.compute()

    def draw_time(self) -> None:
        """Move the playheads; another condition is drawn anew."""
        shown = self.now.shown
        if shown is None or shown.times is None or self.now.condition_session is None:
            return
        time = shown.times[self.experiment.playback.frame % shown.n_times]
        for plot in (self.heat, self.densities, self.raster):
            plot.playhead.setValue(time)
        if self.frame_on_show != self._condition:
            self._show()

    def grow(self) -> None:
        """Responses have come."""
        self._show()

    def recolor(self) -> None:
        """Draw in the colours of the theme."""
        self._show()

    def _offer(self, changed: frozenset[str]) -> None:
        """Offer the conditions on show, and the actions once they are known."""
        shown, found = self.now.shown, self._found(CHOICES)
        if "shown" in changed or not self.fields.over.count():
            labels = () if shown is None else shown.labels
            self.fields.offer_table(self._table(), labels)
        if found is not None:
            self.fields.offer_actions(
                [str(name) for name in found["action"].to_numpy()]
            )

    def _table(self) -> pd.DataFrame:
        """The conditions that are on show."""
        stimulus = self.now.stimulus
        return (
            stimulus.table if isinstance(stimulus, ConditionTable) else pd.DataFrame()
        )

    def _found(self, view: str) -> xr.Dataset | None:
        """The latest result of an analysis of what is on show."""
        for name in reversed(list(self.now.results)):
            what = name.removesuffix(f" of {ALONE}")
            if what == view or what.startswith(f"{view} to "):
                return self.now.results[name].dataset
        return None

    # -- drawing -----------------------------------------------------------------------

    def _show(self) -> None:
        """Draw what is chosen, of the condition on show."""
        self._condition = self.frame_on_show
        view = self.fields.view
        self.compute_button.setText("Computing…" if self.is_computing else "Compute")
        has_what_it_needs = self.now.responses is not None or view == QUALITY
        self.compute_button.setEnabled(has_what_it_needs and not self.is_computing)
        found = None if view == RESPONSES else self._found(view)
        # What is quick is computed as soon as a field is another
        by_hand = view in (SIMULATED, QUALITY) or (view != RESPONSES and found is None)
        self.compute_button.setVisible(by_hand)
        shown: tuple[QWidget, ...] = ()
        text = ""
        if view != QUALITY and (self.now.encoded is None or self.now.shown is None):
            text = "Show conditions to see trials."
        elif view == RESPONSES:
            shown, text = self._show_responses()
        elif found is None:
            text = (
                "Computing…" if self.is_computing else "Nothing has been computed yet."
            )
        else:
            draw = {
                DIFFERENCE: self._show_difference,
                TUNING: self._show_tuning,
                CHOICES: self._show_choices,
                PSYCHOMETRIC: self._show_psychometric,
                SIMULATED: self._show_simulated,
                QUALITY: self._show_quality,
            }[view]
            shown, text = draw(found)
        for plot in self.plots:
            plot.setVisible(plot in shown)
        self.about.setText(text)

    def _names(self) -> list[str]:
        """Names of the selected units, in the order of the columns."""
        rows = self.now.encoded_rows[self.now.selected_columns]
        return unit_names(self.now.units, rows) if len(rows) else []

    @property
    def _response_label(self) -> str:
        return short_label(getattr(self.now.session, "response_label", "response"))

    def _label(self, condition: int) -> str:
        shown = self.now.shown
        labels = () if shown is None else shown.labels
        return escape(labels[condition]) if 0 <= condition < len(labels) else ""

    def _show_responses(self) -> tuple[tuple[QWidget, ...], str]:
        now, columns = self.now, self.now.selected_columns
        if now.encoded is None or now.shown is None or now.shown.times is None:
            return (), ""
        if not len(columns):
            return (), "None of the encoded units is selected."
        start = self._condition * now.n_times
        if now.encoded.moments.n_done < start + now.n_times:
            return (), "Responses show here as they come."
        responses = now.encoded.moments.rows(start, start + now.n_times)
        values, label = responses[:, columns].astype(float), self._response_label
        self.heat.show_units(
            values, now.shown.times, self._names(), label, limits=self._ends(columns)
        )
        return (self.heat,), f"<b>{self._label(self._condition)}</b>"

    def _ends(self, columns: NDArray[np.int64]) -> tuple[float, float] | None:
        """Smallest and largest response to any condition, once all are there."""
        responses = self.now.responses
        if responses is None:
            return None
        key = (responses, tuple(columns.tolist()))
        before, limits = self._limits
        same = isinstance(before, tuple) and before[0] is responses
        if not same or before[1] != key[1]:  # type: ignore[index]
            values = responses.isel(unit=columns).to_numpy()
            known = bool(np.isfinite(values).any())
            ends = (float(np.nanmin(values)), float(np.nanmax(values)))
            limits = ends if known else None
            self._limits = key, limits
        return limits

    def _show_difference(self, found: xr.Dataset) -> tuple[tuple[QWidget, ...], str]:
        columns, about = self.now.selected_columns, found.attrs["analysis"]
        values = found["difference"].transpose("time", "unit").to_numpy()[:, columns]
        times, label = found["time"].to_numpy(), self._response_label
        self.heat.show_units(values, times, self._names(), label, signed=True)
        first, second = self._label(about["first"]), self._label(about["second"])
        return (self.heat,), f"<b>{first}</b> minus <b>{second}</b>"

    def _show_tuning(self, found: xr.Dataset) -> tuple[tuple[QWidget, ...], str]:
        column, names = self.unit.column, found.attrs["analysis"]["parameters"]
        if column is None:
            return (), "None of the encoded units is selected."
        curve = found["curve"].isel(unit=column).to_numpy()
        levels = [found[name].to_numpy() for name in names]
        text = f"<b>unit {escape(self.unit.unit)}</b>: mean over the trial"
        if len(names) == 2 and all(each.dtype.kind in "fiu" for each in levels):
            pair = (names[0], names[1]), (levels[0], levels[1])
            self.matrix.show_pair(*pair, curve, self._response_label)
            return (self.matrix,), text
        if len(names) == 2 or levels[0].dtype.kind not in "fiu":
            return (), f"{text}; its levels are texts: see the panel Analyses."
        self.tuned.setLabel("left", self._response_label)
        self.tuned.show_curve(
            Curve(
                names[0],
                levels[0].astype(float),
                curve,
                found["sem"].isel(unit=column).to_numpy(),
                found[f"trial_{names[0]}"].to_numpy().astype(float),
                found["trial_response"].isel(unit=column).to_numpy(),
            )
        )
        return (self.tuned,), text

    def _show_choices(self, found: xr.Dataset) -> tuple[tuple[QWidget, ...], str]:
        choices = [str(name) for name in found["choice"].to_numpy()]
        probability = found["probability"].transpose("trial", "choice").to_numpy()
        at = min(max(self._condition, 0), len(probability) - 1)
        self.bars.show_choices(probability, choices, self._table(), at)
        density = found["density"].isel(trial=at).transpose("action", "time")
        self.densities.show_densities(
            found["time"].to_numpy(), density.to_numpy(), choices, f"condition {at + 1}"
        )
        return (self.bars, self.densities), _warned(found)

    def _show_psychometric(self, found: xr.Dataset) -> tuple[tuple[QWidget, ...], str]:
        self.curve.show_curve(found)
        return (self.curve,), _warned(found)

    def _show_quality(self, found: xr.Dataset) -> tuple[tuple[QWidget, ...], str]:
        wanted = None if self.unit.column is None else self.unit.unit
        at = unit_to_show(found, wanted)
        self.rescaling.show_unit(found, at)
        shown: tuple[QWidget, ...] = (self.rescaling,)
        if "level" in found.coords:
            self.agreement.show_choices(found)
            shown = (self.rescaling, self.agreement)
        return shown, in_words(found, at)

    def _show_simulated(self, found: xr.Dataset) -> tuple[tuple[QWidget, ...], str]:
        spikes = found.to_dataframe()
        ids = set(spikes["unit_id"].astype(str))
        units = [name for name in self._names() if name in ids]
        here = spikes[spikes["trial"] == self._condition]
        times = None if self.now.shown is None else self.now.shown.times
        end_s = 1.0 if times is None else float(times[-1])
        drawn = self.raster.show_spikes(here, units, end_s)
        seed = found.attrs["analysis"]["seed"]
        text = f"<b>{self._label(self._condition)}</b>: {drawn}, seed {seed}"
        return (self.raster,), text


def _warned(found: xr.Dataset) -> str:
    """What has to be said beside probabilities, or else how they were read."""
    attrs = found.attrs
    text = escape(str(attrs.get("meaning", "")))
    if attrs.get("warning"):
        text = f"⚠ {escape(str(attrs['warning']))}"
    return f"<b>Reading {escape(str(attrs.get('reading', '')))}</b> {text}"
