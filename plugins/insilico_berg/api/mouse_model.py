"""The loaded mouse model: videos in, responses of neurons out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_berg import catalogue
from insilico_berg.api.model import EncodingModel, check_array
from insilico_berg.errors import StimulusError, while_encoding
from insilico_berg.pictures import to_levels
from insilico_gui.session import VideoSession

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_berg.api.model import Selected
    from insilico_berg.tree import Entry
    from insilico_gui.progress import OnProgress

FRAME = "[frames, 144, 256]"
CHUNK_FRAMES = 30  # between two reports of progress: one second


class MouseModel(EncodingModel[VideoSession]):
    """Every video is encoded for itself, from a fresh state.

    Parameters
    ----------
    units : int array or None
        Columns of the session, ascending; None: all.
    """

    family_id = catalogue.MOUSE

    def __init__(
        self,
        entry: Entry,
        session: VideoSession,
        selected: Selected,
        units: NDArray[np.int64] | None,
    ) -> None:
        super().__init__(entry, session, selected)
        self._units = units

    def respond(
        self, stimulus: NDArray[Any], on_progress: OnProgress
    ) -> NDArray[np.float32]:
        """See :meth:`insilico_berg.api.model.EncodingModel.respond`."""
        session = self.session
        with while_encoding():
            check_array(stimulus, f"video {FRAME} or videos [videos, {FRAME[1:]}")
            self._check_shape(stimulus)
            videos = to_levels(stimulus, "The frames")
            if videos.ndim == 3:
                videos = videos[None]
            n_videos, n_frames = videos.shape[:2]
            n_units = len(self.selected["units"])
            responses = np.empty((n_videos, n_frames, n_units), np.float32)
            starts = range(0, n_frames, CHUNK_FRAMES)
            done = 0
            for video, out in zip(videos, responses, strict=True):
                chunks = (video[start : start + CHUNK_FRAMES] for start in starts)
                parts = session.stream(chunks, units=self._units)
                for start, part in zip(starts, parts, strict=True):
                    out[start : start + len(part)] = part
                    done += len(part)
                    on_progress(done, n_videos * n_frames)
        return responses[0] if stimulus.ndim == 3 else responses

    def _check_shape(self, stimulus: NDArray[Any]) -> None:
        if (
            stimulus.ndim not in (3, 4)
            or stimulus.shape[-2:] != self.session.frame_shape
        ):
            raise StimulusError(
                f"The video has the shape {list(stimulus.shape)}; give {FRAME}, or "
                f"several as [videos, {FRAME[1:]}, resized first."
            )
