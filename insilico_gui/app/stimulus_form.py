"""The form for parametric stimuli, made by magicgui from the families' own signatures."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from magicgui import magicgui
from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QComboBox, QPushButton, QStackedWidget

from insilico_gui.app.frame_view import FrameView
from insilico_gui.app.panel import Panel, text_label
from insilico_gui.stimuli.families import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from magicgui.widgets import FunctionGui

    from insilico_gui.app.jobs import Job, Jobs
    from insilico_gui.experiment import Experiment
    from insilico_gui.stimuli import RenderedStimulus

OPTIONS: dict[str, dict[str, Any]] = {
    "seed": {"max": 2**31 - 1},
    "center": {"options": {"min": -1.0, "max": 1.0, "step": 0.1}},
    "frame_rate": {"max": 1000.0},
}
"""What the types of a family do not say; by the name of the parameter."""

DELAY_MS = 300
"""A form changes in bursts; the preview follows the last change."""


class StimulusForm(Panel):
    """Choose a family, set its parameters, see what it will be.

    Signals
    -------
    chosen(object)
        The stimulus the user wants to show.
    """

    title = "Parametric stimulus"
    chosen = Signal(object)

    def __init__(self, experiment: Experiment, jobs: Jobs) -> None:
        super().__init__(experiment, jobs)
        self.body.setContentsMargins(0, 0, 0, 0)
        self._preview: Job | None = None
        self._forms: dict[str, FunctionGui[Any]] = {}
        self.family = QComboBox()
        self.family.addItems(list(FAMILIES))
        self.family.currentTextChanged.connect(self._show_family)
        self.preview = FrameView(80)
        self.about = text_label()
        self.button = QPushButton("Show this stimulus")
        self.button.clicked.connect(self._choose)
        self._stack = QStackedWidget()
        for widget in (
            self.family,
            self.preview,
            self.about,
            self.button,
            self._stack,
        ):
            self.body.addWidget(widget)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self._describe)
        self._show_family(self.family.currentText())

    def form(self, family: str) -> FunctionGui[Any]:
        """The form of a family; one widget for each parameter, by its name."""
        if family not in self._forms:
            function = FAMILIES[family]
            names = inspect.signature(function).parameters
            form = magicgui(
                function,
                call_button=False,
                **{name: dict(o) for name, o in OPTIONS.items() if name in names},
            )
            form.margins = (0, 0, 0, 0)
            form.changed.connect(self._changed)
            self._forms[family] = form
            self._stack.addWidget(form.native)
        return self._forms[family]

    def _show_family(self, family: str) -> None:
        self._stack.setCurrentWidget(self.form(family).native)
        self._timer.start()

    def _changed(self) -> None:
        self._timer.start()

    def _maker(self) -> Callable[[], RenderedStimulus]:
        """What makes the stimulus, with the parameters as they are now."""
        family = self.family.currentText()
        return partial(FAMILIES[family], **self.form(family).asdict())

    # -- preview and choice ------------------------------------------------------------

    def _describe(self) -> None:
        if not self.isVisible():
            return  # nobody looks; shown when they do
        make = self._maker()
        if self._preview is not None:
            self._preview.cancel()  # the newest counts

        def work() -> tuple[RenderedStimulus, np.ndarray]:
            stimulus = make()
            trials = stimulus.trials
            seconds = 0.0
            if trials is not None and len(trials):
                seconds = float(trials["onset"][0] + trials["duration"][0] / 2)
            frame = min(int(seconds * stimulus.frame_rate), stimulus.n_frames - 1)
            return stimulus, stimulus.frames(frame, frame + 1)[0]

        self._preview = self.jobs.start(
            "Preview",
            work,
            on_return=self._show_preview,
            on_failure=self._refuse,
            quiet=True,
        )

    def _show_preview(self, result: tuple[RenderedStimulus, np.ndarray]) -> None:
        stimulus, frame = result
        n_trials = 0 if stimulus.trials is None else len(stimulus.trials)
        self.about.setText(
            f"{n_trials:,} trials, {stimulus.duration:.1f} s, "
            f"{stimulus.n_frames:,} frames"
        )
        self.button.setEnabled(True)
        self.preview.show_frame(frame)

    def _refuse(self, reason: str) -> None:
        self.about.setText(f"⚠ {reason}")
        self.button.setEnabled(False)

    def _choose(self) -> None:
        self.jobs.start(
            f"Rendering {self.family.currentText()}",
            self._maker(),
            on_return=self.chosen.emit,
        )

    def showEvent(self, event: object) -> None:
        """Bring the description up to date when it comes to sight."""
        super().showEvent(event)
        self._timer.start()
