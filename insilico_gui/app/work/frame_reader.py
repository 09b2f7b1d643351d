"""The frames of the stimulus on show: made in the background, kept on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import InsilicoError
from insilico_gui.session import is_image_session
from insilico_gui.stimuli import CachedFrames

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from insilico_gui.app.work.jobs import Job, Jobs
    from insilico_gui.experiment import Experiment
    from insilico_gui.experiment.resolved import Resolved
    from insilico_gui.experiment.runs import Task
    from insilico_gui.stimuli import Stimulus

FILL_FRAMES = 16
"""Frames converted between two chances to stop."""


class FrameReader(QObject):
    """Reads what the session is shown, so that any frame of it is at hand at once.

    Signals
    -------
    replaced(object)
        The frames to show from now on, a uint8 array [T, H, W] or [T, H, W, 3] that
        fills while they are made; None if there are none.
    made()
        Frames have been made, and the one on show may be among them.
    problem(str)
        The frames cannot be kept; one sentence.
    """

    replaced = Signal(object)
    made = Signal()
    problem = Signal(str)

    def __init__(
        self, experiment: Experiment, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._jobs = jobs
        self._of: tuple[object, object, object] | None = None
        self._cache: CachedFrames | None = None
        self._lent: list[CachedFrames] = []
        self._filling: Job | None = None
        self._n_times = 1

    def read(self, now: Resolved) -> None:
        """Give up the frames so far and read those that are on show now."""
        self.close()
        frames = now.frames
        if frames is None:
            self.replaced.emit(None)
            return
        try:
            cache = CachedFrames(frames)
        except InsilicoError as error:
            self.replaced.emit(None)
            self.problem.emit(sentence(error))
            return
        self._cache = cache
        self._of = (now.session, now.stimulus, now.fit)
        self._n_times = now.n_times
        self.replaced.emit(cache.array)

        def fill() -> Iterator[int]:
            for start in range(0, cache.n_frames, FILL_FRAMES):
                cache.frames(start, min(start + FILL_FRAMES, cache.n_frames))
                yield start

        self._filling = self._jobs.start(
            f"Preparing {frames.name}",
            fill,
            on_progress=self._filled,
            on_return=lambda _: self.made.emit(),
            quiet=True,
        )

    def lend(self, task: Task) -> Stimulus | None:
        """The frames of a task if they are those on show; they stay until given back."""
        if self._cache is None or is_image_session(task.session):
            return None
        of = self._of
        if of is None or of[0] is not task.session or of[1] is not task.stimulus:
            return None
        if of[2] != task.fit:
            return None
        self._lent.append(self._cache)
        return self._cache

    def give_back(self, frames: Stimulus) -> None:
        """Frames that were lent are read by nobody else any more."""
        self._lent = [cache for cache in self._lent if cache is not frames]
        if frames is not self._cache and isinstance(frames, CachedFrames):
            frames.close()

    def peek(self, frame: int) -> NDArray[np.uint8] | None:
        """A frame, uint8 [H, W] or [H, W, 3], if it has been made; returns at once."""
        cache = self._cache  # perhaps still of the stimulus before
        if cache is None or not 0 <= frame < len(cache.array):
            return None
        return cache.peek(frame)

    def close(self) -> None:
        """Stop reading and give the frames up, unless somebody else reads them."""
        if self._filling is not None:
            self._filling.cancel()  # first, so that what it then meets is not told
        if self._cache is not None and self._cache not in self._lent:
            self._cache.close()
        self._cache = self._of = None

    def _filled(self, start: int) -> None:
        frame = self._experiment.playback.frame // self._n_times
        if start <= frame < start + FILL_FRAMES:
            self.made.emit()
