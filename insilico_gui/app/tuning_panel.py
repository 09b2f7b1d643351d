"""Tuning of the selected units to whatever the trials vary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
)

from insilico_gui.analysis import VonMisesFit, trial_table
from insilico_gui.analysis.choices import parameters, tune
from insilico_gui.app.colors import period
from insilico_gui.app.panel import Panel, text_label
from insilico_gui.app.tuning_plots import Curve, CurvePlot, PairPlot, PolarPlot

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.app.jobs import Job, Jobs
    from insilico_gui.experiment import Experiment

SHOWN_FIRST = ("pref_dir", "OSI_fit", "DSI_raw", "gOSI", "gDSI")
"""Columns worth a place in the one line of text, where a tuning has them."""

N_COLUMNS = 5
FIT_FIELDS = ("mu", "kappa", "phi", "amplitude", "baseline", "mse", "success")


def analysis_name(parameter: str) -> str:
    """Name under which an experiment keeps the tuning to a parameter."""
    return f"{parameter} tuning"


class TuningPanel(Panel):
    """Responses against a parameter of the trials: curve, polar plot or map.

    Shows one unit of the selection at a time, or the mean over the selection.
    """

    title = "Tuning"

    def __init__(self, experiment: Experiment, jobs: Jobs) -> None:
        super().__init__(experiment, jobs)
        self.body.setContentsMargins(2, 2, 2, 2)
        self._computing: Job | None = None
        self.parameter = QComboBox()
        self.parameter.setMinimumContentsLength(9)
        self.parameter.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.parameter.currentTextChanged.connect(self._draw)
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
        self.unit.setMinimumWidth(90)
        self.unit.setToolTip("0: mean of the selection; n: its n-th unit")
        self.unit.valueChanged.connect(self._draw)
        self.indices = text_label()
        self.indices.setWordWrap(False)  # or the plots would not shrink to the dock

        form = QFormLayout()
        form.setVerticalSpacing(2)
        form.addRow("Tuning to", self.parameter)
        form.addRow("Latency", self.latency)
        form.addRow("Unit", self.unit)
        controls = QVBoxLayout()
        controls.addLayout(form)
        controls.addWidget(self.compute_button)
        controls.addStretch(1)
        self.cartesian, self.polar, self.pair = CurvePlot(), PolarPlot(), PairPlot()

        row = QHBoxLayout()
        row.addLayout(controls, 2)
        row.addWidget(self.cartesian, 5)
        row.addWidget(self.pair, 5)
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
        parameter = self.parameter.currentText()
        if responses is None or not parameter:
            return

        def take(result: tuple[xr.Dataset, pd.DataFrame]) -> None:
            if responses is self.experiment.responses:
                name = analysis_name(parameter)
                self.attempt(self.experiment.use_analysis, name, *result)

        self._computing = self.jobs.start(
            f"Computing {analysis_name(parameter)}",
            lambda: tune(responses, parameter, latency_s=latency_s),
            on_return=take,
            on_end=self._ended,
        )
        self._show_state()

    def _ended(self, _job: Job) -> None:
        self._computing = None
        self._show_state()

    # -- from the state ----------------------------------------------------------------

    def _show_state(self) -> None:
        responses = self.experiment.responses
        names: list[str] = []
        if responses is not None and "trials" in responses.attrs:
            names = parameters(trial_table(responses))
        if names != [self.parameter.itemText(i) for i in range(self.parameter.count())]:
            self.parameter.blockSignals(True)
            self.parameter.clear()
            self.parameter.addItems(names)
            self.parameter.blockSignals(False)
        self.compute_button.setEnabled(bool(names) and self._computing is None)
        self._draw()

    def _analysis_changed(self, _name: str) -> None:
        self._selection_changed()

    def _selection_changed(self) -> None:
        self.unit.blockSignals(True)
        self.unit.setRange(0, len(self.experiment.selected_columns()))
        self.unit.blockSignals(False)
        self._draw()

    def _draw(self, *_: object) -> None:
        parameter = self.parameter.currentText()
        tuning = self.experiment.analyses.get(analysis_name(parameter))
        columns = self.experiment.selected_columns()
        is_pair = " x " in parameter
        self.cartesian.setVisible(not is_pair)
        self.pair.setVisible(is_pair)
        self.polar.setVisible(parameter in ("", "direction"))
        self.unit.setEnabled(tuning is not None)
        if tuning is None or len(columns) == 0:
            self.cartesian.show_curve(None)
            self.polar.show_curve(None)
            self.pair.setVisible(False)
            self.indices.setText(self._why_empty(parameter, len(columns)))
            return
        number = self.unit.value()
        chosen = columns if number == 0 else columns[[number - 1]]
        if is_pair:
            first, second = parameter.split(" x ")
            levels = tuning[first].to_numpy(), tuning[second].to_numpy()
            curve = tuning["curve"].transpose(first, second, "unit").to_numpy()
            mean = curve[..., chosen].mean(axis=-1)
            self.pair.show_pair((first, second), levels, mean)
        else:
            shown = _curve(tuning, parameter, chosen)
            self.cartesian.show_curve(shown)
            self.polar.show_curve(shown if parameter == "direction" else None)
        self.indices.setText(self._describe(parameter, tuning, chosen, number))

    def _why_empty(self, parameter: str, n_columns: int) -> str:
        if self.experiment.responses is None:
            return "Encode a stimulus with trials, such as gratings, to compute tuning."
        if not parameter:
            return "The trials of this stimulus vary nothing to be tuned to."
        if n_columns == 0:
            return "None of the encoded units is selected."
        return ""

    def _describe(
        self, parameter: str, tuning: xr.Dataset, chosen: NDArray[np.int64], number: int
    ) -> str:
        names = self.experiment.analysis_columns(analysis_name(parameter))
        units = self.experiment.units.iloc[self.experiment.job_indices()[chosen]]
        numeric = [name for name in names if units[name].dtype.kind in "fiub"]
        numeric.sort(key=lambda n: n.removesuffix("_measured") not in SHOWN_FIRST)
        if number:
            parts = [f"<b>unit {units['unit_id'].iloc[0]}</b>"]
        else:
            # A median of angles would mean nothing.
            numeric = [name for name in numeric if period(name) is None]
            parts = [f"<b>{len(units):,} units</b>, medians:"]
        values = units[numeric].astype(float).median()
        parts += [f"{name} {values[name]:.3g}" for name in numeric[:N_COLUMNS]]
        latency = tuning.attrs["analysis"].get("latency_s", 0.0)
        parts.append(f"(latency {latency:g} s)")
        return " &nbsp; ".join(parts)


def _curve(tuning: xr.Dataset, parameter: str, chosen: NDArray[np.int64]) -> Curve:
    """The mean curve of some units, with its trials; a fit too if it is one unit."""
    levels = tuning[parameter].to_numpy().astype(float)
    order = np.argsort(levels)
    fit = None
    if len(chosen) == 1 and parameter == "direction" and "kappa" in tuning:
        fields = {name: tuning[name].to_numpy()[chosen] for name in FIT_FIELDS}
        around = np.arange(0.0, 361.0, 3.0)
        fit = around, VonMisesFit(**fields).curve(around)[:, 0]
    return Curve(
        parameter,
        levels[order],
        tuning["curve"].to_numpy()[order][:, chosen].mean(axis=1),
        tuning["sem"].to_numpy()[order][:, chosen].mean(axis=1),
        tuning[f"trial_{parameter}"].to_numpy().astype(float),
        tuning["trial_response"].to_numpy()[:, chosen].mean(axis=1),
        fit,
    )
