"""Choosing a stimulus, seeing what it is and how it reaches the twin."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
)

from insilico_gui.app.panels.panel import Panel, breakable, text_label
from insilico_gui.app.panels.sequence_form import SequenceForm
from insilico_gui.app.panels.stimulus_form import StimulusForm
from insilico_gui.app.widgets.frame_view import FrameView
from insilico_gui.app.widgets.image_list import ImageList
from insilico_gui.encoding import open_for
from insilico_gui.stimuli import SUPPORTED_SUFFIXES, Fit, Stimulus
from insilico_gui.stimuli.readers.images import FrameImages, ImageSet, are_stills

if TYPE_CHECKING:
    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.app.work.jobs import Job

INTERVAL_S = 1.0
"""Between the images taken from a video, unless told otherwise."""

FIT_TIPS = {
    "crop": "Fill the screen and cut what does not fit",
    "pad": "Show the whole picture with grey bars",
    "stretch": "Fill the screen and distort the picture",
}

NO_STIMULUS = (
    "No stimulus yet: open a file, drop one on the window, or render one below."
)
NO_IMAGES = "No images yet: open files or a folder, or drop them on the window."


class StimulusPanel(Panel):
    """Open a file or render a parametric stimulus; preview; start encoding.

    Signals
    -------
    encode_requested()
        The user wants the stimulus encoded now.
    """

    title = "Stimulus"
    encode_requested = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._opening: Job | None = None
        self.preview = FrameView(160)
        self.info = text_label()
        self.image_list = ImageList(experiment)
        self.why_no_form = text_label(
            "Parametric stimuli move, and are for sessions driven by video. This session "
            "answers single images: open files, a folder, an array (.npy), or a video, of "
            "which it is shown frames."
        )
        self.auto_encode = QCheckBox("Encode as soon as it is there")
        self.auto_encode.setChecked(True)
        self.selected_only = QCheckBox("Only the selected units")
        self.encode_button = QPushButton("Encode")
        self.encode_button.setEnabled(False)
        self.encode_button.clicked.connect(self.encode_requested)
        self._options = self._make_options()

        self.body.addLayout(self._make_openers())
        for part in (self.preview, self.image_list, self.info):
            self.body.addWidget(part)
        self.body.addLayout(self._options)
        self.body.addWidget(self.auto_encode)
        self.body.addWidget(self.selected_only)
        self.body.addWidget(self.encode_button)
        self.body.addWidget(self.why_no_form)
        self._boxes = self._make_forms()
        for box in self._boxes:
            self.body.addWidget(box)
        self.body.addStretch(1)

        experiment.session_changed.connect(self._show_kind)
        experiment.stimulus_changed.connect(self.preview.clear_frame)
        for signal in (
            experiment.stimulus_changed,
            experiment.responses_changed,
            experiment.job_changed,
        ):
            signal.connect(self._show_stimulus)
        self._show_kind()

    def _make_openers(self) -> QHBoxLayout:
        """Make the buttons that open files and folders."""
        self.open_button = QPushButton()
        self.open_button.setToolTip("Or drop a file or a folder anywhere on the window")
        self.open_button.clicked.connect(self._browse)
        self.folder_button = QPushButton("Open folder…")
        self.folder_button.setToolTip("A folder of images, in the order of their names")
        self.folder_button.clicked.connect(self._browse_folder)
        row = QHBoxLayout()
        row.addWidget(self.open_button, 1)
        row.addWidget(self.folder_button)
        return row

    def _make_options(self) -> QFormLayout:
        """Make the fields for how a file reaches the session."""
        self.fit = QComboBox()
        for name in get_args(Fit):
            self.fit.addItem(name)
            self.fit.setItemData(self.fit.count() - 1, FIT_TIPS[name], 3)
        self.fit.setCurrentText(self.now.fit)
        self.fit.currentTextChanged.connect(self._set_fit)
        self.interval = QDoubleSpinBox()
        self.interval.setRange(0.0, 3600.0)
        self.interval.setDecimals(3)
        self.interval.setValue(INTERVAL_S)
        self.interval.setSuffix(" s")
        self.interval.setSpecialValueText("every frame")
        self.interval.setKeyboardTracking(False)
        self.interval.setToolTip("Of a video, take one image every so many seconds")
        self.interval.valueChanged.connect(self._set_interval)
        options = QFormLayout()
        options.addRow("Fit to screen", self.fit)
        options.addRow("Of a video, one image every", self.interval)
        options.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        return options

    def _make_forms(self) -> list[QGroupBox]:
        """Make the forms of parametric stimuli, each in a box of its own."""
        self.form = StimulusForm(self.experiment, self.jobs)
        self.sequence = SequenceForm(self.experiment, self.jobs)
        self.form.added.connect(self.sequence.add)
        self.form.sequence_loaded.connect(self.sequence.use)
        boxes = []
        for form in (self.form, self.sequence):
            form.chosen.connect(self._use)
            form.problem.connect(self.problem)
            box = QGroupBox(form.title)
            QVBoxLayout(box).addWidget(form)
            boxes.append(box)
        return boxes

    # -- commands ----------------------------------------------------------------------

    def open(self, path: str | Path | list[Path]) -> None:
        """Open a file, a folder or image files in the background and show it."""
        if self._opening is not None:
            self._opening.cancel()  # the newest counts
        session = self.now.session
        of_video = self._takes_images() and not are_stills(path)
        interval_s = self.interval.value() if of_video else None
        title = f"{len(path)} files" if isinstance(path, list) else Path(path).name
        self._opening = self.jobs.start(
            f"Opening {title}",
            lambda: open_for(session, path, interval_s=interval_s or None),
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
        kinds = f"All stimuli ({patterns});;All files (*)"
        if not self._takes_images():
            path, _ = QFileDialog.getOpenFileName(self, "Open a stimulus", "", kinds)
            if path:
                self.open(path)
            return
        paths, _ = QFileDialog.getOpenFileNames(self, "Open images", "", kinds)
        if len(paths) == 1:
            self.open(paths[0])
        elif paths:
            self.open([Path(path) for path in paths])

    def _browse_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Open a folder of images")
        if folder:
            self.open(folder)

    def _set_interval(self, seconds: float) -> None:
        """Take other frames of the video that is open."""
        stimulus = self.now.stimulus
        if isinstance(stimulus, FrameImages) and self._takes_images():
            stimulus = stimulus.stimulus
        if isinstance(stimulus, Stimulus) and self._takes_images():
            self._use(FrameImages(stimulus, seconds or None))

    def _takes_images(self) -> bool:
        return self.now.image_session is not None

    def _set_fit(self, fit: str) -> None:
        if self.attempt(self.experiment.use_fit, fit) and (
            self.auto_encode.isChecked() and self.now.frames is not None
        ):
            self.encode_requested.emit()

    # -- from the state ----------------------------------------------------------------

    def _show_kind(self) -> None:
        """Offer what the session can be shown."""
        of_images = self._takes_images()
        self.open_button.setText(
            "Open images…" if of_images else "Open video or images…"
        )
        self._options.setRowVisible(self.fit, not of_images)
        self._options.setRowVisible(self.interval, of_images)
        self.why_no_form.setVisible(of_images)
        if self.now.stimulus is None:
            self.info.setText(NO_IMAGES if of_images else NO_STIMULUS)
        for box in self._boxes:
            box.setVisible(not of_images)

    def _show_stimulus(self) -> None:
        stimulus, conversion = self.now.stimulus, self.now.conversion
        images, seen = self.now.images, self.now.frames
        self.encode_button.setEnabled(seen is not None)
        if stimulus is None:
            return
        lines = [f"<b>{escape(breakable(stimulus.name))}</b>", *_in_words(stimulus)]
        warning = str(stimulus.attrs.get("warning") or "")
        if warning:
            lines.append(f"⚠ {escape(breakable(warning))}")
        told = self.now.responses
        said = "" if told is None else str(told.attrs.get("warning") or "")
        if said and said != warning:
            lines.append(f"⚠ Responses: {escape(breakable(said))}")
        if conversion is not None:
            lines.append("To the twin: " + escape(conversion.summary))
        elif images is not None and seen is not None:
            height, width = seen.frame_shape
            lines.append(
                f"To the twin: {images.n_images} images, each brought to "
                f"{width} × {height} pixels."
            )
        elif self.now.session is None:
            lines.append("Load a session to see how it reaches the twin.")
        else:
            lines.append(
                "The session that is loaded is driven by video; open these images again "
                "to show them to it one after the other."
            )
        self.info.setText("<br>".join(lines))


def _of_video(images: ImageSet) -> str:
    if not isinstance(images, FrameImages):
        return ""
    interval_s = images.attrs["interval_s"]
    every = "every frame" if interval_s is None else f"one every {interval_s:g} s"
    return f": {every} of {images.stimulus.duration:.2f} s of video"


def _in_words(stimulus: Stimulus | ImageSet) -> list[str]:
    """Size and length of a stimulus."""
    if isinstance(stimulus, ImageSet):
        return [f"{stimulus.n_images} images" + _of_video(stimulus)]
    height, width = stimulus.frame_shape
    lines = [
        f"{width} × {height} pixels, {stimulus.frame_rate:g} Hz, "
        f"{stimulus.n_frames} frames, {stimulus.duration:.2f} s"
    ]
    if stimulus.trials is not None:
        lines.append(f"{len(stimulus.trials)} trials")
    return lines
