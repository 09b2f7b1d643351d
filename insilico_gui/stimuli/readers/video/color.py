"""Grey levels and colours of decoded video frames, the same on every machine.

Most video stores luma Y' and two colour differences, usually at limited range (8 bit:
16 = black, 235 = white). Y' *is* the grey level, with the weights of the video's own
standard (Rec. 601, 709 or 2020): it is expanded to 0-255 and rounded to the nearest
level, for any bit depth. In colour, the same levels get the differences added by the
matrix of that standard; a difference that is stored for several pixels counts for each
of them. So a pixel without colour has the same level on both routes. RGB video is
brought to 8 bits and its grey has the weights of Rec. 601, like images; transparent
pixels are blended with mean grey, like those of images.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.grey import BACKGROUND, rec601
from insilico_gui.stimuli.readers.video.planes import Planes, planes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LIMITED, _FULL = 1, 2  # AVColorRange

_IDENTITY, _NOT_STATED, _YCGCO = 0, 2, 8  # AVColorSpace (ITU-T H.273, table 4)

# Weights of red and blue in luma
_WEIGHTS = {
    1: (0.2126, 0.0722),  # Rec. 709
    2: (0.299, 0.114),  # not stated means Rec. 601 to most software
    4: (0.30, 0.11),  # FCC
    5: (0.299, 0.114),  # Rec. 601
    6: (0.299, 0.114),
    7: (0.212, 0.087),  # SMPTE 240M
    9: (0.2627, 0.0593),  # Rec. 2020
}
_NAMES = {
    1: "Rec. 709",
    2: "not stated",
    4: "FCC",
    5: "Rec. 601",
    6: "Rec. 601",
    7: "SMPTE 240M",
    9: "Rec. 2020",
    10: "Rec. 2020",
}

# Levels are summed in steps of 2^-20: less than the distance of any sum from a tie
_STEPS = 20

_ROWS_AT_ONCE = 16  # a multiple of the rows that share a colour difference


def frame_grey(frame: Any, name: str) -> NDArray[np.uint8]:
    """Grey levels of an ``av.VideoFrame`` of the video `name`, [H, W], not turned yet.

    Raises
    ------
    StimulusError
        If its layout cannot be read exactly.
    """
    planes = _as_rgb_if_it_is(planes_of(frame, name), frame)
    if planes.is_rgb:
        # The luma of what is seen, as of images: other sums round otherwise
        return rec601(_shown(np.stack(_in_8_bits(planes), axis=-1), planes))
    return _shown(_luma(planes, _is_full_range(frame)), planes)


def frame_rgb(frame: Any, name: str) -> NDArray[np.uint8]:
    """Red, green and blue of an ``av.VideoFrame``, uint8 [H, W, 3], not turned yet.

    Raises
    ------
    StimulusError
        If its layout or its matrix cannot be read exactly.
    """
    planes = _as_rgb_if_it_is(planes_of(frame, name), frame)
    if planes.is_rgb:
        colors = np.stack(_in_8_bits(planes), axis=-1)
    elif len(planes.samples) == 1:
        grey = _luma(planes, _is_full_range(frame))
        colors = np.repeat(grey[..., None], 3, axis=-1)
    else:
        colors = _colors(planes, frame, name)
    return _shown(colors, planes)


def describe_format(frame: Any) -> dict[str, Any]:
    """Pixel format, bit depth, range and luma weights of a frame, JSON-able."""
    layout, code = frame.format, int(frame.colorspace)
    rgb = layout.is_rgb or layout.has_palette
    if rgb:
        weights = "Rec. 601"
    elif len([c for c in layout.components if not c.is_alpha]) == 1:
        weights = "none"
    else:
        weights = _NAMES.get(code, f"H.273 matrix {code}")
    return {
        "pixel_format": layout.name,
        "bit_depth": max(component.bits for component in layout.components),
        "color_range": "full" if rgb or _is_full_range(frame) else "limited",
        "luma_weights": weights,
    }


def _as_rgb_if_it_is(planes: Planes, frame: Any) -> Planes:
    """Green, blue and red that are labelled as luma and differences."""
    if planes.is_rgb or len(planes.samples) != 3 or frame.colorspace != _IDENTITY:
        return planes
    green, blue, red = planes.samples
    if green.shape != blue.shape:
        return planes
    return planes._replace(samples=(red, green, blue), is_rgb=True)


def _is_full_range(frame: Any) -> bool:
    name = frame.format.name
    if frame.color_range == _LIMITED:
        return False
    # Grey without colour has no broadcast tradition: full unless it says otherwise
    return bool(
        frame.color_range == _FULL or name.startswith(("yuvj", "gray", "ya", "mono"))
    )


def _shown(levels: NDArray[np.uint8], planes: Planes) -> NDArray[np.uint8]:
    """Levels on the background that shows through transparent pixels."""
    if planes.alpha is None:
        return levels
    alpha = _levels(planes.alpha, planes.bits, full=True)
    weight = (alpha if levels.ndim == 2 else alpha[..., None]).astype(np.uint32)
    total = levels * weight + BACKGROUND * (255 - weight)
    return ((total + 127) // 255).astype(np.uint8)


def _in_8_bits(planes: Planes) -> list[NDArray[np.uint8]]:
    return [_levels(sample, planes.bits, full=True) for sample in planes.samples]


def _luma(planes: Planes, full: bool) -> NDArray[np.uint8]:
    return _levels(planes.samples[0], planes.bits, full=full)


def _levels(codes: NDArray[Any], bits: int, *, full: bool) -> NDArray[np.uint8]:
    """Levels 0-255 of codes."""
    if bits <= 8 and full:
        return codes.astype(np.uint8)
    table = _table(bits, full)
    if bits <= 8:
        # Several times as fast as indexing, which turns every code into a 64-bit index
        picture = Image.fromarray(np.ascontiguousarray(codes))
        return np.asarray(picture.point(table.tolist()))
    levels: NDArray[np.uint8] = table[codes]
    return levels


def _range(bits: int, full: bool) -> tuple[int, int]:
    """Codes of black and white (ITU-R BT.601-7, BT.2100-2)."""
    return (0, 2**bits - 1) if full else (16 << bits - 8, 235 << bits - 8)


@cache
def _table(bits: int, full: bool) -> NDArray[np.uint8]:
    """Level 0-255 of each code."""
    codes = np.arange(2 ** max(bits, 8) if bits <= 8 else 2**16)
    black, white = _range(bits, full)
    levels = ((codes - black) * 510 + (white - black)) // (2 * (white - black))
    clipped: NDArray[np.uint8] = np.clip(levels, 0, 255).astype(np.uint8)
    return clipped


def _colors(planes: Planes, frame: Any, name: str) -> NDArray[np.uint8]:
    """Colours of luma and colour differences."""
    luma, *differences = planes.samples
    shares = _shares(int(frame.colorspace), name)
    full, (rows, columns) = _is_full_range(frame), planes.block
    height, width = luma.shape
    colors = np.empty((height, width, 3), np.uint8)
    # Some rows at a time: what is worked on stays in the processor's cache
    for top in range(0, height, _ROWS_AT_ONCE):
        bottom = min(top + _ROWS_AT_ONCE, height)
        base = _luma_steps(planes.bits, full)[luma[top:bottom]]
        parts = [d[top // rows : -(-bottom // rows)] for d in differences]
        for channel, factors in enumerate(shares):
            added = sum(
                _difference_steps(planes.bits, full, factor)[part]
                for factor, part in zip(factors, parts, strict=True)
                if factor
            )
            total = np.repeat(np.repeat(added, rows, 0), columns, 1)
            total = total[: bottom - top, :width]
            total += base
            np.clip(total, 0, (256 << _STEPS) - 1, out=total)
            colors[top:bottom, :, channel] = total >> _STEPS
    return colors


def _shares(code: int, name: str) -> tuple[tuple[float, float], ...]:
    """How much of each colour difference goes into red, green and blue."""
    if code == _YCGCO:
        return (-1.0, 1.0), (1.0, 0.0), (-1.0, -1.0)
    if code == _IDENTITY:
        code = _NOT_STATED  # differences that are fewer than pixels are no RGB
    if code not in _WEIGHTS:
        raise StimulusError(
            f"{name} stores its colours by H.273 matrix {code}, which cannot be read in "
            "colour here; convert it to Rec. 709."
        )
    red, blue = _WEIGHTS[code]
    from_blue, from_red = 2 - 2 * blue, 2 - 2 * red
    green = 1 - red - blue
    return (
        (0.0, from_red),
        (-blue * from_blue / green, -red * from_red / green),
        (from_blue, 0.0),
    )


@cache
def _luma_steps(bits: int, full: bool) -> NDArray[np.int32]:
    """Levels of luma codes in steps, with half a level to round to the nearest."""
    black, white = _range(bits, full)
    codes = np.arange(2 ** max(bits, 8) if bits <= 8 else 2**16, dtype=np.float64)
    levels = (codes - black) * 255 / (white - black)
    steps = np.rint(np.clip(levels, -255, 510) * 2**_STEPS) + 2 ** (_STEPS - 1)
    whole: NDArray[np.int32] = steps.astype(np.int32)
    return whole


@cache
def _difference_steps(bits: int, full: bool, factor: float) -> NDArray[np.int32]:
    """What codes of a colour difference add, in steps."""
    codes = np.arange(2 ** max(bits, 8) if bits <= 8 else 2**16, dtype=np.float64)
    span = 2**bits - 1 if full else 224 << bits - 8
    levels = (codes - 2 ** (bits - 1)) * 255 / span * factor
    steps: NDArray[np.int32] = np.rint(np.clip(levels, -510, 510) * 2**_STEPS).astype(
        np.int32
    )
    return steps
