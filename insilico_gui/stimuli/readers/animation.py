"""Animated WebP files as videos, which FFmpeg does not read: frames at their own times."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.attrs import file_attrs
from insilico_gui.stimuli.core.base import Stimulus
from insilico_gui.stimuli.core.pixels import check_frame_shape
from insilico_gui.stimuli.core.stack import said
from insilico_gui.stimuli.readers.animation_times import QUICK, as_shown, frame_seconds
from insilico_gui.stimuli.readers.image_file import TIMES_IGNORED, ImagePictures
from insilico_gui.untrusted.door import open_input
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_EVEN_S = 1e-9  # difference of times that are equal


class Animation(Stimulus):
    """An animated WebP file.

    Reading forward decodes each frame once; going back decodes from the first. Threads
    may share the object.
    """

    def __init__(self, path: Path) -> None:
        self._pictures = pictures = ImagePictures(path)
        weakref.finalize(self, pictures.close)
        self._lock = threading.Lock()
        self.name = name = pictures.name
        self.frame_shape = pictures.shape
        check_frame_shape(self.frame_shape, name)
        with open_input(path, StimulusError) as file:
            stored = frame_seconds(file, name)
        if len(stored) != pictures.n_pictures:
            raise StimulusError(
                f"{name} declares {pictures.n_pictures:,} frames and has {len(stored):,} "
                "that are whole; it is cut short or damaged, so save it again."
            )
        seconds, some_quick = as_shown(stored)
        self.n_frames = len(seconds)
        total = float(seconds.sum())
        refuse_above("stimulus_seconds", total, name, StimulusError)
        self.frame_rate = self.n_frames / total
        is_even = bool(np.ptp(seconds) < _EVEN_S)
        starts = np.concatenate([[0.0], np.cumsum(seconds)[:-1]])
        self._times = super().frame_times if is_even else starts
        kept = (reason for reason in pictures.reasons if reason != TIMES_IGNORED)
        self.attrs = file_attrs(
            path,
            {
                "kind": "animation",
                "frame_rate": self.frame_rate,
                "frame_rate_assumed": False,
                "variable_frame_rate": not is_even,
                **said(name, *kept, QUICK if some_quick else None),
            },
        )

    @property
    def frame_times(self) -> NDArray[np.float64]:
        """When each frame appears, in seconds from the first; shape [n_frames]."""
        return self._times.copy()

    def frames(self, start: int, stop: int) -> NDArray[np.uint8]:
        """See :meth:`insilico_gui.stimuli.core.base.Stimulus.frames`."""
        self._check_range(start, stop)
        frames = np.empty((stop - start, *self.frame_shape), np.uint8)
        with self._lock:
            for k in range(start, stop):
                frames[k - start] = self._pictures.grey(k)
        return frames

    def color_frame(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`insilico_gui.stimuli.core.base.Stimulus.color_frame`."""
        self._check_range(k, k + 1)
        with self._lock:
            return self._pictures.rgb(k)
