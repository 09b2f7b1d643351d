"""Decoding the frames of a video by number, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av.error

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.readers.video.container import VideoStream
from insilico_gui.stimuli.readers.video.log import listening, n_reports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from insilico_gui.stimuli.readers.video.index import FrameIndex

# Decoding this many frames is taken to cost as much as a seek, which empties the decoder:
# its threads hold about as many frames, which are then decoded for nothing
_WORTH_A_SEEK = 8

# Keyframes to try, going back, before decoding from the start of the file
_MAX_TRIES = 3

_ERRORS = (av.error.FFmpegError, OSError, ValueError)


class _Incomplete(Exception):
    """The next packet is only in part in the file."""


class FrameDecoder:
    """A position in a video, from which frames are decoded in order.

    Asking for frames in ascending order decodes each once and never seeks, unless
    a keyframe lies far ahead. Going back seeks to a keyframe, and checks by the time
    stamp that it was reached.

    Several threads decode. When FFmpeg reports an error, of whatever video, decoding
    starts anew at the keyframe before with one thread, which tells what frame it is
    about.

    Attributes
    ----------
    n_seeks : int
        How often decoding started anew.
    """

    def __init__(self, path: Path, index: FrameIndex) -> None:
        self._path = path
        self._index = index
        self._frame: Any = None  # none: it is damaged
        self._k = -1  # number of the frame held in _frame
        self._damaged_from: int | None = None  # first of the damaged frames up to _k
        self.n_seeks = 0
        self._open(watched=False)

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
        if self._k != k or self._frame is None:
            first = k if self._damaged_from is None else min(k, self._damaged_from)
            raise self._failure(first)
        return self._frame

    def close(self) -> None:
        """Let go of the file."""
        self._video.close()

    def _restart_cost(self, k: int) -> int:
        key = self._index.keyframes[self._index.keyframe_at_or_before(k)]
        return k - int(key) + 1 + _WORTH_A_SEEK

    def _open(self, *, watched: bool) -> None:
        """Stand before the first frame; `watched`: tell which frame is damaged."""
        self._video = VideoStream(
            self._path, one_thread=watched, with_alpha=self._index.alpha_beside
        )
        self._watched = watched
        self._begin(int(self._index.pts[0]))
        self._frame, self._k, self._damaged_from = None, -1, None

    def _begin(self, first: int | None = None) -> None:
        """Decode from where the container stands; `first`: time stamp to begin with."""
        self._n_reports = n_reports()
        self._pending = self._decode_watched(first) if self._watched else self._decode()

    def _advance(self) -> None:
        """Take the next frame that is in the index."""
        expected = self._k + 1
        while True:
            try:
                frame, is_damaged = next(self._pending, (None, False))
            except (_Incomplete, *_ERRORS):
                frame, is_damaged = None, False
            if not self._watched and (frame is None or self._is_suspect(frame)):
                self._start_near(expected, watched=True)
                return
            if frame is None:
                self._lose_position()
                raise self._failure(expected)
            k = self._index.find(frame.pts) if self._index.stamped else expected
            if k is not None:
                self._stand_on(k, None if is_damaged else frame)
                return

    def _stand_on(self, k: int, frame: Any) -> None:
        if frame is not None:
            self._damaged_from = None
        elif self._damaged_from is None:
            self._damaged_from = min(self._k + 1, k)  # those left out are damaged, too
        self._frame, self._k = frame, k

    def _is_suspect(self, frame: Any) -> bool:
        return bool(frame.is_corrupt) or n_reports() != self._n_reports

    def _start_near(self, k: int, *, watched: bool = False) -> None:
        """Stand on the last keyframe at or before `k` from which decoding is exact."""
        self.n_seeks += 1
        if watched != self._watched:
            self._reopen(watched)
        latest = self._index.keyframe_at_or_before(k)
        for position in range(latest, max(latest - _MAX_TRIES, 0), -1):
            key = int(self._index.keyframes[position])
            if self._seek(int(self._index.pts[key]), k):
                return
            if not self._watched and n_reports() != self._n_reports:
                self._start_near(k, watched=True)
                return
        # From the start of the file, where decoding is exact whatever the keyframes are
        self._reopen(watched)

    def _reopen(self, watched: bool) -> None:
        self._video.close()
        self._open(watched=watched)

    def _seek(self, pts: int, k: int) -> bool:
        """Try to stand on a keyframe at or before `k` by seeking to `pts`."""
        self._lose_position()
        try:
            self._video.seek(pts)
            self._begin()
            frame, is_damaged = next(self._pending, (None, False))
        except (_Incomplete, *_ERRORS):
            return False
        is_damaged |= (
            not self._watched and frame is not None and self._is_suspect(frame)
        )
        if frame is None or is_damaged or not frame.key_frame:
            # Streams that refresh bit by bit come out whole only some frames later
            return False
        # The container's own table of keyframes may be wrong: only the stamp of the frame
        # that came out says what was reached
        reached = self._index.find(frame.pts)
        if reached is None or reached > k or reached not in self._index.keyframes:
            return False
        self._stand_on(reached, frame)
        return True

    def _packets(self) -> Iterator[Any]:
        for packet in self._video.container.demux(self._video.stream):
            if packet.size == 0 and packet.dts is not None:
                continue  # "show the last frame for longer"; would end the decoder
            yield packet

    def _decode(self) -> Iterator[tuple[Any, bool]]:
        """Frames, and that nothing is known of damage."""
        for packet in self._packets():
            if packet.is_corrupt:
                raise _Incomplete
            for frame in self._video.decode(packet):
                yield frame, False

    def _decode_watched(self, first: int | None) -> Iterator[tuple[Any, bool]]:
        """Frames, and whether a report is about them or about one they depend on.

        Frames that are shown before `first`, and so not at all, may lack those that
        they depend on.
        """
        after_seek = first is None
        damaged: set[int | None] = set()
        anew: int | None = None  # keyframe after the damage, which may end it
        for packet in self._packets():
            if first is None:
                first = packet.pts
            frames, is_damaged = self._decode_one(packet, after_seek=after_seek)
            is_damaged &= self._is_shown(packet.pts, first)
            # All that is stored later may depend on it
            if is_damaged:
                anew = None
            elif damaged and packet.is_keyframe and self._index.stamped:
                anew = packet.pts
            if is_damaged or damaged:
                damaged.add(packet.pts)
            for frame in frames:
                if anew is not None and frame.pts == anew and frame.key_frame:
                    damaged.clear()
                    anew = None
                is_shown = self._is_shown(frame.pts, first)
                yield frame, frame.pts in damaged or (frame.is_corrupt and is_shown)

    def _decode_one(self, packet: Any, *, after_seek: bool) -> tuple[list[Any], bool]:
        """Frames that come out after a packet, and whether damage was reported of it."""
        if packet.is_corrupt:
            return [], True
        frames: list[Any] = []
        failed = False
        with listening() as reports:
            try:
                frames = self._video.decode(packet)
            except _ERRORS:
                failed = True
        is_damaged = reports.damage(after_seek=after_seek) is not None
        # What is harmless is raised, too, because FFmpeg is asked to be strict
        return frames, is_damaged or (failed and not reports)

    def _is_shown(self, pts: int | None, first: int | None) -> bool:
        """Whether a frame is not one of those that lead to the first shown."""
        if not self._index.stamped or pts is None or first is None:
            return True
        return pts >= first

    def _lose_position(self) -> None:
        # Past the end, so that the next call starts anew
        self._frame, self._k = None, self._index.n_frames
        self._damaged_from = None

    def _failure(self, k: int) -> StimulusError:
        at = float(self._index.times[min(max(k, 0), self._index.n_frames - 1)])
        return StimulusError(
            f"{quoted(self._path.name, marks='')} cannot be decoded at {at:.2f} s (frame "
            f"{k}): the file is damaged there, so use another copy or cut it before that "
            "time."
        )
