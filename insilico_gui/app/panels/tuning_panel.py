"""Tuning of the selected units to whatever the trials vary."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtWidgets import QFormLayout, QHBoxLayout, QSpinBox, QVBoxLayout

from insilico_gui.analysis import trial_table
from insilico_gui.analysis.tuning.registry import parameters, parts_that_vary
from insilico_gui.app.panels.panel import fill_box
from insilico_gui.app.panels.parts.analysis_panel import (
    UnitAnalysisPanel,
    chosen_part,
    offered,
    part_box,
    seconds_box,
)
from insilico_gui.app.panels.parts.empty_note import EmptyNote
from insilico_gui.app.widgets.controls import choice, whole_number
from insilico_gui.app.widgets.foldable import Foldable
from insilico_gui.app.widgets.tuning_line import tuning_line
from insilico_gui.app.widgets.tuning_plots import (
    CurvePlot,
    PairPlot,
    PolarPlot,
    StarPlot,
)
from insilico_gui.drawing.curves import mean_curve
from insilico_gui.errors import quoted
from insilico_gui.units.columns import parameter_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.analyses import Result
    from insilico_gui.experiment.resolved import Resolved

NO_LEVELS = np.empty(0)

DIRECTION, TUNING = "direction tuning", "tuning"
"""Analyses of the registry: the one of direction, and that of any parameter."""


def latest(results: Mapping[str, Result], parameter: str) -> str | None:
    """Name of the latest of the results that is a tuning to a parameter."""
    wanted = {f"{TUNING} to {parameter}"}
    if parameter == "direction":
        wanted.add(DIRECTION)
    return next((name for name in reversed(list(results)) if name in wanted), None)


class TuningPanel(UnitAnalysisPanel):
    """Responses against a parameter of the trials: curve, polar plot or map.

    Shows one unit of the selection at a time, at first the one whose curve varies most,
    or the mean over the selection.
    """

    title = "Tuning"
    place = "right"
    order = 10
    names = frozenset({DIRECTION, TUNING})
    draws = frozenset(
        {
            *("responses", "encoded", "results", "computing", "units", "selection"),
            *("shown", "view.unit_id"),
        }
    )
    with_mean = True

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._seen: Mapping[str, Result] = {}
        self.compute_button.setText("Compute tuning")
        self.parameter = choice(self._show_parts, letters=9)
        self.part = part_box(self._show_curves)
        self.latency = seconds_box(
            0.0, "The response window starts this long after the stimulus"
        )
        self.permutations = whole_number(
            0,
            (0, 10_000),
            lambda: None,
            "How often to shuffle presentations for the significance of the tuning; "
            "needs repeats. 100 is usual.",
        )
        self.permutations.setSingleStep(100)
        self.permutations.setSpecialValueText("none")
        self.seed = whole_number(
            0, (0, 1_000_000), lambda: None, "Equal seeds shuffle equally"
        )
        self.seed.setPrefix("seed ")
        for box in (self.permutations, self.seed):
            box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.cartesian, self.polar, self.pair = CurvePlot(), PolarPlot(), PairPlot()
        self.star, self.note = StarPlot(), EmptyNote()

        self.fold = Foldable(
            (self.unit, self.compute_button),
            self._controls(),
            (
                *((self.cartesian, 5), (self.pair, 5), (self.polar, 4)),
                *((self.star, 4), (self.note, 1)),
            ),
        )
        self.body.addWidget(self.about)
        self.body.addWidget(self.fold, 1)

    def _controls(self) -> QVBoxLayout:
        shuffles = QHBoxLayout()
        shuffles.addWidget(self.permutations)
        shuffles.addWidget(self.seed)
        self._form = form = QFormLayout()
        form.setVerticalSpacing(2)
        form.addRow("Tuning to", self.parameter)
        form.addRow("Part", self.part)
        form.addRow("Latency", self.latency)
        form.addRow("Permutations", shuffles)
        controls = QVBoxLayout()
        controls.addLayout(form)
        controls.addStretch(1)
        return controls

    @classmethod
    def is_offered(cls, now: Resolved) -> bool:
        """Whether the session may be shown trials of a stimulus."""
        return super().is_offered(now) and now.may_see_video

    # -- from the user -----------------------------------------------------------------

    def compute(self) -> None:
        """Compute the tuning of every encoded unit, in the background."""
        parameter = self.parameter.currentText()
        if self.now.responses is None or not parameter:
            return
        given: dict[str, Any] = {
            "latency_s": self.latency.value(),
            "n_permutations": self.permutations.value(),
            "part": chosen_part(self.part),
        }
        if given["n_permutations"]:
            given["seed"] = self.seed.value()
        if parameter == "direction":
            self.desk.window.analyse(DIRECTION, given)
        else:
            self.desk.window.analyse(TUNING, {"parameter": parameter, **given})

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Offer what can be computed, and show what was."""
        responses = self.now.responses
        names: list[str] = []
        if responses is not None and "trials" in responses.attrs:
            names = with_angles(parameters(trial_table(responses)))
        if names != offered(self.parameter):
            fill_box(self.parameter, names)
        self.compute_button.setEnabled(bool(names) and not self.is_computing)
        self._follow_results(names)
        self._show_parts()

    def _follow_results(self, names: list[str]) -> None:
        """Turn to a tuning that was computed just now, whoever asked for it."""
        results, seen = self.now.results, self._seen
        self._seen = results
        order = list(results)
        fresh = {
            parameter: name
            for parameter in names
            if (name := latest(results, parameter)) is not None
            and seen.get(name) is not results[name]
        }
        if not fresh:
            return
        if self.parameter.currentText() not in fresh:
            newest = max(fresh, key=lambda parameter: order.index(fresh[parameter]))
            self.parameter.setCurrentText(newest)
        result = results[fresh[self.parameter.currentText()]]
        part = result.dataset.attrs["analysis"].get("part")
        if part is not None:
            self._offer_parts()
            self.part.setCurrentText(part)

    def _offer_parts(self) -> None:
        """Offer the parts of a sequence where there is a choice between them."""
        responses, parameter = self.now.responses, self.parameter.currentText()
        parts: list[str] = []
        if responses is not None and parameter:
            parts = parts_that_vary(trial_table(responses), parameter)
        if parts != offered(self.part):
            fill_box(self.part, parts)
        self._form.setRowVisible(self.part, len(parts) > 1)

    def _show_parts(self, *_: object) -> None:
        self._offer_parts()
        self._show_curves()

    def _tuning(self, name: str | None) -> xr.Dataset | None:
        """A result, unless it is that of another part."""
        if name is None:
            return None
        tuning, part = self.now.results[name].dataset, chosen_part(self.part)
        return tuning if part in (None, tuning.attrs["analysis"].get("part")) else None

    def _show_curves(self, *_: object) -> None:
        parameter = self.parameter.currentText()
        name = latest(self.now.results, parameter)
        tuning = self._tuning(name)
        columns = self.now.selected_columns
        is_pair, is_known = " x " in parameter, tuning is not None and len(columns) > 0
        around = angle_of(parameter) if is_pair else None
        self.cartesian.setVisible(is_known and not is_pair)
        self.pair.setVisible(is_known and is_pair)
        self.polar.setVisible(is_known and parameter == "direction")
        self.star.setVisible(is_known and around is not None)
        self.unit.setEnabled(tuning is not None)
        if name is None or tuning is None or len(columns) == 0:
            self.offer_units()
            self.cartesian.show_curve(None)
            self.polar.show_curve(None)
            self.pair.show_image(None)
            self.star.show_star(("", ""), (NO_LEVELS, NO_LEVELS), None)
            self.about.setText("")
            self._say_why_empty(parameter, len(columns))
            return
        self.note.say("")
        self.offer_units(_varies_most(tuning, columns))
        of_all = self.unit.is_mean
        chosen = columns if of_all else np.array([self.unit.column])
        if is_pair:
            first, second = parameter.split(" x ")
            levels = tuning[first].to_numpy(), tuning[second].to_numpy()
            curve = tuning["curve"].transpose(first, second, "unit").to_numpy()
            mean = curve[..., chosen].mean(axis=-1)
            self.pair.show_pair((first, second), levels, mean)
            if around == 0:
                self.star.show_star((first, second), levels, mean)
            elif around == 1:
                self.star.show_star((second, first), levels[::-1], mean.T)
        else:
            shown = mean_curve(tuning, parameter, chosen)
            self.cartesian.show_curve(shown)
            self.polar.show_curve(shown if parameter == "direction" else None)
        names = self.now.columns_of(name)
        units = self.now.units.iloc[self.now.encoded_rows[chosen]]
        self.about.setText(
            tuning_line(units, names, together=of_all, called=self.unit.unit)
        )
        latency = tuning.attrs["analysis"].get("latency_s", 0.0)
        self.about.setToolTip(f"Latency {latency:g} s")

    def recolor(self) -> None:
        """Draw the curves in the colours of the theme."""
        self._show_curves()

    def _say_why_empty(self, parameter: str, n_columns: int) -> None:
        """Say in the place of the plots why there is none, and what to do."""
        now, window, say = self.now, self.desk.window, self.note.say
        new = "New stimulus", lambda: window.show_panel("Stimulus")
        if now.images is not None:
            say("Images have no trials that vary a parameter: see the panel Images.")
        elif (
            now.responses is None and getattr(now.stimulus, "trials", None) is not None
        ):
            say("Encode the stimulus to compute tuning.", "Encode", window.encode)
        elif now.responses is None:
            say(
                "Encode a stimulus with trials, such as gratings, to compute tuning.",
                *new,
            )
        elif not parameter and "trials" not in now.responses.attrs:
            say(
                f"A tuning curve needs trials that vary a parameter, and "
                f"{quoted(now.stimulus_name)} has no trials: show gratings, or another "
                "family of stimuli that has.",
                *new,
            )
        elif not parameter:
            say("The trials of this stimulus vary nothing to be tuned to.", *new)
        elif n_columns == 0:
            pick = partial(self.attempt, self.experiment.pick)
            say("None of the encoded units is selected.", "Select all", pick)
        elif self.is_computing:
            say("Tuning is being computed.")
        else:
            say("Not computed yet for this run.", "Compute tuning", self.compute)


def with_angles(names: list[str]) -> list[str]:
    """What trials vary, and pairs of an angle and any other of them."""
    plain = [name for name in names if " x " not in name]
    angles = [name for name in plain if parameter_facts(name).period is not None]
    pairs = [f"{a} x {b}" for a in angles for b in plain if b not in angles]
    return [*names, *(pair for pair in pairs if pair not in names)]


def angle_of(pair: str) -> int | None:
    """Which of two parameters goes around a circle: 0, 1, or None if neither does."""
    for k, name in enumerate(pair.split(" x ")):
        if parameter_facts(name).period is not None:
            return k
    return None


def _varies_most(tuning: xr.Dataset, columns: NDArray[np.int64]) -> int:
    """Of some columns of the responses, that of the unit whose curve varies most."""
    levels = [dim for dim in tuning["curve"].dims if dim != "unit"]
    spread = tuning["curve"].isel(unit=columns).std(levels).to_numpy()
    return int(columns[np.nan_to_num(spread).argmax()])
