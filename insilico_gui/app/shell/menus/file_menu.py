"""Commands on the experiment in the menus of the viewer: its file, undo and redo.

An action of napari that has the shortcut of one of ours loses it as long as there are
panels: a shortcut of two actions does nothing in Qt.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app_model.backends.qt import QCommandAction
from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QAction, QActionEvent, QKeySequence
from qtpy.QtWidgets import QMenu

from insilico_gui.app.shell.menus.kept_actions import KeptActions, Line, made_action
from insilico_gui.errors import quoted
from insilico_gui.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari import Viewer
    from qtpy.QtWidgets import QMainWindow

    from insilico_gui.app.shell.window import InsilicoWindow

OPEN = ("Ctrl+O",)
SAVE, SAVE_AS = ("Ctrl+S",), ("Ctrl+Shift+S",)
UNDO, REDO = ("Ctrl+Z",), ("Ctrl+Y", "Ctrl+Shift+Z")

TAKEN = frozenset((*OPEN, *SAVE, *SAVE_AS, *UNDO, *REDO))
"""Shortcuts that napari's actions do not keep."""

_NAPARI_MENUS = (
    *("file_menu", "view_menu", "layers_menu", "plugins_menu"),
    *("window_menu", "help_menu"),
)


class FileMenu(QObject):
    """Puts the commands at the top of the File menu, and into a menu Edit after it.

    Parameters
    ----------
    viewer : napari.Viewer
    files : sequence of Line or None
        Lines of the File menu; None for a rule between groups. The line of recent files
        comes after the third.
    edits : sequence of Line
        Those of the menu Edit.
    recent : callable() -> sequence of str
        The recent files, the latest first.
    on_recent : callable(Path)
        Opens one of them.
    parent : QObject
    """

    def __init__(
        self,
        viewer: Viewer,
        files: Sequence[Line | None],
        edits: Sequence[Line],
        recent: Callable[[], Sequence[str]],
        on_recent: Callable[[Path], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        # The window itself is not kept: it would outlive its own end
        self._viewer = viewer
        napari_window = viewer.window
        self._given_way: list[QAction] = []
        self._recent, self._on_recent = recent, on_recent
        self.recent_menu = QMenu("Open recent", self._window)
        self.recent_menu.aboutToShow.connect(self.fill_recent)
        self.actions = [made_action(self._window, line) for line in files]
        self.actions.insert(3, self.recent_menu.menuAction())
        self.edit_menu = QMenu("&Edit", self._window)
        self.edit_menu.addActions([made_action(self._window, line) for line in edits])
        napari_window.main_menu.insertMenu(
            napari_window.view_menu.menuAction(), self.edit_menu
        )
        self._kept = KeptActions(napari_window.file_menu, self.actions, self)
        for menu in self.napari_menus():
            for action in menu.actions():
                self._give_way(action)
            menu.installEventFilter(self)

    @property
    def _window(self) -> QMainWindow:
        window: QMainWindow = self._viewer.window._qt_window
        return window

    def fill_recent(self) -> None:
        """List the recent files."""
        self.recent_menu.clear()
        for path in map(Path, self._recent()):
            action = self.recent_menu.addAction(quoted(path.name, marks=""))
            action.setToolTip(str(path))
            action.triggered.connect(
                lambda _checked=False, path=path: self._on_recent(path)
            )
        if not self.recent_menu.actions():
            self.recent_menu.addAction("None yet").setEnabled(False)

    # -- napari's actions --------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt: napari builds a menu, or gives an action its shortcut again."""
        is_removed = event.type() == QEvent.Type.ActionRemoved
        if isinstance(event, QActionEvent) and not is_removed:
            self._give_way(event.action())
        return False

    def _give_way(self, action: QAction) -> None:
        """Take the shortcut of an action of napari that is also one of ours."""
        if not isinstance(action, QCommandAction):
            return
        if action.shortcut().toString() in TAKEN:
            action.setShortcut(QKeySequence())
            if action not in self._given_way:
                self._given_way.append(action)

    def release(self) -> None:
        """The window closes: napari's actions get their shortcuts again."""
        for menu in self.napari_menus():
            menu.removeEventFilter(self)
        given, self._given_way = self._given_way, []
        for action in given:
            if isinstance(action, QCommandAction):
                action._update_keybinding()

    def napari_menus(self) -> list[QMenu]:
        """The menus in which napari's actions are."""
        return [getattr(self._viewer.window, name) for name in _NAPARI_MENUS]


def file_menu_of(window: InsilicoWindow) -> FileMenu:
    """The commands of a window in the menus of its viewer."""
    files = window.files
    return FileMenu(
        window.viewer,
        [
            Line("New experiment", files.new),
            Line("Open…", window.arrivals.browse, OPEN),
            Line("Open experiment…", files.open),
            Line("Save experiment", files.save, SAVE),
            Line("Save experiment as…", files.save_as, SAVE_AS),
            Line("Copy as Python", files.copy_as_python),
            Line("Experiment library…", files.show_library),
            None,
        ],
        [
            Line("Undo", files.undo, UNDO),
            Line("Redo", files.redo, REDO),
            Line("Save selections…", window.save_selections),
            Line("Load selections…", window.load_selections),
        ],
        lambda: read_settings()[0].recent,
        files.open,
        window,
    )
