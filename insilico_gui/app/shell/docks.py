"""Where the panels sit around the map."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from napari.settings import get_settings
from qtpy.QtCore import QObject, Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import napari

    from insilico_gui.app.panels.panel import Panel
    from insilico_gui.app.shell.panel_slots import PanelSlot

LEFT_WIDTH, RIGHT_WIDTH, TRACES_HEIGHT = 335, 318, 215
"""Pixels in a window of 1366 x 768; together they leave a 16:9 map."""

Child = TypeVar("Child", bound=QObject)


def child_of(viewer: napari.Viewer, kind: type[Child]) -> Child | None:
    """The one object of a kind that belongs to a viewer's window, if there is one."""
    found: Child | None = viewer.window._qt_window.findChild(kind)
    return found


@contextmanager
def unsaved_settings() -> Iterator[None]:
    """Keep napari from writing its settings to disk for every dock that is placed.

    It does so several times a dock, for a place that this window decides itself: a third
    of the time that the panels take to appear.
    """
    settings = get_settings()
    before, settings._save_on_change = settings._save_on_change, False
    try:
        yield
    finally:
        settings._save_on_change = before


class Docks:
    """The docks of one viewer's window.

    The side panels get the full height; what runs in time sits below the map only.

    Parameters
    ----------
    viewer : napari.Viewer
    own : bool
        Whether the viewer is for these panels alone: then napari's list of layers, the
        controls of layers and its welcome page are hidden.
    """

    def __init__(self, viewer: napari.Viewer, *, own: bool) -> None:
        # Nothing of Qt is kept here: it would outlive the window that owns it.
        self._viewer = viewer
        self._own = own
        left, right = (
            Qt.DockWidgetArea.LeftDockWidgetArea,
            Qt.DockWidgetArea.RightDockWidgetArea,
        )
        self.window.setCorner(Qt.Corner.BottomLeftCorner, left)
        self.window.setCorner(Qt.Corner.BottomRightCorner, right)
        if own:  # they stay one click away, in the menu View
            self.show_tools(False)
            viewer.window._qt_viewer.show_welcome_screen = False

    @property
    def window(self) -> QMainWindow:
        """The viewer's window."""
        window: QMainWindow = self._viewer.window._qt_window
        return window

    @property
    def canvas(self) -> QWidget:
        """The widget that the map is drawn in."""
        canvas: QWidget = self._viewer.window._qt_viewer.canvas.native
        return canvas

    @property
    def tools(self) -> tuple[QDockWidget, QDockWidget]:
        """Napari's list of layers, and its controls of layers."""
        qt_viewer = self._viewer.window._qt_viewer
        return qt_viewer.dockLayerList, qt_viewer.dockLayerControls

    @property
    def shows_tools(self) -> bool:
        """Whether one of napari's own docks is shown."""
        return any(not dock.isHidden() for dock in self.tools)

    def show_tools(self, shown: bool) -> None:
        """Show or hide napari's own docks."""
        for dock in self.tools:
            dock.setVisible(shown)

    def add(self, panel: Panel | PanelSlot, area: str) -> QDockWidget:
        """Dock a panel; the Window menu lists it, and closing it only hides it."""
        window = self._viewer.window
        made = window.add_dock_widget(
            panel,
            name=panel.title,
            area=area,
            menu=window.window_menu,
        )
        # napari would take the panel out of the window for good
        made.destroyOnClose = made.hide
        dock: QDockWidget = made
        dock.toggleViewAction().triggered.connect(
            lambda shown: dock.raise_() if shown else None
        )
        return dock

    def add_tabs(
        self, area: str, panels: Sequence[PanelSlot], below: QDockWidget | None = None
    ) -> None:
        """Dock panels as tabs of one place, the first in front."""
        docks = [self.add(panel, area) for panel in panels]
        if below is not None:
            self.window.splitDockWidget(below, docks[0], Qt.Orientation.Vertical)
        if area == "left" and not self._own:  # a third dock there would be too low
            self.window.tabifyDockWidget(self.tools[0], docks[0])
        for dock in docks[1:]:
            self.window.tabifyDockWidget(docks[0], dock)
        docks[0].raise_()

    def follow(self, panels: Sequence[Panel | PanelSlot]) -> None:
        """Have panels draw when they come to the front, and only then, from now on."""
        for panel in panels:
            self.of(panel).visibilityChanged.connect(panel.came_to_front)

    def of(self, panel: QWidget) -> QDockWidget:
        """The dock that holds a panel."""
        docks = self.window.findChildren(QDockWidget)
        return next(dock for dock in docks if dock.isAncestorOf(panel))

    def show(self, panel: QWidget) -> None:
        """Bring a panel's tab to the front."""
        dock = self.of(panel)
        dock.show()
        dock.raise_()
