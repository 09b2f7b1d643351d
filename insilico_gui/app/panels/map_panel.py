"""How the map shows the units: layout, colours, colour bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFormLayout, QHBoxLayout

from insilico_gui.app.map.coloring import COLORED_BY
from insilico_gui.app.map.field_sizes import field_sizes
from insilico_gui.app.map.map_note import empty_note, places_note
from insilico_gui.app.panels.panel import Panel, fill_box, text_label
from insilico_gui.app.panels.parts.dim_slider import DimSlider
from insilico_gui.app.panels.parts.legend_bar import LegendBar
from insilico_gui.app.panels.parts.legend_form import LegendForm
from insilico_gui.app.panels.parts.sessions_form import SessionsForm
from insilico_gui.app.widgets.controls import button, check, choice
from insilico_gui.drawing.layouts import available_layouts
from insilico_gui.experiment.viewing import RESPONSE
from insilico_gui.session import has_readout
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    import pandas as pd
    from qtpy.QtWidgets import QCheckBox

    from insilico_gui.app.panels.desk import Desk


FUNCTIONAL, FUNCTIONAL_LAYOUT = "functional", "functional layout"
"""The layout, and the analysis that computes it."""


class MapPanel(Panel):
    """Layout, what the units are coloured by, the colour bar and its limits."""

    title = "Map"
    place = "top"
    order = 10
    draws = (
        frozenset({"session", "view.layout", "responses", "sessions", "shown"})
        | COLORED_BY
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.layouts = choice(self._set_layout)
        self.color_by = choice(self._set_color_by)
        self.bar = LegendBar(lambda: self.form.open())
        self.form = LegendForm(
            self.bar,
            lambda **changes: self.attempt(self.experiment.color_units, **changes),
            self.problem,
        )
        self.dim = DimSlider(
            lambda part: self.attempt(self.experiment.draw_map, stimulus=part),
            lambda part: self.desk.window.map.dim_stimulus(part),
            "How strongly the stimulus behind the units shows",
        )
        self.dim.setAccessibleName("Stimulus")
        self.sessions_button = button(
            "Sessions…",
            lambda: self.sessions.open(),
            "Units of several sessions at once",
        )
        self.sessions = SessionsForm(
            self.sessions_button,
            lambda names: self.attempt(self.experiment.draw_map, sessions=names),
        )
        self.fields = check(
            "field sizes",
            lambda on: self.attempt(self.experiment.draw_map, fields=on),
            "Draw units as large as their receptive fields, where that is known",
        )
        self.about = text_label()
        self.about.hide()

        choices = QFormLayout()
        choices.setVerticalSpacing(4)
        choices.addRow("Layout", self.layouts)
        choices.addRow("Colour by", self.color_by)
        self._more = QFormLayout()
        self._more.setVerticalSpacing(4)
        self._more.addRow("Stimulus", self.dim)
        beside = QHBoxLayout()
        beside.addWidget(self.fields)
        beside.addWidget(self.sessions_button)
        self._more.addRow(beside)
        row = QHBoxLayout()
        row.addLayout(choices, 2)
        row.addWidget(self.bar, 3)
        row.addLayout(self._more, 1)
        self.body.setContentsMargins(8, 4, 8, 0)
        self.body.setSpacing(2)
        self.body.addLayout(row)
        self.body.addWidget(self.about)

    @property
    def automatic(self) -> QCheckBox:
        """Whether the limits of the colours follow the values."""
        return self.form.automatic

    # -- from the user -----------------------------------------------------------------

    def _set_layout(self, layout: str) -> None:
        now = self.now
        if layout != FUNCTIONAL or layout in available_layouts(now.session, now.units):
            self.attempt(self.experiment.look, layout=layout)
            return
        # The map takes the layout once it has been computed
        fill_box(self.layouts, self._layouts(), now.view.layout)
        if now.session is not None and has_readout(now.session):
            self.desk.window.analyse(FUNCTIONAL_LAYOUT, {})
        else:
            self.desk.window.analyse(FUNCTIONAL_LAYOUT, {"of": "responses"})

    def _set_color_by(self, name: str) -> None:
        self.attempt(self.experiment.look, color_by=name, limits=None)

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Show the choices, and the legend of the scale that the map has now."""
        now, layout = self.now, self.now.view.layout
        units = now.units
        names = [RESPONSE, *(n for n in units.columns if _can_color(units[n]))]
        fill_box(self.layouts, self._layouts(), layout)
        self.layouts.setToolTip(self._about_functional())
        fill_box(self.color_by, names, now.view.color_by)
        note = empty_note(now.session, units, layout)
        text = note or places_note(units, layout)
        self.about.setText(text)
        self.about.setVisible(bool(text))
        self._draw_legend()
        is_behind = layout == "retinotopic" and now.frames is not None
        self._more.setRowVisible(self.dim, is_behind)
        self.dim.show_value(now.view.map.stimulus)
        self.fields.setVisible(layout == "retinotopic" and field_sizes(now) is not None)
        self.fields.setChecked(now.view.map.fields)
        self._draw_sessions()

    def _draw_sessions(self) -> None:
        now = self.now
        chosen = now.view.map.sessions
        self.sessions.draw(now.sessions, now.session_name, chosen)
        n_shown = len({*chosen, now.session_name})
        self.sessions_button.setVisible(len(now.sessions) > 1)
        self.sessions_button.setText(
            f"{n_shown} sessions…" if n_shown > 1 else "Sessions…"
        )

    def _layouts(self) -> list[str]:
        """Layouts that are known, and the functional one where it can be computed."""
        now = self.now
        known: list[str] = [*available_layouts(now.session, now.units)]
        if now.session is None or FUNCTIONAL in known:
            return known
        if has_readout(now.session) or now.responses is not None:
            known.insert(len(known) - 1, FUNCTIONAL)
        return known

    def _about_functional(self) -> str:
        now = self.now
        if now.session is None:
            return ""
        what = "readout weights" if has_readout(now.session) else "responses"
        return (
            f"functional: units near each other have {what} that are alike, by principal "
            "components; computed when it is first chosen"
        )

    def grow(self) -> None:
        """Limits of the responses follow those that have come."""
        self._draw_legend()

    def _draw_legend(self) -> None:
        scale, now = self.desk.window.map.scale, self.now
        label = facts(scale.column).label
        if scale.column == RESPONSE:
            label = getattr(now.session, "response_label", scale.column)
        self.bar.show_scale(scale, label)
        self.form.draw(scale, now.view, now.units)


def _can_color(column: pd.Series) -> bool:
    return column.dtype.kind in "fiub" or column.nunique() <= 40
