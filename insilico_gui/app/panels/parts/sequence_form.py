"""The form for sequences: parametric stimuli one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QVBoxLayout,
    QWidget,
)

from insilico_gui.app.panels.panel import Panel, text_label
from insilico_gui.app.panels.parts.stimulus_form import path_to_save
from insilico_gui.app.widgets.controls import button, quietly
from insilico_gui.app.widgets.family_form import fill, spec_form, values_of
from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import Sequence, save_spec, spec_from_dict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.app.work.jobs import Job
    from insilico_gui.stimuli import StimulusSpec

HINT = "Add stimuli from the form above to show them one after the other."
SETTINGS = ("blank_s", "blank_level", "repeats", "order", "seed")
"""Parameters of a sequence that the form asks for, besides its parts."""


class SequenceForm(Panel):
    """Put parametric stimuli in an order, see how long it takes, show or save it.

    The parts are the draft in the view of the experiment; the panel that holds the form
    has it drawn.
    """

    title = "Sequence"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.body.setContentsMargins(0, 0, 0, 0)
        self._counting: Job | None = None

        self.list = QListWidget()
        self.list.setFixedHeight(96)
        self.list.currentRowChanged.connect(self._allow_moves)
        self.up_button = button("Up", lambda: self._move(-1))
        self.down_button = button("Down", lambda: self._move(1))
        self.remove_button = button("Remove", self._remove)

        self.form = spec_form(Sequence, SETTINGS)
        self.form.changed.connect(self._changed)

        self.about = text_label(HINT)
        self.button = button("Show this sequence", self._choose)
        self.save_button = button("Save…", self._browse_to_save)

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

    @property
    def parts(self) -> list[StimulusSpec]:
        """The specifications that are put together.

        Raises
        ------
        StimulusError
            If one is not that of a stimulus, as in a file that was edited by hand.
        """
        return [spec_from_dict(plain) for plain in self.now.view.draft]

    def use(self, sequence: Sequence) -> None:
        """Take all of a sequence in place of what is here."""
        fits = fill(self.form, sequence)
        self._use_parts([part.to_dict() for part in sequence.parts], 0)
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
        parts = list(self.now.view.draft)
        parts.insert(row + by, parts.pop(row))
        self._use_parts(parts, row + by)

    def _remove(self) -> None:
        row = self.list.currentRow()
        parts = [part for k, part in enumerate(self.now.view.draft) if k != row]
        self._use_parts(parts, min(row, len(parts) - 1))

    def _choose(self) -> None:
        sequence = self.sequence()
        self.jobs.start(
            "Rendering the sequence",
            sequence.stimulus,
            on_return=lambda made: self.desk.window.open_stimuli([made]),
        )

    def _browse_to_save(self) -> None:
        if path := path_to_save(self, "sequence.yaml"):
            self.save(path)

    def _use_parts(self, parts: Iterable[Mapping[str, Any]], row: int) -> None:
        if self.attempt(self.experiment.look, draft=tuple(parts)):
            self._changed()  # also if only the settings are others
            self.list.setCurrentRow(row)

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """List the parts, the last one chosen, and count their trials."""
        draft = self.now.view.draft
        with quietly(self.list):
            self.list.clear()
            self.list.addItems([_in_words(plain) for plain in draft])
            self.list.setCurrentRow(len(draft) - 1)
        self._allow_moves()
        self._changed()

    def _allow_moves(self, *_: object) -> None:
        row, n = self.list.currentRow(), len(self.now.view.draft)
        self.up_button.setEnabled(row > 0)
        self.down_button.setEnabled(0 <= row < n - 1)
        self.remove_button.setEnabled(row >= 0)

    def _changed(self, *_: object) -> None:
        """Count trials and seconds again."""
        if self._counting is not None:
            self._counting.cancel()  # the newest counts
            self._counting = None
        self._inside.setVisible(bool(self.now.view.draft))
        self._allow(False)
        if not self.now.view.draft:
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


def _in_words(plain: Mapping[str, Any]) -> str:
    """A part of the sequence and how long it takes."""
    try:
        part = spec_from_dict(plain)
    except StimulusError:
        return f"⚠ {str(plain.get('family'))[:40]}"
    return f"{part.title}, {part.n_frames / part.frame_rate:.1f} s"


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    return row
