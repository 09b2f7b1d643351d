"""The form for sequences: parametric stimuli one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from insilico_gui.app.panels.panel import Panel, text_label
from insilico_gui.app.panels.stimulus_form import path_to_save
from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import Sequence, save_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.app.work.jobs import Job, Jobs
    from insilico_gui.experiment import Experiment
    from insilico_gui.stimuli import StimulusSpec

HINT = "Add stimuli from the form above to show them one after the other."
LARGEST_SEED = 2**31 - 1  # of a spin box


class SequenceForm(Panel):
    """Put parametric stimuli in an order, see how long it takes, show or save it.

    Signals
    -------
    chosen(object)
        The stimulus the user wants to show.

    Attributes
    ----------
    parts : list of StimulusSpec
        What is in the list.
    """

    title = "Sequence"
    chosen = Signal(object)

    def __init__(self, experiment: Experiment, jobs: Jobs) -> None:
        super().__init__(experiment, jobs)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.parts: list[StimulusSpec] = []
        self._counting: Job | None = None

        self.list = QListWidget()
        self.list.setFixedHeight(96)
        self.list.currentRowChanged.connect(self._allow_moves)
        self.up_button = _button("Up", lambda: self._move(-1))
        self.down_button = _button("Down", lambda: self._move(1))
        self.remove_button = _button("Remove", self._remove)

        self.blank_s = _Seconds()
        self.blank_level = _whole(0, 255, 128, "Grey level of the blanks, 0 to 255")
        self.repeats = _whole(1, 10**6, 1, "How often the whole is shown")
        self.random = QCheckBox("Random order")
        self.random.setToolTip("A new order of the parts for each repeat")
        self.seed = _whole(0, LARGEST_SEED, 0, "Of the random order")
        for spin in (self.blank_s, self.blank_level, self.repeats, self.seed):
            spin.valueChanged.connect(self._changed)
        self.random.toggled.connect(self.seed.setEnabled)
        self.random.toggled.connect(self._changed)
        self.seed.setEnabled(False)

        self.about = text_label(HINT)
        self.button = _button("Show this sequence", self._choose)
        self.save_button = _button("Save…", self._browse_to_save)

        self._inside = QWidget()
        inside = QVBoxLayout(self._inside)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.list)
        inside.addLayout(_row(self.up_button, self.down_button, self.remove_button))
        form = QFormLayout()
        form.addRow("Blank", self.blank_s)
        form.addRow("Grey level", self.blank_level)
        form.addRow("Repeats", self.repeats)
        form.addRow(self.random)
        form.addRow("Seed", self.seed)
        inside.addLayout(form)
        self.body.addWidget(self._inside)
        self.body.addWidget(self.about)
        self.body.addLayout(_row(self.button, self.save_button))
        self._changed()

    # -- commands ----------------------------------------------------------------------

    def add(self, spec: StimulusSpec) -> None:
        """Put a specification at the end."""
        self._use_parts([*self.parts, spec], len(self.parts))

    def use(self, sequence: Sequence) -> None:
        """Take all of a sequence in place of what is here."""
        self.blank_s.setValue(sequence.blank_s)
        self.blank_level.setValue(sequence.blank_level)
        self.repeats.setValue(min(sequence.repeats, self.repeats.maximum()))
        self.random.setChecked(sequence.order == "random")
        self.seed.setValue(min(sequence.seed, LARGEST_SEED))
        self._use_parts(list(sequence.parts), 0)
        if (self.blank_s.value(), self.repeats.value(), self.seed.value()) != (
            sequence.blank_s,
            sequence.repeats,
            sequence.seed,
        ):
            self.problem.emit(
                "The sequence has a blank, a seed or repeats that the form cannot hold; "
                "check them, or open its file as a stimulus."
            )

    def sequence(self) -> Sequence:
        """The sequence as it is now.

        Raises
        ------
        StimulusError
            If the parts do not go together, or it would last too long.
        """
        return Sequence(
            parts=tuple(self.parts),
            blank_s=self.blank_s.value(),
            blank_level=self.blank_level.value(),
            repeats=self.repeats.value(),
            order="random" if self.random.isChecked() else "sequential",
            seed=self.seed.value(),
        )

    def save(self, path: str | Path) -> None:
        """Write the sequence as it is now to a file, in the background."""
        sequence = self.sequence()
        self.jobs.start(
            f"Saving {Path(path).name}",
            lambda: save_spec(sequence, path, overwrite=True),
        )

    # -- from the user -----------------------------------------------------------------

    def _move(self, by: int) -> None:
        row = self.list.currentRow()
        parts = list(self.parts)
        parts.insert(row + by, parts.pop(row))
        self._use_parts(parts, row + by)

    def _remove(self) -> None:
        row = self.list.currentRow()
        parts = [part for k, part in enumerate(self.parts) if k != row]
        self._use_parts(parts, min(row, len(parts) - 1))

    def _choose(self) -> None:
        sequence = self.sequence()
        self.jobs.start(
            "Rendering the sequence", sequence.stimulus, on_return=self.chosen.emit
        )

    def _browse_to_save(self) -> None:
        if path := path_to_save(self, "sequence.yaml"):
            self.save(path)

    # -- from the state ----------------------------------------------------------------

    def _use_parts(self, parts: list[StimulusSpec], row: int) -> None:
        self.parts = parts
        self.list.clear()
        for part in parts:
            seconds = part.n_frames / part.frame_rate
            self.list.addItem(f"{part.title}, {seconds:.1f} s")
        self.list.setCurrentRow(row)
        self._allow_moves()
        self._changed()

    def _allow_moves(self, *_: object) -> None:
        row, n = self.list.currentRow(), len(self.parts)
        self.up_button.setEnabled(row > 0)
        self.down_button.setEnabled(0 <= row < n - 1)
        self.remove_button.setEnabled(row >= 0)

    def _changed(self, *_: object) -> None:
        """Count trials and seconds again."""
        if self._counting is not None:
            self._counting.cancel()  # the newest counts
            self._counting = None
        self._inside.setVisible(bool(self.parts))
        self._allow(False)
        if not self.parts:
            self.about.setText(HINT)
            return
        try:
            sequence = self.sequence()
        except StimulusError as error:
            self.about.setText(f"⚠ {error}")
            return

        def count() -> str:
            n_trials = sum(len(part.trials) for part in sequence.parts)
            return (
                f"{n_trials * sequence.repeats:,} trials, "
                f"{sequence.n_frames / sequence.frame_rate:.1f} s, "
                f"{sequence.n_frames:,} frames"
            )

        self._counting = self.jobs.start(
            "Counting", count, on_return=self._tell, quiet=True
        )

    def _tell(self, about: str) -> None:
        self.about.setText(about)
        self._allow(True)

    def _allow(self, valid: bool) -> None:
        self.button.setEnabled(valid)
        self.save_button.setEnabled(valid)


class _Seconds(QDoubleSpinBox):
    """Seconds that show as many digits as they have."""

    def __init__(self) -> None:
        super().__init__()
        self.setDecimals(9)
        self.setRange(0.0, 3600.0)
        self.setSingleStep(0.5)
        self.setSuffix(" s")
        self.setValue(1.0)
        self.setToolTip("Blank screen before each stimulus and after the last")

    def textFromValue(self, value: float) -> str:
        """See Qt."""
        return f"{value:.9g}"


def _whole(lowest: int, highest: int, value: int, tip: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(lowest, highest)
    spin.setValue(value)
    spin.setToolTip(tip)
    return spin


def _button(text: str, command: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.clicked.connect(lambda: command())
    return button


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    return row
