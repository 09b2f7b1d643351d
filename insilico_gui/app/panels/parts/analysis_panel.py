"""What the panels have in common that show a declared analysis of the run on show."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from qtpy.QtWidgets import QComboBox, QDoubleSpinBox

from insilico_gui.app.panels.panel import NarrowText, Panel
from insilico_gui.app.widgets.controls import button, choice, number
from insilico_gui.app.widgets.unit_box import UnitBox
from insilico_gui.app.widgets.unit_names import unit_names
from insilico_gui.experiment.document import MEAN

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from insilico_gui.app.panels.desk import Desk


class AnalysisPanel(Panel):
    """Has the window compute an analysis when its button is pressed.

    Attributes
    ----------
    names : frozenset of str
        The analyses that it shows, as they are called in the registry.
    compute_button : QPushButton
    about : QLabel
        One line above the plots.
    """

    names: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.body.setContentsMargins(2, 2, 2, 2)
        self.compute_button = button("", self.compute)
        self.about = NarrowText()

    def compute(self) -> None:
        """Compute the analysis of what is on show, in the background."""

    @property
    def is_computing(self) -> bool:
        """Whether an analysis that the panel shows is being computed."""
        return bool(self.names & self.now.computing)

    def parameters_of(self, analysis: str) -> dict[str, Any]:
        """Parameters of the latest analysis of that name of the run on show."""
        now = self.now
        run = analysis, now.session_name, now.stimulus_name
        found: dict[str, Any] = {}
        for entry in self.experiment.document.analyses:
            if (entry.analysis, entry.session, entry.stimulus) == run:
                found = dict(entry.parameters)
        return found


class UnitAnalysisPanel(AnalysisPanel):
    """Shows the result for the unit looked at, one of the selected ones.

    Attributes
    ----------
    with_mean : bool
        Whether the mean over the selection can be shown as well.
    unit : UnitBox
        Which of the selected units is shown, by its id.
    """

    with_mean: ClassVar[bool] = False

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.unit = UnitBox(self._look_at, self.problem, with_mean=self.with_mean)
        self.unit.setToolTip(
            "Id of the unit that is shown, of the selected ones: type another, or step "
            "from one to the next"
            + (f"; “{MEAN}”, before the first, for their mean" * self.with_mean)
        )

    def chosen_column(self) -> int | None:
        """Column of the responses whose unit is to be shown; None if none is selected."""
        return self.unit.column

    def offer_units(self, default: int | None = None) -> None:
        """Offer the selected units; without one looked at, show that of a column."""
        columns = self.now.selected_columns
        rows = self.now.encoded_rows[columns]
        units = self.now.units
        if len(rows):
            clash = not units["unit_id"].is_unique
            names = unit_names(units, rows) if clash else None
            self.unit.offer(columns, units["unit_id"].to_numpy()[rows], names)
        else:
            self.unit.offer(columns, ())
        self.unit.show_unit(self.now.view.unit_id, default)

    def _look_at(self, unit: int | str) -> None:
        self.attempt(self.experiment.look, unit_id=unit)


def part_box(command: Callable[[str], object]) -> QComboBox:
    """A box for the part of a sequence that is analysed."""
    tip = "Several parts of the sequence can be analysed: which one is"
    return choice(command, tip, letters=9)


def chosen_part(box: QComboBox) -> str | None:
    """The part of the sequence, if there is a choice."""
    return box.currentText() if box.count() > 1 else None


def offered(box: QComboBox) -> list[str]:
    """The texts that a box offers."""
    return [box.itemText(k) for k in range(box.count())]


def seconds_box(value: float, tip: str, prefix: str = "") -> QDoubleSpinBox:
    """A box for a duration in seconds, which is read when it is needed."""
    box = number(value, (0.0, 5.0), lambda: None, tip, step=0.05, suffix=" s")
    box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)  # they are narrow
    box.setPrefix(prefix)
    return box
