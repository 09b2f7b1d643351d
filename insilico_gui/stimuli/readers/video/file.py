"""Video files as stimuli: any frame at any time, exact, without holding the video."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.core.attrs import file_attrs
from insilico_gui.stimuli.core.base import Grey, Stimulus
from insilico_gui.stimuli.core.grey import check_frame_shape, rec601
from insilico_gui.stimuli.core.orientation import orientation_of
from insilico_gui.stimuli.readers.video.color import (
    describe_format,
    frame_grey,
    frame_rgb,
)
from insilico_gui.stimuli.readers.video.container import VideoStream
from insilico_gui.stimuli.readers.video.decoder import FrameDecoder
from insilico_gui.stimuli.readers.video.extent import measure
from insilico_gui.stimuli.readers.video.index import build_index
from insilico_gui.stimuli.readers.video.notes import notes

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# One for each reader that goes through the video in order: the window and the encoder
_MAX_DECODERS = 2


class Video(Stimulus):
    """A video file.

    Opening reads the packets once for their times and decodes one frame. Frames are
    upright (rotation tags are applied); times are those in the file, with the first
    frame at 0. Reading forward decodes each frame once; reading elsewhere decodes from
    the keyframe before. Both give the same bytes. Threads may share the object.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path
        self._lock = threading.Lock()
        extent = measure(path)
        video = VideoStream(path)
        try:
            container, codec = video.container.format.name, video.stream.codec_context
            codec_name = codec.name
            self._index = build_index(video, extent, self._shown_name)
            aspect = video.stream.sample_aspect_ratio
            self._decoders = [FrameDecoder(path, self._index)]
            first = self._decoders[0].frame(0)
            warnings = (*self._index.warnings, *notes(video, first, self._shown_name))
        finally:
            video.close()
        self._stored_shape = (first.height, first.width)
        check_frame_shape(self._stored_shape, self._shown_name)
        self._orientation = orientation_of(first, self._shown_name)
        height, width = self._stored_shape
        turned = self._orientation.transposed
        self.frame_shape = (width, height) if turned else (height, width)
        stored_aspect = float(aspect) if aspect else 1.0
        self.pixel_aspect = 1 / stored_aspect if turned else stored_aspect
        self.n_frames = self._index.n_frames
        self.frame_rate = self._index.frame_rate
        self.time_precision = self._index.precision
        values = {
            "kind": "video",
            "container": container,
            "codec": codec_name,
            **describe_format(first),
            "frame_rate": self.frame_rate,
            "frame_rate_assumed": False,
            "variable_frame_rate": self._index.variable_rate,
            "rotation_deg": self._orientation.degrees,
            "mirrored": self._orientation.mirrored,
            "pixel_aspect": self.pixel_aspect,
        }
        if warnings:
            values["warning"] = " ".join(warnings)
        self.attrs = file_attrs(path, values)

    @property
    def _shown_name(self) -> str:
        return quoted(self.name, marks="")

    @property
    def frame_times(self) -> NDArray[np.float64]:
        """When each frame appears, in seconds from the first; shape [n_frames]."""
        return self._index.times.copy()

    def frames(self, start: int, stop: int) -> NDArray[np.uint8]:
        """See :meth:`insilico_gui.stimuli.core.base.Stimulus.frames`."""
        return self.grey_frames(start, stop, "stored luma")

    def grey_frames(self, start: int, stop: int, grey: Grey) -> NDArray[np.uint8]:
        """See :meth:`insilico_gui.stimuli.core.base.Stimulus.grey_frames`."""
        self._check_range(start, stop)
        frames = np.empty((stop - start, *self.frame_shape), np.uint8)
        with self._lock:
            for k in range(start, stop):
                frame, name = self._decoded(k), self._shown_name
                level = (
                    rec601(frame_rgb(frame, name))
                    if grey == "Rec. 601"
                    else frame_grey(frame, name)
                )
                frames[k - start] = self._orientation.apply(level)
        return frames

    def color_frame(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`insilico_gui.stimuli.core.base.Stimulus.color_frame`."""
        self._check_range(k, k + 1)
        with self._lock:
            rgb = frame_rgb(self._decoded(k), self._shown_name)
        return np.ascontiguousarray(self._orientation.apply(rgb))

    def _decoded(self, k: int) -> Any:
        """Frame `k` as ``av.VideoFrame``, of the size of all."""
        frame = self._decoder_for(k).frame(k)
        if (frame.height, frame.width) != self._stored_shape:
            raise StimulusError(
                f"{self._shown_name} changes its frame size in frame {k}; convert it to "
                "one size."
            )
        return frame

    def close(self) -> None:
        """Let go of the file until frames are asked for again."""
        with self._lock:
            for decoder in self._decoders:
                decoder.close()
            self._decoders.clear()

    def _decoder_for(self, k: int) -> FrameDecoder:
        """The decoder nearest before frame `k`; the most recently used comes last."""
        best = min(self._decoders, key=lambda decoder: decoder.cost(k), default=None)
        if best is None or (
            best.must_restart(k) and len(self._decoders) < _MAX_DECODERS
        ):
            best = FrameDecoder(self._path, self._index)
        elif best.must_restart(k):
            best = self._decoders[0]
        if best in self._decoders:
            self._decoders.remove(best)
        self._decoders.append(best)
        return best
