"""Lines of ours at the top of a menu of napari's, which builds its menus again at will.

napari does so whenever a plugin adds to them, from actions that all viewers of the
process share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QAction, QKeySequence

from insilico_gui.app.work.timers import delayed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtpy.QtWidgets import QMainWindow, QMenu


@dataclass(frozen=True)
class Line:
    """A line of a menu.

    Attributes
    ----------
    text : str
    command : callable()
    keys : sequence of str
        Its shortcuts.
    checkable : bool
        Whether it shows that something is on.
    """

    text: str
    command: Callable[[], object]
    keys: Sequence[str] = ()
    checkable: bool = False


def made_action(window: QMainWindow, line: Line | None) -> QAction:
    """The action of a line, whose shortcut works in the whole window; None for a rule."""
    action = QAction(window)
    if line is None:
        action.setSeparator(True)
        return action
    action.setText(line.text)
    action.setCheckable(line.checkable)
    action.setShortcuts([QKeySequence(keys) for keys in line.keys])
    # Floating docks are windows of their own, and have no menu
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    action.triggered.connect(lambda _checked=False: line.command())
    window.addAction(action)  # so that it is there while menus are built
    return action


class KeptActions(QObject):
    """Keeps actions at the top of a menu, in their order.

    Parameters
    ----------
    menu : QMenu
    actions : sequence of QAction
    parent : QObject
    """

    def __init__(
        self, menu: QMenu, actions: Sequence[QAction], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._menu, self._actions = menu, list(actions)
        self._putting_back = delayed(self._put_in, self)
        self._put_in()
        menu.installEventFilter(self)

    def _put_in(self) -> None:
        """Put the actions at the top, if they are not there."""
        present = self._menu.actions()
        if present[: len(self._actions)] == self._actions:
            return
        others = [each for each in present if each not in self._actions]
        if others:
            self._menu.insertActions(others[0], self._actions)
        else:
            self._menu.addActions(self._actions)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt: napari builds the menu again."""
        if event.type() in (QEvent.Type.ActionAdded, QEvent.Type.ActionRemoved):
            self._putting_back.start()
        return False
