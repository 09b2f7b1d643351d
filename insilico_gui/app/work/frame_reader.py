"""The frames of the stimulus on show: made in the background, kept on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import InsilicoError
from insilico_gui.stimuli import CachedFrames

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from insilico_gui.app.work.jobs import Job, Jobs
    from insilico_gui.experiment.window_state import WindowState

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
        self, experiment: WindowState, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._jobs = jobs
        self._cache: CachedFrames | None = None
        self._filling: Job | None = None

    def read(self) -> None:
        """Give up the frames so far and read those the experiment has now."""
        self.close()
        frames = self._experiment.frames
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
        self._experiment.use_frames(cache)
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

    def peek(self, frame: int) -> NDArray[np.uint8] | None:
        """A frame, uint8 [H, W] or [H, W, 3], if it has been made; returns at once."""
        return None if self._cache is None else self._cache.peek(frame)

    def close(self) -> None:
        """Stop reading and give the frames up.

        Whatever else reads them is to be stopped before.
        """
        if self._filling is not None:
            self._filling.cancel()  # first, so that what it then meets is not told
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    def _filled(self, start: int) -> None:
        if start <= self._experiment.frame_on_show < start + FILL_FRAMES:
            self.made.emit()
