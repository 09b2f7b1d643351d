"""What of a video is not shown as it is meant to be, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from insilico_gui.stimuli.readers.video.container import VideoStream

# AVColorTransferCharacteristic (ITU-T H.273, table 3) of high dynamic range
_HDR = {16: "PQ", 18: "HLG"}

_LINEAR = {8: "linear", 9: "logarithmic", 10: "logarithmic"}

_LIMITED = 1  # AVColorRange


def notes(video: VideoStream, first: Any, name: str) -> tuple[str, ...]:
    """Sentences on a video, given its first frame as ``av.VideoFrame``."""
    sentences = []
    if video.others:
        sentences.append(
            f"{name} has {video.others + 1} video streams; stream {video.stream.index} "
            "is shown."
        )
    transfer = int(first.color_trc)
    if transfer in _HDR:
        sentences.append(
            f"{name} has high dynamic range ({_HDR[transfer]}); its levels are shown as "
            "they are stored, as if it had standard range."
        )
    elif transfer in _LINEAR:
        sentences.append(
            f"{name} has {_LINEAR[transfer]} levels; they are shown as they are stored, "
            "as if they were gamma-encoded."
        )
    if first.interlaced_frame:
        sentences.append(
            f"{name} is interlaced; the two fields of a frame, which are meant for two "
            "moments, are shown together."
        )
    if first.format.is_rgb and first.color_range == _LIMITED:
        sentences.append(
            f"{name} marks its RGB levels as being of limited range; they are shown as "
            "they are stored, 0 to 255."
        )
    sentences.extend(
        f"{name} is {meaning}; its frames are shown as they are stored."
        for kind, meaning in (
            ("STEREO3D", "stereoscopic"),
            ("SPHERICAL", "a panorama of all directions"),
            ("DOVI_METADATA", "graded for Dolby Vision"),
        )
        if any(data.type.name == kind for data in first.side_data)
    )
    return tuple(sentences)
