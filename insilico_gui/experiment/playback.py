"""The clock of the stimulus on show, as plain state.

Widgets draw from it and write to it; a script can do both too. Time is kept in seconds,
because that is what stimulus, traces and trials share.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike
from psygnal import SignalGroupDescriptor

Mode = Literal["real time", "every frame"]
"""Frames are left out where drawing is too slow; or none is, and time goes slower."""

RATE_OVER_S = 1.0
"""The achieved rate is that over as many seconds of wall time."""


@dataclass
class Playback:
    """A clock in seconds over a recording of known length.

    Attributes
    ----------
    time : float
        Current time (s), 0 <= time < duration.
    playing, loop : bool
    speed : float
        Seconds of stimulus per second of wall time.
    frame_rate : float
        Frames per second (Hz) of what is shown.
    n_frames : int
        Number of frames; 0 = nothing to show.
    mode : {"real time", "every frame"}
        Whether frames are left out where drawing is too slow.
    loop_from, loop_to : float or None
        Onsets (s) of the first and the last frame that are played over and over; None
        for the start and the end. Without both, :attr:`loop` says what happens at the
        end.
    """

    time: float = 0.0
    playing: bool = False
    loop: bool = True
    speed: float = 1.0
    frame_rate: float = 30.0
    n_frames: int = 0
    mode: Mode = "real time"
    loop_from: float | None = None
    loop_to: float | None = None

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    def __post_init__(self) -> None:
        # No fields: nobody needs to draw again when they change
        self._due_s = 0.0
        self._shown: deque[tuple[float, int]] = deque()

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.n_frames / self.frame_rate

    @property
    def frame(self) -> int:
        """Index of the frame on show at :attr:`time`."""
        # A time that was made from a frame index must find that frame again.
        return min(int(self.time * self.frame_rate + 1e-6), max(self.n_frames - 1, 0))

    @property
    def achieved_rate(self) -> float:
        """Frames per second of wall time that were shown lately; 0 while it stands."""
        passed = sum(elapsed for elapsed, _ in self._shown)
        if not self.playing or passed <= 0:
            return 0.0
        return sum(n for _, n in self._shown) / passed

    def set_length(self, n_frames: int, frame_rate: float) -> None:
        """Start over with another recording."""
        self.playing = False
        self.clear_loop()
        self.frame_rate = frame_rate
        self.n_frames = n_frames
        self.time = 0.0

    def seek(self, time: float) -> None:
        """Go to a time (s), kept within the recording."""
        last = max(self.n_frames - 1, 0) / self.frame_rate
        self.time = min(max(float(time), 0.0), last)

    def seek_frame(self, frame: int) -> None:
        """Go to the onset of a frame."""
        self.seek(frame / self.frame_rate)

    def step(self, frames: int) -> None:
        """Stop and move by some frames."""
        self.playing = False
        self.seek_frame(self.frame + frames)

    def toggle(self) -> None:
        """Play, from the start if at the end; or pause."""
        if not self.playing and self.frame >= self.n_frames - 1:
            self.seek(0.0)
        self._shown.clear()
        self._due_s = 0.0
        self.playing = not self.playing and self.n_frames > 0

    # -- a part that is played over and over -------------------------------------------

    @property
    def has_loop(self) -> bool:
        """Whether a part is played over and over."""
        return self.loop_from is not None or self.loop_to is not None

    @property
    def loop_s(self) -> tuple[float, float]:
        """Start, and end of the last frame (s), of the part that is played."""
        first = 0.0 if self.loop_from is None else self.loop_from
        if self.loop_to is None:
            return first, self.duration
        return first, min(self.loop_to + 1 / self.frame_rate, self.duration)

    def set_loop_start(self) -> None:
        """Play over and over from the frame on show; an end before it is forgotten."""
        start = self.frame / self.frame_rate
        if self.loop_to is not None and self.loop_to < start:
            self.loop_to = None
        self.loop_from = start

    def set_loop_end(self) -> None:
        """Play over and over up to the frame on show; a start after it is forgotten."""
        end = self.frame / self.frame_rate
        if self.loop_from is not None and self.loop_from > end:
            self.loop_from = None
        self.loop_to = end

    def clear_loop(self) -> None:
        """Play all of it again."""
        self.loop_from = self.loop_to = None

    # -- trials ------------------------------------------------------------------------

    def jump(self, onsets: ArrayLike, steps: int) -> bool:
        """Go on by some of these onsets (s), ascending; back to earlier ones if negative.

        Returns
        -------
        bool
            Whether there is one.
        """
        places = np.asarray(onsets, float)
        # An onset between two frames is shown by the one that follows
        frames = np.ceil(places * self.frame_rate - 1e-6).astype(int)
        if steps > 0:
            later = np.flatnonzero(frames > self.frame)[steps - 1 :]
            found = later[:1]
        else:
            earlier = np.flatnonzero(frames < self.frame)
            found = earlier[steps : len(earlier) + steps + 1][:1]
        if not len(found):
            return False
        self.seek_frame(int(frames[found[0]]))
        return True

    # -- wall time passes --------------------------------------------------------------

    def advance(self, elapsed_s: float) -> None:
        """Let wall time pass; at the end, start over or stop."""
        if not self.playing or self.n_frames == 0:
            return
        before = self.frame
        passed = elapsed_s * self.speed
        if self.mode == "every frame":
            passed = self._one_frame(passed)
        if passed > 0:
            self._go_on(passed)
        self._count(elapsed_s, self.frame != before)

    def _one_frame(self, passed: float) -> float:
        """Seconds to go on: to the next frame if it is due, and never further."""
        frame_s = 1 / self.frame_rate
        self._due_s += passed
        if self._due_s < frame_s - 1e-9:
            return 0.0
        # What drawing took too long is not made up for
        self._due_s = min(self._due_s - frame_s, frame_s)
        return (self.frame + 1) * frame_s - self.time

    def _go_on(self, passed: float) -> None:
        time, (start, end) = self.time + passed, self.loop_s
        at_end = time >= end - 1e-9
        if self.has_loop and at_end and self.time < end:
            self.seek(start + (time - end) % (end - start))
        elif time < self.duration - 1e-9:
            self.time = time
        elif self.loop:
            self.time = time % self.duration if time > self.duration else 0.0
        else:
            self.seek(self.duration)
            self.playing = False

    def _count(self, elapsed_s: float, is_new: bool) -> None:
        self._shown.append((elapsed_s, int(is_new)))
        while sum(e for e, _ in self._shown) > RATE_OVER_S and len(self._shown) > 1:
            self._shown.popleft()
