"""The axis that traces and raster share: seconds, images, or time within a trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.responses import BURN_IN_FRAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.experiment.playback import Playback
    from insilico_gui.experiment.resolved import Resolved


@dataclass(frozen=True)
class TimeAxis:
    """Where the moments of playback lie on the horizontal axis.

    Attributes
    ----------
    label : str
    n_moments : int
    rate : float
        Moments per second (Hz).
    of_images : bool
        Whether places are numbers of images, from 1; else seconds.
    n_times : int
        Moments of an image, or of a condition.
    trial_times : float64 array [T] or None
        Seconds within a trial, if places are those: of named conditions.
    burn_in : int
        As many moments at the start are the burn-in.
    """

    label: str
    n_moments: int
    rate: float
    of_images: bool = False
    n_times: int = 1
    trial_times: NDArray[np.float64] | None = None
    burn_in: int = 0

    @classmethod
    def of(cls, now: Resolved, playback: Playback) -> TimeAxis:
        """The axis of what is on show."""
        shown, of_images = now.shown, now.images is not None
        by_trial = shown is not None and shown.item == "condition"
        label = "trial time (s)" if by_trial else "time (s)"
        return cls(
            "image" if of_images else label,
            playback.n_frames,
            playback.frame_rate,
            of_images,
            now.n_times,
            shown.times if shown is not None and by_trial else None,
            # The first responses are those of a network that sees pictures begin
            BURN_IN_FRAMES if shown is not None and shown.item == "frame" else 0,
        )

    def place(self, time: Any) -> Any:
        """Where a time of the playback (s) is, or several."""
        if not self.of_images:
            return time
        return 1 + time * self.rate / self.n_times

    def edges(self, moments: NDArray[np.int64]) -> NDArray[np.float64]:
        """Where moments begin, so that each covers the time until the next."""
        if self.of_images and self.n_times == 1:
            # Around the number of the image
            return np.asarray(moments + 0.5, np.float64)
        places: NDArray[np.float64] = self.place(moments / self.rate)
        return places

    def moment(self, x: float, on_show: int) -> int:
        """The moment at a place; within the condition on show, if places are in trials."""
        if self.trial_times is not None:
            nearest = int(np.argmin(np.abs(self.trial_times - x)))
            return on_show * len(self.trial_times) + nearest
        if not self.of_images:
            moment = int(x * self.rate + 1e-6)
        elif self.n_times == 1:
            moment = round(x) - 1
        else:
            moment = int((x - 1) * self.n_times)
        return min(max(moment, 0), max(self.n_moments - 1, 0))

    @property
    def ends(self) -> tuple[float, float]:
        """From where to where the axis goes."""
        if self.trial_times is not None:
            return float(self.trial_times[0]), float(self.trial_times[-1])
        first, last = self.edges(np.array([0, max(self.n_moments, 1)]))
        return float(first), float(last)
