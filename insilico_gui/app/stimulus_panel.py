"""Choosing a stimulus, seeing what it is and how it reaches the twin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QPushButton,
    QVBoxLayout,
)

from insilico_gui.app.frame_view import FrameView
from insilico_gui.app.panel import Panel, breakable, text_label
from insilico_gui.app.sequence_form import SequenceForm
from insilico_gui.app.stimulus_form import StimulusForm
from insilico_gui.encoding import open_for
from insilico_gui.stimuli import SUPPORTED_SUFFIXES, Fit, Stimulus
from insilico_gui.stimuli.images import ImageSet

if TYPE_CHECKING:
    from insilico_gui.app.jobs import Job, Jobs
    from insilico_gui.experiment import Experiment

FIT_TIPS = {
    "crop": "Fill the screen and cut what does not fit",
    "pad": "Show the whole picture with grey bars",
    "stretch": "Fill the screen and distort the picture",
}


class StimulusPanel(Panel):
    """Open a file or render a parametric stimulus; preview; start encoding.

    Signals
    -------
    encode_requested()
        The user wants the stimulus encoded now.
    """

    title = "Stimulus"
    encode_requested = Signal()

    def __init__(self, experiment: Experiment, jobs: Jobs) -> None:
        super().__init__(experiment, jobs)
        self._opening: Job | None = None

        self.open_button = QPushButton("Open video or images…")
        self.open_button.setToolTip("Or drop a file or a folder anywhere on the window")
        self.open_button.clicked.connect(self._browse)

        self.preview = FrameView(160)
        self.info = text_label(
            "No stimulus yet: open a file, drop one on the window, or render one below."
        )
        self.fit = QComboBox()
        for name in get_args(Fit):
            self.fit.addItem(name)
            self.fit.setItemData(self.fit.count() - 1, FIT_TIPS[name], 3)
        self.fit.setCurrentText(experiment.fit)
        self.fit.currentTextChanged.connect(self._set_fit)
        self.auto_encode = QCheckBox("Encode as soon as it is there")
        self.auto_encode.setChecked(True)
        self.selected_only = QCheckBox("Only the selected units")
        self.encode_button = QPushButton("Encode")
        self.encode_button.setEnabled(False)
        self.encode_button.clicked.connect(self.encode_requested)

        form = QFormLayout()
        form.addRow("Fit to screen", self.fit)
        self.body.addWidget(self.open_button)
        self.body.addWidget(self.preview)
        self.body.addWidget(self.info)
        self.body.addLayout(form)
        self.body.addWidget(self.auto_encode)
        self.body.addWidget(self.selected_only)
        self.body.addWidget(self.encode_button)
        self.form = StimulusForm(experiment, jobs)
        self.sequence = SequenceForm(experiment, jobs)
        self.form.added.connect(self.sequence.add)
        self.form.sequence_loaded.connect(self.sequence.use)
        for form in (self.form, self.sequence):
            form.chosen.connect(self._use)
            form.problem.connect(self.problem)
            box = QGroupBox(form.title)
            QVBoxLayout(box).addWidget(form)
            self.body.addWidget(box)
        self.body.addStretch(1)

        experiment.stimulus_changed.connect(self._show_stimulus)

    # -- commands ----------------------------------------------------------------------

    def open(self, path: str | Path) -> None:
        """Open a file or folder in the background and show it."""
        if self._opening is not None:
            self._opening.cancel()  # the newest counts
        session = self.experiment.session
        self._opening = self.jobs.start(
            f"Opening {Path(path).name}",
            lambda: open_for(session, path),
            on_return=self._use,
            on_end=self._opened,
        )

    def _opened(self, job: Job) -> None:
        if self._opening is job:
            self._opening = None

    def _use(self, stimulus: Stimulus | ImageSet) -> None:
        if self.attempt(self.experiment.use_stimulus, stimulus) and (
            self.auto_encode.isChecked()
        ):
            self.encode_requested.emit()

    def _browse(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in sorted(SUPPORTED_SUFFIXES))
        path, _ = QFileDialog.getOpenFileName(
            self, "Open a stimulus", "", f"All stimuli ({patterns});;All files (*)"
        )
        if path:
            self.open(path)

    def _set_fit(self, fit: str) -> None:
        if self.attempt(self.experiment.use_fit, fit) and (
            self.auto_encode.isChecked() and self.experiment.frames is not None
        ):
            self.encode_requested.emit()

    # -- from the state ----------------------------------------------------------------

    def _show_stimulus(self) -> None:
        stimulus, conversion = self.experiment.stimulus, self.experiment.conversion
        self.encode_button.setEnabled(self.experiment.frames is not None)
        if stimulus is None:
            return
        lines = [f"<b>{breakable(stimulus.name)}</b>", *_in_words(stimulus)]
        if warning := stimulus.attrs.get("warning"):
            lines.append(f"⚠ {warning}")
        if conversion is not None:
            lines.append("To the twin: " + conversion.summary)
        elif self.experiment.images is not None:
            height, width = self.experiment.frames.frame_shape
            lines.append(
                f"To the twin: {self.experiment.images.n_images} images, each brought to "
                f"{width} × {height} pixels."
            )
        elif self.experiment.session is None:
            lines.append("Load a session to see how it reaches the twin.")
        else:
            lines.append(
                "The session that is loaded is driven by video; open these images again "
                "to show them to it one after the other."
            )
        self.info.setText("<br>".join(lines))


def _in_words(stimulus: Stimulus | ImageSet) -> list[str]:
    """Size and length of a stimulus."""
    if isinstance(stimulus, ImageSet):
        return [f"{stimulus.n_images} images"]
    height, width = stimulus.frame_shape
    lines = [
        f"{width} × {height} pixels, {stimulus.frame_rate:g} Hz, "
        f"{stimulus.n_frames} frames, {stimulus.duration:.2f} s"
    ]
    if stimulus.trials is not None:
        lines.append(f"{len(stimulus.trials)} trials")
    return lines
