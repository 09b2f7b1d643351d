"""Fields for what drives the channels of a session: a recording, or values by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from insilico_gui.app.panels.drive.value_slider import ValueSlider
from insilico_gui.app.panels.panel import text_label
from insilico_gui.app.widgets.controls import button, choice, number, whole_number
from insilico_gui.stimuli import Constant, Recorded, Samples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from insilico_gui.drive import DriveDescription, DriveSession
    from insilico_gui.stimuli import Drive
    from insilico_gui.stimuli.core.drive_bases import Base

RECORDING, BY_HAND, TABLE = "a recording", "values by hand", "a table"

FIRST_SAMPLES = 2
"""Samples of a recording that are offered at first: a simulation takes its time."""

DURATION_S = 1.0
"""Of a drive by hand, at first."""

LIST_HEIGHT = 170
ROW_HEIGHT = 24


class ChannelSliders(QWidget):
    """A slider for the value of each channel, and one that moves all of them.

    Parameters
    ----------
    description : DriveDescription
    """

    def __init__(self, description: DriveDescription) -> None:
        super().__init__()
        ends = (description.channel_low, min(description.channel_high, 1e6))
        top, unit = description.channel_top, f" {description.channel_unit}"
        self.all = ValueSlider(ends, top, self._set_all, suffix=unit)
        self.all.setToolTip("Sets every channel")
        self.sliders = {
            name: ValueSlider(ends, top, suffix=unit) for name in description.channels
        }
        rows = QWidget()
        grid = QGridLayout(rows)
        grid.setContentsMargins(0, 0, 4, 0)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(1, 1)
        for k, (name, slider) in enumerate(self.sliders.items()):
            grid.addWidget(QLabel(name), k, 0)
            grid.addWidget(slider, k, 1)
        area = QScrollArea()
        area.setWidget(rows)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFixedHeight(min(LIST_HEIGHT, ROW_HEIGHT * len(self.sliders) + 8))
        first = QHBoxLayout()
        first.addWidget(QLabel("all"))
        first.addWidget(self.all, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(first)
        layout.addWidget(area)

    def values(self) -> dict[str, float]:
        """The values, those that are 0 left out."""
        found = {name: slider.value() for name, slider in self.sliders.items()}
        return {name: value for name, value in found.items() if value}

    def show_values(self, values: Mapping[str, float], others: float = 0.0) -> None:
        """Show these values, and `others` for channels that are not named."""
        for name, slider in self.sliders.items():
            slider.set_value(values.get(name, others))

    def _set_all(self) -> None:
        self.show_values({}, self.all.value())


class BaseForm(QWidget):
    """What drives the channels, and for how long.

    Parameters
    ----------
    session : DriveSession
    """

    def __init__(self, session: DriveSession) -> None:
        super().__init__()
        self._session, about = session, session.description
        kinds = [RECORDING, BY_HAND] if about.recordings else [BY_HAND]
        self._table: Samples | None = None
        self.kind = choice(lambda _: self.show_fields(), "What drives", kinds)
        self.recording = choice(
            lambda _: self._offer_samples(),
            "Which one",
            list(about.recordings),
            letters=9,
        )
        tip = "Of the recording, counted from 0"
        self.start = whole_number(0, (0, 0), self._say_length, tip)
        self.stop = whole_number(0, (0, 0), self._say_length, tip)
        self.length = text_label()
        self.sliders = ChannelSliders(about)
        self.copy_button = button(
            "Copy a recorded sample",
            self._copy_sample,
            "Sets the sliders to the first sample that is chosen for a recording",
        )
        self.copy_button.setEnabled(bool(about.recordings))
        self.duration = number(
            DURATION_S, (0.001, 3600.0), lambda: None, decimals=3, suffix=" s"
        )
        self._form = form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(3)
        form.addRow("Drive by", self.kind)
        self._rows: dict[str, tuple[QWidget, ...]] = {
            RECORDING: (self.recording, self.start, self.stop, self.length),
            BY_HAND: (self.sliders, self.copy_button, self.duration),
        }
        form.addRow("Recording", self.recording)
        form.addRow("First sample", self.start)
        form.addRow("Last sample", self.stop)
        form.addRow(self.length)
        form.addRow(self.sliders)
        form.addRow(self.copy_button)
        form.addRow("Duration", self.duration)
        self._offer_samples()
        self.show_fields()

    def base(self) -> Base:
        """What was chosen."""
        if self.kind.currentText() == TABLE and self._table is not None:
            return self._table
        if self.kind.currentText() == RECORDING:
            return Recorded(
                self.recording.currentText(),
                self.start.value(),
                max(self.start.value(), self.stop.value()) + 1,
            )
        return Constant(self.sliders.values())

    def duration_s(self) -> float | None:
        """Length, where the base has none of its own."""
        is_by_hand = self.kind.currentText() == BY_HAND
        return float(self.duration.value()) if is_by_hand else None

    def show_drive(self, drive: Drive) -> None:
        """Show the base and the length of a drive."""
        base = drive.base
        if isinstance(base, Constant):
            self.kind.setCurrentText(BY_HAND)
            self.sliders.show_values(base.values, base.others)
            if drive.duration_s is not None:
                self.duration.setValue(drive.duration_s)
        elif isinstance(base, Samples):
            # Its values are in no field: it is kept as it is
            self._table = base
            if self.kind.findText(TABLE) < 0:
                self.kind.addItem(TABLE)
            self.kind.setCurrentText(TABLE)
        elif self._session.description.recordings:
            self.kind.setCurrentText(RECORDING)
            if base.recording:
                self.recording.setCurrentText(base.recording)
            self._offer_samples()
            self.start.setValue(base.start)
            stop = self.stop.maximum() + 1 if base.stop is None else base.stop
            self.stop.setValue(stop - 1)
        self.show_fields()

    def show_fields(self) -> None:
        """Show the fields of what is chosen."""
        chosen = self.kind.currentText()
        for kind, fields in self._rows.items():
            for field in fields:
                several = len(self._session.description.recordings) > 1
                is_needed = field is not self.recording or several
                self._form.setRowVisible(field, kind == chosen and is_needed)

    def _offer_samples(self) -> None:
        known = self._session.description.recordings.get(self.recording.currentText())
        if known is None:
            return
        last = known.n_samples - 1
        self.start.setRange(0, last)
        self.stop.setRange(0, last)
        self.stop.setValue(min(FIRST_SAMPLES - 1, last))
        self._say_length()

    def _say_length(self) -> None:
        known = self._session.description.recordings.get(self.recording.currentText())
        if known is None:
            return
        n = max(0, self.stop.value() - self.start.value()) + 1
        every = f"{1000 * known.interval_s:.0f} ms each"
        self.length.setText(
            f"{n} of {known.n_samples}, {every}: {n * known.interval_s:.2f} s"
        )

    def _copy_sample(self) -> None:
        row = self._session.recorded(self.recording.currentText())[self.start.value()]
        names = self._session.description.channels
        self.sliders.show_values(dict(zip(names, map(float, row), strict=True)))
