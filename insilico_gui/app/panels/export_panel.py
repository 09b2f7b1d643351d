"""Writing the selected units' responses to a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QStandardPaths
from qtpy.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFormLayout,
    QLineEdit,
    QVBoxLayout,
)

from insilico_gui.app.panels.panel import Panel, text_label
from insilico_gui.app.widgets.controls import button, choice
from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import InsilicoError
from insilico_gui.export import (
    Kind,
    export,
    fitting_suffixes,
    load_suffixes,
    suffix_of,
)

if TYPE_CHECKING:
    import xarray as xr

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.app.work.jobs import Job

PATH_TIP = "Without a suffix it gets that of the format; empty, the name that is shown"


class ExportPanel(Panel):
    """Format, file, and what will be written."""

    title = "Export"
    place = "sheet"
    order = 50
    draws = frozenset(
        {
            "session",
            "session_name",
            "stimulus_name",
            "responses",
            "selection",
            "encoded",
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.info, self.result = text_label(), text_label()
        self.format = choice(self._format_changed)
        self.path = QLineEdit()
        self.path.setToolTip(PATH_TIP)
        self.path.textChanged.connect(self._path_changed)
        browse = button("Browse…", self._browse)
        row = QVBoxLayout()  # in narrow windows there is no room beside it
        row.addWidget(self.path)
        row.addWidget(browse)
        self.overwrite = QCheckBox("Replace an existing file")
        self.button = button("Export", self.export)

        self.film_button = button(
            "Film of the run…",
            lambda: self.desk.window.film(),
            "Map, stimulus and traces of every frame as a video (.mp4)",
        )
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.addRow("Format", self.format)
        form.addRow("File", row)
        self.body.addWidget(self.info)
        self.body.addLayout(form)
        self.body.addWidget(self.overwrite)
        self.body.addWidget(self.button)
        self.body.addWidget(self.result)
        self.body.addWidget(self.film_button)
        self.body.addStretch(1)

    # -- from the user -----------------------------------------------------------------

    def export(self) -> None:
        """Write the selected units' responses in the background."""
        path, overwrite = self._target(), self.overwrite.isChecked()
        try:
            now = self.now
            take = self.experiment.to_export(
                now.session_name, now.stimulus_name, now.selection
            )
        except InsilicoError as error:
            self.result.setText(sentence(error))
            return
        self.button.setEnabled(False)
        self.result.setText("Writing…")
        job = self.jobs.start(
            f"Exporting {path.name}",
            lambda: export(take(), path, overwrite=overwrite),
            on_return=lambda written: self.result.setText(f"Written: {written}"),
            on_end=self._ended,
        )
        job.failed.connect(self.result.setText)

    def _target(self) -> Path:
        """The file to write: with the suffix of the format if the name has none."""
        text = self.path.text().strip() or str(self._proposed())
        if suffix_of(text):
            return Path(text)
        path = Path(text)
        return path.with_name(path.name + self.format.currentText())

    def _proposed(self) -> Path:
        """A file that is not there yet, called after what is on show."""
        now = self.now
        folder = Path(
            QStandardPaths.writableLocation(
                QStandardPaths.StandardLocation.DocumentsLocation
            )
        )
        if not folder.is_dir():
            folder = Path.home()
        stem = re.sub(r"[^\w .-]+", "-", f"{now.session_name} {now.stimulus_name}")[:80]
        suffix = self.format.currentText()
        path, k = folder / f"{stem}{suffix}", 2
        while path.exists():
            path, k = folder / f"{stem} ({k}){suffix}", k + 1
        return path

    def _ended(self, _job: Job) -> None:
        self._show()

    def _browse(self) -> None:
        suffix = self.format.currentText()
        path, _ = QFileDialog.getSaveFileName(
            self,
            "Export responses",
            f"responses{suffix}",
            f"*{suffix};;All files (*)",
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if path:
            self.path.setText(path if suffix_of(path) else path + suffix)

    def _path_changed(self, _text: str) -> None:
        self.result.setText("")
        self._show()

    def _format_changed(self, suffix: str) -> None:
        text = self.path.text().strip()
        if text:
            path = Path(text)
            name = path.name[: len(path.name) - len(suffix_of(path))] + suffix
            self.path.setText(str(path.with_name(name)))
        self._show()

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Say what would be written."""
        self._show()

    def _show(self, *_: object) -> None:
        responses = self.now.responses
        n_units = len(self.now.selected_columns)
        self._fill_formats()
        ready = responses is not None and n_units > 0
        self.button.setEnabled(ready)
        self.film_button.setEnabled(responses is not None)
        proposed = str(self._proposed()) if ready else "file to write"
        self.path.setPlaceholderText(proposed)
        self.path.setToolTip(f"{PATH_TIP}\n{proposed}" if ready else PATH_TIP)
        if responses is None:
            self.info.setText("There are no complete responses yet.")
        else:
            everything = self.format.currentText() in load_suffixes()
            self.info.setText(
                f"Responses of {n_units:,} selected units {self._extent(responses)}, with "
                + ("the unit table, the trial table" if everything else "the labels")
                + f" and the provenance{'' if everything else ' in a .json beside'}."
            )

    def _fill_formats(self) -> None:
        """Offer the formats that the responses fit; that of the file is chosen."""
        responses, session = self.now.responses, self.now.session
        offered = load_suffixes()
        if responses is not None:
            offered = fitting_suffixes(Kind.of_responses(responses))
        elif session is not None:
            offered = fitting_suffixes(Kind.of_session(session))
        chosen = suffix_of(self.path.text().strip()) or self.format.currentText()
        self.format.blockSignals(True)
        self.format.clear()
        self.format.addItems(sorted(offered))
        self.format.setCurrentText(chosen if chosen in offered else ".parquet")
        self.format.blockSignals(False)

    def _extent(self, responses: xr.DataArray) -> str:
        """What responses are to, in words."""
        if "trial" not in responses.dims:
            return f"at {responses.sizes['time']:,} frames"
        item = "image" if self.now.shown is None else self.now.shown.item
        each = (
            f" at {responses.sizes['time']} times" if "time" in responses.dims else ""
        )
        n = responses.sizes["trial"]
        return f"to {n:,} {item}{'s' * (n != 1)}{each}"
