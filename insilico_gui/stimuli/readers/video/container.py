"""Opening the video stream of an untrusted file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import av
import av.error

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.core.grey import check_frame_shape
from insilico_gui.stimuli.readers.video.log import listening
from insilico_gui.untrusted.door import open_input
from insilico_gui.untrusted.limits import limit, refuse_above

if TYPE_CHECKING:
    from pathlib import Path

# Playlists and other formats that make FFmpeg open further files or addresses stay out
_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,avi,matroska,webm,gif,apng"

# Report damage instead of painting over it
_ERR_DETECT = "crccheck+bitstream+buffer+explode"

# A gap in a file, of gigabytes of zeros, is searched by FFmpeg byte by byte
_PATIENCE_S = 20.0

# Each holds some frames. Half of the processors are left to what the frames are for
_MAX_THREADS = 8

# Decoders that read the transparency that WebM stores beside the pictures
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}

# Decoders that notice damage which FFmpeg's own go over
_NOTICING_DECODERS = {"vp9": "libvpx-vp9"}


class VideoStream:
    """An open container and its main video stream.

    Attributes
    ----------
    container : av.container.InputContainer
    stream : av.video.stream.VideoStream
    others : int
        Video streams besides the main one that are no cover pictures.
    damage : str or None
        What FFmpeg reports about the header.

    Parameters
    ----------
    path : Path
    one_thread : bool
        Decode in the thread that asks for frames.
    with_alpha : bool
        Decode the transparency that is stored beside the pictures, too.
    """

    def __init__(
        self, path: Path, *, one_thread: bool = False, with_alpha: bool = False
    ) -> None:
        self._name = quoted(path.name, marks="")
        self.container: Any = None
        self._decoder: Any = None
        if not os.path.lexists(path):
            raise StimulusError(
                f"{self._name} was removed while it was in use; restore it and open it "
                "again."
            )
        self._check(path)
        self._open(path)
        try:
            self._choose_stream()
            self._prepare(1 if one_thread else _n_threads(), with_alpha)
        except BaseException:
            self.close()
            raise

    def _check(self, path: Path) -> None:
        """Refuse what is no file, and a GIF that would be read for minutes.

        It has no table of its frames, so that it is read from end to end to be opened.
        """
        with open_input(path, StimulusError) as file:
            is_gif = file.read(4) == b"GIF8" or path.suffix.lower() == ".gif"
            if is_gif:
                size = file.seek(0, os.SEEK_END)
                refuse_above("gif_bytes", size, self._name, StimulusError)

    def _open(self, path: Path) -> None:
        options = {"max_pixels": str(limit("frame_pixels"))}
        options |= {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
        with listening() as reports:
            try:
                # With the protocol: a name such as "concat:a" would be an address
                self.container = av.open(
                    f"file:{path.absolute()}",
                    options=options,
                    timeout=_PATIENCE_S,
                    metadata_errors="replace",
                )
            except (av.error.FFmpegError, OSError, ValueError) as error:
                raise StimulusError(
                    f"{self._name} cannot be read as a video; it is damaged or "
                    "incomplete, or not a video at all, so convert it to .mp4 again."
                ) from error
        self.damage = reports.damage(self.container.format.name)
        if self.damage is not None and "time scale" in self.damage:
            self.close()
            raise StimulusError(
                f"{self._name} does not say how long its frames last (its time scale is "
                "0); it is damaged, so use another copy or convert it to .mp4 again."
            )

    def _choose_stream(self) -> None:
        pictures = [
            stream
            for stream in self.container.streams.video
            if not stream.disposition & stream.disposition.attached_pic
        ]
        if not pictures:
            raise StimulusError(
                f"{self._name} has no video, only sound or other data; choose another "
                "file."
            )
        best = self.container.streams.best("video")
        self.stream: Any = best if best in pictures else pictures[0]
        self.others = len(pictures) - 1

    def _prepare(self, n_threads: int, with_alpha: bool) -> None:
        context = self.stream.codec_context
        if context is None:
            raise StimulusError(
                f"{self._name} is coded in a way that cannot be decoded here; convert "
                "it to H.264 (.mp4)."
            )
        self._check_claims(context)
        self._decoder = self._choose_decoder(context, with_alpha)
        self._decoder.thread_type = "AUTO"
        self._decoder.thread_count = n_threads
        # The options of the container reach only the decoder that it probes frames with
        self._decoder.options = {
            "err_detect": _ERR_DETECT,
            "max_pixels": str(limit("frame_pixels")),
        }

    def _check_claims(self, context: Any) -> None:
        if context.width and context.height:
            check_frame_shape((context.height, context.width), self._name)
        refuse_above("frames", self.stream.frames, self._name, StimulusError)
        if self.stream.duration and self.stream.time_base:
            seconds = float(self.stream.duration * self.stream.time_base)
            refuse_above("stimulus_seconds", seconds, self._name, StimulusError)

    def _choose_decoder(self, context: Any, with_alpha: bool) -> Any:
        codec = context.name
        wanted = (_ALPHA_DECODERS if with_alpha else _NOTICING_DECODERS).get(codec)
        try:
            return av.CodecContext.create(wanted, "r") if wanted else context
        except (av.error.FFmpegError, ValueError) as error:
            if not with_alpha:
                return context
            raise StimulusError(
                f"{self._name} stores transparency (alpha) beside its pictures, which "
                f"cannot be decoded here from {codec}; convert it to a .mov with alpha, "
                "or without it."
            ) from error

    @property
    def can_store_alpha_beside(self) -> bool:
        """Whether packets may carry transparency that the usual decoder leaves out."""
        return self.stream.codec_context.name in _ALPHA_DECODERS

    def decode(self, packet: Any) -> list[Any]:
        """Frames that come out of the decoder after a packet."""
        try:
            frames: list[Any] = self._decoder.decode(packet if packet.size else None)
        except av.error.PatchWelcomeError as error:
            raise StimulusError(
                f"{self._name} uses a variety of {self._decoder.name} that cannot be "
                "decoded here; convert it to H.264 (.mp4), or its frames to images."
            ) from error
        return frames

    def seek(self, pts: int) -> None:
        """Go to the last keyframe that FFmpeg knows at or before a time stamp."""
        self.container.seek(pts, stream=self.stream, backward=True)
        self._rest()

    def close(self) -> None:
        """Let go of the file."""
        self._rest()
        if self.container is not None:
            self.container.close()

    def __del__(self) -> None:
        self._rest()

    def _rest(self) -> None:
        """Wait until no thread decodes any more.

        Freeing a decoder waits for its threads and does not let them write to the log
        meanwhile, for which they may be waiting.
        """
        if self._decoder is not None and self._decoder.is_open:
            self._decoder.flush_buffers()


def _n_threads() -> int:
    return max(1, min((os.cpu_count() or 1) // 2, _MAX_THREADS))
