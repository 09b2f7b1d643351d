"""Opening the video stream of an untrusted file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import av
import av.error

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.grey import MAX_PIXELS, check_frame_shape

if TYPE_CHECKING:
    from pathlib import Path

# Playlists and other formats that make FFmpeg open further files or addresses stay out
_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,avi,matroska,webm,gif"

# Report damage instead of painting over it, and believe in no giant frames
_STRICT = {
    "err_detect": "crccheck+bitstream+buffer+explode",
    "max_pixels": str(MAX_PIXELS),
}

# Each holds some frames. Half of the processors are left to what the frames are for
_MAX_THREADS = 8


class VideoStream:
    """An open container and its main video stream.

    Attributes
    ----------
    container : av.container.InputContainer
    stream : av.video.stream.VideoStream
    """

    def __init__(self, path: Path) -> None:
        name = path.name
        try:
            self.container: Any = av.open(
                f"file:{path.absolute()}",
                options={"format_whitelist": _FORMATS, "protocol_whitelist": "file"},
                metadata_errors="replace",
            )
        except FileNotFoundError as error:
            raise StimulusError(
                f"{name} was removed while it was in use; restore it and open it again."
            ) from error
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise StimulusError(
                f"{name} cannot be read as a video; it is damaged or incomplete, or "
                "not a video at all, so convert it to .mp4 again."
            ) from error
        pictures = [
            stream
            for stream in self.container.streams.video
            if not stream.disposition & stream.disposition.attached_pic
        ]
        if not pictures:
            self.close()
            raise StimulusError(
                f"{name} has no video, only sound or other data; choose another file."
            )
        best = self.container.streams.best("video")
        self.stream: Any = best if best in pictures else pictures[0]
        context = self.stream.codec_context
        if context is None:
            self.close()
            raise StimulusError(
                f"{name} is coded in a way that cannot be decoded here; convert it to "
                "H.264 (.mp4)."
            )
        if context.width and context.height:
            check_frame_shape((context.height, context.width), name)
        context.thread_type = "AUTO"
        context.thread_count = max(1, min((os.cpu_count() or 1) // 2, _MAX_THREADS))
        context.options = _STRICT

    def close(self) -> None:
        """Let go of the file."""
        self.container.close()
