"""GIF and animated PNG among other images: read as the video that they are alone.

Pillow composes frames of PNG wrongly where they are partly transparent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_gui.stimuli.readers.image_file import TIMES_IGNORED
from insilico_gui.stimuli.readers.picture_file import PictureFile
from insilico_gui.stimuli.readers.video.file import Video

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


class VideoPictures(PictureFile):
    """The frames of a GIF or of an animated PNG, without their times."""

    def __init__(self, path: Path) -> None:
        self._video = Video(path)
        self.name = self._video.name
        self.shape = self._video.frame_shape
        self.n_pictures = self._video.n_frames
        if warning := self._video.attrs.get("warning"):
            self.reasons = (str(warning).rstrip("."),)
        if self.n_pictures > 1:
            self.reasons = (*self.reasons, TIMES_IGNORED)

    def grey(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`PictureFile.grey`."""
        frame: NDArray[np.uint8] = self._video.frames(k, k + 1)[0]
        return frame

    def rgb(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`PictureFile.rgb`."""
        return self._video.color_frame(k)

    def close(self) -> None:
        """See :meth:`PictureFile.close`."""
        self._video.close()
