"""Writing the selected units' responses to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
)

from insilico_gui.app.panels.panel import Panel, text_label
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

    from insilico_gui.app.work.jobs import Job, Jobs
    from insilico_gui.experiment.window_state import WindowState


class ExportPanel(Panel):
    """Format, file, and what will be written."""

    title = "Export"

    def __init__(self, experiment: WindowState, jobs: Jobs) -> None:
        super().__init__(experiment, jobs)
        self.info, self.result = text_label(), text_label()
        self.format = QComboBox()
        self.format.currentTextChanged.connect(self._format_changed)
        self.path = QLineEdit()
        self.path.setPlaceholderText("file to write")
        self.path.setToolTip("Without a suffix it gets that of the format")
        self.path.textChanged.connect(self._show)
        self.path.textChanged.connect(lambda: self.result.setText(""))
        browse = QPushButton("Browse…")
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.addWidget(self.path, 1)
        row.addWidget(browse)
        self.overwrite = QCheckBox("Replace an existing file")
        self.button = QPushButton("Export")
        self.button.clicked.connect(self.export)

        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.addRow("Format", self.format)
        form.addRow("File", row)
        self.body.addWidget(self.info)
        self.body.addLayout(form)
        self.body.addWidget(self.overwrite)
        self.body.addWidget(self.button)
        self.body.addWidget(self.result)
        self.body.addStretch(1)

        for signal in (
            experiment.session_changed,
            experiment.job_changed,
            experiment.stimulus_changed,
            experiment.responses_changed,
            experiment.selection_changed,
        ):
            signal.connect(self._show)
        self._show()

    # -- from the user -----------------------------------------------------------------

    def export(self) -> None:
        """Write the selected units' responses in the background."""
        path, overwrite = self._target(), self.overwrite.isChecked()
        try:
            take = self.experiment.responses_to_take()
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
        text = self.path.text().strip()
        if suffix_of(text):
            return Path(text)
        path = Path(text)
        return path.with_name(path.name + self.format.currentText())

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

    def _format_changed(self, suffix: str) -> None:
        text = self.path.text().strip()
        if text:
            path = Path(text)
            name = path.name[: len(path.name) - len(suffix_of(path))] + suffix
            self.path.setText(str(path.with_name(name)))
        self._show()

    # -- from the state ----------------------------------------------------------------

    def _show(self, *_: object) -> None:
        responses = self.experiment.responses
        n_units = len(self.experiment.selected_columns())
        self._fill_formats()
        ready = responses is not None and n_units > 0
        self.button.setEnabled(ready and bool(self.path.text().strip()))
        if responses is None:
            self.info.setText("There are no complete responses yet.")
        else:
            everything = self.format.currentText() in load_suffixes()
            self.info.setText(
                f"Responses of {n_units:,} selected units {_extent(responses)}, with "
                + ("the unit table, the trial table" if everything else "the labels")
                + f" and the provenance{'' if everything else ' in a .json beside'}."
            )

    def _fill_formats(self) -> None:
        """Offer the formats that the responses fit; that of the file is chosen."""
        responses, session = self.experiment.responses, self.experiment.session
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


def _extent(responses: xr.DataArray) -> str:
    """What responses are to, in words."""
    if "trial" not in responses.dims:
        return f"at {responses.sizes['time']:,} frames"
    each = f" in {responses.sizes['time']} moments" if "time" in responses.dims else ""
    return f"to {responses.sizes['trial']:,} images{each}"
