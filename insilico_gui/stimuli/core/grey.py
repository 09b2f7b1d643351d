"""Grey levels and colours of plain arrays; see :mod:`insilico_gui.stimuli.core.pixels`.

Images and RGB video get the luma weights of Rec. 601; video that is stored as luma and
colour difference carries the luma already, with the weights of its own standard (see
:mod:`insilico_gui.stimuli.readers.video.color`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from insilico_gui.stimuli.core.pixels import (
    BACKGROUND,
    Picture,
    check_dtype,
    check_frame_shape,
    rec601,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "BACKGROUND",
    "check_dtype",
    "check_frame_shape",
    "grey",
    "rec601",
    "rgb",
]


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
    return _picture(pixels, name, color).grey()


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
    return _picture(pixels, name, color).rgb()


def _picture(pixels: NDArray[Any], name: str, color: bool) -> Picture:
    has_alpha = color and pixels.shape[-1] in (2, 4)
    return Picture(
        pixels, name, has_samples=color, alpha="straight" if has_alpha else "none"
    )
