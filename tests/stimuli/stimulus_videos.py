"""Videos whose frames say their number, made with the codecs that PyAV brings along."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

BITS = 8
BLOCK = 8  # pixels


def numbered_frames(
    n: int, height: int = 48, width: int = 64, seed: int = 0
) -> NDArray[np.uint8]:
    """Drifting noise with the frame's number in black and white blocks on top.

    Returns
    -------
    uint8 array, [n, height, width]
    """
    rng = np.random.default_rng(seed)
    noise = rng.integers(60, 196, (height, width + 2 * n)).astype(np.uint8)
    frames = np.stack([noise[:, 2 * k : 2 * k + width] for k in range(n)])
    for k, frame in enumerate(frames):
        for bit in range(BITS):
            level = 255 if k >> bit & 1 else 0
            frame[:BLOCK, bit * BLOCK : (bit + 1) * BLOCK] = level
    return frames


def read_number(frame: NDArray[np.uint8]) -> int:
    blocks = frame[:BLOCK, : BITS * BLOCK].reshape(BLOCK, BITS, BLOCK).mean((0, 2))
    assert (np.abs(blocks - 128) > 60).all(), "no number can be read"
    return sum(1 << bit for bit in range(BITS) if blocks[bit] > 128)


def read_numbers(frames: NDArray[np.uint8]) -> list[int]:
    return [read_number(frame) for frame in frames]


def write_video(
    path: Path,
    frames: Sequence[NDArray[np.uint8]],
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    rate: float | Fraction = 30,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    onsets_ms: Sequence[int] | None = None,
    pixel_aspect: Fraction | None = None,
    color_range: int | None = None,
    colorspace: int | None = None,
    prepare: Callable[[av.VideoStream], None] | None = None,
    with_sound: bool = False,
) -> Path:
    """Encode grey [H, W] or RGB [H, W, 3] frames.

    `onsets_ms` makes a variable frame rate; `prepare` gets the stream before the first
    frame; `with_sound` adds a second of AAC, interleaved by the muxer.
    """
    with av.open(str(path), "w", options=container_options or {}) as container:
        rate = Fraction(rate).limit_denominator(1001)
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.pix_fmt = pixel_format
        stream.height, stream.width = frames[0].shape[:2]
        if onsets_ms is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        if color_range is not None:
            stream.codec_context.color_range = color_range
        if colorspace is not None:
            stream.codec_context.colorspace = colorspace
        if prepare is not None:
            prepare(stream)
        if with_sound:
            sound = container.add_stream("aac", rate=48000)
            add_sound(container, sound)
        for k, pixels in enumerate(frames):
            rgb = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, -1)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), "rgb24")
            converted = {}
            if color_range is not None:
                converted["dst_color_range"] = color_range
            if colorspace is not None:
                converted["dst_colorspace"] = colorspace
            frame = frame.reformat(format=pixel_format, threads=1, **converted)
            if onsets_ms is not None:
                frame.pts, frame.time_base = onsets_ms[k], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def add_sound(container: av.container.OutputContainer, sound: av.AudioStream) -> None:
    for k in range(47):
        samples = np.sin(np.arange(1024) * 0.05)[None].astype(np.float32) * 0.1
        frame = av.AudioFrame.from_ndarray(
            np.repeat(samples, 2, 0), format="fltp", layout="stereo"
        )
        frame.sample_rate, frame.pts = 48000, 1024 * k
        container.mux(sound.encode(frame))
    container.mux(sound.encode())


def write_sound(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        add_sound(container, container.add_stream("aac", rate=48000))
    return path
