"""Images as a session sees them, as a stimulus that can be played."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.stimuli.core.base import Stimulus

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from insilico_gui.stimuli.readers.images import ImageSet


class SeenImages(Stimulus):
    """The images of a set as a session sees them, to be looked at.

    Parameters
    ----------
    images : ImageSet
    seen : callable
        Makes uint8 [1, 3, *frame_shape] of uint8 [1, 3, H, W].
    frame_shape : (int, int)
        Height and width in pixels.
    frame_rate : float
        Images per second (Hz) at which they are played.
    """

    channels = 3

    def __init__(
        self,
        images: ImageSet,
        seen: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
        frame_shape: tuple[int, int],
        frame_rate: float,
    ) -> None:
        self.images = images
        self.name = images.name
        self.frame_shape = frame_shape
        self.frame_rate = frame_rate
        self.n_frames = images.n_images
        self.attrs = images.attrs
        self._seen = seen

    def frames(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Images `start` to `stop`, uint8 [stop - start, H, W, 3]."""
        self._check_range(start, stop)
        frames = np.empty((stop - start, *self.frame_shape, 3), np.uint8)
        for k in range(start, stop):
            whole = np.moveaxis(self.images.image(k), -1, 0)[None]
            frames[k - start] = np.moveaxis(self._seen(whole)[0], 0, -1)
        return frames
