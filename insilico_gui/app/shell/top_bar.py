"""The bar above the window: what is opened as a sheet, encoding, undo, saving, panels."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

from qtpy.QtCore import QObject, Qt
from qtpy.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from insilico_gui.app.widgets.controls import tool_button

if TYPE_CHECKING:
    from insilico_gui.app.shell.window import InsilicoWindow

NAME = "insilico_gui"
"""Of the bar, by which Qt remembers where it is."""

LONGEST_SESSION = 28


class TopBar(QObject):
    """The commands that every experiment needs, in one row.

    Parameters
    ----------
    window : InsilicoWindow

    Attributes
    ----------
    bar : QToolBar
    sheets : dict of str to QToolButton
        Opens and puts away a sheet, by its title.
    encode_button, undo_button, redo_button, save_button, view_button : QToolButton
    """

    def __init__(self, window: InsilicoWindow) -> None:
        super().__init__(window)
        self._window_ref = ref(window)
        main = window.docks.window
        self.bar = QToolBar("Commands", main)
        self.bar.setObjectName(NAME)
        self.bar.setMovable(False)
        self.bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.bar.toggleViewAction().setVisible(False)
        self.sheets: dict[str, QToolButton] = {}
        for slot in window.slots:
            if slot.is_sheet:
                self.sheets[slot.title] = self._sheet_button(window, slot.title)
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.bar.addWidget(space)
        self.encode_button = self._add(
            tool_button(window.encode, "Encode what is on show for the units"), "Encode"
        )
        self.bar.addSeparator()
        self.undo_button = self._add(
            tool_button(window.files.undo, "Take the last change back (Ctrl+Z)"), "Undo"
        )
        self.redo_button = self._add(
            tool_button(window.files.redo, "Make it again (Ctrl+Shift+Z)"), "Redo"
        )
        self.save_button = self._add(
            tool_button(window.files.save, "Save the experiment (Ctrl+S)"), "Save"
        )
        self.view_button = self._add(QToolButton(), "Panels")
        self.view_button.setToolTip("Show, hide and put back panels")
        self.view_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.view_button)
        menu.addActions(window.view_menu.panel_menu.actions())
        menu.addSeparator()
        menu.addAction(window.view_menu.actions["Reset layout"])
        self.view_button.setMenu(menu)
        main.addToolBar(Qt.ToolBarArea.TopToolBarArea, self.bar)
        self.draw()

    def _sheet_button(self, window: InsilicoWindow, title: str) -> QToolButton:
        """A button that opens a sheet, and puts it away when it is open."""
        slot = next(slot for slot in window.slots if slot.title == title)
        made = QToolButton()
        made.setDefaultAction(window.docks.of(slot).toggleViewAction())
        return self._add(made, title)

    def _add(self, made: QToolButton, text: str) -> QToolButton:
        if made.defaultAction() is None:
            made.setText(text)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.bar.addWidget(made)
        return made

    def draw(self) -> None:
        """Show what can be done with what is on show."""
        window = self._window_ref()
        if window is None:
            return
        now = window.now
        self.encode_button.setEnabled(
            now.session_name is not None and now.stimulus_name is not None
        )
        self.undo_button.setEnabled(now.can_undo)
        self.redo_button.setEnabled(now.can_redo)
        self.save_button.setText("Save" if now.is_saved else "Save •")
        for slot in window.slots:
            if slot.is_sheet:
                action = window.docks.of(slot).toggleViewAction()
                action.setVisible(slot.kind.is_offered(now))
