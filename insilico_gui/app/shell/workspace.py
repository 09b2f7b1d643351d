"""The panels of an experiment, docked around a napari viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from qtpy.QtCore import QObject, QTimer

from insilico_gui.app.map.owned_layers import LayerOwner
from insilico_gui.app.map.unit_map import UnitMap
from insilico_gui.app.panels.desk import Desk
from insilico_gui.app.panels.panel import EMPTY, Panel
from insilico_gui.app.panels.playback_bar import PlaybackBar
from insilico_gui.app.panels.registry import panel_classes
from insilico_gui.app.shell.dock_sizes import DockSizes, MapFit
from insilico_gui.app.shell.docks import (
    LEFT_WIDTH,
    RIGHT_WIDTH,
    TRACES_HEIGHT,
    Docks,
    unsaved_settings,
)
from insilico_gui.app.shell.gl_context import free_in_own_context
from insilico_gui.app.widgets.theme import ThemeFollower
from insilico_gui.app.work.jobs import Jobs
from insilico_gui.errors import InsilicoError, listed, quoted
from insilico_gui.experiment import Experiment
from insilico_gui.experiment.resolved import Resolver

if TYPE_CHECKING:
    import napari

    from insilico_gui.app.panels.desk import Window
    from insilico_gui.experiment.resolved import Resolved

AnyPanel = TypeVar("AnyPanel", bound=Panel)


class Workspace(QObject):
    """Makes the map and the panels of an experiment and gives each its place.

    Parameters
    ----------
    viewer : napari.Viewer
    experiment : Experiment, optional
        Default a new one.

    Attributes
    ----------
    viewer : napari.Viewer
    experiment : Experiment
    now : Resolved
        What is on show.
    jobs : Jobs
        Work in the background.
    layer_owner : LayerOwner
        Adds the app's layers to the viewer and keeps everybody else from them.
    map : UnitMap
    panels : tuple of Panel
    """

    def __init__(
        self, viewer: napari.Viewer, experiment: Experiment | None = None
    ) -> None:
        self.viewer = viewer
        self.docks = Docks(viewer)
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
        with unsaved_settings():
            self.panels = self._dock([kind(desk) for kind in panel_classes()])
        self.sizes = DockSizes(
            self.docks,
            (self._first("left"), self._first("right"), self._first("bottom")),
            (LEFT_WIDTH, RIGHT_WIDTH, TRACES_HEIGHT),
        )
        self.map_fit = MapFit(self.docks.canvas, self.map, self)
        self.theme = ThemeFollower(viewer, self.panels, self)
        self._offer_panels()
        QTimer.singleShot(0, self._size_docks)

    def _dock(self, panels: list[Panel]) -> tuple[Panel, ...]:
        docks = self.docks
        placed: dict[str, list[Panel]] = {}
        for panel in panels:
            placed.setdefault(panel.place, []).append(panel)
        (time,) = placed["time"]
        line = docks.add(time, "bottom", scrolled=False)
        docks.add_tabs("left", placed["left"])
        docks.add_tabs("right", placed["right"])
        docks.add_tabs("bottom", placed["bottom"], below=line)
        return tuple(panels)

    def _first(self, place: str) -> Panel:
        return next(panel for panel in self.panels if panel.place == place)

    def _size_docks(self) -> None:
        self.sizes.apply()
        self.show_panel("Session" if self.now.session_name is None else "Stimulus")
        self.fit_view()

    # -- panels ------------------------------------------------------------------------

    def panel(self, which: str | type[AnyPanel]) -> AnyPanel:
        """A panel by its title or class, in front and up to date.

        Raises
        ------
        InsilicoError
            If there is none.
        """
        for panel in self.panels:
            if which == panel.title or which is type(panel):
                self.docks.show(panel)
                panel.catch_up()
                found: AnyPanel = panel  # type: ignore[assignment]
                return found
        raise InsilicoError(
            f"There is no panel {quoted(str(which))}; there are "
            f"{listed([panel.title for panel in self.panels])}."
        )

    @property
    def playback_bar(self) -> PlaybackBar:
        """The line of time and of messages, which is always to be seen."""
        return next(panel for panel in self.panels if isinstance(panel, PlaybackBar))

    def show_panel(self, title: str) -> None:
        """Bring a panel's tab to the front."""
        self.panel(title)

    def show_again(self) -> None:
        """Show the panels that were closed, and bring the window to the front."""
        for panel in self.panels:
            if panel.is_offered(self.now):
                self.docks.of(panel).show()
        self.show_panel("Session" if self.now.session_name is None else "Stimulus")
        window = self.docks.window
        window.show()
        window.raise_()
        window.activateWindow()

    def _offer_panels(self) -> None:
        """Hide the panels that can do nothing for what is on show, show those that can.

        Panels that the user closed stay closed. One that has become the first to look at
        comes to the front.
        """
        now = self.now
        for panel in self.panels:
            offered = panel.is_offered(now)
            if offered != panel.was_offered:
                self.docks.of(panel).setVisible(offered)
                panel.was_offered = offered
            first = offered and panel.is_first(now)
            if first and not panel.was_first:
                self.docks.of(panel).raise_()
            panel.was_first = first

    def fit_view(self) -> None:
        """Fit the map to the canvas, once that has the size it is about to get."""
        QTimer.singleShot(0, self.map.fit_view)
