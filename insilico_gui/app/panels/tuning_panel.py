"""Tuning of the selected units to whatever the trials vary."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QSpinBox, QVBoxLayout

from insilico_gui.analysis import take_part, trial_table
from insilico_gui.analysis.tuning.fitted_curves import fitted_curve
from insilico_gui.analysis.tuning.registry import parameters, parts_that_vary, tune
from insilico_gui.app.panels.analysis_panel import (
    UnitAnalysisPanel,
    chosen_part,
    part_box,
    seconds_box,
)
from insilico_gui.app.panels.panel import fill_box
from insilico_gui.app.widgets.tuning_line import tuning_line
from insilico_gui.app.widgets.tuning_plots import Curve, CurvePlot, PairPlot, PolarPlot

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.progress import OnProgress
    from insilico_gui.units.selection import Selection


def analysis_name(parameter: str) -> str:
    """Name under which an experiment keeps the tuning to a parameter."""
    return f"{parameter} tuning"


class TuningPanel(UnitAnalysisPanel):
    """Responses against a parameter of the trials: curve, polar plot or map.

    Shows one unit of the selection at a time, at first the one whose curve varies most,
    or the mean over the selection.
    """

    title = "Tuning"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, with_mean=True)
        self._chosen_in: Selection | None = None
        self.compute_button.setText("Compute tuning")
        self.compute_button.clicked.connect(self.compute)
        self.parameter = QComboBox()
        self.parameter.setMinimumContentsLength(9)
        self.parameter.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.parameter.currentTextChanged.connect(self._show_parts)
        self.part = part_box()
        self.part.currentTextChanged.connect(self._draw)
        self.latency = seconds_box(
            0.0, "The response window starts this long after the stimulus"
        )
        self.permutations = QSpinBox()
        self.permutations.setRange(0, 10_000)
        self.permutations.setSingleStep(100)
        self.permutations.setSpecialValueText("none")
        self.permutations.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.permutations.setToolTip(
            "How often to shuffle presentations for the significance of the tuning; "
            "needs repeats. 100 is usual."
        )
        self.seed = QSpinBox()
        self.seed.setRange(0, 1_000_000)
        self.seed.setPrefix("seed ")
        self.seed.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.seed.setToolTip("Equal seeds shuffle equally")

        shuffles = QHBoxLayout()
        shuffles.addWidget(self.permutations)
        shuffles.addWidget(self.seed)
        self._form = form = QFormLayout()
        form.setVerticalSpacing(2)
        form.addRow("Tuning to", self.parameter)
        form.addRow("Part", self.part)
        form.addRow("Latency", self.latency)
        form.addRow("Permutations", shuffles)
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
        row.addWidget(self.polar, 4)
        self.body.addWidget(self.about)
        self.body.addLayout(row, 1)
        self.state_changed.connect(self._show_state)
        self.unit_changed.connect(self._draw)
        self._show_state()

    # -- from the user -----------------------------------------------------------------

    def compute(self) -> None:
        """Compute the tuning of every encoded unit, in the background."""
        responses, parameter = self.now.responses, self.parameter.currentText()
        if responses is None or not parameter:
            return
        name, part = analysis_name(parameter), chosen_part(self.part)
        shown = responses if part is None else take_part(responses, part)

        computed = partial(
            tune,
            shown,
            parameter,
            latency_s=self.latency.value(),
            n_permutations=self.permutations.value(),
            seed=self.seed.value(),
        )

        def work(tell: OnProgress) -> tuple[xr.Dataset, pd.DataFrame]:
            return computed(on_progress=tell)

        def take(result: tuple[xr.Dataset, pd.DataFrame]) -> None:
            self.attempt(self.experiment.use_analysis, name, *result)

        self.run(f"Computing {name}", work, take)

    def _unit_chosen(self) -> None:
        self._chosen_in = self.now.selection
        super()._unit_chosen()

    # -- from the state ----------------------------------------------------------------

    def _show_state(self) -> None:
        responses = self.now.responses
        names: list[str] = []
        if responses is not None and "trials" in responses.attrs:
            names = parameters(trial_table(responses))
        if names != [self.parameter.itemText(i) for i in range(self.parameter.count())]:
            fill_box(self.parameter, names)
        self.compute_button.setEnabled(bool(names) and not self.computing)
        self._show_parts()

    def _show_parts(self, *_: object) -> None:
        """Offer the parts of a sequence where there is a choice between them."""
        responses, parameter = self.now.responses, self.parameter.currentText()
        parts: list[str] = []
        if responses is not None and parameter:
            parts = parts_that_vary(trial_table(responses), parameter)
        fill_box(self.part, parts)
        self._form.setRowVisible(self.part, len(parts) > 1)
        self._draw()

    def _tuning(self, parameter: str) -> xr.Dataset | None:
        """The latest tuning to a parameter, unless it is that of another part."""
        tuning = self.now.results.get(analysis_name(parameter))
        part = chosen_part(self.part)
        if tuning is None or part in (None, tuning.attrs["analysis"].get("part")):
            return tuning
        return None

    def _draw(self, *_: object) -> None:
        parameter = self.parameter.currentText()
        tuning = self._tuning(parameter)
        columns = self.now.selected_columns
        is_pair = " x " in parameter
        self.cartesian.setVisible(not is_pair)
        self.pair.setVisible(is_pair)
        self.polar.setVisible(parameter in ("", "direction"))
        self.unit.setEnabled(tuning is not None)
        if tuning is None or len(columns) == 0:
            self.cartesian.show_curve(None)
            self.polar.show_curve(None)
            self.pair.show_image(None)
            self.pair.setVisible(False)
            self.about.setText(self._why_empty(parameter, len(columns)))
            return
        self._choose_unit(tuning, columns)
        of_all = self.unit.is_mean
        chosen = columns if of_all else np.array([self.unit.column])
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
        names = self.now.measured.columns(analysis_name(parameter))
        units = self.now.units.iloc[self.now.encoded_rows[chosen]]
        self.about.setText(
            tuning_line(units, names, together=of_all, called=self.unit.unit)
        )
        latency = tuning.attrs["analysis"].get("latency_s", 0.0)
        self.about.setToolTip(f"Latency {latency:g} s")

    def recolor(self) -> None:
        """Draw the curves in the colours of the theme."""
        self._draw()

    def _choose_unit(self, tuning: xr.Dataset, columns: NDArray[np.int64]) -> None:
        """Show the unit whose curve varies most, until the user chooses another."""
        by_hand = self._chosen_in is self.now.selection
        if by_hand or self.unit.is_mean:  # of every selection, the mean is asked for
            return
        levels = [dim for dim in tuning["curve"].dims if dim != "unit"]
        spread = tuning["curve"].isel(unit=columns).std(levels).to_numpy()
        with QSignalBlocker(self.unit):
            self.unit.choose_column(int(columns[np.nan_to_num(spread).argmax()]))

    def _why_empty(self, parameter: str, n_columns: int) -> str:
        if self.now.images is not None:
            return "Images have no trials that vary a parameter: see the panel Images."
        if self.now.responses is None:
            return "Encode a stimulus with trials, such as gratings, to compute tuning."
        if not parameter:
            return "The trials of this stimulus vary nothing to be tuned to."
        if n_columns == 0:
            return "None of the encoded units is selected."
        return ""


def _curve(tuning: xr.Dataset, parameter: str, chosen: NDArray[np.int64]) -> Curve:
    """The mean curve of some units, with its trials; a fit too if it is one unit."""
    behind = _behind_curve(tuning, chosen)
    levels = tuning[parameter].to_numpy().astype(float)
    order = np.argsort(levels)
    curves = tuning["curve"].to_numpy()[order][:, chosen]
    if len(chosen) == 1:
        sem = tuning["sem"].to_numpy()[order][:, chosen[0]]
        fit = fitted_curve(tuning, parameter, int(chosen[0]))
    else:
        sem, fit = curves.std(axis=1, ddof=1) / np.sqrt(len(chosen)), None
    return Curve(
        parameter,
        levels[order],
        curves.mean(axis=1),
        sem,
        tuning[f"trial_{parameter}"].to_numpy().astype(float)[behind],
        tuning["trial_response"].to_numpy()[behind][:, chosen].mean(axis=1),
        fit,
    )


def _behind_curve(tuning: xr.Dataset, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which presentations the curve is the mean of: those at the best combination.

    None of them if several units differ in what is best.
    """
    names = tuning.attrs["analysis"]["other_columns"]
    behind = np.ones(tuning.sizes["trial"], bool)
    if names and len(chosen) > 1:
        return ~behind
    for name in names:
        best = tuning[f"best_{name}"].to_numpy()[chosen[0]]
        behind &= tuning[f"trial_{name}"].to_numpy() == best
    return behind
