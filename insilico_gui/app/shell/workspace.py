"""The panels of an experiment, docked around a napari viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from qtpy.QtCore import QObject, QTimer

from insilico_gui.app.map.owned_layers import LayerOwner
from insilico_gui.app.map.unit_map import UnitMap
from insilico_gui.app.panels.desk import Desk
from insilico_gui.app.panels.panel import EMPTY, Panel
from insilico_gui.app.panels.registry import panel_classes
from insilico_gui.app.shell.dock_sizes import PLACES, DockSizes, MapFit
from insilico_gui.app.shell.docks import Docks, unsaved_settings
from insilico_gui.app.shell.gl_context import free_in_own_context
from insilico_gui.app.shell.panel_slots import PanelSlot
from insilico_gui.app.shell.remembered_layout import RememberedLayout
from insilico_gui.app.widgets.theme import ThemeFollower
from insilico_gui.app.work.jobs import Jobs
from insilico_gui.app.work.timers import delayed
from insilico_gui.errors import InsilicoError, listed, quoted
from insilico_gui.experiment import Experiment
from insilico_gui.experiment.resolved import Resolver

if TYPE_CHECKING:
    from collections.abc import Collection

    import napari

    from insilico_gui.app.panels.desk import Window
    from insilico_gui.app.panels.playback_bar import PlaybackBar
    from insilico_gui.experiment.resolved import Resolved

AnyPanel = TypeVar("AnyPanel", bound=Panel)


class Workspace(QObject):
    """Makes the map and the panels of an experiment and gives each its place.

    Parameters
    ----------
    viewer : napari.Viewer
    experiment : Experiment, optional
        Default a new one.
    own : bool
        Whether the viewer is for these panels alone, and not somebody's with layers and
        docks of theirs: napari's tools are hidden then, and the layout is remembered.

    Attributes
    ----------
    viewer : napari.Viewer
    experiment : Experiment
    layout : RememberedLayout
    now : Resolved
        What is on show.
    jobs : Jobs
        Work in the background.
    layer_owner : LayerOwner
        Adds the app's layers to the viewer and keeps everybody else from them.
    map : UnitMap
    playback_bar : Panel
        The line of time and of messages, which is always to be seen.
    slots : tuple of PanelSlot
        Where the other panels go, by place and order.
    panels : tuple of Panel
        Those that have been made; see :meth:`panel` for any.
    titles : tuple of str
        Of all panels, also those that have not been made.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        experiment: Experiment | None = None,
        *,
        own: bool = False,
    ) -> None:
        self.viewer = viewer
        self.is_own = own
        self.docks = Docks(viewer, own=own)
        free_in_own_context(viewer)
        super().__init__(self.docks.window)
        self.experiment = Experiment() if experiment is None else experiment
        self.experiment.computes_when_asked = False
        self._resolver = Resolver(self.experiment)
        self.now: Resolved = EMPTY
        self.jobs = Jobs(self)
        self.layer_owner = LayerOwner(viewer)
        self.map = UnitMap(viewer, self.experiment.playback, self.layer_owner)
        desk = Desk(self.experiment, self.jobs, cast("Window", self))
        kinds = panel_classes()
        (time,) = (kind for kind in kinds if kind.place == "time")
        self.playback_bar = cast("PlaybackBar", time(desk))
        self.slots = tuple(PanelSlot(kind, desk) for kind in kinds if kind is not time)
        for slot in self.slots:
            slot.made.connect(self._panel_made)
        with unsaved_settings():
            self.docks.add_places(self.slots, self.playback_bar)
        self.sizes = DockSizes(
            self.docks,
            {
                place: [slot for slot in self.slots if slot.kind.place == place]
                for place in PLACES
            },
        )
        for slot in self.slots:
            if slot.is_sheet:  # else the runs would keep the room of one that goes
                self.docks.of(slot).visibilityChanged.connect(self.sizes.again)
        self._closed: frozenset[str] = frozenset()
        self._wanted: set[str] = set()
        self._settle = delayed(self._show_what_is_in_front, self)
        self.layout = RememberedLayout(
            self.docks, self.sizes, self.slots, self._offer_anew
        )
        self.map_fit = MapFit(self.docks.canvas, self.map, self)
        self.theme = ThemeFollower(viewer, lambda: self.panels, self)
        self._offer_panels()
        QTimer.singleShot(0, self._size_docks)

    def _size_docks(self) -> None:
        if self.is_own:
            self.layout.restore()
        else:
            self.sizes.apply()
        self.show_first_panel()
        for slot in self.slots:
            slot.follow()
        self.fit_view()

    # -- panels ------------------------------------------------------------------------

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Those that have been made."""
        made = (slot.panel for slot in self.slots)
        return *(panel for panel in made if panel is not None), self.playback_bar

    @property
    def titles(self) -> tuple[str, ...]:
        """Of all panels, also those that have not been made."""
        return *(slot.title for slot in self.slots), self.playback_bar.title

    def panel(self, which: str | type[AnyPanel]) -> AnyPanel:
        """A panel by its title or class, in front and up to date; made if need be.

        Raises
        ------
        InsilicoError
            If there is none, or it cannot be made.
        """
        found = self._made(which)
        self.docks.show(found)
        found.catch_up()
        return cast("AnyPanel", found)

    def _made(self, which: str | type[Panel]) -> Panel:
        bar = self.playback_bar
        if which == bar.title or which is type(bar):
            return bar
        for slot in self.slots:
            if which == slot.title or which is slot.kind:
                self.docks.show(slot)  # also to tell why it cannot be made
                made = slot.make()
                if made is None:
                    raise InsilicoError(slot.failure)
                return made
        raise InsilicoError(
            f"There is no panel {quoted(str(which))}; there are {listed(self.titles)}."
        )

    def show_panel(self, title: str) -> None:
        """Bring a panel's tab to the front."""
        self.panel(title)

    def show_first_panel(self) -> None:
        """Bring the panel to the front that is needed first for what is on show."""
        for slot in self.slots:
            if slot.kind.is_offered(self.now) and slot.kind.is_first(self.now):
                if slot.is_sheet or not self.docks.of(slot).isHidden():
                    self.docks.show(slot)

    def show_again(self) -> None:
        """Show the panels that were closed, and bring the window to the front."""
        self.docks.of(self.playback_bar).show()
        for slot in self.slots:
            if slot.kind.is_offered(self.now) and not slot.is_sheet:
                self.docks.of(slot).show()
        self.show_first_panel()
        window = self.docks.window
        window.show()
        window.raise_()
        window.activateWindow()

    def _panel_made(self, panel: Panel) -> None:
        """A panel is there now: it gets what others were told earlier."""
        self.theme.apply(panel)

    def color_anew(self) -> None:
        """Take up the colours of units anew, also in legends."""
        self.map.coloring_changed()
        self._tell_panels(grown=True)

    def _tell_panels(
        self, changed: frozenset[str] = frozenset(), *, grown: bool = False
    ) -> None:
        """Tell all panels what has changed, or that responses have come."""
        self.playback_bar.take(changed, grown=grown)
        for slot in self.slots:
            slot.take(changed, grown=grown)

    def _offer_panels(self) -> None:
        """Hide the panels that can do nothing for what is on show, show those that can.

        Panels that the user closed stay closed. One that has become the first to look at
        comes to the front.
        """
        now, moved = self.now, False
        in_front = [slot for slot in self.slots if slot.is_seen]
        canvas = self.docks.canvas
        drawn = canvas.updatesEnabled()
        canvas.setUpdatesEnabled(False)  # or the map is drawn for each dock
        for slot in self.slots:
            slot.is_held = True
        for slot in self.slots:
            offered, dock = slot.kind.is_offered(now), self.docks.of(slot)
            if offered != slot.was_offered:
                closed = slot.is_sheet or slot.title in self._closed
                dock.setVisible(offered and not closed)
                dock.toggleViewAction().setEnabled(offered)
                slot.was_offered, moved = offered, True
        if moved:
            # A tab that appears comes to the front, whoever was there
            for slot in in_front:
                if slot.was_offered and not slot.is_sheet:
                    self.docks.of(slot).raise_()
            self._bring_first_tabs_up()
            self.sizes.again()
        for slot in self.slots:
            slot.is_held = False
        for slot in self.slots:
            first = bool(slot.was_offered) and slot.kind.is_first(now)
            if slot.is_sheet:
                if slot.was_first and not first:
                    self.docks.of(slot).hide()  # what was wanted of it is there
            elif first and not slot.was_first:
                self.docks.show(slot)
            slot.was_first = first
        canvas.setUpdatesEnabled(drawn)
        self._settle.start()

    def _show_what_is_in_front(self) -> None:
        """Draw panels that have come to the front, and show the sheet that is wanted.

        A sheet is not wanted any more where what it asks for was given at once.
        """
        for slot in self.slots:
            wanted = slot.is_sheet and slot.was_first
            if wanted and slot.title not in self._wanted:
                self.docks.show(slot)
            elif slot.is_seen:
                slot.came_to_front(True)
        self._wanted = {s.title for s in self.slots if s.is_sheet and s.was_first}

    def _bring_first_tabs_up(self) -> None:
        """Have the first of the panels that lie behind each other in front."""
        for place in ("right", "table", "bottom"):
            slots = [s for s in self.slots if s.kind.place == place and s.was_offered]
            if slots and not any(slot.is_seen for slot in slots):
                self.docks.of(slots[0]).raise_()

    def _offer_anew(self, closed: Collection[str]) -> None:
        """Offer panels after docks were put elsewhere, but for those of these titles."""
        self._closed = frozenset(closed)
        self.docks.of(self.playback_bar).show()
        for slot in self.slots:
            slot.was_offered = None
        self._offer_panels()

    def fit_view(self) -> None:
        """Fit the map to the canvas, once that has the size it is about to get."""
        QTimer.singleShot(0, self.map.fit_view)
