"""Picking units: areas, fields, lasso; how many that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
)

from insilico_gui.app.panels.panel import Panel, text_label

if TYPE_CHECKING:
    import pandas as pd

    from insilico_gui.app.panels.desk import Desk


VALUE = Qt.ItemDataRole.UserRole

MAX_NAMES = 256
"""As many units that have names can be picked one by one."""


class SelectionPanel(Panel):
    """Check lists with live counts, and the lasso.

    Signals
    -------
    lasso_requested(bool)
        The user wants to draw around units on the map, or does not any more.
    """

    title = "Selection"
    lasso_requested = Signal(bool)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._picks_units = False
        self.count = text_label("No session")
        self.areas, self.fields = QListWidget(), QListWidget()
        self.any_of = QCheckBox("any of (area or field)")
        self.any_of.setToolTip(
            "Off: units in a checked area and in a checked field.\n"
            "On: units in a checked area or in a checked field."
        )
        for box in (self.areas, self.fields):
            box.setMaximumHeight(190)
            box.itemChanged.connect(self._select)
        self.any_of.toggled.connect(self._select)
        self.lasso_button = QPushButton("Lasso")
        self.lasso_button.setToolTip("Draw around units on the map; Esc cancels")
        self.lasso_button.setCheckable(True)
        self.lasso_button.clicked.connect(self.lasso_requested)
        self.all_button = QPushButton("All")
        self.all_button.clicked.connect(self._select_all)
        self.clear_button = QPushButton("None")
        self.clear_button.clicked.connect(self._clear)
        self.invert_button = QPushButton("Invert")
        self.invert_button.clicked.connect(lambda: self.experiment.invert_selection())
        self._buttons = (
            self.lasso_button,
            self.all_button,
            self.clear_button,
            self.invert_button,
        )

        self.no_areas = text_label()
        self.areas_label = QLabel("Areas")
        grid = QGridLayout()
        grid.addWidget(self.areas_label, 0, 0)
        self.fields_label = QLabel("Fields")
        grid.addWidget(self.fields_label, 0, 1)
        grid.addWidget(self.areas, 1, 0)
        grid.addWidget(self.fields, 1, 1)
        grid.addWidget(self.any_of, 2, 0, 1, 2)
        grid.addWidget(self.lasso_button, 3, 0)
        grid.addWidget(self.invert_button, 3, 1)
        grid.addWidget(self.all_button, 4, 0)
        grid.addWidget(self.clear_button, 4, 1)
        self.body.addWidget(self.count)
        self.body.addWidget(self.no_areas)
        self.body.addLayout(grid)
        self.body.addStretch(1)

        experiment.session_changed.connect(self._fill)
        experiment.selection_changed.connect(self._show_selection)
        self._fill()

    # -- from the user -----------------------------------------------------------------

    def _select(self, *_: object) -> None:
        areas, fields = _checked(self.areas), _checked(self.fields)
        any_of = self.any_of.isChecked()
        # Conditions narrow; "any of" them or an area would do the opposite
        where = None if any_of else self.now.conditions
        if not areas and not fields and not where:
            self.experiment.clear_selection()
            return
        if self._picks_units:
            self.attempt(self.experiment.select, unit_ids=areas or None, where=where)
            return
        self.attempt(
            self.experiment.select,
            areas=areas or None,
            fields=fields or None,
            combine="any" if any_of else "all",
            where=where,
        )

    def _select_all(self) -> None:
        self._uncheck()
        self.experiment.select()

    def _clear(self) -> None:
        self._uncheck()
        self.experiment.clear_selection()

    def _uncheck(self) -> None:
        for box in (self.areas, self.fields):
            box.blockSignals(True)
            for i in range(box.count()):
                box.item(i).setCheckState(Qt.CheckState.Unchecked)
            box.blockSignals(False)

    # -- from the state ----------------------------------------------------------------

    def show_lasso(self, armed: bool) -> None:
        """Show whether the lasso waits for a drag on the map."""
        self.lasso_button.setChecked(armed)
        self.lasso_button.setText("Lasso: draw" if armed else "Lasso")

    def _fill(self) -> None:
        units = self.now.units
        self._picks_units = _are_named(units)
        self.areas_label.setText("Units" if self._picks_units else "Areas")
        for box, column in ((self.areas, "area"), (self.fields, "field")):
            box.blockSignals(True)
            box.clear()
            if column in units:
                counts = units[column].value_counts().sort_index()
                for value, n in counts.items():
                    named = "no area" if value == "" else value
                    _add(
                        box,
                        f"{named}  ({n:,})",
                        getattr(value, "item", lambda v=value: v)(),
                    )
            elif box is self.areas and self._picks_units:
                for unit_id in units["unit_id"]:
                    _add(box, str(unit_id), unit_id)
            box.setEnabled(box.count() > 0)
            box.blockSignals(False)
        # Lists that can only be empty would look broken
        has_session = self.now.session is not None
        has_areas = self.areas.count() > 0 or not has_session
        has_fields = self.fields.count() > 0 or not has_session
        for widget, shown in (
            (self.areas, has_areas),
            (self.areas_label, has_areas),
            (self.fields, has_fields),
            (self.fields_label, has_fields),
            (self.any_of, has_areas and has_fields),
        ):
            widget.setVisible(shown)
        if self.any_of.isHidden():
            with QSignalBlocker(self.any_of):
                self.any_of.setChecked(False)
        self.no_areas.setText(_what_is_missing(units) if has_session else "")
        self.no_areas.setVisible(bool(self.no_areas.text()))
        for button in self._buttons:
            button.setEnabled(self.now.session is not None)
        self._show_selection()

    def _show_selection(self) -> None:
        selection = self.now.selection
        if selection is None:
            return
        own = {"unit_ids"} if self._picks_units else {"areas", "fields"}
        if set(selection.rule) - own - {"combine", "where"}:
            self._uncheck()  # the selection was made in another way
        units = self.now.units
        text = f"<b>{len(selection):,}</b> of {len(units):,} units selected"
        if "area" in units and 0 < len(selection) < len(units):
            counts = units["area"].iloc[selection.indices].value_counts().sort_index()
            text += "<br>" + ", ".join(f"{a} {n:,}" for a, n in counts.items())
        if self.now.conditions:
            text += "<br>Conditions on columns: see the panel Units."
        elif len(selection) == 0 and {"areas", "fields"} <= set(selection.rule):
            text += "<br>No unit is in a checked area and in a checked field."
        self.count.setText(text)


def _are_named(units: pd.DataFrame) -> bool:
    """Whether units are picked by name: few, with names of their own and no areas."""
    return (
        "area" not in units
        and 0 < len(units) <= MAX_NAMES
        and units["unit_id"].dtype.kind not in "fiub"
    )


def _what_is_missing(units: pd.DataFrame) -> str:
    """What to say of a session whose units cannot be picked by area or by field."""
    other = "draw around units with the lasso, or add conditions in the panel Units."
    if len(units) == 0:
        return "This session has no units."
    if _are_named(units):
        return ""
    if "area" in units:
        known = units["area"].replace("", None).notna()
        if not known.any():
            return f"The areas of this session's units are not known: {other}"
        return ""
    if "field" in units:
        return "This session does not say in which areas its units are."
    return f"This session does not say in which areas or fields its units are: {other}"


def _add(box: QListWidget, text: str, value: object) -> None:
    item = QListWidgetItem(text)
    item.setData(VALUE, value)
    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
    item.setCheckState(Qt.CheckState.Unchecked)
    box.addItem(item)


def _checked(box: QListWidget) -> list[Any]:
    return [
        box.item(i).data(VALUE)
        for i in range(box.count())
        if box.item(i).checkState() == Qt.CheckState.Checked
    ]
