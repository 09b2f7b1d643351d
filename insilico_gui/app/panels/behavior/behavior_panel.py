"""Constants of behaviour by slider, or traces from a file, for the run on show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from insilico_gui.app.panels.drive.value_slider import ValueSlider
from insilico_gui.app.panels.panel import Panel, text_label
from insilico_gui.app.widgets.controls import button, check
from insilico_gui.app.work.timers import delayed
from insilico_gui.encoding.behavior_file import behavior_columns, read_behavior
from insilico_gui.session import is_video_session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.resolved import Resolved
    from insilico_gui.session import VideoSession

    Traces = dict[str, NDArray[np.float32]]

USUAL, FARTHEST = 3.0, 1000.0
"""What a slider reaches to both sides of zero, and what its box takes."""

DELAY_MS = 400
"""A slider changes in bursts; the run is computed anew after the last change."""

FILES = "Behaviour (*.csv *.parquet *.npy);;All files (*)"


class BehaviorPanel(Panel):
    """What the animal does while it is shown the stimulus, as far as the twin takes it."""

    title = "Behaviour"
    place = "sheet"
    order = 24
    draws = frozenset({"session", "stimulus_name", "shown", "behavior"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.about = text_label()
        self.traces: dict[str, TraceForm] = {}
        self._forms = QVBoxLayout()
        self.file_button = button(
            "From a file…",
            self._browse,
            "A table with a row for each frame (.csv, .parquet), or an array (.npy)",
        )
        self.none_button = button(
            "Without behaviour", self._clear, "Take all of it back from this run"
        )
        self.hint = text_label()
        row = QHBoxLayout()
        row.addWidget(self.file_button)
        row.addWidget(self.none_button)
        self.body.addWidget(self.about)
        self.body.addLayout(self._forms)
        self.body.addLayout(row)
        self.body.addWidget(self.hint)
        self.body.addStretch(1)
        self._timer = delayed(self._use_constants, self, DELAY_MS)

    @classmethod
    def is_offered(cls, now: Resolved) -> bool:
        """Only for sessions that take behaviour."""
        return _taking(now) is not None

    # -- from the user -----------------------------------------------------------------

    def _use_constants(self) -> None:
        given: Traces = {}
        for name, form in self.traces.items():
            if form.is_constant:
                given[name] = form.values()
            elif form.box.isChecked() and name in self.now.behavior:
                given[name] = self.now.behavior[name]
        self._give(given)

    def _clear(self) -> None:
        self._timer.stop()
        self._give({})

    def _give(self, traces: Traces) -> None:
        now, window = self.now, self.desk.window
        pair = now.session_name, now.stimulus_name
        if self.attempt(self.experiment.set_behavior, *pair, traces):
            if now.view.encode_at_once:
                window.encode()
            else:
                self.tell("The behaviour of the run has changed; encode it again.")

    def _browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Behaviour", "", FILES)
        if path:
            self.open(path)

    def open(self, path: str | Path) -> None:
        """Take the traces of a file, which is read in the background."""
        session, conversion = _taking(self.now), self.now.conversion
        if session is None or conversion is None:
            return
        pair = self.now.session_name, self.now.stimulus_name

        def take(traces: Traces) -> None:
            if pair == (self.now.session_name, self.now.stimulus_name):
                self._give({**self.now.behavior, **traces})

        self.jobs.start(
            f"Reading {Path(path).name}",
            lambda: read_behavior(session, path, conversion.n_frames),
            on_return=take,
        )

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Show what the run has, and what the session takes."""
        now, session = self.now, _taking(self.now)
        columns = {} if session is None else behavior_columns(session)
        if {n: f.columns for n, f in self.traces.items()} != columns:
            self._make_forms(columns)
        ready = now.conversion is not None
        for name, form in self.traces.items():
            form.setEnabled(ready)
            if not self._timer.isActive():
                form.show_trace(now.behavior.get(name))
        self.file_button.setEnabled(ready)
        self.none_button.setEnabled(bool(now.behavior))
        if now.conversion is None:
            self.about.setText("Show a stimulus first: behaviour belongs to a run.")
            self.hint.setText("")
            return
        self.about.setText(
            f"While <b>{now.stimulus_name}</b> is shown. A trace that is not ticked is "
            "what the twin takes by itself."
        )
        names = ", ".join(c for each in columns.values() for c in each)
        self.hint.setText(
            f"A file has {now.conversion.n_frames:,} rows, one for each frame at "
            f"{now.conversion.frame_rate:.4g} Hz, and columns {names}. 0 is the mean of "
            "standardised traces."
        )

    def _make_forms(self, columns: dict[str, Sequence[str]]) -> None:
        for form in self.traces.values():
            form.setParent(None)
            form.deleteLater()
        self.traces = {}
        for name, names in columns.items():
            self.traces[name] = TraceForm(name, names, self._timer.start)
            self._forms.addWidget(self.traces[name])


class TraceForm(QGroupBox):
    """One trace: not given, constant, or as it came from a file.

    Parameters
    ----------
    name : str
    columns : sequence of str
    command : callable()
        Called when the user gives other constants.
    """

    def __init__(
        self, name: str, columns: Sequence[str], command: Callable[[], object]
    ) -> None:
        super().__init__()
        self.columns = columns
        self._command = command
        self._from_file = False
        self.box = check(
            _title(name), self._ticked, "Give this trace; else the twin has its own"
        )
        self.sliders = {
            column: ValueSlider((-FARTHEST, FARTHEST), USUAL, self._set, bottom=-USUAL)
            for column in columns
        }
        self.about = text_label()
        self._rows = QWidget()
        form = QFormLayout(self._rows)
        form.setContentsMargins(0, 0, 0, 0)
        for column, slider in self.sliders.items():
            form.addRow(_title(column), slider)
        layout = QVBoxLayout(self)
        for part in (self.box, self._rows, self.about):
            layout.addWidget(part)
        self.show_trace(None)

    @property
    def is_constant(self) -> bool:
        """Whether constants are given."""
        return self.box.isChecked() and not self._from_file

    def values(self) -> NDArray[np.float32]:
        """The constants, float32 [K]."""
        return np.array([s.value() for s in self.sliders.values()], np.float32)

    def show_trace(self, trace: NDArray[np.float32] | None) -> None:
        """Show the trace [T, K] that the run has, or that it has none."""
        self.box.setChecked(trace is not None)
        self._from_file = trace is not None and bool(np.ptp(trace, axis=0).any())
        self._rows.setVisible(not self._from_file)
        self._rows.setEnabled(trace is not None)
        self.about.setVisible(self._from_file)
        if trace is None:
            return
        if self._from_file:
            low, high = float(trace.min()), float(trace.max())
            self.about.setText(
                f"{len(trace):,} frames from a file, {low:.3g} to {high:.3g}"
            )
        else:
            for slider, value in zip(self.sliders.values(), trace[0], strict=True):
                slider.set_value(float(value))

    def _ticked(self, on: bool) -> None:
        self._from_file = self._from_file and on
        self._rows.setEnabled(on)
        self._command()

    def _set(self) -> None:
        self._command()


def _taking(now: Resolved) -> VideoSession | None:
    """The session on show if it takes behaviour."""
    session = now.session
    if session is None or not is_video_session(session) or not session.behavior:
        return None
    return session


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
