"""What the mouse does on the map: clicks on units, the card beside it, the lasso."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from weakref import ref

import numpy as np
from qtpy.QtCore import QObject, QPoint

from insilico_gui.app.map.hover_card import HoverCard
from insilico_gui.app.map.lasso import Lasso, points_inside
from insilico_gui.app.map.pointer import MapPointer
from insilico_gui.app.map.unit_finder import UnitFinder
from insilico_gui.app.widgets.theme import colors_for
from insilico_gui.app.widgets.unit_names import unit_key, unit_name
from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import InsilicoError

if TYPE_CHECKING:
    from insilico_gui.app.panels.panel import Panel
    from insilico_gui.app.shell.window import InsilicoWindow
    from insilico_gui.experiment.document import Mode
    from insilico_gui.experiment.picking import How
    from insilico_gui.experiment.resolved import Resolved

DRAW = "Hold the mouse button down and draw around units; Esc puts the lasso away."

DOES: dict[Mode, str] = {
    "replace": "select what you draw around",
    "add": "add what you draw around",
    "subtract": "take away what you draw around",
    "intersect": "keep what you draw around",
}
"""What the lasso does, as the map says it."""

DONE: dict[Mode, str] = {
    "replace": "{inside:,} units are inside the lasso.",
    "add": "Added the {inside:,} units inside the lasso: {chosen:,} are selected.",
    "subtract": "Took away the {inside:,} units inside the lasso: {chosen:,} are selected.",
    "intersect": "{chosen:,} of the selected units are inside the lasso.",
}


class MapTools(QObject):
    """Turns the mouse on the map into commands on the experiment, one each.

    Parameters
    ----------
    window : InsilicoWindow
        Owns this.

    Attributes
    ----------
    lasso : Lasso
    card : HoverCard
        Tells of the unit under the mouse.
    """

    def __init__(self, window: InsilicoWindow) -> None:
        super().__init__(window)
        self._window_ref = ref(window)
        self._finder = UnitFinder(window.viewer)
        canvas = window.docks.canvas
        self.card = HoverCard(canvas, window.map.lines)
        self.lasso = Lasso(window.viewer, window.layer_owner, self)
        self._pointer = MapPointer(window.viewer, canvas, self._find, self)
        self._pointer.told.connect(self._pointed)
        self.lasso.changed.connect(self._lasso_changed)
        window.viewer.events.theme.connect(self._use_theme)
        self._use_theme()

    @property
    def _window(self) -> InsilicoWindow:
        return cast("InsilicoWindow", self._window_ref())

    # -- for the window ----------------------------------------------------------------

    def draw_time(self) -> None:
        """Another time: the card tells of it."""
        self.card.draw_time(playing=self._window.experiment.playback.playing)

    def layout_for(self, now: Resolved) -> str | None:
        """The layout to change to if the session lacks the one in use; else None."""
        layouts = self._window.map.layouts_of(now)
        if not layouts or now.view.layout in layouts or self._is_coming(now):
            return None
        return layouts[0]

    def _is_coming(self, now: Resolved) -> bool:
        """Whether the layout is one that the experiment computes, as after opening it."""
        return now.view.layout == "functional" and any(
            (entry.analysis, entry.session) == ("functional layout", now.session_name)
            for entry in self._window.experiment.document.analyses
        )

    def put_away(self) -> None:
        """Other units, or units elsewhere: what was begun on the map is over."""
        self.lasso.stop()
        self.card.put_away()

    def arm_lasso(self, on: bool) -> None:
        """Let the user draw around units, in a flat layout; or not any more."""
        window = self._window
        if not on or window.map.units_layer is None:
            self.lasso.cancel()
            self._show_lasso()
            return
        if window.now.view.layout == "anatomical 3-D":
            known = window.map.available_layouts()
            flat = [name for name in known if "3-D" not in name]
            layout = "anatomical" if "anatomical" in flat else flat[0]
            window.experiment.look(layout=layout)
        self.card.put_away()
        self.lasso.start()
        window.say(f"{DRAW} Shift adds, Alt subtracts, both intersect.")

    def show_lasso(self, panel: Panel) -> None:
        """Show in a panel whether the lasso waits, and what it will do."""
        panel.draw_lasso(armed=self.lasso.layer is not None, mode=self.lasso.mode)

    # -- from the mouse ----------------------------------------------------------------

    def _find(self, place: QPoint) -> int | None:
        layer = self._window.map.units_layer
        return None if layer is None else self._finder.at(layer, place.x(), place.y())

    def _pointed(self, what: str, row: int | None, place: QPoint | None) -> None:
        if what == "over":
            self.card.show_unit(None if self.lasso.layer else row, place)
            return
        try:
            if row is None:
                self._clicked_beside(what)
            else:
                self._clicked(row, cast("How", what))
        except InsilicoError as error:
            self._window.say(sentence(error), problem=True)

    def _clicked(self, row: int, how: How) -> None:
        window = self._window
        found = window.map.crowd.find(row)
        if found is None:
            return
        if found.is_beside:
            window.experiment.show_beside(found.session)
            row = found.row
        units, name = window.now.units, unit_name(window.now.units, row)
        key = unit_key(units, row)
        chosen = window.experiment.pick_unit(row, how, look_at=key)
        if how == "alone":
            window.say(f"Unit {name} is selected, alone.")
        else:
            is_in = row in chosen.indices
            verb = "is selected too" if is_in else "is not selected any more"
            window.say(f"Unit {name} {verb}: {len(chosen):,} units are selected.")

    def _clicked_beside(self, how: str) -> None:
        """A click beside all units: no selection any more, if there was one."""
        window = self._window
        chosen = window.now.selection
        if chosen is None or how != "alone":
            return
        if len(chosen) == 0 or chosen.rule.get("all"):
            return
        window.experiment.pick_none()
        window.say(
            f"No unit is selected any more; undo brings back the {len(chosen):,} that "
            "were."
        )

    # -- the lasso ---------------------------------------------------------------------

    def _show_lasso(self) -> None:
        window, armed = self._window, self.lasso.layer is not None
        for panel in window.panels:
            self.show_lasso(panel)
        keys = "Shift: add. Alt: subtract. Both: intersect. Esc: put away."
        window.map.note.show_tool(
            f"Lasso: {DOES[self.lasso.mode]}.\n{keys}" if armed else ""
        )

    def _lasso_changed(self, what: str, polygon: object) -> None:
        self._show_lasso()
        window = self._window
        layer, mode = window.map.units_layer, self.lasso.mode
        if what == "drawn" and layer is not None:
            corners = np.asarray(polygon, float)
            inside = points_inside(layer, corners)
            layout = window.now.view.layout
            try:
                rows = window.map.crowd.by_session(inside)
                own = rows.pop(str(window.now.session_name))
                window.experiment.lasso(layout, corners, own, mode, rows)
            except InsilicoError as error:
                window.say(sentence(error), problem=True)
                return
            window.viewer.layers.selection.active = layer
            chosen = len(window.map.crowd.selected())
            window.say(DONE[mode].format(inside=len(inside), chosen=chosen))
        elif what == "missed":
            window.say(f"Nothing was drawn around. {DRAW}")
        elif what == "cancelled":
            window.say("The lasso is put away; the selection is as it was.")

    # -- the theme ---------------------------------------------------------------------

    def _use_theme(self, *_: object) -> None:
        window = self._window
        self.card.use_plot_colors(colors_for(window.viewer.theme))
        window.map.use_theme()
