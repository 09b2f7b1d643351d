"""What the panels have in common that compute something of the responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QDoubleSpinBox, QPushButton

from insilico_gui.app.panels.panel import NarrowText, Panel
from insilico_gui.app.widgets.unit_box import MEAN, UnitBox
from insilico_gui.app.widgets.unit_names import unit_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.app.work.jobs import Job, Work


class AnalysisPanel(Panel):
    """Computes in the background when its button is pressed.

    A subclass connects its own methods to the button and to the signals.

    Signals
    -------
    state_changed()
        There are other responses, or an analysis began or ended.

    Attributes
    ----------
    compute_button : QPushButton
    about : QLabel
        One line above the plots.
    """

    state_changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.body.setContentsMargins(2, 2, 2, 2)
        self._computing: Job | None = None
        self.compute_button = QPushButton()
        self.about = NarrowText()
        for signal in (
            experiment.responses_changed,
            experiment.job_changed,
            experiment.stimulus_changed,
        ):
            signal.connect(self._responses_changed)

    @property
    def computing(self) -> bool:
        """Whether an analysis is under way."""
        return self._computing is not None

    def run(self, title: str, work: Work, take: Callable[[Any], object]) -> None:
        """Compute in the background; `take` the result if it is still wanted."""
        responses = self.now.responses

        def keep(result: object) -> None:
            if responses is self.now.responses:
                take(result)

        self._computing = self.jobs.start(
            title, work, on_return=keep, on_end=self._ended
        )
        self.state_changed.emit()

    def _ended(self, _job: Job) -> None:
        self._computing = None
        self.state_changed.emit()

    def _responses_changed(self) -> None:
        if self._computing is not None and self.now.responses is None:
            # Nobody wants the result, and what the work reads is about to be closed
            self._computing.cancel()
        self.state_changed.emit()


class UnitAnalysisPanel(AnalysisPanel):
    """Shows the result for one of the selected units.

    Parameters
    ----------
    experiment : WindowState
    jobs : Jobs
    with_mean : bool
        Whether the mean over the selection can be shown as well, at 0.

    Signals
    -------
    unit_changed()
        Another unit, or another result, is to be drawn.

    Attributes
    ----------
    unit : UnitBox
        Which of the selected units is shown, by its id.
    """

    unit_changed = Signal()

    def __init__(self, desk: Desk, *, with_mean: bool = False) -> None:
        super().__init__(desk)
        self.unit = UnitBox(with_mean=with_mean)
        self.unit.setToolTip(
            "Id of the unit that is shown, of the selected ones: type another, or step "
            "from one to the next"
            + (f"; “{MEAN}”, before the first, for their mean" if with_mean else "")
        )
        self.unit.chosen.connect(self._unit_chosen)
        self.unit.refused.connect(self.problem)
        experiment.selection_changed.connect(self._selection_changed)
        experiment.analysis_changed.connect(self._analysis_changed)

    def chosen_column(self) -> int | None:
        """Column of the responses whose unit is to be shown; None if none is selected."""
        return self.unit.column

    def show_row(self, row: int) -> bool:
        """Show a unit by row of the unit table; False if it is not encoded and selected."""
        columns = np.flatnonzero(self.now.encoded_rows == row)
        return bool(len(columns)) and self.unit.choose_column(int(columns[0]))

    def _unit_chosen(self) -> None:
        self.unit_changed.emit()

    def _responses_changed(self) -> None:
        self._selection_changed()  # first, so that only units that exist are shown
        super()._responses_changed()

    def _analysis_changed(self, _name: str) -> None:
        self._selection_changed()

    def _selection_changed(self) -> None:
        experiment = self.experiment
        columns = self.now.selected_columns
        rows = self.now.encoded_rows[columns]
        units = self.now.units
        ids = units["unit_id"].iloc[rows].tolist() if len(rows) else []
        self.unit.offer(columns, ids, unit_names(units, rows) if len(rows) else [])
        self.unit_changed.emit()


def part_box() -> QComboBox:
    """A box for the part of a sequence that is analysed."""
    box = QComboBox()
    box.setMinimumContentsLength(9)
    box.setSizeAdjustPolicy(
        QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
    )
    box.setToolTip("Several parts of the sequence can be analysed: which one is")
    return box


def chosen_part(box: QComboBox) -> str | None:
    """The part of the sequence, if there is a choice."""
    return box.currentText() if box.count() > 1 else None


def seconds_box(value: float, tip: str) -> QDoubleSpinBox:
    """A box for a duration in seconds."""
    box = QDoubleSpinBox()
    box.setRange(0.0, 5.0)
    box.setSingleStep(0.05)
    box.setSuffix(" s")
    box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)  # they are narrow
    box.setValue(value)
    box.setToolTip(tip)
    return box
