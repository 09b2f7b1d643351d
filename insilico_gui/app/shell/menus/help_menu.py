"""Shortcuts, documentation, versions and a report, at the top of the viewer's menu Help."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import ref

from qtpy.QtCore import QObject, Qt, QUrl
from qtpy.QtGui import QAction, QDesktopServices
from qtpy.QtWidgets import QApplication, QDialog, QTextBrowser, QVBoxLayout

import insilico_gui
from insilico_gui.app.shell.menus import diagnostics
from insilico_gui.app.shell.menus.kept_actions import KeptActions, Line, made_action
from insilico_gui.app.shell.menus.shortcuts import shortcut_page
from insilico_gui.app.widgets.controls import button

if TYPE_CHECKING:
    from insilico_gui.app.shell.window import InsilicoWindow


class HelpMenu(QObject):
    """Help on the window, before napari's own.

    Parameters
    ----------
    window : InsilicoWindow
    """

    def __init__(self, window: InsilicoWindow) -> None:
        super().__init__(window)
        self._window_ref = ref(window)
        main = window.docks.window
        lines = (
            Line("Keyboard shortcuts", self.show_shortcuts, ("F1",)),
            Line("Open documentation", self.open_documentation),
            Line("Copy diagnostic report", self.copy_report),
            Line("About insilico_gui", self.show_about),
        )
        self.actions: list[QAction] = [made_action(main, line) for line in lines]
        kept = [*self.actions, made_action(main, None)]
        self._kept = KeptActions(window.viewer.window.help_menu, kept, self)

    @property
    def _window(self) -> InsilicoWindow:
        window = self._window_ref()
        if window is None:
            raise RuntimeError("The window of this menu is gone.")
        return window

    def show_shortcuts(self) -> QDialog:
        """Show all keys, as they are bound now."""
        window = self._window
        page = shortcut_page(window.docks.window, window.keys.keys)
        return self._show("Keyboard shortcuts", page, "")

    def show_about(self) -> QDialog:
        """Show the versions of what runs."""
        about = diagnostics.about_text()
        return self._show("About insilico_gui", about, "Copy diagnostic report")

    def _show(self, title: str, html: str, report: str) -> QDialog:
        """A page beside the work; with the button of that text, for the report."""
        dialog = QDialog(self._window.docks.window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(title)
        page = QTextBrowser()
        page.setHtml(html)
        layout = QVBoxLayout(dialog)
        layout.addWidget(page)
        if report:
            layout.addWidget(button(report, self.copy_report))
        layout.addWidget(button("Close", dialog.close))
        dialog.resize(560, 480)
        dialog.show()
        return dialog

    def copy_report(self) -> None:
        """Put a report for those who look for a fault on the clipboard."""
        window = self._window
        drawn = diagnostics.graphics_of(window.viewer)

        def take(text: str) -> None:
            QApplication.clipboard().setText(text)
            window.say("The diagnostic report is on the clipboard.")

        window.jobs.start(
            "Making the diagnostic report",
            lambda: diagnostics.report(drawn),
            on_return=take,
        )

    def open_documentation(self) -> None:
        """Open the documentation in the system's browser."""
        window, place = self._window, documentation()
        if place is None:
            window.say(
                "This installation came without its documentation; it is in the folder "
                "docs of the source.",
                problem=True,
            )
        elif not QDesktopServices.openUrl(place):
            window.say(
                f"No program opens {place.fileName() or place.toString()} here; choose a "
                "browser in the settings of the system.",
                problem=True,
            )


def documentation() -> QUrl | None:
    """Where the documentation is: published, or in the folder of the source."""
    try:
        urls = metadata("insilico-gui").get_all("Project-URL") or []
    except PackageNotFoundError:
        urls = []
    for entry in urls:
        label, _, address = entry.partition(",")
        if label.strip().lower() == "documentation":
            return QUrl(address.strip())
    source = Path(insilico_gui.__file__).parents[1]
    for page in ("output/site/index.html", "docs/index.md"):
        if (source / page).is_file():
            return QUrl.fromLocalFile(str(source / page))
    return None
