"""Choosing a stimulus, seeing what it is and how it reaches the twin."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from qtpy.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QVBoxLayout,
)

from insilico_gui.app.panels.panel import Panel, breakable, text_label
from insilico_gui.app.panels.parts.sequence_form import SequenceForm
from insilico_gui.app.panels.parts.stimulus_form import StimulusForm
from insilico_gui.app.widgets.controls import button, check, choice, number, quietly
from insilico_gui.app.widgets.frame_view import FrameView
from insilico_gui.app.widgets.image_list import ImageList
from insilico_gui.app.work.stimulus_opening import INTERVAL_S
from insilico_gui.experiment.document import FileStimulus
from insilico_gui.session import is_video_session
from insilico_gui.stimuli import SUPPORTED_SUFFIXES, ConditionTable, Drive, Fit
from insilico_gui.stimuli.readers.images import FrameImages, ImageSet
from insilico_gui.stimuli.readers.places import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.live import AnyStimulus
    from insilico_gui.experiment.resolved import Resolved

FIT_TIPS = {
    "crop": "Fill the screen and cut what does not fit",
    "pad": "Show the whole picture with grey bars",
    "stretch": "Fill the screen and distort the picture",
}

NO_STIMULUS = (
    "No stimulus yet: open a file, drop one on the window, or render one below."
)
TABLE_SUFFIXES = frozenset({".csv", ".parquet"})
NO_CONDITIONS = (
    "No conditions yet: choose them in the panel Conditions, or open a table (.csv, "
    ".parquet) with a column for each parameter."
)
NO_IMAGES = "No images yet: open files or a folder, or drop them on the window."


class StimulusPanel(Panel):
    """Open files or render a parametric stimulus; preview; start encoding."""

    title = "Stimulus"
    place = "sheet"
    order = 20
    draws = frozenset(
        {
            "session",
            "stimulus",
            "stimulus_name",
            "fit",
            "shown",
            "misfit",
            "responses",
            "view.encode_at_once",
            "view.encode_selected",
            "view.draft",
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.preview = FrameView(160)
        self.info = text_label()
        self.image_list = ImageList(self._go_to_image)
        self.why_no_form = text_label(
            "Parametric stimuli move, and are for sessions driven by video. This session "
            "answers single images: open files, a folder, an array (.npy), or a video, of "
            "which it is shown frames."
        )
        self.auto_encode = check(
            "Encode as soon as it is there",
            lambda on: self.experiment.look(encode_at_once=on),
            "And again after another fit or interval",
        )
        self.selected_only = check(
            "Only the selected units",
            lambda on: self.experiment.look(encode_selected=on),
        )
        self.encode_button = button("Encode", lambda: self.desk.window.encode())
        self._options = self._make_options()

        self.body.addLayout(self._make_openers())
        for part in (self.preview, self.image_list, self.info):
            self.body.addWidget(part)
        self.body.addLayout(self._options)
        self.body.addWidget(self.auto_encode)
        self.body.addWidget(self.selected_only)
        self.body.addWidget(self.encode_button)
        self.body.addWidget(self.why_no_form)
        self.sequence = SequenceForm(desk)
        self.form = StimulusForm(desk, self.sequence.use)
        self._boxes = [_boxed(form) for form in (self.form, self.sequence)]
        for box in self._boxes:
            self.body.addWidget(box)
        self.body.addStretch(1)

    @classmethod
    def is_first(cls, now: Resolved) -> bool:
        """It is what is needed first for a session that is shown pictures."""
        has_none = now.session is not None and now.stimulus_name is None
        return has_none and now.may_see

    def _make_openers(self) -> QHBoxLayout:
        """Make the buttons that open files and folders."""
        self.open_button = button(
            "", self._browse, "Or drop files or a folder anywhere on the window"
        )
        self.folder_button = button(
            "Open folder…",
            self._browse_folder,
            "A folder of images, in the order of their names",
        )
        row = QHBoxLayout()
        row.addWidget(self.open_button, 1)
        row.addWidget(self.folder_button)
        return row

    def _make_options(self) -> QFormLayout:
        """Make the fields for how a stimulus reaches the session."""
        names = get_args(Fit)
        self.fit = choice(self._set_fit, names=names)
        for k, name in enumerate(names):
            self.fit.setItemData(k, FIT_TIPS[name], 3)
        self.interval = number(
            INTERVAL_S,
            (0.0, 3600.0),
            self._set_interval,
            "Of a video, take one image every so many seconds",
            decimals=3,
            suffix=" s",
        )
        self.interval.setSpecialValueText("every frame")
        options = QFormLayout()
        options.addRow("Fit to screen", self.fit)
        options.addRow("Image every", self.interval)
        options.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        return options

    # -- from the user -----------------------------------------------------------------

    def _browse(self) -> None:
        of_conditions = self.now.condition_session is not None
        suffixes = TABLE_SUFFIXES if of_conditions else SUPPORTED_SUFFIXES
        patterns = " ".join(f"*{suffix}" for suffix in sorted(suffixes))
        kinds = f"All stimuli ({patterns});;All files (*)"
        of_images = self.now.image_session is not None
        title = "Open images" if of_images else "Open stimuli"
        names, _ = QFileDialog.getOpenFileNames(self, title, "", kinds)
        paths = [Path(name) for name in names]
        pictures = [path for path in paths if path.suffix.lower() in IMAGE_SUFFIXES]
        if of_images and len(pictures) > 1:  # which belong together
            others = [path for path in paths if path not in pictures]
            self.desk.window.open_stimuli([*others, pictures])
        elif paths:
            self.desk.window.open_stimuli(paths)

    def _browse_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Open a folder of images")
        if folder:
            self.desk.window.open_stimuli([Path(folder)])

    def _set_fit(self, fit: str) -> None:
        """Bring the stimulus on show to the screen in another way."""
        self._change(self.experiment.set_fit, fit)

    def _set_interval(self) -> None:
        """Take other frames of the video on show."""
        interval_s, file = self.interval.value() or None, self._file
        if file is not None and not file.images:  # which other sessions may answer
            self.desk.window.open_stimuli([Path(file.paths[0])], interval_s=interval_s)
            return
        self._change(self.experiment.set_interval, interval_s)

    def _change(self, command: Callable[..., object], value: Any) -> None:
        """Change how the stimulus on show reaches the session, and encode it again."""
        now = self.now
        if now.stimulus_name is None or not self.attempt(
            command, now.stimulus_name, value
        ):
            return
        if now.view.encode_at_once and self.now.shown is not None:
            self.desk.window.encode()

    @property
    def _file(self) -> FileStimulus | None:
        """The file of the stimulus on show, if it has one."""
        entry = self.experiment.document.stimuli.get(self.now.stimulus_name or "")
        return entry if isinstance(entry, FileStimulus) else None

    def _go_to_image(self, k: int) -> None:
        playback, n_times = self.experiment.playback, self.now.n_times
        playback.seek_frame(k * n_times + playback.frame % n_times)

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Offer what the session can be shown, and tell of what is on show."""
        now = self.now
        if changed & {"session", "stimulus_name"}:
            self._show_kind()
        if "shown" in changed:
            self.preview.clear_frame()
            self.image_list.list_images(
                None if now.images is None else now.images.labels
            )
        self.auto_encode.setChecked(now.view.encode_at_once)
        self.selected_only.setChecked(now.view.encode_selected)
        self.encode_button.setEnabled(now.shown is not None)
        self.fit.setEnabled(now.conversion is not None)
        self.fit.setCurrentText(now.fit)
        self.interval.setEnabled(
            isinstance(now.images, FrameImages) and self._file is not None
        )
        if isinstance(now.images, FrameImages):
            with quietly(self.interval):
                self.interval.setValue(now.images.attrs["interval_s"] or 0.0)
        self.info.setText(self._about())
        if "view.draft" in changed:
            self.sequence.draw(changed)

    def draw_time(self) -> None:
        """Show the frame on show, as the session sees it, once it has been made."""
        if self.now.frames is None:
            return
        frame = self.frame_on_show
        if self.now.images is not None:
            self.image_list.mark(frame)
        picture = self.desk.window.peek(frame)
        if picture is not None:
            self.preview.show_frame(picture)

    def _show_kind(self) -> None:
        """Offer what the session can be shown."""
        now, session = self.now, self.now.session
        of_images = now.image_session is not None
        of_video = session is None or is_video_session(session)
        of_conditions = now.condition_session is not None
        is_driven = now.drive_session is not None
        self.open_button.setText(
            "Open images…"
            if of_images
            else "Open a table…"
            if of_conditions
            else "Open a drive…"
            if is_driven
            else "Open video or images…"
        )
        sees = not of_conditions and not is_driven
        self.folder_button.setVisible(sees)
        # The map shows what a session sees; one picture of it is enough
        alone = now.stimulus_name is not None and now.frames is None
        self.preview.setVisible(sees and alone)
        self._options.setRowVisible(self.fit, of_video)
        self._options.setRowVisible(self.interval, of_images)
        self.why_no_form.setVisible(of_images)
        for box in self._boxes:
            box.setVisible(of_video)

    def _about(self) -> str:
        """What is on show, in words."""
        now = self.now
        if now.stimulus_name is None:
            if now.condition_session is not None:
                return NO_CONDITIONS
            return NO_STIMULUS if now.image_session is None else NO_IMAGES
        lines = [f"<b>{escape(breakable(now.stimulus_name))}</b>"]
        if now.stimulus is None:
            return "<br>".join([*lines, "It is not open yet."])
        lines += _in_words(now.stimulus)
        warning = str(now.stimulus.attrs.get("warning") or "")
        told = now.responses
        said = "" if told is None else str(told.attrs.get("warning") or "")
        if warning:
            lines.append(f"⚠ {escape(breakable(warning))}")
        if said and said != warning:
            lines.append(f"⚠ Responses: {escape(breakable(said))}")
        return "<br>".join([*lines, escape(breakable(self._conversion()))])

    def _conversion(self) -> str:
        """How the stimulus on show reaches the twin, or why it does not."""
        now = self.now
        if now.session is None:
            return "Load a session to see how it reaches the twin."
        if isinstance(now.stimulus, ImageSet) and is_video_session(now.session):
            return (
                "The session that is loaded is driven by video; open these images again "
                "to show them to it one after the other."
            )
        if now.conversion is not None:
            return f"To the twin: {now.conversion.summary}"
        if now.images is not None and now.frames is not None:
            height, width = now.frames.frame_shape
            return (
                f"To the twin: {now.images.n_images} images, each brought to "
                f"{width} × {height} pixels."
            )
        if now.shown is not None and now.shown.times is not None:
            first, *_, last = now.shown.times
            return f"Answered at {now.n_times} times, {first:g} to {last:g} s."
        if now.shown is not None:
            return f"To the twin: {now.shown.n_items} {now.shown.item}s."
        return f"⚠ {now.misfit}"


def _boxed(form: StimulusForm | SequenceForm) -> QGroupBox:
    """A form in a box of its own."""
    box = QGroupBox(form.title)
    QVBoxLayout(box).addWidget(form)
    return box


def _of_video(images: ImageSet) -> str:
    if not isinstance(images, FrameImages):
        return ""
    interval_s = images.attrs["interval_s"]
    every = "every frame" if interval_s is None else f"one every {interval_s:g} s"
    return f": {every} of {images.stimulus.duration:.2f} s of video"


def _in_words(stimulus: AnyStimulus) -> list[str]:
    """Size and length of a stimulus."""
    if isinstance(stimulus, ConditionTable):
        columns = ", ".join(map(str, stimulus.table.columns))
        return [f"{stimulus.n_conditions} conditions: {escape(breakable(columns))}"]
    if isinstance(stimulus, Drive):
        return [
            f"drive: {stimulus.base.type} base",
            *map(escape, map(str, stimulus.events)),
        ]
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
