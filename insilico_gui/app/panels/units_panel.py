"""The unit table: sort it, select by its columns or its rows."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QTableView,
)

from insilico_gui.app.map.outlines import RECEPTIVE_FIELDS
from insilico_gui.app.panels.panel import Panel, fill_box, text_label
from insilico_gui.app.widgets.controls import (
    button,
    check,
    choice,
    quietly,
    text_field,
)
from insilico_gui.app.widgets.copying import copy_selected, tab_separated
from insilico_gui.app.widgets.unit_names import unit_name, unit_row
from insilico_gui.app.widgets.units_model import RIGHT, UnitsModel
from insilico_gui.errors import SelectionError, quoted
from insilico_gui.units.columns import facts
from insilico_gui.units.filters import condition_text
from insilico_gui.units.frame import MEASURED_AGAIN
from insilico_gui.units.measures import is_measure

if TYPE_CHECKING:
    from qtpy.QtCore import QModelIndex

    from insilico_gui.app.panels.desk import Desk


MOST_VALUES = 300
"""A column of names with more of them is no choice to offer."""

SAMPLED_ROWS, WIDEST = 100, 260
"""Rows that the width of a column is estimated from, and its limit in pixels."""

TOLD = ("variant", "stimulus", "part", "latency_s", "window_s", "n_permutations")
"""Parameters of an analysis that a tooltip names."""


class UnitsPanel(Panel):
    """Every unit with what is known of it, and conditions on that."""

    title = "Units"
    place = "table"
    order = 10
    draws = frozenset(
        {
            *("units", "measured", "selection", "conditions"),
            *("view.only_selected", "view.unit_id"),
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._chosen = ""
        self.body.setContentsMargins(2, 2, 2, 2)
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
            "Add condition",
            self._add,
            "Select of the selected units those that fulfil it",
        )
        self.only_selected = check(
            "only selected",
            lambda on: self.attempt(self.experiment.look, only_selected=on),
            "Leave out the units that are not selected",
        )
        self.rows_button = button(
            "Select rows",
            self._select_rows,
            "Select the units whose rows are highlighted",
        )
        self.count = text_label("No session")
        self.count.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextBrowserInteraction
        )
        self.count.linkActivated.connect(self._remove)

        self.model = UnitsModel(self._about)
        self.table = self._make_table()
        self.model.modelReset.connect(self._rows_changed)

        row = QHBoxLayout()
        row.addWidget(self.column, 1)
        for widget in (self.low, self.high, self.value, self.add_button):
            row.addWidget(widget)
        below = QHBoxLayout()
        below.addWidget(self.count, 1)
        below.addWidget(self.only_selected)
        below.addWidget(self.rows_button)
        self.body.setSpacing(4)
        self.body.addLayout(row)
        self.body.addLayout(below)
        self.body.addWidget(self.table, 1)

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setWordWrap(False)
        table.setMinimumHeight(60)
        # It shrinks to the dock, although the text above it may wrap
        table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        table.setToolTip(
            "Double click: show the unit in Tuning and Receptive fields. Ctrl+C: copy "
            "the cells that are marked; a click on a unit's id at the left marks its row"
        )
        copy_selected(table, self._block_text)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorClearable(True)
        table.setSortingEnabled(True)
        lines = table.verticalHeader()
        lines.setHighlightSections(False)
        lines.setDefaultSectionSize(lines.minimumSectionSize())
        lines.setDefaultAlignment(RIGHT)
        table.doubleClicked.connect(self._double_clicked)
        table.selectionModel().selectionChanged.connect(self._rows_changed)
        return table

    # -- from the user -----------------------------------------------------------------

    def _column_chosen(self, name: str) -> None:
        """The user chose: stay with it as long as there is such a column."""
        self._chosen = name
        self._show_ends()

    def _add(self) -> None:
        name = self.column.currentText()
        if not name:
            return
        known = self.now.conditions
        if is_measure(self.now.units[name]):
            condition: Any = self.low.text(), self.high.text()
        else:
            values, chosen = list(known.get(name, ())), self.value.currentData()
            condition = values if chosen in values else [*values, chosen]
        self.attempt(self._hold, name, condition)

    def _hold(self, name: str, condition: Any) -> None:
        if isinstance(condition, tuple):
            condition = tuple(_number(text, name) for text in condition)
        known = dict(self.now.conditions)
        known.pop(name, None)
        self.experiment.narrow({**known, name: condition})

    def _remove(self, number: str) -> None:
        known = dict(self.now.conditions)
        known.pop(list(known)[int(number)])
        self.attempt(self.experiment.narrow, known)

    def _select_rows(self) -> None:
        self.attempt(self.experiment.pick, indices=self._highlighted())

    def _highlighted(self) -> np.ndarray:
        runs = self.table.selectionModel().selection().toList()
        rows = [row for run in runs for row in range(run.top(), run.bottom() + 1)]
        return np.unique(self.model.rows[rows])

    def _block_text(self) -> str:
        chosen = self.table.selectionModel().selectedIndexes()
        return tab_separated(self.model.block(chosen)) if chosen else ""

    def _double_clicked(self, index: QModelIndex) -> None:
        self.show_unit(int(self.model.rows[index.row()]))

    def show_unit(self, row: int) -> None:
        """Look at one unit, by row of the unit table, in a panel that shows one."""
        now, name = self.now, unit_name(self.now.units, row)
        if row not in now.encoded_rows[now.selected_columns]:
            self.problem(
                f"There are no responses of unit {name} to show: select it and encode."
            )
            return
        unit_id = now.units["unit_id"].iloc[row : row + 1].tolist()[0]
        # Where ids clash, its name says which of them
        is_alone = name == str(unit_id)
        if self.attempt(self.experiment.look, unit_id=unit_id if is_alone else name):
            is_mapped = now.results.keys() == {RECEPTIVE_FIELDS}
            self.desk.window.show_panel("Receptive fields" if is_mapped else "Tuning")

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Show the units, and which of them are selected."""
        now = self.now
        with quietly(self.only_selected):
            self.only_selected.setChecked(now.view.only_selected)
        if changed & {"units", "measured"} or now.session is None:
            self._fill()
        elif "selection" in changed and now.selection is not None:
            self.model.use_selection(now.selection.indices)
        self.model.show_only_selected(now.view.only_selected)
        if "view.unit_id" in changed:
            self._scroll_to(unit_row(now.units, now.view.unit_id))
        self._show_selection()

    def _scroll_to(self, unit: int | None) -> None:
        """Bring the row of a unit, by row of the unit table, into sight."""
        if unit is None or self.table.hasFocus():
            return
        at = np.flatnonzero(self.model.rows == unit)
        if len(at):
            self.table.scrollTo(self.model.index(int(at[0]), 0))

    def _fill(self) -> None:
        """Show another table, or other columns of it."""
        units, known = self.now.units, set(self.model.names)
        selection = self.now.selection
        selected = np.empty(0, np.int64) if selection is None else selection.indices
        self.model.use(units, selected)
        self._show_order()
        self._widen([k for k, name in enumerate(self.model.names) if name not in known])
        names = [
            str(name)
            for name, column in units.items()
            if is_measure(column) or column.nunique() <= MOST_VALUES
        ]
        if self._chosen not in names:
            self._chosen = ""
        fill_box(self.column, names, self._chosen or self._best_of(names))
        self._show_ends()
        for widget in (self.column, self.low, self.high, self.value, self.add_button):
            widget.setEnabled(self.column.count() > 0)

    def _best_of(self, names: list[str]) -> str:
        """What a condition is most likely to be on: a result, else a property."""
        measures = [
            name
            for name in names
            if is_measure(self.now.units[name])
            and not facts(name).place
            and facts(name).period is None
        ]
        results = (name for name in measures if self.now.measured.origin(name))
        return next(results, (measures or names or [""])[0])

    def _show_order(self) -> None:
        header, model = self.table.horizontalHeader(), self.model
        order = Qt.SortOrder
        with quietly(header):
            header.setSortIndicator(
                model.names.index(model.sorted_by) if model.sorted_by else -1,
                order.DescendingOrder if model.descending else order.AscendingOrder,
            )

    def _widen(self, columns: list[int]) -> None:
        """Give columns the width of their name and of the values in the first rows."""
        wide = self.table.fontMetrics().horizontalAdvance
        n_rows = min(self.model.rowCount(), SAMPLED_ROWS)
        for k in columns:
            texts = {self.model.text(row, k) for row in range(n_rows)}
            widest = max(map(wide, texts), default=0) + 24
            name = wide(self.model.names[k]) + 40  # and the arrow
            self.table.setColumnWidth(k, min(max(widest, name), WIDEST))

    def _show_ends(self) -> None:
        """Offer what fits the column: two ends, or its values."""
        name = self.column.currentText()
        has_range = not name or is_measure(self.now.units[name])
        for end in (self.low, self.high):
            end.setVisible(has_range)
            end.clear()
        self.value.setVisible(not has_range)
        self.value.clear()
        if not name:
            return
        known = self.now.units[name].dropna()
        if has_range:
            self.low.setPlaceholderText(f"≥ {known.min():.2g}")
            self.high.setPlaceholderText(f"≤ {known.max():.3g}")
            return
        for value in sorted(known.unique().tolist()):
            self.value.addItem(f"no {name}" if value == "" else str(value), value)

    def _show_selection(self) -> None:
        selection, units = self.now.selection, self.now.units
        if selection is None:
            self.count.setText("No session")
            return
        text = f"<b>{len(selection):,}</b> of {len(units):,} units selected"
        known = [
            escape(condition_text(name, wanted, is_range=is_measure(units[name])))
            + f"&nbsp;<a href='{k}' title='Remove' style='color: #d08770'>remove</a>"
            for k, (name, wanted) in enumerate(self.now.conditions.items())
            if name in units
        ]
        self.count.setText(
            text + (f": {' &nbsp;and&nbsp; '.join(known)}" if known else "")
        )

    def _rows_changed(self, *_: object) -> None:
        self.rows_button.setEnabled(self.table.selectionModel().hasSelection())

    def _about(self, name: str) -> str:
        """What is known of a column: its unit, and what measured it with what."""
        lines = [facts(name).label]
        origin = self.now.measured.origin(name)
        if origin is not None:
            analysis, parameters = origin
            lines.append(f"from {analysis}")
            own_name = name.removesuffix(MEASURED_AGAIN)
            variant = parameters.get("variants", {}).get(own_name)
            told = {"variant": variant} if variant else {}
            told |= {k: v for k, v in parameters.items() if k in TOLD and k not in told}
            lines += [
                f"{k.removesuffix('_s').replace('_', ' ')}: {v}"
                f"{' s' if k.endswith('_s') else ''}"
                for k, v in told.items()
                if v is not None
            ]
        return "\n".join(lines)


def _number(text: str, name: str) -> float | None:
    text = text.strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise SelectionError(
            f"{quoted(text)} is no number; write the limits of {name} such as 0.25."
        ) from None
