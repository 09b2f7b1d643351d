"""Commands on the experiment in the menus of the viewer: its file, undo and redo.

napari builds its menus again whenever a plugin adds to them, from actions that all
viewers of the process share. So ours are put back then, and an action of napari that has
the shortcut of one of ours loses it as long as there are panels: a shortcut of two
actions does nothing in Qt.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app_model.backends.qt import QCommandAction
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QAction, QActionEvent, QKeySequence
from qtpy.QtWidgets import QMenu

from insilico_gui.app.work.timers import delayed
from insilico_gui.errors import quoted
from insilico_gui.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari import Viewer
    from qtpy.QtWidgets import QMainWindow

    from insilico_gui.app.shell.window import InsilicoWindow

    Command = Callable[[], object]

SAVE, SAVE_AS = ("Ctrl+S",), ("Ctrl+Shift+S",)
UNDO, REDO = ("Ctrl+Z",), ("Ctrl+Y", "Ctrl+Shift+Z")

_NAPARI_MENUS = (
    *("file_menu", "view_menu", "layers_menu", "plugins_menu"),
    *("window_menu", "help_menu"),
)


class FileMenu(QObject):
    """Puts the commands at the top of the File menu, and into a menu Edit after it.

    Parameters
    ----------
    viewer : napari.Viewer
    files : sequence of (str, sequence of str, callable)
        Text, shortcuts and command of each line of the File menu; None for a rule between
        groups. The line of recent files comes after the second.
    edits : sequence of (str, sequence of str, callable)
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
        files: Sequence[tuple[str, Sequence[str], Command] | None],
        edits: Sequence[tuple[str, Sequence[str], Command]],
        recent: Callable[[], Sequence[str]],
        on_recent: Callable[[Path], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        # The window itself is not kept: it would outlive its own end
        self._viewer = viewer
        napari_window = viewer.window
        self._menu: QMenu = napari_window.file_menu
        self._given_way: list[QAction] = []
        self._recent, self._on_recent = recent, on_recent
        self.recent_menu = QMenu("Open recent", self._window)
        self.recent_menu.aboutToShow.connect(self.fill_recent)
        self.actions = [self._made(line) for line in files]
        self.actions.insert(2, self.recent_menu.menuAction())
        self.edit_menu = QMenu("&Edit", self._window)
        self.edit_menu.addActions([self._made(line) for line in edits])
        napari_window.main_menu.insertMenu(
            napari_window.view_menu.menuAction(), self.edit_menu
        )
        self._putting_back = delayed(self._put_in, self)
        self._put_in()
        for menu in self.napari_menus():
            for action in menu.actions():
                self._give_way(action)
            menu.installEventFilter(self)

    @property
    def _window(self) -> QMainWindow:
        window: QMainWindow = self._viewer.window._qt_window
        return window

    def _made(self, line: tuple[str, Sequence[str], Command] | None) -> QAction:
        action = QAction(self._window)
        if line is None:
            action.setSeparator(True)
            return action
        text, shortcuts, command = line
        action.setText(text)
        action.setShortcuts([QKeySequence(keys) for keys in shortcuts])
        # Floating docks are windows of their own, and have no menu
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda _checked=False: command())
        self._window.addAction(action)  # so that it is there while menus are built
        return action

    def _put_in(self) -> None:
        """Put the actions at the top of the File menu, if they are not there."""
        present = self._menu.actions()
        if present[: len(self.actions)] == self.actions:
            return
        others = [each for each in present if each not in self.actions]
        if others:
            self._menu.insertActions(others[0], self.actions)
        else:
            self._menu.addActions(self.actions)

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
        kind = event.type()
        if isinstance(event, QActionEvent) and kind != QEvent.Type.ActionRemoved:
            self._give_way(event.action())
        if kind in (QEvent.Type.ActionAdded, QEvent.Type.ActionRemoved):
            if watched is self._menu:
                self._putting_back.start()
        return False

    def _give_way(self, action: QAction) -> None:
        """Take the shortcut of an action of napari that is also one of ours."""
        if not isinstance(action, QCommandAction):
            return
        if action.shortcut().toString() in (*SAVE, *SAVE_AS, *UNDO, *REDO):
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
            ("New experiment", (), files.new),
            ("Open experiment…", (), files.open),
            ("Save experiment", SAVE, files.save),
            ("Save experiment as…", SAVE_AS, files.save_as),
            ("Copy as Python", (), files.copy_as_python),
            ("Experiment library…", (), files.show_library),
            None,
        ],
        [("Undo", UNDO, files.undo), ("Redo", REDO, files.redo)],
        lambda: read_settings()[0].recent,
        files.open,
        window,
    )
