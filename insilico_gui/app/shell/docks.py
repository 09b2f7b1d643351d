"""Where the panels sit around the map."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from napari.settings import get_settings
from qtpy.QtCore import QObject, Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import napari

    from insilico_gui.app.panels.panel import Panel
    from insilico_gui.app.shell.panel_slots import PanelSlot

AREAS = {
    "left": "left",
    "sheet": "left",
    "top": "top",
    "table": "right",
    "right": "right",
    "bottom": "bottom",
}
"""Where each place of panels is around the map."""

SHEET = "insilico_sheet"
"""Property of the docks of which one is shown at a time, and only when it is wanted."""

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

    What runs in time has the full width below, everything else is beside the map.

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
        area, corner = Qt.DockWidgetArea, Qt.Corner
        for place, owner in (
            (corner.BottomLeftCorner, area.BottomDockWidgetArea),
            (corner.BottomRightCorner, area.BottomDockWidgetArea),
            (corner.TopLeftCorner, area.LeftDockWidgetArea),
            (corner.TopRightCorner, area.RightDockWidgetArea),
        ):
            self.window.setCorner(place, owner)
        for below in (area.RightDockWidgetArea, area.BottomDockWidgetArea):
            self.window.setTabPosition(below, QTabWidget.TabPosition.North)
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
        """Show or hide napari's own docks, its slider of time and its status line."""
        for dock in self.tools:
            dock.setVisible(shown)
        self.window.statusBar().setVisible(shown)
        self._viewer.window._qt_viewer.dims.setVisible(shown)

    def add(
        self, panel: Panel | PanelSlot, area: str, *, is_sheet: bool = False
    ) -> QDockWidget:
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
        dock.setProperty(SHEET, is_sheet)
        dock.toggleViewAction().triggered.connect(
            lambda shown: self._bring_up(dock) if shown else None
        )
        if self._own and not is_sheet:
            hide_title(dock)
        return dock

    def add_places(self, slots: Sequence[PanelSlot], line: Panel) -> None:
        """Dock panels by their places, those of a place as tabs, the first in front.

        The line of time is below all others.
        """
        placed: dict[str, list[PanelSlot]] = {}
        for slot in slots:
            placed.setdefault(slot.kind.place, []).append(slot)
        firsts = {
            place: self.add(placed[place][0], area, is_sheet=place == "sheet")
            for place, area in AREAS.items()
        }
        last = self.add(line, "bottom")
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        for one, other, way in (
            (firsts["left"], firsts["sheet"], across),
            (firsts["table"], firsts["right"], down),
            (firsts["bottom"], last, down),
        ):  # before there are tabs: Qt adds another tab in place of a neighbour
            self.window.splitDockWidget(one, other, way)
        if not self._own:  # a third dock there would be too low
            self.window.tabifyDockWidget(self.tools[0], firsts["left"])
        for place, first in firsts.items():
            for slot in placed[place][1:]:
                dock = self.add(slot, AREAS[place], is_sheet=place == "sheet")
                self.window.tabifyDockWidget(first, dock)
            first.raise_()

    def show_whole_tabs(self) -> None:
        """Have tabs scroll where they have no room, instead of being cut."""
        for tabs in self.window.findChildren(QTabBar):
            if tabs.parent() is self.window:
                tabs.setElideMode(Qt.TextElideMode.ElideNone)
                tabs.setUsesScrollButtons(True)

    def _bring_up(self, dock: QDockWidget) -> None:
        """Bring a dock to the front; a sheet in place of the one that is shown."""
        if dock.property(SHEET):
            for other in self.window.findChildren(QDockWidget):
                if other is not dock and other.property(SHEET):
                    other.hide()
        dock.show()
        dock.raise_()

    def follow(self, panels: Sequence[Panel | PanelSlot]) -> None:
        """Have panels draw when they come to the front, and only then, from now on."""
        for panel in panels:
            self.of(panel).visibilityChanged.connect(panel.came_to_front)

    def of(self, panel: QWidget) -> QDockWidget:
        """The dock that holds a panel."""
        above: QWidget | None = panel
        while above is not None and not isinstance(above, QDockWidget):
            above = above.parentWidget()
        if above is None:
            raise LookupError("The panel is in no dock.")
        return above

    def show(self, panel: QWidget) -> None:
        """Bring a panel to the front."""
        self._bring_up(self.of(panel))


def hide_title(dock: QDockWidget) -> None:
    """Show a dock without its title bar; tabs and menus name it."""
    bar = dock.titleBarWidget()
    nothing = QWidget(dock)
    nothing.setFixedHeight(0)
    dock.setTitleBarWidget(nothing)
    if bar is not None:  # napari still uses it
        bar.setParent(dock)
        bar.hide()
