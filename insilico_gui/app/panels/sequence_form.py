"""The form for sequences: parametric stimuli one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from insilico_gui.app.panels.panel import Panel, text_label
from insilico_gui.app.panels.stimulus_form import path_to_save
from insilico_gui.app.widgets.family_form import fill, spec_form, values_of
from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import Sequence, save_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.app.work.jobs import Job
    from insilico_gui.stimuli import StimulusSpec

HINT = "Add stimuli from the form above to show them one after the other."
SETTINGS = ("blank_s", "blank_level", "repeats", "order", "seed")
"""Parameters of a sequence that the form asks for, besides its parts."""


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

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.parts: list[StimulusSpec] = []
        self._counting: Job | None = None

        self.list = QListWidget()
        self.list.setFixedHeight(96)
        self.list.currentRowChanged.connect(self._allow_moves)
        self.up_button = _button("Up", lambda: self._move(-1))
        self.down_button = _button("Down", lambda: self._move(1))
        self.remove_button = _button("Remove", self._remove)

        self.form = spec_form(Sequence, SETTINGS)
        self.form.changed.connect(self._changed)

        self.about = text_label(HINT)
        self.button = _button("Show this sequence", self._choose)
        self.save_button = _button("Save…", self._browse_to_save)

        self._inside = QWidget()
        inside = QVBoxLayout(self._inside)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.list)
        inside.addLayout(_row(self.up_button, self.down_button, self.remove_button))
        inside.addWidget(self.form.native)
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
        fits = fill(self.form, sequence)
        self._use_parts(list(sequence.parts), 0)
        if not fits:
            self.problem(
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
        return Sequence(parts=tuple(self.parts), **values_of(self.form))

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
        self.form["seed"].enabled = self.form["order"].value == "random"
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


def _button(text: str, command: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.clicked.connect(lambda: command())
    return button


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    return row
