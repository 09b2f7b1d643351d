"""The form for parametric stimuli: a family, its parameters, and what it will be."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtWidgets import QComboBox, QFileDialog, QHBoxLayout

from insilico_gui.app.panels.panel import Panel, text_label
from insilico_gui.app.widgets.controls import button
from insilico_gui.app.widgets.family_form import family_form, fill, values_of
from insilico_gui.app.widgets.frame_view import FrameView
from insilico_gui.app.work.timers import delayed
from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import Display, Sequence, load_spec, save_spec
from insilico_gui.stimuli.families.registry import FAMILIES
from insilico_gui.stimuli.spec.files import SPEC_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from magicgui.widgets import Container
    from qtpy.QtCore import QTimerEvent
    from qtpy.QtGui import QHideEvent, QShowEvent
    from qtpy.QtWidgets import QWidget

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.app.work.jobs import Job
    from insilico_gui.stimuli import RenderedStimulus, StimulusSpec

    Seen = tuple[RenderedStimulus, list[np.ndarray]]

SPEC_FILES = f"Specifications ({' '.join(f'*{s}' for s in sorted(SPEC_SUFFIXES))})"

PREVIEW_S, PREVIEW_HZ = 3.0, 15.0
"""How much of a stimulus is seen beforehand, and how many of its frames a second."""

DELAY_MS = 300
"""A form changes in bursts; the preview follows the last change."""


class StimulusForm(Panel):
    """Choose a family, set its parameters, see what it will be.

    Parameters
    ----------
    desk : Desk
    take_sequence : callable(Sequence)
        Takes a sequence that was in a file.
    """

    title = "Parametric stimulus"

    def __init__(self, desk: Desk, take_sequence: Callable[[Sequence], object]) -> None:
        super().__init__(desk)
        self._take_sequence = take_sequence
        self.body.setContentsMargins(0, 0, 0, 0)
        self._preview: Job | None = None
        self._forms: dict[str, Container[Any]] = {}
        self.family = QComboBox()
        self.family.addItems(list(FAMILIES))
        self.family.currentTextChanged.connect(self._show_family)
        self.preview = FrameView(96)
        self._moving: list[np.ndarray] = []
        self._moved, self._ticks = 0, 0
        self.about = text_label()
        self.button = button("Show this stimulus", self._choose)
        self.add_button = button(
            "Add to sequence", self._add, "Show it with others, one after the other"
        )
        self.save_button = button(
            "Save…",
            self._browse_to_save,
            "Save these parameters in a file (.yaml, .json)",
        )
        self.load_button = button(
            "Load…",
            self._browse_to_load,
            "Load parameters, or a sequence, from a file",
        )
        files = QHBoxLayout()
        for each in (self.add_button, self.save_button, self.load_button):
            files.addWidget(each)
        for widget in (self.family, self.preview, self.about, self.button):
            self.body.addWidget(widget)
        self.body.addLayout(files)
        self._timer = delayed(self._describe, self, DELAY_MS)
        self._show_family(self.family.currentText())

    def form(self, family: str) -> Container[Any]:
        """The form of a family; one widget for each parameter, by its name."""
        if family not in self._forms:
            form = family_form(family)
            form.changed.connect(self._changed)
            form.native.hide()
            self._forms[family] = form
            self.body.addWidget(form.native)
        return self._forms[family]

    def _show_family(self, family: str) -> None:
        chosen = self.form(family)
        self._stop_moving()
        self._moving = []
        self.preview.clear_frame()  # it is of another family
        for form in self._forms.values():
            form.native.setVisible(form is chosen)  # each takes the room that it needs
        self._timer.start()

    def _changed(self) -> None:
        self._timer.start()

    def _maker(self) -> Callable[[], RenderedStimulus]:
        """What makes the stimulus, with the parameters as they are now."""
        family = self.family.currentText()
        try:
            values = values_of(self.form(family))
        except StimulusError as error:
            return partial(_fail, error)  # told like what the family itself refuses
        if values.get("folder") == Path():
            return partial(_fail, StimulusError("Choose a folder of images."))
        return partial(FAMILIES[family], **values)

    # -- preview and choice ------------------------------------------------------------

    def _describe(self) -> None:
        if not self.isVisible():
            return  # nobody looks; shown when they do
        make = self._maker()
        if self._preview is not None:
            self._preview.cancel()  # the newest counts

        def work() -> Generator[Seen, None, Seen]:
            stimulus = make()
            frames: list[np.ndarray] = []
            for frame in _previewed(stimulus):
                frames.append(stimulus.frames(frame, frame + 1)[0])
                yield stimulus, frames
            return stimulus, frames

        self._preview = self.jobs.start(
            "Preview",
            work,
            on_progress=self._show_first,
            on_return=self._show_preview,
            on_failure=self._refuse,
            quiet=True,
        )

    def _show_first(self, seen: Seen) -> None:
        """Show the first frame as soon as it is there; the others follow."""
        stimulus, frames = seen
        if len(frames) == 1 or not self._moving:
            self._stop_moving()
            self._tell(stimulus)
            self.preview.show_frame(frames[0])
            self._moving = frames[:1]

    def _show_preview(self, seen: Seen) -> None:
        """Play what was rendered, over and over."""
        stimulus, self._moving = seen
        self._tell(stimulus)
        self._stop_moving()
        self.preview.show_frame(self._moving[0])
        if len(self._moving) > 1 and self.isVisible():
            self._ticks = self.startTimer(round(1000 / PREVIEW_HZ))

    def _tell(self, stimulus: RenderedStimulus) -> None:
        n_trials = 0 if stimulus.trials is None else len(stimulus.trials)
        self.about.setText(
            f"{n_trials:,} trials, {stimulus.duration:.1f} s, "
            f"{stimulus.n_frames:,} frames"
        )
        self._allow(True)

    def timerEvent(self, event: QTimerEvent) -> None:
        """See Qt: the next frame of what is seen beforehand."""
        if event.timerId() != self._ticks or not self._moving:
            super().timerEvent(event)
            return
        self._moved = (self._moved + 1) % len(self._moving)
        self.preview.show_frame(self._moving[self._moved])

    def _stop_moving(self) -> None:
        if self._ticks:
            self.killTimer(self._ticks)
        self._ticks = self._moved = 0

    def hideEvent(self, event: QHideEvent) -> None:
        """See Qt: what nobody sees does not move."""
        self._stop_moving()
        super().hideEvent(event)

    def _refuse(self, reason: str) -> None:
        self.about.setText(f"⚠ {reason}")
        self._stop_moving()
        self._moving = []
        self.preview.clear_frame()  # it was of something else
        self._allow(False)

    def _allow(self, valid: bool) -> None:
        for each in (self.button, self.add_button, self.save_button):
            each.setEnabled(valid)

    def _choose(self) -> None:
        self.jobs.start(
            f"Rendering {self.family.currentText()}",
            self._maker(),
            on_return=lambda made: self.desk.window.open_stimuli([made]),
        )

    def _add(self) -> None:
        make = self._maker()
        self.jobs.start("Adding", lambda: make().spec, on_return=self._add_to_draft)

    def _add_to_draft(self, spec: StimulusSpec) -> None:
        """Put a specification at the end of the sequence that is being put together."""
        draft = (*self.now.view.draft, spec.to_dict())
        self.attempt(self.experiment.look, draft=draft)

    # -- files -------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write the parameters as they are now to a file, in the background."""
        make = self._maker()
        self.jobs.start(
            f"Saving {Path(path).name}",
            lambda: save_spec(make().spec, path, overwrite=True),
        )

    def load(self, path: str | Path) -> None:
        """Take parameters, or a sequence, from a file."""
        name = Path(path).name

        def take(spec: StimulusSpec) -> None:
            if isinstance(spec, Sequence):
                self._take_sequence(spec)
            elif not self.use(spec):
                self._add_to_draft(spec)
                self.problem(
                    f"{name} has values that the form cannot hold, so it is in the "
                    "sequence as it is."
                )

        self.jobs.start(f"Loading {name}", lambda: load_spec(path), on_return=take)

    def use(self, spec: StimulusSpec) -> bool:
        """Fill the form with a specification; False if it does not fit in exactly."""
        form = self.form(spec.title)
        try:
            before = values_of(form)
        except StimulusError:
            before = {}  # nothing that would be worth to be put back
        fits = fill(form, spec) and spec.display == Display()
        if not fits:
            with form.changed.blocked():
                form.update(before)
        if fits:
            self.family.setCurrentText(spec.title)
            self._timer.start()
        return fits

    def _browse_to_save(self) -> None:
        name = self.family.currentText().replace(" ", "_")
        if path := path_to_save(self, f"{name}.yaml"):
            self.save(path)

    def _browse_to_load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "Load a stimulus", "", f"{SPEC_FILES};;All files (*)"
        )
        if path:
            self.load(path)

    def showEvent(self, event: QShowEvent) -> None:
        """Bring the description up to date when it comes to sight."""
        super().showEvent(event)
        self._timer.start()


