"""Asks once how fast files without a frame rate are to be shown, beside the work."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import ref

from qtpy.QtCore import QObject, Qt
from qtpy.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout

from insilico_gui.app.panels.panel import text_label
from insilico_gui.app.widgets.controls import button, number
from insilico_gui.app.work.stimulus_opening import rate_key
from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.experiment.document import FileStimulus
from insilico_gui.settings import SettingsError, remember_frame_rate
from insilico_gui.stimuli import Stimulus, open_stimulus

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.app.shell.window import InsilicoWindow

LEAST_HZ, MOST_HZ = 0.1, 1000.0

Key = tuple[str, Path]


class FrameRates(QObject):
    """Stimuli are shown at an assumed rate at once, and at another if the user tells it.

    The answer holds for all files of the kind in the folder, also the next time.

    Parameters
    ----------
    window : InsilicoWindow
        Owns this.

    Attributes
    ----------
    dialogs : dict of (str, Path) to FrameRateDialog
        Questions that are not answered yet, by kind and folder.
    """

    def __init__(self, window: InsilicoWindow) -> None:
        super().__init__(window)
        self._window_ref = ref(window)
        self._stimuli: dict[Key, list[str]] = {}
        self.dialogs: dict[Key, FrameRateDialog] = {}

    def ask(self, stimulus: str) -> None:
        """Ask for the rate of a stimulus that was added, if it has none of its own."""
        window = self._window_ref()
        if window is None:
            return
        entry = window.experiment.document.stimuli[stimulus]
        if not isinstance(entry, FileStimulus) or entry.frame_rate is not None:
            return
        opened = window.experiment.live.stimulus(entry)
        if not isinstance(opened, Stimulus) or not opened.attrs.get(
            "frame_rate_assumed"
        ):
            return
        key = rate_key(Path(entry.paths[0]))
        if key is None:
            return
        self._stimuli.setdefault(key, []).append(stimulus)
        if key not in self.dialogs:
            self.dialogs[key] = FrameRateDialog(
                window,
                opened.name,
                opened.frame_rate,
                key,
                lambda rate: self._answered(key, rate),
            )
            self.dialogs[key].show()

    def _answered(self, key: Key, rate: float | None) -> None:
        """Take an answer; None if there is none, and the assumed rate stays."""
        window = self._window_ref()
        self.dialogs.pop(key, None)
        stimuli = self._stimuli.pop(key, [])
        if window is None or rate is None:
            return
        with suppress(SettingsError):  # asked again next time
            remember_frame_rate(*key, rate)
        for stimulus in stimuli:
            self._use(stimulus, rate)

    def _use(self, stimulus: str, rate: float) -> None:
        """Open the files of a stimulus again with their rate, in the background."""
        window = self._window_ref()
        if window is None:
            return
        experiment = window.experiment
        entry = experiment.document.stimuli.get(stimulus)
        if not isinstance(entry, FileStimulus) or entry.frame_rate == rate:
            return
        if experiment.live.stimulus(entry).attrs.get("frame_rate") == rate:
            return  # the rate that was assumed

        def take(opened: Stimulus) -> None:
            if experiment.document.stimuli.get(stimulus) != entry:
                return  # it is gone, or another by now
            try:
                experiment.set_frame_rate(stimulus, rate, opened)
            except InsilicoError as error:
                window.say(str(error), problem=True)
                return
            session = window.now.session_name
            if session is not None and window.now.view.encode_at_once:
                window.encode([(session, stimulus)])

        window.jobs.start(
            f"Opening {stimulus}",
            lambda: open_stimulus(entry.paths[0], frame_rate=rate),
            on_return=take,
            loses=False,
        )


class FrameRateDialog(QDialog):
    """One question, which can wait.

    Parameters
    ----------
    window : InsilicoWindow
    name : str
        Of the first of the files.
    assumed : float
        Rate (Hz) at which it is shown meanwhile.
    key : (str, Path)
        Kind and folder of the files.
    on_answer : callable(float or None)
    """

    def __init__(
        self,
        window: InsilicoWindow,
        name: str,
        assumed: float,
        key: Key,
        on_answer: Callable[[float | None], object],
    ) -> None:
        super().__init__(window.docks.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Frame rate")
        self._on_answer = on_answer
        self.about = text_label(
            f"{quoted(name)} does not say how fast it is meant to be shown, and is shown "
            f"at {assumed:g} Hz meanwhile. What is its frame rate?"
        )
        self.rate = number(
            assumed, (LEAST_HZ, MOST_HZ), lambda: None, decimals=3, suffix=" Hz"
        )
        self.rate.selectAll()
        note = text_label(
            f"The answer holds for {key[0]} in the folder {quoted(key[1].name)}; "
            "Preferences forgets it."
        )
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button("Later", self.reject))
        self.button = button("Use this rate", self.accept)
        self.button.setDefault(True)
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        for part in (self.about, self.rate, note):
            layout.addWidget(part)
        layout.addLayout(row)
        self.resize(440, self.sizeHint().height())

    def done(self, result: int) -> None:
        """See Qt."""
        accepted = result == QDialog.DialogCode.Accepted
        rate = float(self.rate.value()) if accepted else None
        super().done(result)
        self._on_answer(rate)
