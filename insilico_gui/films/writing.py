"""Pictures as a video file, with their colours kept."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_gui.progress import OnProgress

QUALITY = {"crf": "12", "preset": "veryfast", "x264-params": "chroma-qp-offset=-6"}
"""Of H.264: no difference that is seen."""

BT709 = 1
"""Code of the matrix, primaries and curve of HD video: players take it for that."""


def write_pictures(
    path: Path,
    pictures: Iterable[NDArray[np.uint8]],
    n: int,
    frame_rate: float,
    size: tuple[int, int],
    on_progress: OnProgress | None = None,
) -> None:
    """Write n pictures, uint8 [H, W, 3], to a video of a constant rate (Hz).

    Parameters
    ----------
    path : Path
        Ends in .mp4 or .mkv.
    size : (int, int)
        Height and width in pixels, even numbers.
    """
    import av  # only where a video is written

    with av.open(str(path), "w") as container:
        stream, form = _stream(container, path.suffix.lower(), frame_rate)
        stream.height, stream.width = size
        for k, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(picture), format="rgb24"
            )
            if form == "yuv420p":
                frame = frame.reformat(
                    format=form, dst_colorspace="ITU709", dst_color_range="MPEG"
                )
            else:
                frame = frame.reformat(format=form)
            frame.pts = k
            container.mux(stream.encode(frame))
            if on_progress is not None:
                on_progress(k + 1, n)
        container.mux(stream.encode())


def _stream(container: Any, suffix: str, frame_rate: float) -> tuple[Any, str]:
    """The stream of a container, and the form that its frames have."""
    rate = Fraction(frame_rate).limit_denominator(100_000)
    if suffix == ".mkv":
        stream = container.add_stream("ffv1", rate=rate)
        stream.pix_fmt = "bgr0"
        return stream, "bgr0"
    try:
        stream = container.add_stream("libx264", rate=rate, options=QUALITY)
    except ValueError as cause:  # PyAV built without it
        raise ExportError(
            "PyAV has no encoder of H.264 here; end the name in .mkv."
        ) from cause
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.colorspace = context.color_primaries = context.color_trc = BT709
    return stream, "yuv420p"
