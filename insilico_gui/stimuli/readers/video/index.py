"""When each frame of a video is shown, found without decoding it."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import av.error
import numpy as np

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.progress import may_go_on
from insilico_gui.stimuli.readers.video.log import listening
from insilico_gui.untrusted.limits import limit, refuse_above

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.stimuli.readers.video.container import VideoStream
    from insilico_gui.stimuli.readers.video.extent import Extent

# AVI stores no display times. With these codecs FFmpeg then stamps frames in the order
# of storage, which is not the order in which they are shown.
_STAMPED_AS_STORED = frozenset({"h264", "hevc"})

_BESIDE = "matroska_block_additional"  # data of a packet that is beside the picture

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
    alpha_beside : bool
        Whether transparency is stored beside the pictures, out of the usual decoder's
        reach.
    warnings : tuple of str
        What is known to be missing from the file, a sentence each.
    """

    pts: NDArray[np.int64]
    keyframes: NDArray[np.int64]
    stamped: bool
    times: NDArray[np.float64]
    frame_rate: float
    variable_rate: bool
    precision: float
    alpha_beside: bool
    warnings: tuple[str, ...]

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


class _Packets(NamedTuple):
    """Packets of frames in the order in which they are stored, a column each."""

    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    duration: NDArray[np.int64]
    is_key: NDArray[np.bool_]
    is_shown: NDArray[np.bool_]

    def of(self, which: Any) -> _Packets:
        """Some of them."""
        return _Packets(*(column[which] for column in self))


class _Found(NamedTuple):
    """What reading all packets tells."""

    packets: _Packets
    n_stored: int
    is_cut: bool
    n_with_alpha: int
    damage: str | None


def build_index(video: VideoStream, extent: Extent, name: str) -> FrameIndex:
    """Read all packets of a video, from where it stands to the end.

    Raises
    ------
    StimulusError
        If there are no frames or too many, or no times can be given to them.
    """
    found = _read_packets(video, name)
    n_read = len(found.packets.pts)
    whole = extent.whole_pictures
    if whole is not None and not extent.is_cut and whole > found.n_stored:
        raise StimulusError(
            f"{name} holds {whole:,} pictures, of which {found.n_stored:,} have a time "
            "of their own; save it again as an animation with a duration for each frame."
        )
    is_half = extent.is_cut and whole is not None and whole < n_read
    packets = found.packets.of(slice(whole)) if is_half else found.packets
    is_cut = extent.is_cut or found.is_cut or _promises_more(video, found, extent)
    packets, n_without_key = _decodable(packets, is_cut and not is_half)
    # Stable: frames with equal stamps are counted, in the order of storage
    packets = packets.of(np.argsort(packets.pts, kind="stable"))
    has_times = bool((np.diff(packets.pts) > 0).all())
    stamped = has_times and _frames_carry_pts(video.stream, video.container)
    if is_cut and not stamped:
        # Among the frames that are shown last, some may be missing
        depth = video.stream.codec_context.reorder_depth
        packets = packets.of(slice(max(len(packets.pts) - depth, 0)))
    pts, n = packets.pts, len(packets.pts)
    if n == 0:
        why = "is cut short before its first frame ends" if is_cut else "has no frames"
        raise StimulusError(f"{name} {why}; choose another file.")
    if has_times:
        last = int(packets.duration[-1])
        times, rate, variable = _timing(video.stream, pts, last, name)
    else:
        pts = np.arange(n, dtype=np.int64)
        times, rate, variable = _constant(video.stream, n, name)
    refuse_above("stimulus_seconds", n / rate, name, StimulusError)
    keyframes = np.flatnonzero(packets.is_key)
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
        alpha_beside=_has_alpha(video, found, name),
        warnings=_warnings(
            name, n, is_cut, found.damage or video.damage, n_without_key
        ),
    )


def _warnings(
    name: str, n: int, is_cut: bool, damage: str | None, n_without_key: int
) -> tuple[str, ...]:
    """Sentences on what is missing from the file."""
    warnings = []
    if is_cut:
        warnings.append(f"{name} is cut short; {n} frames were found in it.")
    elif damage is not None:
        said = quoted(damage.rstrip("."), marks="")
        warnings.append(f"{name} is damaged ({said}); {n} frames were found in it.")
    if n_without_key:
        warnings.append(
            f"{name} begins with {n_without_key} frames that cannot be decoded, because "
            "those that they depend on are not in the file; they were left out."
        )
    return tuple(warnings)


