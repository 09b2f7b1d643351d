"""A condition on a column, put together from what the column can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QComboBox, QHBoxLayout, QWidget

from insilico_gui.app.panels.panel import fill_box
from insilico_gui.app.widgets.controls import button, choice, text_field
from insilico_gui.errors import SelectionError, quoted
from insilico_gui.units.columns import facts
from insilico_gui.units.measures import is_measure

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.experiment.resolved import Resolved

MOST_VALUES = 300
"""A column of names with more of them is no choice to offer."""


class ConditionForm(QWidget):
    """A column with two ends of a range, or with one of its values.

    Parameters
    ----------
    command : callable(str, object)
        Called with a column and the condition on it: two texts, or a list of values.
    """

    def __init__(self, command: Callable[[str, Any], object]) -> None:
        super().__init__()
        self._command = command
        self._chosen = ""
        self._now: Resolved | None = None
        self.column = choice(
            self._column_chosen, "Column that the condition is on", letters=8
        )
        self.low, self.high = (
            text_field(self._add, f"{name} this value, which counts; may be empty")
            for name in ("From", "To")
        )
        for end in (self.low, self.high):
            end.setMaximumWidth(80)
        self.value = QComboBox()
        self.value.setMaxVisibleItems(30)
        self.value.setMinimumContentsLength(9)
        self.value.setToolTip("Units with this value; more of them are united")
        self.add_button = button(
            "Add", self._add, "Select of the selected units those that fulfil it"
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.column, 1)
        for widget in (self.low, self.high, self.value, self.add_button):
            row.addWidget(widget)

    def _column_chosen(self, name: str) -> None:
        """The user chose: stay with it as long as there is such a column."""
        self._chosen = name
        self._show_ends()

    def _add(self) -> None:
        name, now = self.column.currentText(), self._now
        if not name or now is None:
            return
        if is_measure(now.units[name]):
            self._command(name, (self.low.text(), self.high.text()))
            return
        values, chosen = list(now.conditions.get(name, ())), self.value.currentData()
        self._command(name, values if chosen in values else [*values, chosen])

    def show_columns(self, now: Resolved) -> None:
        """Offer the columns of a unit table."""
        self._now = now
        names = [
            str(name)
            for name, column in now.units.items()
            if is_measure(column) or column.nunique() <= MOST_VALUES
        ]
        if self._chosen not in names:
            self._chosen = ""
        fill_box(self.column, names, self._chosen or _best_of(names, now))
        self._show_ends()
        for widget in (self.column, self.low, self.high, self.value, self.add_button):
            widget.setEnabled(self.column.count() > 0)

    def use(self, now: Resolved) -> None:
        """Add to the conditions that hold now."""
        self._now = now

    def _show_ends(self) -> None:
        """Offer what fits the column: two ends, or its values."""
        name, now = self.column.currentText(), self._now
        has_range = not name or now is None or is_measure(now.units[name])
        for end in (self.low, self.high):
            end.setVisible(has_range)
            end.clear()
        self.value.setVisible(not has_range)
        self.value.clear()
        if not name or now is None:
            return
        known = now.units[name].dropna()
        if has_range:
            self.low.setPlaceholderText(f"≥ {known.min():.2g}")
            self.high.setPlaceholderText(f"≤ {known.max():.3g}")
            return
        for value in sorted(known.unique().tolist()):
            self.value.addItem(f"no {name}" if value == "" else str(value), value)


def _best_of(names: list[str], now: Resolved) -> str:
    """What a condition is most likely to be on: a result, else a property."""
    measures = [
        name
        for name in names
        if is_measure(now.units[name])
        and not facts(name).place
        and facts(name).period is None
    ]
    results = (name for name in measures if now.measured.origin(name))
    return next(results, (measures or names or [""])[0])


def number_of(text: str, name: str) -> float | None:
    """A number that was typed as an end of a range; None of an empty text.

    Raises
    ------
    SelectionError
        If it is no number.
    """
    text = text.strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise SelectionError(
            f"{quoted(text)} is no number; write the limits of {name} such as 0.25."
        ) from None
