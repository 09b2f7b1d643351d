"""The fields of the panel of trials: what is drawn, and the parameters of its analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QSpinBox,
    QWidget,
)

from insilico_gui.app.panels.panel import fill_box
from insilico_gui.app.panels.parts.analysis_panel import offered
from insilico_gui.app.panels.parts.condition_names import row_names, varying
from insilico_gui.app.widgets.controls import button, check, choice, whole_number
from insilico_gui.conditions import ChoosingSession, JudgedSession, SpikingSession

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from insilico_gui.conditions import ConditionSession

RESPONSES, DIFFERENCE, TUNING, CHOICES, PSYCHOMETRIC, SIMULATED, QUALITY = (
    "responses",
    "condition difference",
    "condition tuning",
    "choices",
    "psychometric curve",
    "simulated trials",
    "fit quality",
)
VIEWS = {
    "responses": RESPONSES,
    "difference": DIFFERENCE,
    "tuning": TUNING,
    "choices": CHOICES,
    "psychometric": PSYCHOMETRIC,
    "raster": SIMULATED,
    "fit quality": QUALITY,
}
"""What can be drawn, in a word, and the analysis that finds it."""

FIELDS: dict[str, tuple[str, ...]] = {
    RESPONSES: (),
    DIFFERENCE: ("first", "second"),
    TUNING: ("parameter", "unit"),
    CHOICES: ("reading",),
    PSYCHOMETRIC: ("over", "action", "reading", "answered"),
    SIMULATED: ("seed", "neurons"),
    QUALITY: ("recordings", "seed", "trusted", "unit"),
}
TITLES = {
    "recordings": "Data",
    "second": "minus",
    "parameter": "Levels of",
    "answered": "",
    "trusted": "",
}

N_NEURONS = 20
"""Of each unit of a raster, where a session does not say how many were recorded."""

LIST_WIDTH = 280
"""Of the open list of a box: names of conditions are long."""


class RecordingsField(QWidget):
    """A folder of recordings, or a name of generated ones."""

    def __init__(self) -> None:
        super().__init__()
        self.box = QComboBox()
        self.box.setEditable(True)
        self.box.setMinimumContentsLength(9)
        self.box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.box, 1)
        row.addWidget(button("…", self._browse, "Browse for a folder"))

    @property
    def text(self) -> str:
        """What was chosen or typed."""
        return self.box.currentText().strip()

    def offer(self, names: Sequence[str], help_text: str) -> None:
        """Offer names of generated recordings; what was typed stays."""
        fill_box(self.box, names)
        self.box.setToolTip(help_text)

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder of recordings")
        if folder:
            self.box.setCurrentText(folder)


class TrialFields(QWidget):
    """A form whose rows are those of what is drawn.

    Parameters
    ----------
    show : callable()
        Is called when something else is to be drawn.
    compute : callable()
        Is called when a parameter was changed.
    unit : QWidget
        The box for the unit looked at.
    """

    def __init__(
        self,
        show: Callable[[], object],
        compute: Callable[[], object],
        unit: QWidget,
    ) -> None:
        super().__init__()

        def box(tip: str) -> QComboBox:
            made = choice(lambda _: compute(), tip, letters=9)
            popup = made.view()
            if popup is not None:
                popup.setMinimumWidth(LIST_WIDTH)
            return made

        self._view = choice(lambda _: show(), "What is drawn", list(VIEWS), letters=9)
        self.first = box("The condition")
        self.second = box("The condition that is subtracted from it")
        self.parameter = box("Of two parameters: a matrix for each unit")
        self.over = box("What is on the axis")
        self.action = box("The action whose probability is drawn")
        self.reading = box("How probabilities are read from the model")
        self.answered = check(
            "trials with an action", lambda _: compute(), "Instead of all trials"
        )
        self.seed = whole_number(
            0, (0, 1_000_000), lambda: None, "The same seed gives the same spikes"
        )
        self.neurons = whole_number(
            N_NEURONS, (0, 100_000), lambda: None, "Neurons of each unit"
        )
        self.neurons.setSpecialValueText("as recorded")
        for number in (self.seed, self.neurons):
            number.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.recordings = RecordingsField()
        self.trusted = check(
            "trust pickled data",
            lambda _: None,
            "Of those that you trust whoever made them; plain data only are read",
        )
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
            "recordings": self.recordings,
            "trusted": self.trusted,
            "unit": unit,
        }
        self._form = form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(2)
        form.addRow("Show", self._view)
        for name, field in self._rows.items():
            form.addRow(TITLES.get(name, name.capitalize()), field)
        self.show_fields()

    @property
    def view(self) -> str:
        """What is drawn: the analysis, or :data:`RESPONSES`."""
        return VIEWS[self._view.currentText()]

    def use_view(self, view: str) -> None:
        """Draw what an analysis finds, or :data:`RESPONSES`."""
        self._view.setCurrentText(next(k for k, v in VIEWS.items() if v == view))

    def show_fields(self) -> None:
        """Offer the fields of what is drawn."""
        for name, field in self._rows.items():
            known = name != "action" or bool(self.action.count())
            self._form.setRowVisible(field, known and name in FIELDS[self.view])

    def given(self, analysis: str) -> dict[str, Any]:
        """Parameters of an analysis, as the fields have them."""
        reading = self.reading.currentText()
        if analysis == DIFFERENCE:
            first, second = self.first.currentIndex(), self.second.currentIndex()
            return {"first": first, "second": second}
        if analysis == TUNING:
            return {"parameter": self.parameter.currentText()}
        if analysis == SIMULATED:
            n = self.neurons.value() or None
            return {"seed": self.seed.value(), "n_neurons": n}
        if analysis == QUALITY:
            return {
                "recordings": self.recordings.text,
                "seed": self.seed.value(),
                "trust_pickles": self.trusted.isChecked(),
            }
        if analysis == CHOICES:
            return {"reading": reading}
        return {
            "over": self.over.currentText(),
            "action": self.action.currentText(),
            "of_answered": self.answered.isChecked(),
            "reading": reading,
        }

    def offer_session(self, session: ConditionSession) -> None:
        """Offer what a session can do."""
        able = {
            CHOICES: isinstance(session, ChoosingSession),
            PSYCHOMETRIC: isinstance(session, ChoosingSession),
            SIMULATED: isinstance(session, SpikingSession),
            QUALITY: isinstance(session, JudgedSession),
        }
        views = [text for text, view in VIEWS.items() if able.get(view, True)]
        fill_box(self._view, views)
        if isinstance(session, ChoosingSession):
            fill_box(self.reading, list(session.readings))
            for k, meaning in enumerate(session.readings.values()):
                self.reading.setItemData(k, meaning, Qt.ItemDataRole.ToolTipRole)
        if isinstance(session, JudgedSession):
            help_text, names = session.recordings_help, session.recordings_offered
            self.recordings.offer(names, help_text)
        self.neurons.setValue(0 if "n_neurons" in session.units else N_NEURONS)
        self.action.clear()

    def offer_table(self, table: pd.DataFrame, labels: Sequence[str]) -> None:
        """Offer the conditions of a table, and the parameters that it varies."""
        short = row_names(table) if len(table) == len(labels) else labels
        names = [f"{k + 1}: {name}" for k, name in enumerate(short)]
        if names != offered(self.first):
            for box, at in ((self.first, 0), (self.second, 1)):
                fill_box(box, names)
                box.setCurrentIndex(min(at, len(names) - 1))
                for k, label in enumerate(labels):
                    box.setItemData(k, label, Qt.ItemDataRole.ToolTipRole)
        known = varying(table)
        pairs = [f"{a} x {b}" for k, a in enumerate(known) for b in known[k + 1 :]]
        fill_box(self.parameter, [*pairs, *known])
        numeric = [name for name in known if table[name].dtype.kind in "fiu"]
        minus = [f"{b} - {a}" for k, a in enumerate(numeric) for b in numeric[k + 1 :]]
        fill_box(self.over, [*minus, *numeric])

    def offer_actions(self, actions: Sequence[str]) -> None:
        """Offer the actions that choices are between, at first the last one."""
        if list(actions) != offered(self.action):
            fill_box(self.action, list(actions))
            self.action.setCurrentIndex(len(actions) - 1)
            self.show_fields()