def _has_alpha(video: VideoStream, found: _Found, name: str) -> bool:
    """Whether transparency is stored beside every picture."""
    if 0 < found.n_with_alpha < int(found.packets.is_shown.sum()):
        raise StimulusError(
            f"{name} stores transparency (alpha) beside some of its pictures only; "
            "convert it to a video without, or to a .mov with alpha."
        )
    said = {key.lower(): value for key, value in video.stream.metadata.items()}
    if said.get("alpha_mode", "0") not in ("0", "") and not found.n_with_alpha:
        raise StimulusError(
            f"{name} says that it has transparency (alpha), and none is found beside its "
            "pictures; convert it to a .mov with alpha, or without it."
        )
    return found.n_with_alpha > 0


def _read_packets(video: VideoStream, name: str) -> _Found:
    """All packets of the video."""
    stream = video.stream
    is_vp8 = stream.codec_context.name == "vp8"
    columns = tuple(array("q") for _ in range(5))  # 40 bytes a frame, of millions
    n_stored = n_with_alpha = 0
    is_cut = False
    most = limit("frames")
    with listening() as reports:
        try:
            for packet in video.container.demux(stream):
                may_go_on()
                # Empty: the end, or "show the last frame for longer" (AVI)
                if packet.size == 0:
                    n_stored += packet.dts is not None
                    continue
                if packet.is_corrupt:
                    is_cut = True
                    continue
                n_stored += 1
                if n_stored > most:
                    refuse_above("frames", n_stored, name, StimulusError)
                is_hidden = is_vp8 and not bytes(packet)[0] & _VP8_SHOWN
                n_with_alpha += video.can_store_alpha_beside and _alpha_in(packet)
                dts = packet.pts if packet.dts is None else packet.dts
                pts = dts if packet.pts is None else packet.pts
                # Without any time stamp frames are counted: equal stamps lead to that
                columns[0].append(pts or 0)
                columns[1].append(dts or 0)
                columns[2].append(packet.duration or 0)
                columns[3].append(packet.is_keyframe)
                columns[4].append(not (packet.is_discard or is_hidden))
        except (av.error.FFmpegError, OSError):
            is_cut = True
    pts, dts, duration, is_key, is_shown = (
        np.frombuffer(column, np.int64) for column in columns
    )
    packets = _Packets(pts, dts, duration, is_key.astype(bool), is_shown.astype(bool))
    damage = reports.damage(video.container.format.name)
    is_cut |= damage is not None and "ended prematurely" in damage
    return _Found(packets, n_stored, is_cut, n_with_alpha, damage)


def _alpha_in(packet: Any) -> bool:
    """Whether a packet of WebM has transparency beside the picture."""
    if not packet.has_sidedata(_BESIDE):
        return False
    # The first 8 bytes say what it is: 1 means alpha
    return bytes(packet.get_sidedata(_BESIDE))[:8] == b"\0\0\0\0\0\0\0\1"


def _promises_more(video: VideoStream, found: _Found, extent: Extent) -> bool:
    """Whether the header lists frames that the file does not have."""
    container, stream, packets = video.container, video.stream, found.packets
    if container.format.name == "avi":
        return bool(found.n_stored < stream.frames)
    # An edit list may leave frames out on purpose, so in MP4 counting says nothing
    if any(entry.pos + entry.size > container.size for entry in stream.index_entries):
        return True
    seconds = extent.seconds if extent.seconds is not None else _tagged_seconds(stream)
    if seconds is None:
        return False
    if not len(packets.pts):
        return True
    tick = float(stream.time_base)
    end = int((packets.pts + packets.duration).max()) * tick
    interval = int(packets.duration.max()) * tick
    return end < seconds - max(0.1, 2 * interval)


def _tagged_seconds(stream: Any) -> float | None:
    """Length of the stream by a tag that Matroska has for that."""
    try:
        hours, minutes, seconds = map(float, stream.metadata["DURATION"].split(":"))
    except (KeyError, ValueError):
        return None
    return hours * 3600 + minutes * 60 + seconds


def _decodable(packets: _Packets, is_cut: bool) -> tuple[_Packets, int]:
    """Packets of frames that come out of the decoder, given those that are there.

    Also how many frames are stored that depend on others that are not.
    """
    n_without_key = 0
    if packets.is_key.any():
        # Shown before the first keyframe means predicted from frames that are not there
        is_late = packets.pts < packets.pts[packets.is_key.argmax()]
        n_without_key = int((is_late & packets.is_shown).sum())
        packets = packets.of(~is_late)
    if is_cut and len(packets.pts):
        # No frame is shown before it is decoded, so those that are lost are all shown
        # after the last that was stored is decoded
        packets = packets.of(packets.pts <= packets.dts.max())
    return packets.of(packets.is_shown), n_without_key


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
