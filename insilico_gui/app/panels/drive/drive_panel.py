"""Driving a session: what drives it, what happens on top, and how it is simulated."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QGroupBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from insilico_gui.app.panels.drive.base_form import BaseForm
from insilico_gui.app.panels.drive.event_form import EventForm
from insilico_gui.app.panels.drive.option_fields import OptionFields
from insilico_gui.app.panels.panel import Panel, text_label
from insilico_gui.app.widgets.controls import VALUE, button, check
from insilico_gui.app.work.jobs import sentence
from insilico_gui.drive_checks import check_drive
from insilico_gui.errors import InsilicoError
from insilico_gui.stimuli import Constant, Cut, Drive, Recorded, Stimulate

if TYPE_CHECKING:
    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.drive import DriveSession
    from insilico_gui.experiment.resolved import Resolved
    from insilico_gui.stimuli.core.drive_parts import Event

EVENTS_HEIGHT = 84

LONGEST_NAME = 60
"""Letters of what a drive is called in the list of runs."""


class DrivePanel(Panel):
    """A sheet made of the session's own description: base, events, simulation."""

    title = "Drive"
    place = "sheet"
    order = 24
    draws = frozenset({"session", "stimulus"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._session: DriveSession | None = None
        self._forms: list[QWidget] = []
        self.about = text_label()
        self.events = QListWidget()
        self.events.setFixedHeight(EVENTS_HEIGHT)
        self.add_button = button(
            "Add the event", self.add_event, "To the list below; it may hold many"
        )
        self.remove_button = button(
            "Remove", self.remove_event, "The event that is chosen, or the last one"
        )
        self.with_control = check(
            "Also without the events",
            lambda _: None,
            "With the same random events otherwise: the control is a run of its own, "
            "which this one is compared with",
        )
        self.with_control.setChecked(True)
        self.run_button = button(
            "Simulate", self.run, "As a stimulus of the experiment"
        )
        self.base: BaseForm | None = None
        self.event_form: EventForm | None = None
        self.options: OptionFields | None = None
        self._base_box, self._event_box, self._option_box = (
            _box("What drives it"),
            _box("What happens on top"),
            _box("Simulation"),
        )
        row = QHBoxLayout()
        row.addWidget(self.add_button, 2)
        row.addWidget(self.remove_button, 1)
        self._event_box.layout().addLayout(row)  # type: ignore[union-attr]
        for widget in (self.events, self.with_control):
            self._event_box.layout().addWidget(widget)  # type: ignore[union-attr]
        self.body.addWidget(self.about)
        for box in (self._base_box, self._event_box, self._option_box):
            self.body.addWidget(box)
        self.body.addWidget(self.run_button)
        self.body.addStretch(1)

    @classmethod
    def is_offered(cls, now: Resolved) -> bool:
        """Whether the session is driven."""
        return now.drive_session is not None

    @classmethod
    def is_first(cls, now: Resolved) -> bool:
        """It is what is needed first for such a session."""
        return cls.is_offered(now) and now.stimulus_name is None

    # -- from the user -----------------------------------------------------------------

    def add_event(self) -> None:
        """Add the event of the form to the list."""
        if self.event_form is None:
            return
        try:
            event = self.event_form.made()
            self._checked(event)
        except InsilicoError as error:
            self.problem(sentence(error))
            return
        self._list(event)

    def remove_event(self) -> None:
        """Remove the event that is chosen, or the last one."""
        row = self.events.currentRow()
        self.events.takeItem(row if row >= 0 else self.events.count() - 1)
        self._enable()

    def drive(self) -> Drive:
        """The drive as the fields have it.

        Raises
        ------
        StimulusError
            If a part of it is none that the session has.
        """
        return self._made(tuple(self._listed()))

    def run(self) -> None:
        """Add the drive, and without its events, to the experiment; simulate both."""
        session, name = self._session, self.now.session_name
        if session is None or name is None:
            return
        try:
            drive = self.drive()
            check_drive(session, drive)
            added = self.experiment.add_drive(
                drive, name, with_control=self.with_control.isChecked()
            )
        except InsilicoError as error:
            self.problem(sentence(error))
            return
        self.desk.window.encode([(name, each) for each in added])

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Make the forms of another session, and show the drive that is on show."""
        session, stimulus = self.now.drive_session, self.now.stimulus
        if session is None:
            return
        if session is not self._session:
            self._session = session
            self._make_forms(session)
        if isinstance(stimulus, Drive) and self.now.shown is not None:
            # Of a control the events of the list are kept: they are what it lacks
            if stimulus.is_perturbed or stimulus.control() != self._made(()).control():
                self.events.clear()
            self._show(stimulus)
        self._enable()

    def _make_forms(self, session: DriveSession) -> None:
        for form in self._forms:
            form.hide()
            form.deleteLater()
        about = session.description
        self.base, self.options = BaseForm(session), OptionFields(about)
        self.event_form = EventForm(about)
        self._forms = [self.base, self.event_form, self.options]
        boxes = (self._base_box, self._event_box, self._option_box)
        for box, form in zip(boxes, self._forms, strict=True):
            box.layout().insertWidget(0, form)  # type: ignore[union-attr]
        self.events.clear()
        n = about.n_elements
        self.about.setText(
            f"<b>{escape(session.id)}</b>: {len(about.channels)} channels drive "
            f"{n:,} {escape(about.element)}s; stimulate or silence some of them."
        )

    def _show(self, drive: Drive) -> None:
        if self.base is None or self.options is None:
            return
        self.base.show_drive(drive)
        self.options.show_drive(drive)
        if drive.events:
            self.events.clear()
            for event in drive.events:
                self._list(event)

    def _list(self, event: Event) -> None:
        item = QListWidgetItem(str(event))
        item.setToolTip(_in_full(event))
        item.setData(VALUE, event)
        self.events.addItem(item)
        self._enable()

    def _listed(self) -> list[Event]:
        items = (self.events.item(k) for k in range(self.events.count()))
        return [item.data(VALUE) for item in items]

    def _enable(self) -> None:
        has_events = self.events.count() > 0
        self.remove_button.setEnabled(has_events)
        self.with_control.setEnabled(has_events)

    def _made(self, events: tuple[Event, ...]) -> Drive:
        if self.base is None or self.options is None:
            return Drive(events=events)
        base = self.base.base()
        return Drive(
            base,
            self.base.duration_s(),
            events,
            seed=self.options.seed.value(),
            window_s=self.options.window_s(),
            options=self.options.given(),
            name=_name(base, events),
        )

    def _checked(self, event: Event) -> None:
        """Refuse an event that the session cannot do, before it is in the list."""
        if self._session is not None:
            check_drive(self._session, self._made((event,)))


def _box(title: str) -> QGroupBox:
    box = QGroupBox(title)
    layout = QVBoxLayout(box)
    layout.setContentsMargins(6, 4, 6, 6)
    layout.setSpacing(4)
    return box


def _name(base: object, events: tuple[Event, ...]) -> str:
    """What a drive is called in the list of runs."""
    if isinstance(base, Recorded):
        last = "" if base.stop is None else base.stop - 1
        words = f"{base.recording or 'recording'} {base.start}-{last}"
    else:
        words = "by hand" if isinstance(base, Constant) else "table"
    return short(", ".join([words, *map(_short, events)]), LONGEST_NAME)


def _short(event: Event) -> str:
    """An event without its numbers, which are told elsewhere."""
    if isinstance(event, Cut):
        return str(event)
    target = event.target
    of = ", ".join(target.groups.values()) or f"{len(target.ids)} ids"
    return f"{event.type} {of}"


def short(text: str, longest: int) -> str:
    """A text that ends in an ellipsis where it is longer."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _in_full(event: Event) -> str:
    if isinstance(event, Stimulate):
        return f"{event}, strength {event.strength:g}"
    return str(event)
