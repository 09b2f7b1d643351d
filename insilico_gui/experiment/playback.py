"""The clock of the stimulus on show, as plain state.

Widgets draw from it and write to it; a script can do both too. Time is kept in seconds,
because that is what stimulus, traces and trials share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from psygnal import SignalGroupDescriptor


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
    """

    time: float = 0.0
    playing: bool = False
    loop: bool = True
    speed: float = 1.0
    frame_rate: float = 30.0
    n_frames: int = 0

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.n_frames / self.frame_rate

    @property
    def frame(self) -> int:
        """Index of the frame on show at :attr:`time`."""
        # A time that was made from a frame index must find that frame again.
        return min(int(self.time * self.frame_rate + 1e-6), max(self.n_frames - 1, 0))

    def set_length(self, n_frames: int, frame_rate: float) -> None:
        """Start over with another recording."""
        self.playing = False
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
        self.playing = not self.playing and self.n_frames > 0

    def advance(self, elapsed_s: float) -> None:
        """Let wall time pass; at the end, start over or stop."""
        if not self.playing or self.n_frames == 0:
            return
        time = self.time + elapsed_s * self.speed
        if time < self.duration:
            self.time = time
        elif self.loop:
            self.time = time % self.duration
        else:
            self.seek(self.duration)
            self.playing = False