def path_to_save(parent: QWidget, name: str) -> Path | None:
    """Ask for the file of a specification; YAML if no format is named."""
    text, _ = QFileDialog.getSaveFileName(
        parent, "Save the stimulus", name, f"{SPEC_FILES};;All files (*)"
    )
    if not text:
        return None
    path = Path(text)
    has_format = path.suffix.lower() in SPEC_SUFFIXES
    return path if has_format else path.with_name(f"{path.name}.yaml")


def _fail(error: StimulusError) -> RenderedStimulus:
    raise error


def _previewed(stimulus: RenderedStimulus) -> list[int]:
    """Frames that are seen beforehand: of the first trials, without the blanks.

    They begin in the middle of the first trial, and go round.
    """
    trials, rate, last = stimulus.trials, stimulus.frame_rate, stimulus.n_frames - 1
    spans = [(0.0, stimulus.duration)]
    if trials is not None and len(trials):
        few = trials.head(round(PREVIEW_S * PREVIEW_HZ))
        times = few[["onset", "duration"]].to_numpy(float)
        spans = [(float(onset), float(duration)) for onset, duration in times]
    places: list[int] = []
    for onset, duration in spans:
        n = max(round(duration * PREVIEW_HZ), 1)
        # In the middle of each step: never at the edge of a blank
        at = onset + (np.arange(n) + 0.5) * duration / n
        places += np.minimum(at * rate, last).astype(int).tolist()
    places = places[: round(PREVIEW_S * PREVIEW_HZ)]
    middle = min(round(spans[0][1] * PREVIEW_HZ) // 2, len(places) - 1)
    return [*places[middle:], *places[:middle]]
