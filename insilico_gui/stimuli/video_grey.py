"""Grey levels of decoded video frames, upright, and exact on every machine.

Most video stores luma Y' and two colour differences. Y' *is* the grey level, with the
weights of the video's own standard (Rec. 601, 709 or 2020), but usually at limited
range (8 bit: 16 = black, 235 = white). It is expanded here to 0-255 by a table and
rounded to the nearest level, for any bit depth; the results of FFmpeg's scaler depend
on the processor. RGB video gets the weights of Rec. 601 like images.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from insilico_gui.stimuli.grey import grey

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LIMITED, _FULL = 1, 2  # AVColorRange

# AVColorSpace (ITU-T H.273, table 4); not stated means Rec. 601 to most software
_LUMA_WEIGHTS = {
    1: "Rec. 709",
    2: "not stated",
    5: "Rec. 601",
    6: "Rec. 601",
    9: "Rec. 2020",
    10: "Rec. 2020",
}


def frame_grey(frame: Any) -> NDArray[np.uint8]:
    """Grey levels of an ``av.VideoFrame``, uint8 [H, W], not rotated yet."""
    if _has_rgb_or_alpha(frame):
        rgba = frame.reformat(format="rgba").to_ndarray()
        return grey(rgba, "video", color=True)
    full = _is_full_range(frame)
    bits = frame.format.components[0].bits
    if not _has_plain_luma_plane(frame):
        bits = 16 if bits > 8 else 8
        layout = "yuv444p16le" if bits > 8 else "yuv444p"
        frame = frame.reformat(
            format=layout,
            src_color_range=frame.color_range or _LIMITED,
            dst_color_range=frame.color_range or _LIMITED,
        )
    if full and bits <= 8:
        return _luma_plane(frame, bits).copy()
    if bits <= 8:
        return _looked_up(frame, _table(bits, full))
    levels: NDArray[np.uint8] = _table(bits, full)[_luma_plane(frame, bits)]
    return levels


def describe_format(frame: Any) -> dict[str, Any]:
    """Pixel format, bit depth, range and luma weights of a frame, JSON-able."""
    rgb = _has_rgb_or_alpha(frame)
    if rgb:
        weights = "Rec. 601"
    elif len(frame.format.components) == 1:
        weights = "none"
    else:
        code = int(frame.colorspace)
        weights = _LUMA_WEIGHTS.get(code, f"H.273 matrix {code}")
    return {
        "pixel_format": frame.format.name,
        "bit_depth": max(component.bits for component in frame.format.components),
        "color_range": "full" if rgb or _is_full_range(frame) else "limited",
        "luma_weights": weights,
    }


def _has_rgb_or_alpha(frame: Any) -> bool:
    layout = frame.format
    return (
        layout.is_rgb
        or layout.has_palette
        or any(component.is_alpha for component in layout.components)
    )


def _is_full_range(frame: Any) -> bool:
    name = frame.format.name
    if frame.color_range == _LIMITED:
        return False
    # Grey without colour has no broadcast tradition: full unless it says otherwise
    return bool(frame.color_range == _FULL or name.startswith(("yuvj", "gray")))


def _has_plain_luma_plane(frame: Any) -> bool:
    """Whether plane 0 is luma alone, in the lower bits, little-endian."""
    luma, *others = frame.format.components
    return not (
        any(component.plane == luma.plane for component in others)
        or frame.format.name.startswith(("p0", "p2", "p4"))  # P010 etc.: upper bits
        or frame.format.name.endswith("be")
    )


def _luma_plane(frame: Any, bits: int) -> NDArray[Any]:
    dtype = np.dtype("<u2") if bits > 8 else np.dtype(np.uint8)
    plane = frame.planes[0]
    rows: NDArray[Any] = np.frombuffer(plane, dtype).reshape(
        -1, plane.line_size // dtype.itemsize
    )
    return rows[: frame.height, : frame.width]


def _looked_up(frame: Any, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey levels of 8-bit luma codes."""
    # Several times as fast as indexing, which turns every code into a 64-bit index
    plane, size = frame.planes[0], (frame.width, frame.height)
    codes = Image.frombuffer("L", size, plane, "raw", "L", plane.line_size, 1)
    return np.asarray(codes.point(table.tolist()))


@cache
def _table(bits: int, full: bool) -> NDArray[np.uint8]:
    """Grey level 0-255 of each luma code (ranges: ITU-R BT.601-7, BT.2100-2)."""
    codes = np.arange(2**bits)
    black, white = (0, 2**bits - 1) if full else (16 << bits - 8, 235 << bits - 8)
    levels = ((codes - black) * 510 + (white - black)) // (2 * (white - black))
    clipped: NDArray[np.uint8] = np.clip(levels, 0, 255).astype(np.uint8)
    return clipped
