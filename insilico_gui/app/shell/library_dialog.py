"""Where responses are kept, how much of it, and for how long; and removing them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from insilico_gui.app.panels.panel import text_label
from insilico_gui.app.widgets.controls import button, number
from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import InsilicoError
from insilico_gui.experiment.library import Library, summary, used_at
from insilico_gui.settings import change_settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from qtpy.QtWidgets import QWidget

    from insilico_gui.app.work.jobs import Jobs
    from insilico_gui.experiment.library import Entry

COLUMNS = ("Session", "Stimulus", "MB", "Last used")
VARIABLES = {
    "folder": "INSILICO_LIBRARY",
    "max_gb": "INSILICO_LIBRARY_GB",
    "max_days": "INSILICO_LIBRARY_DAYS",
}


class LibraryDialog(QDialog):
    """The user's settings of the library, and its entries.

    Parameters
    ----------
    jobs : Jobs
        Where entries are read and removed.
    on_change : callable()
        Called when the settings are others.
    parent : QWidget
    """

    def __init__(
        self, jobs: Jobs, on_change: Callable[[], object], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Experiment library")
        self._jobs = jobs
        self._on_change = on_change
        self._entries: list[Entry] = []
        settings, problem = read_settings()

        self.folder = QLineEdit(settings.library_folder or "")
        self.folder.setPlaceholderText("in the user's cache")
        self.max_gb = number(
            settings.library_gb, (0.1, 1e6), self._nothing, suffix=" GB"
        )
        self.max_days = number(
            settings.library_days, (1, 1e5), self._nothing, suffix=" days"
        )
        self.max_days.setDecimals(0)
        self.note = text_label(problem)
        self.entries = QTreeWidget()
        self.entries.setColumnCount(len(COLUMNS))
        self.entries.setHeaderLabels(list(COLUMNS))
        self.entries.setRootIsDecorated(False)
        self.total = QLabel("Looking into the library…")
        self.clear_button = button("Clear now", self._ask_to_clear)
        self.clear_button.setEnabled(False)
        self._sure = False
        self.save_button = button("Save settings", self.save)
        self._lay_out()
        self._show_environment()
        self.resize(620, 460)
        QTimer.singleShot(0, self.look)

    def _lay_out(self) -> None:
        folder = QHBoxLayout()
        folder.addWidget(self.folder, 1)
        folder.addWidget(button("Browse…", self._browse))
        form = QFormLayout()
        form.addRow("Folder", folder)
        form.addRow("At most", self.max_gb)
        form.addRow("Kept unused for", self.max_days)
        last = QHBoxLayout()
        last.addWidget(self.total, 1)
        last.addWidget(self.clear_button)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.save_button)
        buttons.addWidget(button("Close", self.close))
        body = QVBoxLayout(self)
        body.addLayout(form)
        body.addWidget(self.note)
        body.addWidget(self.entries, 1)
        body.addLayout(last)
        body.addLayout(buttons)

    def _show_environment(self) -> None:
        """What an environment variable sets cannot be set here."""
        found = [name for name, var in VARIABLES.items() if os.environ.get(var)]
        for name in found:
            getattr(self, name).setEnabled(False)
        if found:
            names = " and ".join(VARIABLES[name] for name in found)
            self.note.setText(f"{self.note.text()} Set by {names}.".strip())

    @staticmethod
    def _nothing() -> None:
        """Settings are taken up when they are saved."""

    # -- settings ----------------------------------------------------------------------

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder for responses")
        if chosen:
            self.folder.setText(chosen)

    def save(self) -> None:
        """Write the settings, which hold from the next run on."""
        folder = self.folder.text().strip()
        chosen = str(Path(folder).expanduser().absolute()) if folder else None
        try:
            change_settings(
                library_folder=chosen,
                library_gb=self.max_gb.value(),
                library_days=self.max_days.value(),
            )
        except InsilicoError as error:
            self.note.setText(sentence(error))
            return
        self.note.setText("The settings are saved.")
        self._on_change()
        self.look()

    # -- entries -----------------------------------------------------------------------

    def look(self) -> None:
        """List the entries, which is done in the background."""

        def work() -> tuple[Library, list[Entry]]:
            library = Library()
            return library, library.entries()

        self._start("Looking into the library", work, self._show)

    def _show(self, found: tuple[Library, list[Entry]]) -> None:
        library, self._entries = found
        self.entries.clear()
        for entry in self._entries:
            size = f"{entry.n_bytes / 1e6:.1f}"
            texts = [entry.session, entry.stimulus, size, used_at(entry)]
            self.entries.addTopLevelItem(QTreeWidgetItem(texts))
        for column in range(len(COLUMNS)):
            self.entries.resizeColumnToContents(column)
        self.total.setText(summary(library, self._entries))
        self.total.setToolTip(str(library.folder))
        self._sure = False
        self.clear_button.setText("Clear now")
        self.clear_button.setEnabled(bool(self._entries))

    def _ask_to_clear(self) -> None:
        """Remove all entries when it is clicked a second time."""
        if not self._sure:
            self._sure = True
            n_bytes = sum(entry.n_bytes for entry in self._entries)
            count = f"{len(self._entries)} entries, {n_bytes / 1e9:.2f} GB"
            self.clear_button.setText(f"Remove {count}?")
            return
        self.clear_button.setEnabled(False)

        def work() -> Iterator[int]:
            library = Library()
            for k, entry in enumerate(library.entries()):
                library.remove(entry.key)
                yield k

        self._start("Clearing the library", work, lambda _: self.look())

    def _start(
        self, title: str, work: Callable[[], object], take: Callable[..., object]
    ) -> None:
        self._jobs.start(title, work, on_return=_while_open(self, take))


def _while_open(
    dialog: QDialog, take: Callable[..., object]
) -> Callable[[object], object]:
    """`take`, unless the dialog has been closed and deleted meanwhile."""

    def taken(result: object) -> None:
        try:
            dialog.isVisible()
        except RuntimeError:  # deleted
            return
        take(result)

    return taken
