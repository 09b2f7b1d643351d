"""Direction tuning of the selected units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
)

from insilico_gui.analysis import direction_tuning, tuning_columns
from insilico_gui.app.panel import Panel, plot_widget, text_label
from insilico_gui.app.traces_panel import MEAN_COLOR

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from insilico_gui.app.jobs import Job, Jobs
    from insilico_gui.experiment import Experiment

TRIAL_COLOR = (150, 200, 255, 160)
DIRECTION_TUNING = "direction tuning"
INDICES = ("OSI_fit", "DSI_raw", "gOSI", "gDSI")


class TuningPanel(Panel):
    """Responses against direction, Cartesian and polar, and the indices.

    Shows one unit of the selection at a time, or the mean over the selection.
    """

    title = "Tuning"

    def __init__(self, experiment: Experiment, jobs: Jobs) -> None:
        super().__init__(experiment, jobs)
        self.body.setContentsMargins(2, 2, 2, 2)
        self.compute_button = QPushButton("Compute tuning")
        self.compute_button.clicked.connect(self.compute)
        self.latency = QDoubleSpinBox()
        self.latency.setRange(0.0, 5.0)
        self.latency.setSingleStep(0.05)
        self.latency.setSuffix(" s")
        self.latency.setToolTip(
            "The response window starts this long after the stimulus"
        )
        self.unit = QSpinBox()
        self.unit.setSpecialValueText("mean")
        self.unit.setToolTip("0: mean of the selection; n: its n-th unit")
        self.unit.valueChanged.connect(self._draw)
        self.indices = text_label()
        self.indices.setWordWrap(False)  # or the plots would not shrink to the dock

        form = QFormLayout()
        form.addRow("Latency", self.latency)
        form.addRow("Unit", self.unit)
        controls = QVBoxLayout()
        controls.addLayout(form)
        controls.addWidget(self.compute_button)
        controls.addStretch(1)

        self.cartesian = plot_widget()
        self.cartesian.setLabel("bottom", "direction (deg)")
        self.cartesian.setLabel("left", "response")
        self.polar = plot_widget()
        self.polar.setAspectLocked(True)
        self.polar.hideAxis("bottom")
        self.polar.hideAxis("left")
        for plot in (self.cartesian, self.polar):
            plot.setMinimumHeight(60)
        self.cartesian.setXRange(-10, 370)
        self.cartesian.getAxis("bottom").setTicks(
            [[(angle, str(angle)) for angle in range(0, 361, 90)]]
        )

        row = QHBoxLayout()
        row.addLayout(controls, 2)
        row.addWidget(self.cartesian, 5)
        row.addWidget(self.polar, 3)
        self.body.addWidget(self.indices)
        self.body.addLayout(row, 1)

        for signal in (
            experiment.responses_changed,
            experiment.job_changed,
            experiment.stimulus_changed,
        ):
            signal.connect(self._show_state)
        experiment.selection_changed.connect(self._selection_changed)
        experiment.analysis_changed.connect(self._analysis_changed)
        self._show_state()

    # -- from the user -----------------------------------------------------------------

    def compute(self) -> None:
        """Compute the tuning of every encoded unit, in the background."""
        responses, latency_s = self.experiment.responses, self.latency.value()
        if responses is None:
            return
        self.compute_button.setEnabled(False)

        def work() -> tuple[xr.DataArray, xr.Dataset, pd.DataFrame]:
            tuning = direction_tuning(responses, latency_s=latency_s)
            return responses, tuning, tuning_columns(tuning)

        self.jobs.start(
            "Computing tuning", work, on_return=self._use, on_end=self._ended
        )

    def _use(self, result: tuple[xr.DataArray, xr.Dataset, pd.DataFrame]) -> None:
        responses, tuning, columns = result
        if responses is self.experiment.responses:
            self.attempt(
                self.experiment.use_analysis, DIRECTION_TUNING, tuning, columns
            )

    def _ended(self, _job: Job) -> None:
        self._show_state()

    # -- from the state ----------------------------------------------------------------

    def _show_state(self) -> None:
        responses = self.experiment.responses
        has_directions = responses is not None and "direction" in responses.attrs.get(
            "trials", {}
        )
        self.compute_button.setEnabled(has_directions)
        if responses is None:
            self.indices.setText("Encode drifting gratings to compute tuning.")
        elif not has_directions:
            self.indices.setText("The stimulus has no trials with a direction.")
        elif DIRECTION_TUNING not in self.experiment.analyses:
            self.indices.setText("")
        self._draw()

    def _analysis_changed(self, name: str) -> None:
        if name == DIRECTION_TUNING:
            self._selection_changed()

    def _selection_changed(self) -> None:
        self.unit.blockSignals(True)
        self.unit.setRange(0, len(self.experiment.selected_columns()))
        self.unit.blockSignals(False)
        self._draw()

    def _draw(self) -> None:
        self.cartesian.clear()
        self.polar.clear()
        tuning = self.experiment.analyses.get(DIRECTION_TUNING)
        columns = self.experiment.selected_columns()
        if tuning is None or len(columns) == 0:
            return
        number = self.unit.value()
        chosen = columns if number == 0 else columns[[number - 1]]
        directions = tuning["direction"].to_numpy()
        curve = tuning["curve"].to_numpy()[:, chosen].mean(axis=1)
        trials = tuning["trial_response"].to_numpy()[:, chosen].mean(axis=1)
        shown = tuning["trial_direction"].to_numpy()
        order = np.argsort(directions)
        self._draw_cartesian(directions[order], curve[order], shown, trials)
        self._draw_polar(directions[order], curve[order], shown, trials)
        self.indices.setText(self._describe(chosen, number))

    def _draw_cartesian(
        self,
        directions: np.ndarray,
        curve: np.ndarray,
        shown: np.ndarray,
        trials: np.ndarray,
    ) -> None:
        self.cartesian.plot(
            shown,
            trials,
            pen=None,
            symbol="o",
            symbolSize=5,
            symbolBrush=TRIAL_COLOR,
            symbolPen=None,
        )
        self.cartesian.plot(
            directions,
            curve,
            pen=pg.mkPen(MEAN_COLOR, width=2),
            symbol="s",
            symbolSize=5,
        )
        self.cartesian.setYRange(0, max(np.nanmax(trials) * 1.05, 1e-9), padding=0)

    def _draw_polar(
        self,
        directions: np.ndarray,
        curve: np.ndarray,
        shown: np.ndarray,
        trials: np.ndarray,
    ) -> None:
        radius = max(float(np.nanmax(trials)), 1e-9)
        circle = np.linspace(0, 2 * np.pi, 91)
        for fraction in (0.5, 1.0):
            self.polar.plot(
                fraction * radius * np.cos(circle),
                fraction * radius * np.sin(circle),
                pen=pg.mkPen((120, 120, 120), width=1),
            )
        for angle in range(0, 360, 90):
            text = pg.TextItem(f"{angle}°", color=(170, 170, 170), anchor=(0.5, 0.5))
            text.setPos(
                1.18 * radius * np.cos(np.deg2rad(angle)),
                1.18 * radius * np.sin(np.deg2rad(angle)),
            )
            self.polar.addItem(text)
        angles = np.deg2rad(shown)
        self.polar.plot(
            trials * np.cos(angles),
            trials * np.sin(angles),
            pen=None,
            symbol="o",
            symbolSize=4,
            symbolBrush=TRIAL_COLOR,
            symbolPen=None,
        )
        around = np.deg2rad(np.append(directions, directions[0]))
        closed = np.append(curve, curve[0])
        self.polar.plot(
            closed * np.cos(around),
            closed * np.sin(around),
            pen=pg.mkPen(MEAN_COLOR, width=2),
        )
        self.polar.setXRange(-1.3 * radius, 1.3 * radius, padding=0)
        self.polar.setYRange(-1.3 * radius, 1.3 * radius, padding=0)

    def _describe(self, chosen: np.ndarray, number: int) -> str:
        units = self.experiment.units
        rows = self.experiment.job_indices()[chosen]
        if number:
            unit = units.iloc[rows[0]]
            parts = [f"<b>unit {unit['unit_id']}</b>"]
            parts.append(f"preferred direction {unit['pref_dir']:.0f}°")
            values = unit
        else:
            parts = [f"<b>median of {len(rows):,} units</b>"]
            values = units.iloc[rows].median(numeric_only=True)
        parts += [f"{name} {values[name]:.2f}" for name in INDICES if name in values]
        return " &nbsp; ".join(parts)
