"""Fields for an event of a drive: elements that are stimulated or silenced, or a cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QCompleter, QFormLayout, QWidget

from insilico_gui.app.panels.panel import fill_box
from insilico_gui.app.widgets.controls import choice, number, text_field
from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli import Cut, Silence, Stimulate, Target

if TYPE_CHECKING:
    from insilico_gui.drive import DriveDescription
    from insilico_gui.stimuli.core.drive_parts import Event, Id

STIMULATE, SILENCE, CUT = "stimulate", "silence", "cut"
BY_ID = "by id"

SHARE = 0.8
"""Of a group whose elements belong to it by degrees, at first."""

RATE_HZ, ONSET_S = 50.0, 0.2


class EventForm(QWidget):
    """What happens, to which elements, when.

    Parameters
    ----------
    description : DriveDescription
    """

    def __init__(self, description: DriveDescription) -> None:
        super().__init__()
        self._about = about = description
        kinds = [STIMULATE, SILENCE, *([CUT] if about.regions else [])]
        self.kind = choice(lambda _: self.show_fields(), "What happens", kinds)
        self.group_kind = choice(
            lambda _: self._offer_names(),
            f"How {about.element}s are chosen",
            [*about.groups, BY_ID],
        )
        self.name = _searched(f"Which {about.element}s; type to search")
        self.ids = text_field(lambda: None, f"Ids of {about.element}s, with commas")
        self.ids.setPlaceholderText("ids, with commas")
        self.region = _searched("What loses its connections; type to search")
        fill_box(self.region, about.regions)
        self.share = number(
            100 * SHARE,
            (0.1, 100.0),
            lambda: None,
            f"The fewest {about.element}s that make this share of the group",
            step=10,
            decimals=1,
            suffix=" %",
        )
        rate_high = min(about.rate_high, 1e6)
        self.rate = number(
            min(RATE_HZ, rate_high), (0.0, rate_high), lambda: None, suffix=" Hz"
        )
        ends = (max(about.strength_low, -1e6), min(about.strength_high, 1e6))
        self.strength = number(
            min(1.0, ends[1]), ends, lambda: None, step=0.1, decimals=3
        )
        self.strength.setSuffix(f" {about.strength_unit}")
        self.onset = number(
            ONSET_S, (0.0, 3600.0), lambda: None, step=0.1, decimals=3, suffix=" s"
        )
        self.duration = number(
            0.0, (0.0, 3600.0), lambda: None, step=0.1, decimals=3, suffix=" s"
        )
        self.duration.setSpecialValueText("to the end")
        self._form = form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(3)
        for title, field in (
            ("Event", self.kind),
            (f"{about.element.capitalize()}s", self.group_kind),
            ("Named", self.name),
            ("Ids", self.ids),
            ("Region", self.region),
            ("Share", self.share),
            ("Rate of each", self.rate),
            ("Strength", self.strength),
            ("Onset", self.onset),
            ("Duration", self.duration),
        ):
            form.addRow(title, field)
        self._offer_names()

    def made(self) -> Event:
        """The event.

        Raises
        ------
        StimulusError
            If it names no elements, or a number is out of range.
        """
        kind = self.kind.currentText()
        if kind == CUT:
            return Cut(self.region.currentText())
        duration = float(self.duration.value()) or None
        onset = float(self.onset.value())
        if kind == SILENCE:
            return Silence(self._target(), onset, duration)
        return Stimulate(
            self._target(),
            float(self.rate.value()),
            float(self.strength.value()),
            onset,
            duration,
        )

    def _target(self) -> Target:
        kind = self.group_kind.currentText()
        if kind == BY_ID:
            return Target(ids=ids_of(self.ids.text()))
        share = self.share.value() / 100 if kind in self._about.shared else 1.0
        name = self.name.currentText()
        return Target({kind: name}, share=share if share < 1 else None)

    def show_fields(self) -> None:
        """Show the fields of the kind of event, and of elements."""
        kind, group = self.kind.currentText(), self.group_kind.currentText()
        of_elements = kind != CUT
        shown = {
            self.group_kind: of_elements,
            self.name: of_elements and group != BY_ID,
            self.ids: of_elements and group == BY_ID,
            self.region: not of_elements,
            self.share: of_elements and group in self._about.shared,
            self.rate: kind == STIMULATE,
            self.strength: kind == STIMULATE,
            self.onset: of_elements,
            self.duration: of_elements,
        }
        for field, is_shown in shown.items():
            self._form.setRowVisible(field, is_shown)

    def _offer_names(self) -> None:
        fill_box(self.name, self._about.groups.get(self.group_kind.currentText(), ()))
        self.show_fields()


def ids_of(text: str) -> list[Id]:
    """Ids that were typed: whole numbers with all their digits, others as text.

    Raises
    ------
    StimulusError
        If there are none.
    """
    parts = text.replace(";", ",").replace("\n", ",").split(",")
    words = [part.strip() for part in parts if part.strip()]
    found: list[Id] = [
        int(word) if word.lstrip("-").isdecimal() else word for word in words
    ]
    if not found:
        raise StimulusError(
            f"{quoted(text)} has no ids; type some, with commas between them."
        )
    return found


def _searched(tip: str) -> QComboBox:
    """A box of many names, found by any part of them."""
    box = choice(lambda _: None, tip, letters=9)
    box.setEditable(True)
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    completer = QCompleter(box.model(), box)
    completer.setFilterMode(Qt.MatchFlag.MatchContains)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    box.setCompleter(completer)
    return box
