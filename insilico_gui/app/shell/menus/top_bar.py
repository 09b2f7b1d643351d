"""The bar above the window: what is opened as a sheet, encoding, undo, saving, panels."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

from qtpy.QtCore import QObject, Qt
from qtpy.QtWidgets import QMenu, QPushButton, QSizePolicy, QToolBar, QWidget

from insilico_gui.app.widgets.controls import button, toggle

if TYPE_CHECKING:
    from qtpy.QtGui import QAction
    from qtpy.QtWidgets import QDockWidget

    from insilico_gui.app.shell.window import InsilicoWindow

NAME = "insilico_gui"
"""Of the bar, by which Qt remembers where it is."""


class TopBar(QObject):
    """The commands that every experiment needs, in one row.

    Parameters
    ----------
    window : InsilicoWindow

    Attributes
    ----------
    bar : QToolBar
    sheets : dict of str to QPushButton
        Opens and puts away a sheet, by its title.
    encode_button, undo_button, redo_button, save_button, view_button : QPushButton
    """

    def __init__(self, window: InsilicoWindow) -> None:
        super().__init__(window)
        self._window_ref = ref(window)
        main = window.docks.window
        self.bar = QToolBar("Commands", main)
        self.bar.setObjectName(NAME)
        self.bar.setMovable(False)
        self.bar.setStyleSheet("QToolBar { spacing: 6px; padding: 3px 6px; }")
        self.bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.bar.toggleViewAction().setVisible(False)
        self.sheets: dict[str, QPushButton] = {}
        self._shown: dict[str, QAction] = {}
        for slot in window.slots:
            if slot.is_sheet:
                made = self._sheet_button(window.docks.of(slot), slot.title)
                self._shown[slot.title] = self.bar.addWidget(made)
                self.sheets[slot.title] = made
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.bar.addWidget(space)
        files = window.files
        self.encode_button = button("Encode", window.encode, "Encode what is on show")
        self.undo_button = button("Undo", files.undo, "Take the last change back")
        self.redo_button = button("Redo", files.redo, "Make it again")
        self.save_button = button("Save", files.save, "Save the experiment")
        self.view_button = QPushButton("View")
        self.view_button.setToolTip("Show, hide and put back panels")
        menu = QMenu(self.view_button)
        menu.addActions(window.view_menu.panel_menu.actions())
        menu.addSeparator()
        menu.addAction(window.view_menu.actions["Reset layout"])
        self.view_button.setMenu(menu)
        for each in (
            *(self.encode_button, self.undo_button, self.redo_button),
            *(self.save_button, self.view_button),
        ):
            self.bar.addWidget(each)
        main.addToolBar(Qt.ToolBarArea.TopToolBarArea, self.bar)
        self.draw()

    def _sheet_button(self, dock: QDockWidget, title: str) -> QPushButton:
        """A button that opens a sheet, and puts it away when it is open."""
        shows = dock.toggleViewAction()
        made = toggle(title, lambda _on: shows.trigger())
        made.setCheckable(True)
        shows.toggled.connect(made.setChecked)
        return made

    def draw(self) -> None:
        """Show what can be done with what is on show."""
        window = self._window_ref()
        if window is None:
            return
        now = window.now
        has_both = now.session_name is not None and now.stimulus_name is not None
        self.encode_button.setEnabled(has_both)
        self.undo_button.setEnabled(now.can_undo)
        self.redo_button.setEnabled(now.can_redo)
        self.save_button.setText("Save" if now.is_saved else "Save •")
        for slot in window.slots:
            if slot.is_sheet:
                self._shown[slot.title].setVisible(slot.kind.is_offered(now))
