"""The panels of an experiment, docked around a napari viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer

from insilico_gui.app.map.owned_layers import LayerOwner
from insilico_gui.app.map.unit_map import UnitMap
from insilico_gui.app.panels.compare_panel import ComparePanel
from insilico_gui.app.panels.course_panel import CoursePanel
from insilico_gui.app.panels.export_panel import ExportPanel
from insilico_gui.app.panels.images_panel import ImagesPanel
from insilico_gui.app.panels.map_panel import MapPanel
from insilico_gui.app.panels.playback_bar import PlaybackBar
from insilico_gui.app.panels.population_panel import PopulationPanel
from insilico_gui.app.panels.retinotopy_panel import RetinotopyPanel
from insilico_gui.app.panels.rf_panel import RECEPTIVE_FIELDS, ReceptiveFieldPanel
from insilico_gui.app.panels.selection_panel import SelectionPanel
from insilico_gui.app.panels.session_panel import SessionPanel
from insilico_gui.app.panels.stimulus_panel import StimulusPanel
from insilico_gui.app.panels.traces_panel import TracesPanel
from insilico_gui.app.panels.tuning_panel import TuningPanel
from insilico_gui.app.panels.units_panel import UnitsPanel
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
from insilico_gui.app.widgets.unit_names import unit_name
from insilico_gui.app.work.jobs import Jobs
from insilico_gui.experiment.window_state import WindowState

if TYPE_CHECKING:
    import napari
    from qtpy.QtWidgets import QWidget

    from insilico_gui.app.panels.panel import Panel


class Workspace(QObject):
    """Makes the map and the panels of a new experiment and gives each its place.

    Parameters
    ----------
    viewer : napari.Viewer

    Attributes
    ----------
    viewer : napari.Viewer
    experiment : WindowState
    jobs : Jobs
        Work in the background.
    layer_owner : LayerOwner
        Adds the app's layers to the viewer and keeps everybody else from them.
    map : UnitMap
    panels : tuple of Panel
        All of them; each is an attribute of its own as well.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self.viewer = viewer
        self.docks = Docks(viewer)
        free_in_own_context(viewer)
        super().__init__(self.docks.window)
        self.experiment = experiment = WindowState()
        self.jobs = jobs = Jobs(self)
        self.layer_owner = LayerOwner(viewer)
        self.map = UnitMap(viewer, experiment, self.layer_owner)

        self.session_panel = SessionPanel(experiment, jobs)
        self.stimulus_panel = StimulusPanel(experiment, jobs)
        self.map_panel = MapPanel(experiment, jobs, self.map)
        self.selection_panel = SelectionPanel(experiment, jobs)
        self.export_panel = ExportPanel(experiment, jobs)
        self.traces_panel = TracesPanel(experiment, jobs)
        self.course_panel = CoursePanel(experiment, jobs)
        self.images_panel = ImagesPanel(experiment, jobs)
        self.tuning_panel = TuningPanel(experiment, jobs)
        self.units_panel = UnitsPanel(experiment, jobs)
        self.population_panel = PopulationPanel(experiment, jobs)
        self.rf_panel = ReceptiveFieldPanel(experiment, jobs)
        self.retinotopy_panel = RetinotopyPanel(experiment, jobs)
        self.compare_panel = ComparePanel(experiment, jobs)
        self.playback_bar = PlaybackBar(experiment, jobs)
        with unsaved_settings():
            self.panels = self._dock()
        self.sizes = DockSizes(
            self.docks,
            (self.stimulus_panel, self.map_panel, self.traces_panel),
            (LEFT_WIDTH, RIGHT_WIDTH, TRACES_HEIGHT),
        )
        self.map_fit = MapFit(self.docks.canvas, self.map, self)
        self.theme = ThemeFollower(viewer, self.panels, self)
        self.units_panel.unit_chosen.connect(self.show_unit)
        self.offer_panels()
        QTimer.singleShot(0, self._size_docks)

    def _dock(self) -> tuple[Panel, ...]:
        docks = self.docks
        playback = docks.add(self.playback_bar, self.playback_bar.title, "bottom")
        left = (self.session_panel, self.stimulus_panel)
        right = (
            self.map_panel,
            self.selection_panel,
            self.compare_panel,
            self.export_panel,
        )
        bottom = (
            self.traces_panel,
            self.course_panel,
            self.images_panel,
            self.tuning_panel,
            self.rf_panel,
            self.retinotopy_panel,
            self.population_panel,
            self.units_panel,
        )
        docks.add_tabs("left", left)
        docks.add_tabs("right", right)
        docks.add_tabs("bottom", bottom, below=playback)
        return (self.playback_bar, *left, *right, *bottom)

    def _size_docks(self) -> None:
        self.sizes.apply()
        is_first = self.experiment.session is None
        front = self.session_panel if is_first else self.stimulus_panel
        self.docks.of(front).raise_()
        self.fit_view()

    def show_panel(self, panel: QWidget) -> None:
        """Bring a panel's tab to the front."""
        self.docks.show(panel)

    def show_again(self) -> None:
        """Show the panels that were closed, and bring the window to the front."""
        session = self.experiment.session
        for panel in self.panels:
            if panel not in (self.course_panel, self.images_panel):
                self.docks.of(panel).show()
        self.offer_panels()
        self.show_panel(self.session_panel if session is None else self.stimulus_panel)
        window = self.docks.window
        window.show()
        window.raise_()
        window.activateWindow()

    def show_unit(self, unit: int) -> None:
        """Show one unit, by row of the unit table, in the panels that show one."""
        experiment = self.experiment
        shown = [panel.show_row(unit) for panel in (self.tuning_panel, self.rf_panel)]
        if not any(shown):
            name = unit_name(experiment.units, unit)
            self.units_panel.problem.emit(
                f"There are no responses of unit {name} to show: select it and encode."
            )
            return
        is_mapped = experiment.analyses.keys() == {RECEPTIVE_FIELDS}
        self.show_panel(self.rf_panel if is_mapped else self.tuning_panel)

    def offer_panels(self) -> None:
        """Show the panels for single images if the session answers those."""
        session = self.experiment.image_session
        of_images = session is not None
        in_time = session is not None and "time" in session.response_coords
        for panel, is_offered, is_first in (
            (self.course_panel, in_time, in_time),
            (self.images_panel, of_images, of_images and not in_time),
        ):
            dock = self.docks.of(panel)
            dock.setVisible(is_offered)
            if is_first:
                dock.raise_()

    def fit_view(self) -> None:
        """Fit the map to the canvas, once that has the size it is about to get."""
        QTimer.singleShot(0, self.map.fit_view)
