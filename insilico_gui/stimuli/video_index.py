"""When each frame of a video is shown, found without decoding it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import av.error
import numpy as np

from insilico_gui.errors import StimulusError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.stimuli.video_container import VideoStream

# AVI stores no display times. With these codecs FFmpeg then stamps frames in the order
# of storage, which is not the order in which they are shown.
_STAMPED_AS_STORED = frozenset({"h264", "hevc"})

_VP8_SHOWN = 0x10  # bit of a packet's first byte (RFC 6386, 9.1): not a mere reference

# Matroska rounds time stamps to its tick of 1 ms, which says nothing about the rate.
# Coarser ticks (10 ms in gif) are times that someone chose.
_ROUNDING_TICK_S = 0.0011

# Intervals for which the last frame of an even series must last to count as held; many
# programs leave its duration to chance
_HELD = 1.5

_EXACT_S = 1e-6  # of times that are worked out from a rate: floating point


@dataclass(frozen=True)
class FrameIndex:
    """The frames of a video in the order in which they are shown.

    Attributes
    ----------
    pts : int64 array, [n]
        Presentation time stamps, ascending, in ticks of the stream.
    keyframes : int64 array, [k]
        Frames at which decoding can start; the first is 0, which stands for the start
        of the file.
    stamped : bool
        Whether decoded frames carry these time stamps; if not they have to be counted.
    times : float64 array, [n]
        When each frame appears, in seconds from the first.
    frame_rate : float
        Rate in Hz; the average if the rate is variable.
    variable_rate : bool
        Whether the time from frame to frame varies by more than rounding.
    precision : float
        Seconds by which `times` may be off.
    warning : str or None
        What is known to be missing from the file.
    """

    pts: NDArray[np.int64]
    keyframes: NDArray[np.int64]
    stamped: bool
    times: NDArray[np.float64]
    frame_rate: float
    variable_rate: bool
    precision: float
    warning: str | None

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.pts)

    def find(self, pts: int | None) -> int | None:
        """Frame with the time stamp `pts`, or None."""
        if pts is None:
            return None
        k = int(np.searchsorted(self.pts, pts))
        return k if k < len(self.pts) and self.pts[k] == pts else None

    def keyframe_at_or_before(self, k: int) -> int:
        """Position in `keyframes` of the last one that is not after frame `k`."""
        return int(np.searchsorted(self.keyframes, k, side="right")) - 1


class _Packet(NamedTuple):
    pts: int
    dts: int
    duration: int
    is_key: bool
    is_shown: bool


def build_index(video: VideoStream, name: str) -> FrameIndex:
    """Read all packets of a video, from where it stands to the end.

    Raises
    ------
    StimulusError
        If there are no frames, or no times can be given to them.
    """
    packets, is_cut = _read_packets(video)
    packets = _decodable(packets, is_cut)
    if not packets:
        raise StimulusError(f"{name} has no frames; choose another file.")
    packets.sort(key=lambda packet: packet.pts)
    pts = np.array([packet.pts for packet in packets], np.int64)
    stamped = _frames_carry_pts(video.stream, video.container)
    if (np.diff(pts) <= 0).any():
        stamped = False
        pts = np.arange(len(packets), dtype=np.int64)
        times, rate, variable = _constant(video.stream, len(packets), name)
    else:
        times, rate, variable = _timing(video.stream, pts, packets[-1].duration, name)
    keyframes = np.flatnonzero([packet.is_key for packet in packets])
    if not stamped:
        keyframes = keyframes[:0]
    if not len(keyframes) or keyframes[0] != 0:
        keyframes = np.concatenate([[0], keyframes])
    return FrameIndex(
        pts=pts,
        keyframes=keyframes.astype(np.int64),
        stamped=stamped,
        times=times,
        frame_rate=rate,
        variable_rate=variable,
        precision=_precision(video.stream) if variable else _EXACT_S,
        warning=f"{name} is cut short; {len(packets)} frames were found in it."
        if is_cut
        else None,
    )


def _read_packets(video: VideoStream) -> tuple[list[_Packet], bool]:
    """All packets in storage order, and whether some are missing."""
    stream = video.stream
    is_vp8 = stream.codec_context.name == "vp8"
    packets: list[_Packet] = []
    n_stored, is_cut = 0, False
    try:
        for packet in video.container.demux(stream):
            if packet.size == 0:  # the end, or "show the last frame for longer" (AVI)
                n_stored += packet.dts is not None
                continue
            if packet.is_corrupt:
                is_cut = True
                continue
            n_stored += 1
            is_hidden = is_vp8 and not bytes(packet)[0] & _VP8_SHOWN
            dts = packet.pts if packet.dts is None else packet.dts
            pts = dts if packet.pts is None else packet.pts
            # Without any time stamp frames are counted: equal stamps lead to that
            packets.append(
                _Packet(
                    pts=pts or 0,
                    dts=dts or 0,
                    duration=packet.duration or 0,
                    is_key=packet.is_keyframe,
                    is_shown=not (packet.is_discard or is_hidden),
                )
            )
    except (av.error.FFmpegError, OSError):
        is_cut = True
    return packets, is_cut or _promises_more(video, packets, n_stored)


def _promises_more(video: VideoStream, packets: list[_Packet], n_stored: int) -> bool:
    """Whether the header lists frames that the file does not have."""
    container, stream = video.container, video.stream
    if container.format.name == "avi":
        return bool(n_stored < stream.frames)
    # An edit list may leave frames out on purpose, so in MP4 counting says nothing
    if any(entry.pos + entry.size > container.size for entry in stream.index_entries):
        return True
    # Matroska has a tag for the length of each stream
    tag = stream.metadata.get("DURATION", "")
    try:
        hours, minutes, seconds = map(float, tag.split(":"))
    except ValueError:
        return False
    if not packets:
        return True
    tick = float(stream.time_base)
    end = max(packet.pts + packet.duration for packet in packets) * tick
    interval = max((packet.duration for packet in packets), default=0) * tick
    return end < hours * 3600 + minutes * 60 + seconds - max(0.1, 2 * interval)


def _decodable(packets: list[_Packet], is_cut: bool) -> list[_Packet]:
    """Packets of frames that come out of the decoder, given those that are there."""
    first_key = next((packet.pts for packet in packets if packet.is_key), None)
    if first_key is not None:
        # Shown before the first keyframe means predicted from frames that are not there
        packets = [packet for packet in packets if packet.pts >= first_key]
    if is_cut and packets:
        # No frame is shown before it is decoded, so those that are lost are all shown
        # after the last that was stored is decoded
        last = max(packet.dts for packet in packets)
        packets = [packet for packet in packets if packet.pts <= last]
    return [packet for packet in packets if packet.is_shown]


def _frames_carry_pts(stream: Any, container: Any) -> bool:
    context = stream.codec_context
    return not (
        container.format.name == "avi"
        and context.name in _STAMPED_AS_STORED
        and context.has_b_frames
    )


def _timing(
    stream: Any, pts: NDArray[np.int64], last_duration: int, name: str
) -> tuple[NDArray[np.float64], float, bool]:
    """Times in seconds, the rate in Hz, and whether it is variable."""
    tick = float(stream.time_base)
    times = (pts - pts[0]) * tick
    n = len(pts)
    if n == 1:
        if last_duration > 0:
            return times, 1 / (last_duration * tick), False
        return _constant(stream, 1, name)
    last = last_duration * tick or float(np.median(np.diff(times)))
    tolerance = tick if tick < _ROUNDING_TICK_S else tick / 100
    for rate in (float(stream.average_rate or 0), float((n - 1) / times[-1])):
        if rate > 0:
            even = np.arange(n) / rate
            if np.abs(times - even).max() <= tolerance * 1.001:
                if last < _HELD / rate:
                    return even, rate, False
                return even, n / (float(even[-1]) + last), True
    return times, n / (float(times[-1]) + last), True


def _precision(stream: Any) -> float:
    tick = float(stream.time_base)
    return max(tick / 2 if tick < _ROUNDING_TICK_S else 0, _EXACT_S)


def _constant(
    stream: Any, n: int, name: str
) -> tuple[NDArray[np.float64], float, bool]:
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    if rate <= 0:
        raise StimulusError(
            f"{name} says neither when its frames are shown nor at what rate; convert "
            "it to .mp4 at the frame rate that it has."
        )
    return np.arange(n) / rate, rate, False
