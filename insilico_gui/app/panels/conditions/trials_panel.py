"""What a session of conditions does in a trial: units over time, choices, spikes."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from qtpy.QtWidgets import QFormLayout, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from insilico_gui.app.panels.conditions.trial_plots import (
    DensityPlot,
    HeatMap,
    ProbabilityPlot,
    PsychometricPlot,
    RasterPlot,
)
from insilico_gui.app.panels.panel import fill_box
from insilico_gui.app.panels.parts.analysis_panel import UnitAnalysisPanel, offered
from insilico_gui.app.panels.parts.condition_curves import short_label
from insilico_gui.app.widgets.controls import check, choice, whole_number
from insilico_gui.app.widgets.tuning_plots import Curve, CurvePlot, PairPlot
from insilico_gui.app.widgets.unit_names import unit_names
from insilico_gui.conditions import ChoosingSession, SpikingSession
from insilico_gui.stimuli import ConditionTable

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.resolved import Resolved

    Floats = NDArray[np.float64]

RESPONSES, DIFFERENCE, TUNING, CHOICES, PSYCHOMETRIC, SIMULATED = (
    "responses",
    "condition difference",
    "condition tuning",
    "choices",
    "psychometric curve",
    "simulated trials",
)
FIELDS = {
    RESPONSES: (),
    DIFFERENCE: ("first", "second"),
    TUNING: ("parameter", "unit"),
    CHOICES: ("reading",),
    PSYCHOMETRIC: ("over", "action", "reading", "answered"),
    SIMULATED: ("seed", "neurons"),
}
"""What is shown, by the analysis that finds it, and the fields that each needs."""

RECORDED = "recorded"


class TrialsPanel(UnitAnalysisPanel):
    """Units by time of the condition on show, and what the session's analyses find."""

    title = "Trials"
    place = "bottom"
    order = 15
    names = frozenset({DIFFERENCE, TUNING, CHOICES, PSYCHOMETRIC, SIMULATED})
    draws = frozenset(
        {
            *("session", "responses", "encoded", "results", "computing", "units"),
            *("selection", "shown", "view.unit_id"),
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._condition = -1
        self._limits: tuple[object, tuple[float, float] | None] = (None, None)
        self._then_curve = False
        self.about.setMinimumWidth(200)
        self.view = choice(self._show_view, "What is drawn", [RESPONSES], letters=9)
        self.first = choice(self._compare, "The condition", letters=9)
        self.second = choice(
            self._compare, "The condition that is subtracted from it", letters=9
        )
        self.parameter = choice(
            self._compute_again, "Two parameters make a matrix for each unit", letters=9
        )
        self.over = choice(self._compute_again, "What is on the axis", letters=9)
        self.action = choice(self._compute_again, letters=9)
        self.reading = choice(
            self._compute_again, "How probabilities are read from the model", letters=9
        )
        self.answered = check(
            "of trials with an action", self._compute_again, "Instead of all trials"
        )
        self.seed = whole_number(
            0, (0, 1_000_000), lambda: None, "The same seed gives the same spikes"
        )
        self.neurons = whole_number(
            0, (0, 100_000), lambda: None, "Neurons of each unit"
        )
        self.neurons.setSpecialValueText(RECORDED)
        for box in (self.seed, self.neurons):
            box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.heat, self.matrix, self.tuned = HeatMap(), PairPlot(), CurvePlot()
        self.bars, self.densities = ProbabilityPlot(), DensityPlot()
        self.curve, self.raster = PsychometricPlot(), RasterPlot()
        self.plots: tuple[QWidget, ...] = (
            *(self.heat, self.matrix, self.tuned, self.bars, self.densities),
            *(self.curve, self.raster),
        )
        row = QHBoxLayout()
        row.addLayout(self._controls(), 2)
        for plot in self.plots:
            plot.setMinimumHeight(90)
            row.addWidget(plot, 4)
        self.body.addWidget(self.about)
        self.body.addLayout(row, 1)
        self._show_view()

    def _controls(self) -> QVBoxLayout:
        self._form = form = QFormLayout()
        form.setVerticalSpacing(2)
        form.addRow("Show", self.view)
        self._rows: dict[str, QWidget] = {
            "first": self.first,
            "second": self.second,
            "parameter": self.parameter,
            "over": self.over,
            "action": self.action,
            "reading": self.reading,
            "answered": self.answered,
            "seed": self.seed,
            "neurons": self.neurons,
            "unit": self.unit,
        }
        titles = {"second": "minus", "parameter": "Tuning to", "answered": ""}
        for name, field in self._rows.items():
            form.addRow(titles.get(name, name.capitalize()), field)
        controls = QVBoxLayout()
        controls.addLayout(form)
        controls.addWidget(self.compute_button)
        controls.addStretch(1)
        return controls

    @classmethod
    def is_offered(cls, now: Resolved) -> bool:
        """Whether the session answers named conditions."""
        return now.condition_session is not None

    # -- from the user -----------------------------------------------------------------

    def show_view(self, view: str) -> None:
        """Draw something else: a text of the box :attr:`view`."""
        self.view.setCurrentText(view)
        self._show_view()

    def compute(self) -> None:
        """Compute what is drawn, in the background."""
        view = self.view.currentText()
        if self.now.responses is None or view == RESPONSES:
            return
        if view == PSYCHOMETRIC and not self.action.count():
            # Which actions there are is known from the choices
            self._then_curve = True
            view = CHOICES
        self.desk.window.analyse(view, self._given(view))

    def _given(self, view: str) -> dict[str, Any]:
        """Parameters of an analysis, as the fields have them."""
        if view == DIFFERENCE:
            first, second = self.first.currentIndex(), self.second.currentIndex()
            return {"first": first, "second": second}
        if view == TUNING:
            return {"parameter": self.parameter.currentText()}
        if view == SIMULATED:
            n = self.neurons.value() or None
            return {"seed": self.seed.value(), "n_neurons": n}
        reading = self.reading.currentText()
        if view == CHOICES:
            return {"reading": reading}
        return {
            "over": self.over.currentText(),
            "action": self.action.currentText(),
            "of_answered": self.answered.isChecked(),
            "reading": reading,
        }

    def _compare(self, _label: str) -> None:
        if self.first.currentIndex() != self.second.currentIndex():
            self.compute()

    def _compute_again(self, *_: object) -> None:
        self.compute()

    def _show_view(self, *_: object) -> None:
        """Offer the fields of what is drawn, and draw it; compute it the first time."""
        view = self.view.currentText()
        for name, field in self._rows.items():
            self._form.setRowVisible(field, name in FIELDS[view])
        if view == PSYCHOMETRIC and not self.action.count():
            self._form.setRowVisible(self.action, False)
        self.compute_button.setVisible(view != RESPONSES)
        is_new = self.now.responses is not None and self._found(view) is None
        if view != RESPONSES and is_new and not self.is_computing:
            if view != DIFFERENCE or self.first.count() > 1:
                self.compute()
        self._show()

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Offer what the session can do, and show what was found."""
        if self.now.condition_session is None:
            return
        if changed & {"session", "shown", "results"} or not self.over.count():
            self._offer()
        self.offer_units()
        self._show()
        if self._then_curve and self.action.count():
            self._then_curve = False
            if self.view.currentText() == PSYCHOMETRIC:
                self._show_view()

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

    def _offer(self) -> None:
        session, table = self.now.condition_session, self._table()
        views = [RESPONSES, DIFFERENCE, TUNING]
        if isinstance(session, ChoosingSession):
            views += [CHOICES, PSYCHOMETRIC]
            fill_box(self.reading, list(session.readings))
            for k, meaning in enumerate(session.readings.values()):
                self.reading.setItemData(k, meaning, 3)
        if isinstance(session, SpikingSession):
            views.append(SIMULATED)
        if views != offered(self.view):
            fill_box(self.view, views)
        labels = [] if self.now.shown is None else list(self.now.shown.labels)
        names = [f"{k + 1}: {label}" for k, label in enumerate(labels)]
        if names != offered(self.first):
            for box, at in ((self.first, 0), (self.second, 1)):
                fill_box(box, names)
                box.setCurrentIndex(min(at, len(names) - 1))
        varying = [c for c in table if table[c].nunique() > 1] or list(table.columns)
        pairs = [f"{a} x {b}" for k, a in enumerate(varying) for b in varying[k + 1 :]]
        fill_box(self.parameter, [*pairs, *varying])
        numeric = [c for c in varying if table[c].dtype.kind in "fiu"]
        minus = [f"{b} - {a}" for k, a in enumerate(numeric) for b in numeric[k + 1 :]]
        fill_box(self.over, [*minus, *numeric])
        found = self._found(CHOICES)
        if found is not None:
            actions = [str(name) for name in found["action"].to_numpy()]
            if actions != offered(self.action):
                fill_box(self.action, actions)
                self.action.setCurrentIndex(len(actions) - 1)

    def _table(self) -> pd.DataFrame:
        """The conditions that are on show."""
        stimulus = self.now.stimulus
        return (
            stimulus.table if isinstance(stimulus, ConditionTable) else pd.DataFrame()
        )

    def _found(self, view: str) -> xr.Dataset | None:
        """The latest result of an analysis of what is on show."""
        for name in reversed(list(self.now.results)):
            if name == view or name.startswith(f"{view} to "):
                return self.now.results[name].dataset
        return None

    # -- drawing -----------------------------------------------------------------------

    def _show(self) -> None:
        """Draw what is chosen, of the condition on show."""
        self._condition = self.frame_on_show
        view = self.view.currentText()
        self.compute_button.setText("Computing…" if self.is_computing else "Compute")
        self.compute_button.setEnabled(
            self.now.responses is not None and not self.is_computing
        )
        found = None if view == RESPONSES else self._found(view)
        shown: tuple[QWidget, ...] = ()
        text = ""
        if self.now.encoded is None or self.now.shown is None:
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
            }[view]
            shown, text = draw(found)
        for plot in self.plots:
            plot.setVisible(plot in shown)
        self.about.setText(text)

    def _names(self) -> list[str]:
        """Names of the selected units, in the order of the columns."""
        rows = self.now.encoded_rows[self.now.selected_columns]
        return unit_names(self.now.units, rows) if len(rows) else []

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
        values = now.encoded.moments.rows(start, start + now.n_times)[:, columns]
        label = short_label(getattr(now.session, "response_label", "response"))
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
        label = short_label(getattr(self.now.session, "response_label", "response"))
        times = found["time"].to_numpy()
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
            self.matrix.show_pair((names[0], names[1]), (levels[0], levels[1]), curve)
            return (self.matrix,), text
        if len(names) == 2 or levels[0].dtype.kind not in "fiu":
            return (), f"{text}; its levels are texts: see the panel Analyses."
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
        table = self._table()
        varying = [c for c in table if table[c].nunique() > 1] or list(table.columns)
        rows = table[varying].itertuples(index=False, name=None)
        names = [
            "/".join(c if isinstance(c, str) else f"{c:g}" for c in row) for row in rows
        ]
        self.bars.show_choices(probability, choices, names, at)
        density = found["density"].isel(trial=at).transpose("action", "time")
        self.densities.show_densities(
            found["time"].to_numpy(), density.to_numpy(), choices, self._label(at)
        )
        return (self.bars, self.densities), _warned(found)

    def _show_psychometric(self, found: xr.Dataset) -> tuple[tuple[QWidget, ...], str]:
        self.curve.show_curve(found)
        return (self.curve,), _warned(found)

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
    """How probabilities were read, and what has to be said beside them."""
    attrs = found.attrs
    text = f"<b>Reading {escape(str(attrs.get('reading', '')))}</b>: "
    text += escape(str(attrs.get("meaning", "")))
    if attrs.get("warning"):
        text += f"<br>⚠ {escape(str(attrs['warning']))}"
    return text
