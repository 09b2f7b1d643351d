"""Samples of decoded video frames as they are stored, whatever their layout.

Layouts are read directly, or unpacked where that moves samples without changing any;
the results of converting them with FFmpeg's scaler depend on the processor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from insilico_gui.errors import StimulusError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Layouts with samples of one kind side by side, and those they are unpacked to
_UNPACKED = {
    "nv12": "yuv420p",
    "nv21": "yuv420p",
    "nv16": "yuv422p",
    "nv24": "yuv444p",
    "nv42": "yuv444p",
    "p010le": "yuv420p10le",
    "p012le": "yuv420p12le",
    "p016le": "yuv420p16le",
    "p210le": "yuv422p10le",
    "p212le": "yuv422p12le",
    "p216le": "yuv422p16le",
    "p410le": "yuv444p10le",
    "p412le": "yuv444p12le",
    "p416le": "yuv444p16le",
    "yuyv422": "yuv422p",
    "uyvy422": "yuv422p",
    "yvyu422": "yuv422p",
    "y210le": "yuv422p10le",
    "y212le": "yuv422p12le",
    "xv30le": "yuv444p10le",
    "xv36le": "yuv444p12le",
    "ayuv64le": "yuva444p16le",
    "ayuv": "yuva444p",
    "vuya": "yuva444p",
    "uyva": "yuva444p",
    "vuyx": "yuv444p",
    "x2rgb10le": "gbrp10le",
    "x2bgr10le": "gbrp10le",
    "pal8": "rgba",
}

# Samples of a pixel in the order in which they are stored; "-" is padding
_PACKED = {
    "rgb24": ("rgb", "u1"),
    "bgr24": ("bgr", "u1"),
    "rgba": ("rgba", "u1"),
    "bgra": ("bgra", "u1"),
    "argb": ("argb", "u1"),
    "abgr": ("abgr", "u1"),
    "rgb0": ("rgb-", "u1"),
    "bgr0": ("bgr-", "u1"),
    "0rgb": ("-rgb", "u1"),
    "0bgr": ("-bgr", "u1"),
    "ya8": ("ya", "u1"),
    "ya16le": ("ya", "<u2"),
    "ya16be": ("ya", ">u2"),
    "rgb48le": ("rgb", "<u2"),
    "rgb48be": ("rgb", ">u2"),
    "bgr48le": ("bgr", "<u2"),
    "bgr48be": ("bgr", ">u2"),
    "rgba64le": ("rgba", "<u2"),
    "rgba64be": ("rgba", ">u2"),
    "bgra64le": ("bgra", "<u2"),
    "bgra64be": ("bgra", ">u2"),
}

# Bits of red, green and blue in a word of 16, from the top
_WORDS = {"565": (5, 6, 5), "555": (5, 5, 5), "444": (4, 4, 4)}

_LIMITED = 1  # AVColorRange


class Planes(NamedTuple):
    """Samples of one frame.

    Attributes
    ----------
    samples : arrays
        One: grey; three: red, green, blue, or luma and two colour differences, which
        may be smaller.
    is_rgb : bool
    alpha : array or None
        At full range, with as many bits as the samples.
    bits : int
        Of each sample.
    block : (int, int)
        Rows and columns of pixels that share a colour difference.
    """

    samples: tuple[NDArray[Any], ...]
    is_rgb: bool
    alpha: NDArray[Any] | None
    bits: int
    block: tuple[int, int] = (1, 1)


def planes_of(frame: Any, name: str) -> Planes:
    """Samples of an ``av.VideoFrame`` of the video `name`.

    Raises
    ------
    StimulusError
        If the layout is one that cannot be read exactly.
    """
    target = _UNPACKED.get(frame.format.name)
    if any(plane.line_size < 0 for plane in frame.planes):  # stored bottom row first
        target = target or _top_first(frame.format)
    if target is not None:
        frame = _unpacked(frame, target)
    layout = frame.format.name
    if layout in _PACKED:
        return _packed(frame, *_PACKED[layout])
    if layout in ("monow", "monob"):
        return _mono(frame, inverted=layout == "monow")
    if layout[:-2].lstrip("rgb") in _WORDS and layout[-2:] in ("le", "be"):
        return _words(frame, layout)
    samples = _samples(frame) if _is_plain(frame.format) else []
    if not samples:
        raise StimulusError(
            f"{name} stores its pixels as {layout}, which cannot be read exactly here; "
            "convert it to a common layout, such as yuv420p or rgb24."
        )
    is_alpha = [component.is_alpha for component in frame.format.components]
    alpha = samples.pop() if is_alpha[-1] else None
    bits = frame.format.components[0].bits
    block = (
        256 // frame.format.chroma_height(256),
        256 // frame.format.chroma_width(256),
    )
    return Planes(tuple(samples), frame.format.is_rgb, alpha, bits, block)


def _unpacked(frame: Any, layout: str) -> Any:
    """The frame in another layout of the same samples."""
    # Equal ranges: nothing may be expanded. One thread: with several, FFmpeg's scaler
    # leaves rows at the seams of their slices unwritten now and then (p010le, p016le)
    color_range = frame.color_range or _LIMITED
    return frame.reformat(
        format=layout,
        src_color_range=color_range,
        dst_color_range=color_range,
        threads=1,
    )


def _top_first(layout: Any) -> str | None:
    """A layout to copy to: what is stored bottom row first cannot be read in place."""
    if layout.is_rgb:
        return "gbrap16le" if layout.components[0].bits > 8 else "gbrap"
    return "gray16le" if layout.name == "gray" else None


def _is_plain(layout: Any) -> bool:
    """Whether each component is whole numbers in the lower bits of a plane of its own."""
    components, name = layout.components, layout.name
    return (
        len({component.plane for component in components}) == len(components) > 0
        and 8 <= components[0].bits <= 16
        and not layout.is_bayer
        and not layout.is_bit_stream
        and not any(part in name for part in ("f16", "f32", "msb", "xyz"))
    )


def _samples(frame: Any) -> list[NDArray[Any]]:
    if any(plane.line_size < 0 for plane in frame.planes):
        return []
    return [_plane(frame, component) for component in frame.format.components]


def _plane(frame: Any, component: Any) -> NDArray[Any]:
    order = ">" if frame.format.is_big_endian else "<"
    dtype = np.dtype(f"{order}u2") if component.bits > 8 else np.dtype(np.uint8)
    # Grey and RGB have planes of the frame's size, whatever the component says
    plane = frame.planes[component.plane]
    return _rows(plane, dtype)[: plane.height, : plane.width]


def _rows(plane: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """All samples of a plane, with the padding at the end of each row."""
    row = plane.line_size // dtype.itemsize
    rows: NDArray[Any] = np.frombuffer(plane, dtype)
    return rows[: len(rows) // row * row].reshape(-1, row)


def _packed(frame: Any, order: str, code: str) -> Planes:
    dtype, n = np.dtype(code), len(order)
    pixels = _rows(frame.planes[0], dtype)[: frame.height, : frame.width * n]
    pixels = pixels.reshape(frame.height, frame.width, n)
    names = "y" if order.startswith("y") else "rgb"
    samples = tuple(pixels[..., order.index(name)] for name in names)
    alpha = pixels[..., order.index("a")] if "a" in order else None
    return Planes(samples, names == "rgb", alpha, dtype.itemsize * 8)


def _mono(frame: Any, *, inverted: bool) -> Planes:
    rows = _rows(frame.planes[0], np.dtype(np.uint8))[: frame.height]
    bits = np.unpackbits(rows, axis=1)[:, : frame.width]
    white = (bits == 0) if inverted else (bits == 1)
    return Planes((np.where(white, np.uint8(255), np.uint8(0)),), False, None, 8)


def _words(frame: Any, layout: str) -> Planes:
    dtype = np.dtype(">u2" if layout.endswith("be") else "<u2")
    words = _rows(frame.planes[0], dtype)[: frame.height, : frame.width].astype("u4")
    samples, shift = [], 0
    for bits in reversed(_WORDS[layout[:-2].lstrip("rgb")]):
        largest = (1 << bits) - 1
        code = words >> shift & largest
        samples.append(((code * 510 + largest) // (2 * largest)).astype(np.uint8))
        shift += bits
    blue_first = layout.startswith("bgr")
    return Planes(tuple(samples if blue_first else samples[::-1]), True, None, 8)
