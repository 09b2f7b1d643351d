"""The panels, napari's tools and the theme, at the top of the viewer's menu View."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from napari.settings import get_settings
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QMenu

from insilico_gui.app.shell.menus.kept_actions import KeptActions, Line, made_action
from insilico_gui.app.shell.menus.themes import THEMES, use_theme
from insilico_gui.app.shell.preferences.dialog import show_preferences

if TYPE_CHECKING:
    from qtpy.QtGui import QAction

    from insilico_gui.app.shell.window import InsilicoWindow


class ViewMenu(QObject):
    """Lists every panel, brings the first layout back, and switches the theme.

    Parameters
    ----------
    window : InsilicoWindow

    Attributes
    ----------
    panel_menu, theme_menu : QMenu
    actions : dict of str to QAction
        The other lines by their text.
    """

    def __init__(self, window: InsilicoWindow) -> None:
        super().__init__(window)
        docks, main = window.docks, window.docks.window
        self._docks = docks
        view_menu = window.viewer.window.view_menu
        self.panel_menu, self.theme_menu = QMenu("Panels", main), QMenu("Theme", main)
        # Qt's own actions: ticked while the dock is shown
        for panel in (*window.slots, window.playback_bar):
            self.panel_menu.addAction(docks.of(panel).toggleViewAction())
        self._themes: dict[str, QAction] = {}
        for theme, text in THEMES.items():
            action = made_action(main, Line(text, partial(use_theme, theme), (), True))
            self._themes[theme] = action
            self.theme_menu.addAction(action)
        lines = (
            Line("Reset layout", window.layout.reset),
            Line("napari tools", self._toggle_tools, checkable=True),
            Line("Save map as…", window.pictures.ask_for_map),
            Line("Save film…", window.pictures.ask_for_film),
            Line("Preferences…", partial(show_preferences, window), ("Ctrl+,",)),
        )
        self.actions = {line.text: made_action(main, line) for line in lines}
        self.actions["napari tools"].setToolTip(
            "napari's list of layers and its controls of layers"
        )
        reset, tools, *saved, preferences = self.actions.values()
        self._kept = KeptActions(
            view_menu,
            [
                self.panel_menu.menuAction(),
                reset,
                tools,
                self.theme_menu.menuAction(),
                made_action(main, None),
                *saved,
                made_action(main, None),
                preferences,
                made_action(main, None),
            ],
            self,
        )
        view_menu.aboutToShow.connect(self.tick)
        self.tick()

    def _toggle_tools(self) -> None:
        self._docks.show_tools(not self._docks.shows_tools)
        self.tick()

    def tick(self) -> None:
        """Tick what is on."""
        self.actions["napari tools"].setChecked(self._docks.shows_tools)
        chosen = get_settings().appearance.theme
        for theme, action in self._themes.items():
            action.setChecked(theme == chosen)
