"""The unit table: sort it, select by its columns or its rows, keep what is selected."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QHBoxLayout, QLabel

from insilico_gui.app.map.outlines import RECEPTIVE_FIELDS
from insilico_gui.app.panels.panel import NarrowText, Panel
from insilico_gui.app.panels.parts.chips import Chip, FlowRow
from insilico_gui.app.panels.parts.condition_form import ConditionForm, number_of
from insilico_gui.app.panels.parts.condition_line import ConditionLine
from insilico_gui.app.panels.parts.selection_chips import SelectionChips
from insilico_gui.app.panels.parts.units_table import UnitsTable
from insilico_gui.app.widgets.controls import action, check, quietly, toggle
from insilico_gui.app.widgets.copying import copy_selected, tab_separated
from insilico_gui.app.widgets.unit_names import unit_key, unit_name, unit_row
from insilico_gui.app.widgets.units_model import UnitsModel
from insilico_gui.experiment.viewing import RESPONSE
from insilico_gui.units.column_groups import column_groups
from insilico_gui.units.columns import facts
from insilico_gui.units.filter_syntax import ConditionError, parse_line
from insilico_gui.units.filter_text import conditions_text
from insilico_gui.units.filters import condition_text
from insilico_gui.units.frame import MEASURED_AGAIN
from insilico_gui.units.measures import is_measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk


TOLD = ("variant", "stimulus", "part", "latency_s", "window_s", "n_permutations")
"""Parameters of an analysis that a tooltip names."""

SWATCHES_S = 0.2
"""Seconds between colours of the table that follow those of responses in time."""

TIP = (
    "Click: look at the unit. Click on an id at the left: select the unit; Shift adds "
    "rows, Ctrl takes one in or out. Double click: show the unit in Tuning. Ctrl+C: copy "
    "the cells that are marked. Right click: more"
)


class UnitsPanel(Panel):
    """Every unit with what is known of it, conditions on that, and named selections."""

    title = "Units"
    place = "table"
    order = 10
    draws = frozenset(
        {
            *("units", "measured", "selection", "conditions", "selections", "encoded"),
            *("view.only_selected", "view.unit_id", "view.selection", "view.color_by"),
            *("view.limits", "view.layout", "view.map", "beside"),
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._colored_at = 0.0
        self.body.setContentsMargins(2, 2, 2, 2)
        self.body.setSpacing(3)
        self.line = ConditionLine(
            self._typed, lambda: self.wrong.hide(), lambda: self.now.units
        )
        self.form = ConditionForm(self._add)
        self.form.hide()
        self.form_button = toggle(
            "Condition", self.form.setVisible, "Put a condition together from a column"
        )
        self.wrong = NarrowText()
        self.wrong.setTextFormat(Qt.TextFormat.PlainText)
        self.wrong.hide()
        self.count = QLabel("No session")
        self.count.setTextFormat(Qt.TextFormat.RichText)
        self.count.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.only_selected = check(
            "only selected",
            lambda on: self.attempt(self.experiment.look, only_selected=on),
            "Leave out the units that are not selected",
        )
        self.flow = FlowRow()
        self.flow.hold([self.count, self.only_selected])
        self.chips = SelectionChips(desk, self.flow.arrange)
        self.condition_chips: list[Chip] = []
        self.model = UnitsModel(self._about)
        self.model.color_by(self._color_of)
        self.table = UnitsTable(
            self.model, self._look_at_row, self._choose_row, self._clicked_twice
        )
        self.table.setToolTip(TIP)
        copy_selected(self.table, self._block_text)
        self._add_actions()
        row = QHBoxLayout()
        row.addWidget(self.line, 1)
        row.addWidget(self.form_button)
        self.body.addLayout(row)
        for widget in (self.wrong, self.form, self.flow):
            self.body.addWidget(widget)
        self.body.addWidget(self.table, 1)

    def _add_actions(self) -> None:
        """The menu of the table."""
        pick = self.experiment.pick
        for text, command, keys in (
            ("Copy", self._copy, ""),
            ("Copy without names of columns", self._copy_values, "Ctrl+Shift+C"),
            (
                "Select the units of these rows",
                lambda: self.attempt(pick, indices=self._highlighted()),
                "Ctrl+Return",
            ),
            ("Add them to the selected units", lambda: self._combine(np.union1d), ""),
            ("Take them out", lambda: self._combine(np.setdiff1d), ""),
        ):
            action(self.table, text, command, keys)

    # -- from the user: conditions -----------------------------------------------------

    def _typed(self, text: str) -> None:
        """Take typed conditions in place of those that hold; say where one is wrong."""
        self.wrong.hide()
        if self.now.session is None:
            self.problem("No session is loaded; load one before selecting.")
            return
        try:
            where = parse_line(text, self.now.units)
        except ConditionError as error:
            self.wrong.setText(f"\u26a0 {error.in_window or error}")
            self.wrong.show()
            self.line.mark(error.start, error.stop)
            return
        self.attempt(self.experiment.narrow, where)

    def _add(self, name: str, condition: Any) -> None:
        self.attempt(self._hold, name, condition)

    def _hold(self, name: str, condition: Any) -> None:
        if isinstance(condition, tuple):
            condition = tuple(number_of(text, name) for text in condition)
        known = dict(self.now.conditions)
        known.pop(name, None)
        self.experiment.narrow({**known, name: condition})

    def _remove(self, name: str) -> None:
        known = {k: v for k, v in self.now.conditions.items() if k != name}
        self.attempt(self.experiment.narrow, known)

    # -- from the user: rows -----------------------------------------------------------

    def _look_at_row(self, row: int) -> None:
        unit = unit_key(self.now.units, int(self.model.rows[row]))
        self.attempt(self.experiment.look, unit_id=unit)

    def _choose_row(self, row: int, held: Qt.KeyboardModifier) -> None:
        """Select the unit of a row, or all rows that are marked, as on the map."""
        unit, keys = int(self.model.rows[row]), Qt.KeyboardModifier
        marked = self._highlighted()
        look_at = unit_key(self.now.units, unit)
        if held & keys.ControlModifier:
            self.attempt(self.experiment.pick_unit, unit, "toggle", look_at=look_at)
        elif len(marked) > 1:
            self.attempt(self.experiment.pick, indices=marked, look_at=look_at)
        else:
            self.attempt(self.experiment.pick_unit, unit, "alone", look_at=look_at)

    def _combine(self, how: Any) -> None:
        chosen = self.now.selection
        if chosen is not None:
            found = how(chosen.indices, self._highlighted())
            self.attempt(self.experiment.pick, indices=found)

    def _highlighted(self) -> NDArray[np.int64]:
        runs = self.table.selectionModel().selection().toList()
        rows = [row for run in runs for row in range(run.top(), run.bottom() + 1)]
        return np.unique(self.model.rows[rows])

    def _block_text(self, *, with_names: bool = True) -> str:
        chosen = self.table.selectionModel().selectedIndexes()
        if not chosen:
            return ""
        return tab_separated(self.model.block(chosen, with_names=with_names))

    def _copy(self) -> None:
        QApplication.clipboard().setText(self._block_text())

    def _copy_values(self) -> None:
        QApplication.clipboard().setText(self._block_text(with_names=False))

    def _clicked_twice(self, row: int) -> None:
        self.show_unit(int(self.model.rows[row]))

    def show_unit(self, row: int) -> None:
        """Look at one unit, by row of the unit table, in a panel that shows one."""
        now, name = self.now, unit_name(self.now.units, row)
        if row not in now.encoded_rows[now.selected_columns]:
            self.problem(
                f"There are no responses of unit {name} to show: select it and encode."
            )
            return
        if self.attempt(self.experiment.look, unit_id=unit_key(now.units, row)):
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
        looked_at = unit_row(now.units, now.view.unit_id)
        self.model.look_at(looked_at)
        if "view.unit_id" in changed:
            self._scroll_to(looked_at)
        self.form.use(now)
        self.chips.show_state(now)
        if changed & {"session", "conditions"}:
            self.wrong.hide()
        self._show_selection()
        self._take_colors()

    def draw_time(self) -> None:
        """Show the colours that the units have on the map now."""
        playing = self.experiment.playback.playing
        of_time = self.now.view.color_by == RESPONSE and self.now.encoded is not None
        late = time.monotonic() - self._colored_at > SWATCHES_S
        if of_time and (late or not playing):
            self._take_colors()

    def grow(self) -> None:
        """Responses have come in, and with them colours."""
        self.draw_time()

    def _take_colors(self) -> None:
        """Take up the colours of the map, of the rows that are seen."""
        self._colored_at = time.monotonic()
        self.table.verticalHeader().viewport().update()

    def _color_of(self, unit: int) -> tuple[int, ...] | None:
        """Colour of a unit on the map, by row of the unit table; None if it has none."""
        layer = self.desk.window.map.units_layer
        if layer is None or unit >= len(layer.data):
            return None
        # To 64 steps: the eye tells no more, and as many pictures are kept
        return tuple(int(channel * 63) * 4 for channel in layer.face_color[unit][:3])

    def _scroll_to(self, unit: int | None) -> None:
        """Bring the row of a unit, by row of the unit table, into sight."""
        if unit is None or self.table.hasFocus():
            return
        at = np.flatnonzero(self.model.rows == unit)
        if len(at):
            left = self.table.indexAt(self.table.viewport().rect().topLeft()).column()
            self.table.scrollTo(self.model.index(int(at[0]), max(left, 0)))

    def _fill(self) -> None:
        """Show another table, or other columns of it."""
        now, known = self.now, set(self.model.names)
        selected = (
            np.empty(0, np.int64) if now.selection is None else now.selection.indices
        )
        self.model.use(now.units, selected, column_groups(now.units, now.measured))
        self._show_order()
        header = self.table.horizontalHeader()
        header.setFixedHeight(header.sizeHint().height())
        self.table.ids.fit(self.model.longest_id())
        names = self.model.names
        fresh = [k for k, name in enumerate(names) if name not in known]
        # Widths belong to places, and results come before the columns that were there
        self.table.widen(list(range(len(names))) if fresh else [])
        if fresh and known:
            self.table.horizontalScrollBar().setValue(0)
        self.form.show_columns(now)

    def _show_order(self) -> None:
        header, model = self.table.horizontalHeader(), self.model
        order = Qt.SortOrder
        with quietly(header):
            header.setSortIndicator(
                model.names.index(model.sorted_by) if model.sorted_by else -1,
                order.DescendingOrder if model.descending else order.AscendingOrder,
            )

    def _show_selection(self) -> None:
        """Show how many units are selected, and the conditions that they fulfil."""
        selection, units = self.now.selection, self.now.units
        known = self.now.conditions
        if selection is None:
            self.count.setText("No session")
        else:
            self.count.setText(
                f"<b>{len(selection):,}</b> of {len(units):,} units selected"
            )
        self.condition_chips = [
            Chip(
                _short(name, wanted, units),
                partial(self._remove, name),
                f"Take this condition away: {facts(name).label}, column {name}",
                removes=True,
            )
            for name, wanted in known.items()
            if name in units
        ]
        self.flow.hold(
            [
                *(self.count, self.only_selected),
                *self.condition_chips,
                *self.chips.widgets,
            ]
        )
        self.line.show_text(
            conditions_text({k: v for k, v in known.items() if k in units}, units)
        )

    def _about(self, name: str) -> str:
        """What is known of a column: its unit, and what measured it with what."""
        lines = [facts(name).label, f"column {name}"]
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


def _short(name: str, wanted: list[Any], units: Any) -> str:
    """A condition as a chip shows it: with signs as they are printed."""
    if not is_measure(units[name]) or None not in wanted:
        return condition_text(name, wanted, is_range=is_measure(units[name]))
    text = conditions_text({name: wanted}, units)
    return text.replace(">=", "≥").replace("<=", "≤")
