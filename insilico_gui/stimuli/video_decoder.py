"""Decoding the frames of a video by number, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av.error

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.video_container import VideoStream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from insilico_gui.stimuli.video_index import FrameIndex

# Decoding this many frames is taken to cost as much as a seek
_WORTH_A_SEEK = 8

# Keyframes to try, going back, before decoding from the start of the file
_MAX_TRIES = 3


class FrameDecoder:
    """A position in a video, from which frames are decoded in order.

    Asking for frames in ascending order decodes each once and never seeks, unless
    a keyframe lies far ahead. Going back seeks to a keyframe, and checks by the time
    stamp that it was reached.

    Attributes
    ----------
    n_seeks : int
        How often decoding started anew.
    """

    def __init__(self, path: Path, index: FrameIndex) -> None:
        self._path = path
        self._index = index
        self._video = VideoStream(path)
        self._pending = self._decode()
        self._frame: Any = None
        self._k = -1  # number of the frame held in _frame
        self.n_seeks = 0

    def must_restart(self, k: int) -> bool:
        """Whether frame `k` is behind, or so far ahead that a seek is cheaper."""
        return k < self._k or k - self._k > self._restart_cost(k)

    def cost(self, k: int) -> int:
        """About how many frames have to be decoded to get frame `k`."""
        return self._restart_cost(k) if self.must_restart(k) else k - self._k

    def frame(self, k: int) -> Any:
        """Frame `k` as ``av.VideoFrame``; valid until the next call.

        Raises
        ------
        StimulusError
            If the frame cannot be decoded; names the time.
        """
        if self.must_restart(k):
            self._start_near(k)
        while self._k < k:
            self._advance()
        if self._k != k:
            raise self._failure(k)
        return self._frame

    def close(self) -> None:
        """Let go of the file."""
        self._video.close()

    def _restart_cost(self, k: int) -> int:
        key = self._index.keyframes[self._index.keyframe_at_or_before(k)]
        return k - int(key) + 1 + _WORTH_A_SEEK

    def _advance(self) -> None:
        """Take the next frame that is in the index."""
        expected = self._k + 1
        while True:
            try:
                frame = next(self._pending, None)
            except (av.error.FFmpegError, OSError, ValueError) as error:
                self._lose_position()
                raise self._failure(expected) from error
            if frame is None or frame.is_corrupt:
                self._lose_position()
                raise self._failure(expected)
            k = self._index.find(frame.pts) if self._index.stamped else expected
            if k is not None:
                self._frame, self._k = frame, k
                return

    def _start_near(self, k: int) -> None:
        """Stand on the last keyframe at or before `k` from which decoding is exact."""
        self.n_seeks += 1
        latest = self._index.keyframe_at_or_before(k)
        for position in range(latest, max(latest - _MAX_TRIES, 0), -1):
            key = int(self._index.keyframes[position])
            if self._seek(int(self._index.pts[key]), k):
                return
        self._video.close()
        self._video = VideoStream(self._path)
        self._pending = self._decode()
        self._frame, self._k = None, -1

    def _seek(self, pts: int, k: int) -> bool:
        """Try to stand on a keyframe at or before `k` by seeking to `pts`."""
        self._lose_position()
        try:
            self._video.container.seek(pts, stream=self._video.stream, backward=True)
            self._pending = self._decode()
            frame = next(self._pending, None)
        except (av.error.FFmpegError, OSError, ValueError):
            return False
        if frame is None or frame.is_corrupt or not frame.key_frame:
            # Streams that refresh bit by bit come out whole only some frames later
            return False
        reached = self._index.find(frame.pts)
        if reached is None or reached > k or reached not in self._index.keyframes:
            return False
        self._frame, self._k = frame, reached
        return True

    def _decode(self) -> Iterator[Any]:
        for packet in self._video.container.demux(self._video.stream):
            if packet.size == 0 and packet.dts is not None:
                continue  # "show the last frame for longer"; would end the decoder
            yield from packet.decode()

    def _lose_position(self) -> None:
        # Past the end, so that the next call starts anew
        self._frame, self._k = None, self._index.n_frames

    def _failure(self, k: int) -> StimulusError:
        at = float(self._index.times[min(max(k, 0), self._index.n_frames - 1)])
        return StimulusError(
            f"{self._path.name} cannot be decoded at {at:.2f} s (frame {k}): the file "
            "is damaged there, so use another copy or cut it before that time."
        )
