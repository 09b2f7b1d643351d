"""Picking units: areas, fields, lasso; how many that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QGridLayout, QLabel

from insilico_gui.app.panels.panel import Panel, text_label
from insilico_gui.app.panels.parts.depth_range import DepthRange
from insilico_gui.app.widgets.controls import TickList, button, check, quietly, toggle

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import pandas as pd

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.units.selection import Selection


MAX_NAMES = 256
"""As many units that have names can be picked one by one."""


class SelectionPanel(Panel):
    """Check lists with live counts, and the lasso."""

    title = "Selection"
    place = "table"
    order = 20
    draws = frozenset({"session", "selection", "conditions"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._picks_units = False
        self.count = text_label("No session")
        self.areas, self.fields = TickList(self._select), TickList(self._select)
        for box in (self.areas, self.fields):
            box.setMaximumHeight(190)
        self.any_of = check(
            "any of (area or field)",
            lambda _on: self._combine(),
            "Off: units in a checked area and in a checked field.\n"
            "On: units in a checked area or in a checked field.",
        )
        self.lasso_button = toggle(
            "Lasso",
            lambda on: self.desk.window.arm_lasso(on),
            "Draw around units on the map. Shift adds to the selection, Alt subtracts "
            "from it, both intersect; Esc cancels",
        )
        self.all_button = button("All", lambda: self._pick(self.experiment.pick))
        self.clear_button = button(
            "None", lambda: self._pick(self.experiment.pick_none)
        )
        self.invert_button = button(
            "Invert", lambda: self._pick(self.experiment.pick_others)
        )
        self._buttons = (
            self.lasso_button,
            self.all_button,
            self.clear_button,
            self.invert_button,
        )
        self.depth_range = DepthRange(self._between)
        self.no_areas = text_label()
        self.areas_label, self.fields_label = QLabel("Areas"), QLabel("Fields")
        grid = QGridLayout()
        grid.addWidget(self.areas_label, 0, 0)
        grid.addWidget(self.fields_label, 0, 1)
        grid.addWidget(self.areas, 1, 0)
        grid.addWidget(self.fields, 1, 1)
        grid.addWidget(self.any_of, 2, 0, 1, 2)
        grid.addWidget(self.lasso_button, 3, 0)
        grid.addWidget(self.invert_button, 3, 1)
        grid.addWidget(self.all_button, 4, 0)
        grid.addWidget(self.clear_button, 4, 1)
        self.body.addWidget(self.count)
        self.body.addWidget(self.depth_range)
        self.body.addWidget(self.no_areas)
        self.body.addLayout(grid)
        self.body.addStretch(1)

    # -- from the user -----------------------------------------------------------------

    def _select(self) -> None:
        areas, fields = self.areas.ticked(), self.fields.ticked()
        any_of = self.any_of.isChecked()
        # Conditions narrow; "any of" them or an area would do the opposite
        where = None if any_of else self.now.conditions
        if not areas and not fields and not where:
            self._pick(self.experiment.pick_none)
        elif self._picks_units:
            self._pick(self.experiment.pick, unit_ids=areas or None, where=where)
        else:
            self._pick(
                self.experiment.pick,
                areas=areas or None,
                fields=fields or None,
                combine="any" if any_of else "all",
                where=where,
            )

    def _between(self, column: str, ends: tuple[float | None, float | None]) -> None:
        """Select of the selected units those at some depths; (None, None) for all."""
        known = {k: v for k, v in self.now.conditions.items() if k != column}
        if ends != (None, None):
            known[column] = ends
        if not self.attempt(self.experiment.narrow, known):
            self.depth_range.show_state(self.now)

    def _combine(self) -> None:
        if self.areas.ticked() or self.fields.ticked():
            self._select()

    def _pick(self, command: Callable[..., object], **kwargs: Any) -> None:
        """Select units; if that fails, what is ticked is what it was."""
        selection = self.now.selection
        if not self.attempt(command, **kwargs) and selection is not None:
            self._show_rule(selection)

    # -- from the state ----------------------------------------------------------------

    def draw_lasso(self, *, armed: bool, mode: str) -> None:
        """Show whether the lasso waits for a drag on the map, and what it will do."""
        verb = "draw" if mode == "replace" else mode
        self.lasso_button.setChecked(armed)
        self.lasso_button.setText(f"Lasso: {verb}" if armed else "Lasso")

    def draw(self, changed: frozenset[str]) -> None:
        """Offer what the units can be picked by, and show how they were."""
        if "session" in changed or self.now.session is None:
            self._fill()
        selection = self.now.selection
        self.depth_range.show_state(self.now)
        if selection is None:
            self.count.setText("No session")
        else:
            self._show_rule(selection)
            self.count.setText(self._counted(selection))

    def _fill(self) -> None:
        units = self.now.units
        self._picks_units = _are_named(units)
        self.areas_label.setText("Units" if self._picks_units else "Areas")
        for box, column in ((self.areas, "area"), (self.fields, "field")):
            if column in units:
                counts = units[column].value_counts().sort_index()
                named = ["no area" if value == "" else value for value in counts.index]
                box.offer(
                    [f"{name}  ({n:,})" for name, n in zip(named, counts, strict=True)],
                    counts.index.tolist(),
                )
            elif box is self.areas and self._picks_units:
                ids = units["unit_id"].tolist()
                box.offer([str(unit_id) for unit_id in ids], ids)
            else:
                box.offer([], [])
            box.setEnabled(box.count() > 0)
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
            self.any_of.setChecked(False)
        self.no_areas.setText(_what_is_missing(units) if has_session else "")
        self.no_areas.setVisible(bool(self.no_areas.text()))
        for each in self._buttons:
            each.setEnabled(has_session)

    def _show_rule(self, selection: Selection) -> None:
        """Tick what the rule of a selection names; nothing if it has another rule."""
        rule = selection.rule
        in_areas = "unit_ids" if self._picks_units else "areas"
        is_own = set(rule) <= {in_areas, "fields", "combine", "where"}
        for box, kind in ((self.areas, in_areas), (self.fields, "fields")):
            box.tick(rule.get(kind, ()) if is_own else ())
        if is_own and {"areas", "fields"} <= set(rule):
            with quietly(self.any_of):
                self.any_of.setChecked(rule.get("combine") == "any")

    def _counted(self, selection: Selection) -> str:
        """How many units are selected, of which areas, and why none is."""
        units = self.now.units
        text = f"<b>{len(selection):,}</b> of {len(units):,} units selected"
        if "area" in units and 0 < len(selection) < len(units):
            counts = units["area"].iloc[selection.indices].value_counts().sort_index()
            text += "<br>" + ", ".join(f"{a} {n:,}" for a, n in counts.items())
        if self.now.conditions:
            text += "<br>Conditions on columns: see the panel Units."
        elif len(selection) == 0 and {"areas", "fields"} <= set(selection.rule):
            text += "<br>No unit is in a checked area and in a checked field."
        return text


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
