"""From pixels as they are stored to grey levels 0-255, the same way for every source.

The grey level is the ITU-R luma: the gamma-encoded weighted sum of red, green and blue,
at full range (0 = black, 255 = white). Images and RGB video get the weights of
Rec. 601; video that is stored as luma and colour difference carries the luma already,
with the weights of its own standard (see :mod:`insilico_gui.stimuli.video_color`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import StimulusError
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What shows through transparent pixels: the mean grey of a stimulus
BACKGROUND = 128

# Rec. 601 luma weights (ITU-R BT.601-7, 2.5.1) in units of 2^-16; they sum to 2^16
_RED, _GREEN, _BLUE = 19595, 38470, 7471

_ACCEPTED = "uint8, uint16, bool, or floating point between 0 and 1"


def check_frame_shape(shape: tuple[int, ...], name: str) -> None:
    """Refuse frames without pixels, and frames too large to be real.

    Raises
    ------
    StimulusError
        Before any memory is taken.
    """
    height, width = shape[:2]
    if height < 1 or width < 1:
        raise StimulusError(
            f"{name} has frames of {width} x {height} pixels; there is nothing to show."
        )
    what = f"{name} with frames of {width} x {height} pixels"
    refuse_above("frame_pixels", height * width, what, StimulusError)


def check_dtype(dtype: np.dtype[Any], name: str) -> None:
    """Refuse data types whose grey levels would have to be guessed.

    Raises
    ------
    StimulusError
        For anything but uint8, uint16, bool and floating point.
    """
    if dtype.kind not in "fb" and dtype.newbyteorder("=") not in (np.uint8, np.uint16):
        raise StimulusError(
            f"{name} holds {dtype} values; grey levels must be {_ACCEPTED}."
        )


def grey(pixels: NDArray[Any], name: str, *, color: bool) -> NDArray[np.uint8]:
    """Grey levels of images.

    uint8 is taken as it is; uint16 is divided by 257, so that the range of the type
    fills 0-255; bool becomes 0 and 255; floating point is multiplied by 255. Results
    are rounded to the nearest level. Transparent pixels are blended with mean grey
    (128).

    Parameters
    ----------
    pixels : array, [..., H, W], or with `color` [..., H, W, S]
        S = 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
    name : str
        What the pixels belong to, for the error.
    color : bool
        Whether the last axis holds samples of a pixel.

    Returns
    -------
    uint8 array, [..., H, W]

    Raises
    ------
    StimulusError
        For other data types, and for floating point outside 0..1.
    """
    check_dtype(pixels.dtype, name)
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if not color:
        return _as_uint8(pixels, name)
    levels = _as_uint8(pixels, name)
    samples = levels.shape[-1]
    alpha = levels[..., -1] if samples in (2, 4) else None
    luma = rec601(levels[..., :3]) if samples >= 3 else levels[..., 0]
    return luma if alpha is None else _blend(luma, alpha)


def rgb(pixels: NDArray[Any], name: str, *, color: bool) -> NDArray[np.uint8]:
    """Red, green and blue of images, scaled and blended as by :func:`grey`.

    Parameters
    ----------
    pixels, name, color
        See :func:`grey`.

    Returns
    -------
    uint8 array, [..., H, W, 3]

    Raises
    ------
    StimulusError
        As :func:`grey`.
    """
    check_dtype(pixels.dtype, name)
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    levels = _as_uint8(pixels if color else pixels[..., None], name)
    samples = levels.shape[-1]
    shown = levels[..., :3] if samples >= 3 else np.repeat(levels[..., :1], 3, axis=-1)
    return _blend(shown, levels[..., -1:]) if samples in (2, 4) else shown


def rec601(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luma 0.299 R + 0.587 G + 0.114 B, rounded; [..., 3] to [...]."""
    total = rgb[..., 0] * np.uint32(_RED)
    total += rgb[..., 1] * np.uint32(_GREEN)
    total += rgb[..., 2] * np.uint32(_BLUE)
    total += np.uint32(1 << 15)
    return (total >> np.uint32(16)).astype(np.uint8)


def _blend(levels: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    weight = alpha.astype(np.uint32)
    total = levels * weight + BACKGROUND * (255 - weight)
    return ((total + 127) // 255).astype(np.uint8)


def _as_uint8(values: NDArray[Any], name: str) -> NDArray[np.uint8]:
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.uint16:
        return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if values.dtype == np.bool_:
        return np.where(values, np.uint8(255), np.uint8(0))
    # NaN fails both comparisons
    if not (values.min(initial=0) >= 0 and values.max(initial=0) <= 1):
        raise StimulusError(
            f"{name} holds floating-point values outside 0..1 (or not numbers); scale "
            "them to 0..1 (0 = black, 1 = white), or store uint8."
        )
    return np.rint(values * 255.0).astype(np.uint8)
