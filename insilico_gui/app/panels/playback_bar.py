"""Time: play, pause, step, loop, speed and the slider; below it, what is being done."""

from __future__ import annotations

import time
from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QSlider,
    QToolButton,
)

from insilico_gui.app.panels.panel import Panel, breakable
from insilico_gui.app.widgets.controls import (
    button,
    check,
    choice,
    quietly,
    shortcut,
    tool_button,
)
from insilico_gui.app.widgets.icons import Name, icon
from insilico_gui.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.app.panels.desk import Desk

TICK_MS = 15
DOING_WIDTH = 300
LONGEST = 240
"""Letters of a message that the bar has room for; a tooltip has the rest."""

LONGEST_CLOCK = 68
"""Letters of the time in words that leave the slider its room."""

RATES_S = 0.25

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)


class PlaybackBar(Panel):
    """The clock's controls and the line that says what happens."""

    title = "Playback"
    place = "time"
    draws = frozenset({"shown", "session", "stimulus"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.body.setContentsMargins(8, 2, 8, 2)
        self.body.setSpacing(2)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._playback = self.experiment.playback
        self._last_tick = self._told_s = 0.0
        self._onsets: list[float] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

        self._icons: dict[QToolButton, Name] = {}
        self._problem = False
        self.body.addLayout(self._controls())
        self.body.addLayout(self._message_line())
        self.hide_progress()

    def _controls(self) -> QHBoxLayout:
        """Make what sets and shows the time."""
        self.back_button = tool_button(lambda: self._step(-1), "One frame back")
        self.play_button = tool_button(self._toggle, "Play or pause (Space)")
        self.forward_button = tool_button(lambda: self._step(1), "One frame on")
        self.loop_button = tool_button(self._set_loop, "Start over at the end")
        self.loop_button.setCheckable(True)
        self.previous_button = tool_button(
            lambda: self._jump(-1), "To the start of the trial, or the one before"
        )
        self.next_button = tool_button(lambda: self._jump(1), "To the next trial")
        names: tuple[Name, ...] = (
            *("previous", "back", "play", "forward", "next", "loop"),
        )
        buttons = (
            self.previous_button,
            self.back_button,
            self.play_button,
            self.forward_button,
            self.next_button,
            self.loop_button,
        )
        self._icons = dict(zip(buttons, names, strict=True))
        self._make_loop_buttons()
        self.speed = choice(self._set_speed, "Seconds of stimulus per second")
        for value in SPEEDS:
            self.speed.addItem(f"{value:g}×", value)
        self.every_frame = check(
            "every frame",
            self._set_mode,
            "Leave no frame out where drawing is too slow: time goes slower instead",
        )
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.valueChanged.connect(self._slid)
        self.clock = QLabel()
        longest = "0000.00 / 0000.00 s  00000 /00000"
        self.clock.setMinimumWidth(self.clock.fontMetrics().horizontalAdvance(longest))
        row = QHBoxLayout()
        for tool in (*self._icons, *self._ab_buttons):
            row.addWidget(tool)
        row.addWidget(self.speed)
        row.addWidget(self.every_frame)
        row.addWidget(self.slider, 1)
        row.addWidget(self.clock)
        return row

    def _make_loop_buttons(self) -> None:
        """Make what sets the part that is played over and over; give buttons keys."""
        self.a_button = tool_button(
            self._playback.set_loop_start, "Play over and over from this frame"
        )
        self.b_button = tool_button(
            self._playback.set_loop_end, "Play over and over up to this frame"
        )
        self.clear_button = tool_button(
            self._playback.clear_loop, "Play all of it again"
        )
        for tool, text in zip(self._ab_buttons, "AB×", strict=True):
            tool.setText(text)
        playback = self._playback
        for tool, keys, command in (
            (self.previous_button, "Shift+P", lambda: self._jump(-1)),
            (self.next_button, "Shift+N", lambda: self._jump(1)),
            (self.a_button, "Shift+A", playback.set_loop_start),
            (self.b_button, "Shift+B", playback.set_loop_end),
            (self.clear_button, "Shift+C", playback.clear_loop),
        ):
            shortcut(self, keys, command)
            tool.setToolTip(f"{tool.toolTip()} ({keys})")

    @property
    def _ab_buttons(self) -> tuple[QToolButton, ...]:
        return self.a_button, self.b_button, self.clear_button

    def _message_line(self) -> QHBoxLayout:
        """Make what says what is being done, and stops it."""
        self.message = QLabel()
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setWordWrap(True)
        self.message.setMinimumWidth(60)  # or a long word would widen the window
        self.message.setMinimumHeight(2 * self.message.fontMetrics().lineSpacing())
        self.progress = QProgressBar()
        self.progress.setMinimumWidth(60)
        self.progress.setFormat("")
        self.doing = QLabel()
        self.doing.setMinimumWidth(60)
        self.cancel_button = button("Cancel", self.desk.window.cancel)
        self.rates = QLabel()
        self.rates.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        self.rates.setMinimumWidth(
            self.rates.fontMetrics().horizontalAdvance("0000 Hz, 0000 shown")
        )
        row = QHBoxLayout()
        row.addWidget(self.message, 1)
        self._undo: Callable[[], object] | None = None
        self.undo_button = button(
            "Undo", self._take_back, "Take back what is told here"
        )
        self.undo_button.hide()
        row.addWidget(self.undo_button)
        for widget in (self.doing, self.progress, self.cancel_button, self.rates):
            row.addWidget(widget)
        return row

    def recolor(self) -> None:
        """Draw the icons in the colour of the theme's text."""
        for tool, name in self._icons.items():
            tool.setIcon(icon(name, self.plot_colors.text))

    # -- from the user -----------------------------------------------------------------

    def _toggle(self) -> None:
        self.desk.window.stay()
        self._playback.toggle()

    def _step(self, frames: int) -> None:
        self.desk.window.stay()
        self._playback.step(frames)

    def _slid(self, frame: int) -> None:
        if frame != self._playback.frame:
            self.desk.window.stay()
            self._playback.seek_frame(frame)

    def _set_loop(self) -> None:
        self._playback.loop = self.loop_button.isChecked()

    def _jump(self, steps: int) -> None:
        self.desk.window.stay()
        self._playback.jump(self._onsets, steps)

    def _set_mode(self, every_frame: bool) -> None:
        self._playback.mode = "every frame" if every_frame else "real time"

    def _set_speed(self, _text: str) -> None:
        self._playback.speed = float(self.speed.currentData())

    def _tick(self) -> None:
        now = time.perf_counter()
        elapsed, self._last_tick = now - self._last_tick, now
        self._playback.advance(elapsed)

    # -- from the state ----------------------------------------------------------------

    def draw_time(self) -> None:
        """Show the time, and whether it runs."""
        playback = self._playback
        if playback.playing != self._timer.isActive():
            self._show_playing(playback.playing)
        any_frames = playback.n_frames > 0
        if any_frames != self.play_button.isEnabled():
            for widget in (
                self.play_button,
                self.back_button,
                self.forward_button,
                self.slider,
            ):
                widget.setEnabled(any_frames)
        with quietly(self.slider):
            self.slider.setMaximum(max(playback.n_frames - 1, 0))
            self.slider.setValue(playback.frame)
        self.loop_button.setChecked(playback.loop)
        self.every_frame.setChecked(playback.mode == "every frame")
        self._show_loop()
        self._show_rates()
        self.speed.setCurrentIndex(self.speed.findData(playback.speed))
        if not any_frames:
            self.clock.setText("")
            return
        text = (
            self.now.moment(playback.frame)
            or f"{playback.time:.2f} / {playback.duration:.2f} s   "
            f"{self._item} {playback.frame + 1} / {playback.n_frames}"
        )
        self.clock.setToolTip(text if len(text) > LONGEST_CLOCK else "")
        if len(text) > LONGEST_CLOCK:  # the moment, at its end, is always to be seen
            text = f"{text[: LONGEST_CLOCK - 14]}… {text[-12:]}"
        self.clock.setText(text)

    def draw(self, changed: frozenset[str]) -> None:
        """Offer to go from trial to trial, if there are any."""
        trials = getattr(self.now.stimulus, "trials", None)
        in_time = self.now.shown is not None and self.now.shown.item == "frame"
        onsets: list[float] = []
        if in_time and trials is not None and "onset" in trials:
            onsets = sorted(trials["onset"].astype(float))
        self._onsets = onsets
        for tool in (self.previous_button, self.next_button):
            tool.setVisible(bool(onsets))
        self._told_s = 0.0
        self._show_rates()

    def _show_loop(self) -> None:
        playback = self._playback
        a, b = playback.loop_from, playback.loop_to
        self.clear_button.setEnabled(playback.has_loop)
        for tool, end in ((self.a_button, a), (self.b_button, b)):
            tool.setEnabled(playback.n_frames > 0)
            tool.setText(
                ("A" if tool is self.a_button else "B") + "•" * (end is not None)
            )

    def _show_rates(self) -> None:
        """Tell the model's rate and that of the frames that are seen, not too often."""
        playback, now = self._playback, time.perf_counter()
        if playback.playing and now - self._told_s < RATES_S:
            return
        self._told_s = now
        if not playback.n_frames:
            self.rates.setText("")
            return
        text = f"{playback.frame_rate:.4g} Hz"
        if playback.playing:
            text += f", {playback.achieved_rate:.0f} shown"
        self.rates.setText(text)
        self.rates.setToolTip(
            "Frames per second of the model, at 1×; frames that were shown in the last "
            "second of playing"
        )

    @property
    def _item(self) -> str:
        """What is played one after the other."""
        return "frame" if self.now.shown is None else self.now.shown.item

    def _show_playing(self, playing: bool) -> None:
        self._icons[self.play_button] = "pause" if playing else "play"
        self.recolor()
        if playing:
            self._last_tick = time.perf_counter()
            self._timer.start()
        else:
            self._timer.stop()

    # -- what is being done ------------------------------------------------------------

    def say(
        self,
        text: str,
        *,
        problem: bool = False,
        undo: Callable[[], object] | None = None,
    ) -> None:
        """Show one sentence until the next; with `undo`, a button that calls it."""
        self._problem, self._undo = problem, undo
        self.undo_button.setVisible(undo is not None)
        shown = text
        if len(text) > LONGEST:
            shown = f"{text[: LONGEST - 20].rstrip()}… (point here for all of it)"
        self.message.setText(("⚠ " if problem else "") + breakable(shown))
        self.message.setToolTip(f"<qt>{escape(text)}</qt>" if text else "")

    def _take_back(self) -> None:
        undo = self._undo
        self.say("")
        if undo is not None:
            undo()

    def forget_problem(self) -> None:
        """Show a problem no more, if one is shown: something else is being done."""
        if self._problem:
            self.say("")

    def show_progress(self, title: str, progress: object = None) -> None:
        """Show that work is under way, and how far it is where that is known."""
        for widget in (self.doing, self.progress, self.cancel_button):
            widget.show()
        text = title
        if isinstance(progress, Progress):
            self.progress.setRange(0, progress.total)
            self.progress.setValue(progress.done)
            text = f"{title}: {progress.done / max(progress.total, 1):.0%}"
            if progress.what:
                text = _counted(progress)
        else:
            self.progress.setRange(0, 0)
        self.progress.setToolTip(title)
        self.doing.setToolTip(title)
        metrics = self.doing.fontMetrics()
        self.doing.setText(
            metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, DOING_WIDTH)
        )

    def hide_progress(self) -> None:
        """No work is under way."""
        for widget in (self.doing, self.progress, self.cancel_button):
            widget.hide()


def _counted(progress: Progress) -> str:
    text = f"{progress.done} of {progress.total} {progress.what}"
    if progress.per_s:
        text += f", {progress.per_s:.0f} {progress.what}/s"
    if progress.remaining_s:
        text += f", {_duration(progress.remaining_s)} left"
    return text


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
