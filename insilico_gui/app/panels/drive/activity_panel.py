"""What a driven session did: rates, what the events changed, spikes, the recording."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from qtpy.QtWidgets import QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from insilico_gui.app.panels.drive.activity_plots import CoursesPlot
from insilico_gui.app.panels.panel import fill_box
from insilico_gui.app.panels.parts.analysis_panel import UnitAnalysisPanel
from insilico_gui.app.panels.parts.condition_curves import short_label
from insilico_gui.app.panels.parts.time_plots import TIME, HeatMap, RasterPlot
from insilico_gui.app.widgets.controls import check, choice, whole_number
from insilico_gui.app.widgets.unit_names import unit_names
from insilico_gui.stimuli import Drive, Recorded

if TYPE_CHECKING:
    import xarray as xr

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.drive import DriveSession
    from insilico_gui.experiment.resolved import Resolved

RATES, CHANGES, POPULATION, SPIKES, RECORDED = (
    "responses",
    "perturbation",
    "population rate",
    "spike raster",
    "recorded against simulated",
)
VIEWS = {
    "units over time": RATES,
    "what events change": CHANGES,
    "population": POPULATION,
    "spikes": SPIKES,
    "recorded, simulated": RECORDED,
}
"""What can be drawn, in words, and the analysis that finds it."""

EVERY = "all"
N_ELEMENTS = 200


class ActivityPanel(UnitAnalysisPanel):
    """Units by time of the drive on show, and what the session's analyses find."""

    title = "Activity"
    place = "bottom"
    order = 15
    names = frozenset({CHANGES, POPULATION, SPIKES, RECORDED})
    draws = frozenset(
        {
            *("session", "responses", "encoded", "results", "computing", "units"),
            *("selection", "shown", "reference", "view.unit_id"),
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._session: DriveSession | None = None
        self.about.setMinimumWidth(200)
        self.view_box = choice(
            lambda _: self._show_view(), "What is drawn", list(VIEWS), letters=12
        )
        self.series = choice(lambda _: self._show(), "What is drawn over time")
        self.group = choice(lambda _: self._asked(), "Whose spikes", letters=12)
        self.count = whole_number(
            N_ELEMENTS, (1, 5000), self._asked, "As many, evenly spread over the group"
        )
        self.control = check(
            "without the events", lambda _: self._asked(), "The spikes of the control"
        )
        self.heat, self.courses, self.raster = (
            HeatMap(TIME),
            CoursesPlot(),
            RasterPlot(TIME),
        )
        self.plots: tuple[QWidget, ...] = (self.heat, self.courses, self.raster)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(2)
        form.addRow("Show", self.view_box)
        self._form = form
        self._rows: dict[QWidget, str] = {
            self.series: POPULATION,
            self.group: SPIKES,
            self.count: SPIKES,
            self.control: SPIKES,
            self.unit: RECORDED,
        }
        for field, title in (
            (self.series, "Course"),
            (self.group, "Of"),
            (self.count, "How many"),
            (self.control, ""),
            (self.unit, "Unit"),
        ):
            form.addRow(title, field)
        controls = QVBoxLayout()
        controls.addLayout(form)
        controls.addWidget(self.compute_button)
        controls.addStretch(1)
        row = QHBoxLayout()
        row.addLayout(controls, 2)
        for plot in self.plots:
            plot.setMinimumHeight(90)
            row.addWidget(plot, 6)
        self.body.addWidget(self.about)
        self.body.addLayout(row, 1)

    @classmethod
    def is_offered(cls, now: Resolved) -> bool:
        """Whether the session is driven."""
        return now.drive_session is not None

    @property
    def view(self) -> str:
        """What is drawn: the analysis, or the responses."""
        return VIEWS[self.view_box.currentText()]

    # -- from the user -----------------------------------------------------------------

    def show_view(self, view: str) -> None:
        """Draw what an analysis finds, or the responses."""
        self.view_box.setCurrentText(next(k for k, v in VIEWS.items() if v == view))
        self._show_view()

    def compute(self) -> None:
        """Compute what is drawn, in the background."""
        if self.now.responses is None or self.view == RATES or self.is_computing:
            return
        given: dict[str, Any] = {}
        if self.view == SPIKES:
            group = self.group.currentText()
            given = {
                "group": None if group == EVERY else group,
                "n_elements": self.count.value(),
                "control": self.control.isChecked(),
            }
        self.desk.window.analyse(self.view, given)

    def _asked(self) -> None:
        """Other spikes are wanted, which takes a simulation: not before a click."""
        self._show()

    def _show_view(self) -> None:
        """Offer the fields of what is drawn; compute at once what is quick."""
        by_recording = self.view == RECORDED and self._is_of_recording
        if (self.view == POPULATION or by_recording) and self._found() is None:
            self.compute()
        self._show()

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Offer what the session can do, and show what was found."""
        session = self.now.drive_session
        if session is None:
            return
        if session is not self._session:
            self._session = session
            self._offer(session)
        self.offer_units()
        self._show()

    def draw_time(self) -> None:
        """Move the playheads."""
        for plot in (self.heat, self.courses, self.raster):
            plot.playhead.setValue(self.experiment.playback.time)

    def grow(self) -> None:
        """Responses have come."""
        if self.view == RATES:
            self._show()

    def recolor(self) -> None:
        """Draw in the colours of the theme."""
        self._show()

    def _offer(self, session: DriveSession) -> None:
        about = session.description
        able = {
            POPULATION: bool(about.series),
            SPIKES: about.has_spikes,
            RECORDED: bool(about.recordings),
        }
        fill_box(self.view_box, [t for t, v in VIEWS.items() if able.get(v, True)])
        fill_box(self.series, [name.replace("_", " ") for name in about.series])
        groups = [
            f"{kind}={name}" for kind, all_ in about.groups.items() for name in all_
        ]
        fill_box(self.group, [EVERY, *groups])

    def _found(self) -> xr.Dataset | None:
        """The latest result of what is drawn."""
        result = self.now.results.get(self.view)
        return None if result is None else result.dataset

    # -- drawing -----------------------------------------------------------------------

    def _show(self) -> None:
        view, now = self.view, self.now
        for field, needs in self._rows.items():
            self._form.setRowVisible(field, needs == view)
        self.compute_button.setText("Computing…" if self.is_computing else "Compute")
        self.compute_button.setEnabled(
            now.responses is not None and not self.is_computing
        )
        self.compute_button.setVisible(view in (CHANGES, SPIKES) or self._is_missing())
        shown, text = self._drawn()
        for plot in self.plots:
            plot.setVisible(plot is shown)
        self.about.setText(text)

    def _is_missing(self) -> bool:
        return self.view != RATES and self._found() is None

    def _drawn(self) -> tuple[QWidget | None, str]:
        """Draw what is chosen; the plot it is in, and what stands above."""
        if self.now.encoded is None or self.now.shown is None:
            return None, "Simulate a drive to see what the session does."
        if self.view == RATES:
            return self._show_rates()
        found = self._found()
        if found is None:
            return None, self._why_not()
        draw = {
            CHANGES: self._show_changes,
            POPULATION: self._show_population,
            SPIKES: self._show_spikes,
            RECORDED: self._show_recorded,
        }[self.view]
        return draw(found)

    def _why_not(self) -> str:
        """Why nothing is drawn of the analysis that is chosen."""
        if self.is_computing:
            return "Computing…"
        if self.now.responses is None:
            return "The simulation is not complete yet."
        stimulus = self.now.stimulus
        if self.view == CHANGES and isinstance(stimulus, Drive):
            if not stimulus.is_perturbed:
                return "This drive has no events; choose one that has, in the list of runs."
            return "Compute: the drive is simulated without its events, and subtracted."
        if self.view == SPIKES:
            return "Compute: the drive is simulated again, and spikes are kept."
        if self.view == RECORDED and not self._is_of_recording:
            return "Drive by a recording, and what followed in it is compared here."
        return "Nothing has been computed yet."

    @property
    def _is_of_recording(self) -> bool:
        """Whether the drive on show is of a recording."""
        stimulus = self.now.stimulus
        return isinstance(stimulus, Drive) and isinstance(stimulus.base, Recorded)

    def _names(self) -> list[str]:
        rows = self.now.encoded_rows[self.now.selected_columns]
        return unit_names(self.now.units, rows) if len(rows) else []

    def _label(self) -> str:
        return short_label(getattr(self.now.session, "response_label", "response"))

    def _show_rates(self) -> tuple[QWidget | None, str]:
        now, columns = self.now, self.now.selected_columns
        if now.encoded is None or now.shown is None:
            return None, ""
        if not len(columns):
            return None, "None of the encoded units is selected."
        n = now.encoded.moments.n_done
        if not n:
            return None, "Responses show here as they come."
        total = now.shown.n_items
        values = np.full((total, len(columns)), np.nan)
        values[:n] = now.encoded.moments.rows(0, n)[:, columns]
        times = np.arange(total) / now.shown.rate
        self.heat.show_units(values, times, self._names(), self._label())
        return self.heat, self._health()

    def _health(self) -> str:
        """What is wrong with the simulation, if anything is."""
        responses = self.now.responses
        said = [] if responses is None else responses.attrs.get("health", [])
        return "<br>".join(f"⚠ {escape(str(each))}" for each in said)

    def _show_changes(self, found: xr.Dataset) -> tuple[QWidget | None, str]:
        columns = self.now.selected_columns
        if not len(columns):
            return None, "None of the encoded units is selected."
        values = found["difference"].transpose("time", "unit").to_numpy()[:, columns]
        times = found["time"].to_numpy()
        self.heat.show_units(values, times, self._names(), self._label(), signed=True)
        return self.heat, "<b>with</b> minus <b>without</b> the events"

    def _show_population(self, found: xr.Dataset) -> tuple[QWidget | None, str]:
        name = self.series.currentText().replace(" ", "_")
        if name not in found:
            return None, ""
        times = found["time"].to_numpy()
        courses = [("this drive", found[name].to_numpy())]
        reference = self.now.reference
        other = {} if reference is None else reference.attrs.get("series", {})
        if name in other and len(other[name]["values"]) == len(times):
            courses.append(("compared with", np.asarray(other[name]["values"])))
        unit = str(found[name].attrs.get("units", ""))
        label = f"{self.series.currentText()}{f' ({unit})' if unit else ''}"
        step = 1 / self.now.shown.rate if self.now.shown is not None else 1.0
        self.courses.show_courses(times, courses, label, step_s=step)
        return self.courses, self._health()

    def _show_spikes(self, found: xr.Dataset) -> tuple[QWidget | None, str]:
        number = len(found["element_id"])
        spikes = pd.DataFrame(
            {
                "unit_id": [""] * found.sizes["spike"],
                "neuron": found["neuron"].to_numpy(),
                "time": found["time"].to_numpy(),
            }
        )
        # A last row that never spiked has a place too: a spike before the beginning
        last = pd.DataFrame({"unit_id": [""], "neuron": [number - 1], "time": [-1.0]})
        spikes = pd.concat([spikes, last], ignore_index=True)
        shown = self.now.shown
        end_s = 1.0 if shown is None else shown.n_items / shown.rate
        self.raster.show_spikes(spikes, [""], end_s)
        given = self.parameters_of(SPIKES)
        of = given.get("group") or "all"
        which = " without the events" if given.get("control") else ""
        element = (
            "elements" if self._session is None else self._session.description.element
        )
        n = found.sizes["spike"]
        text = f"{n:,} spikes of {number:,} {element}s ({escape(str(of))}){which}"
        return self.raster, text

    def _show_recorded(self, found: xr.Dataset) -> tuple[QWidget | None, str]:
        column = self.unit.column
        if column is None:
            return None, "None of the encoded units is selected."
        times = found["time"].to_numpy()
        step = float(np.diff(times).min()) if len(times) > 1 else 1.0
        pair = [
            (name, found[name].isel(unit=column).to_numpy().astype(float))
            for name in ("recorded", "simulated")
        ]
        self.courses.show_courses(times, pair, self._label(), step_s=step)
        result = self.now.results[RECORDED].columns
        r = (
            np.nan
            if result is None
            else float(result["recorded_correlation"].iloc[column])
        )
        said = (
            "does not vary" if np.isnan(r) else f"r = {r:.3f} over {len(times)} samples"
        )
        return self.courses, f"<b>{escape(self.unit.unit)}</b>: {said}"
