"""From decoded pixels to grey and to RGB levels 0-255, the same way for every source.

A reader says what its samples mean (:class:`Picture`); what becomes of them is decided
here alone, whether they came from an array, a file of images, a stack or a folder. The
grey level is the luma of the colour: the gamma-encoded sum of red, green and blue with
the weights of Rec. 601, at full range (0 = black, 255 = white).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.core.orientation import UPRIGHT, Orientation
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# What shows through transparent pixels: the mean grey of a stimulus
BACKGROUND = 128

# Rec. 601 luma weights (ITU-R BT.601-7, 2.5.1) in units of 2^-16; they sum to 2^16
_RED, _GREEN, _BLUE = 19595, 38470, 7471

# Samples that are worked on at once: what is in between takes some bytes for each
_BLOCK_SAMPLES = 2**20

_ACCEPTED = "uint8, uint16, bool, or floating point between 0 and 1"

Alpha = Literal["none", "straight", "premultiplied"]


@dataclass(frozen=True)
class Picture:
    """Pixels as they were decoded, and what they mean.

    Attributes
    ----------
    pixels : array, [..., H, W] or [..., H, W, S]
        uint8, uint16, bool or floating point 0..1. S samples a pixel: 1 or 3 of colour,
        and one of opacity if there is `alpha`.
    name : str
        What the pixels belong to, for errors.
    has_samples : bool
        Whether the last axis holds the samples of a pixel.
    alpha : {"none", "straight", "premultiplied"}
        What the last sample is: a level of colour, or the opacity, by which the others
        are to be multiplied, or have been.
    white_is_zero : bool
        Whether 0 is white.
    white : int or None
        The whole number that is white; None = the largest of the type.
    orientation : Orientation
        How the stored picture becomes upright.
    """

    pixels: NDArray[Any]
    name: str
    has_samples: bool = False
    alpha: Alpha = "none"
    white_is_zero: bool = False
    white: int | None = None
    orientation: Orientation = UPRIGHT

    def rgb(self) -> NDArray[np.uint8]:
        """Red, green and blue, uint8 [..., H, W, 3]; a new array.

        Transparent pixels are blended with mean grey (128).

        Raises
        ------
        StimulusError
            For data types whose levels would have to be guessed, and values out of range.
        """
        pixels = self._native()
        shape = pixels.shape[:-1] if self.has_samples else pixels.shape
        levels = np.empty((*shape, 3), np.uint8)
        self._fill(pixels, levels, lambda color: color)
        return self._upright(levels)

    def grey(self) -> NDArray[np.uint8]:
        """Grey levels, uint8 [..., H, W]: the luma of :meth:`rgb`; a new array."""
        pixels = self._native()
        shape = pixels.shape[:-1] if self.has_samples else pixels.shape
        levels = np.empty(shape, np.uint8)
        self._fill(pixels, levels, _luma)
        return self._upright(levels)

    def _native(self) -> NDArray[Any]:
        check_dtype(self.pixels.dtype, self.name)
        return self.pixels.astype(self.pixels.dtype.newbyteorder("="), copy=False)

    def _upright(self, levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self.orientation == UPRIGHT:
            return levels
        return np.ascontiguousarray(self.orientation.apply(levels))

    def _fill(
        self,
        pixels: NDArray[Any],
        out: NDArray[np.uint8],
        finish: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
    ) -> None:
        """Write what `finish` makes of the colours to `out`, some rows at a time."""
        rows = max(1, _BLOCK_SAMPLES * len(pixels) // max(1, pixels.size))
        for start in range(0, len(pixels), rows):
            part = slice(start, start + rows)
            out[part] = finish(self._color(pixels[part]))

    def _color(self, pixels: NDArray[Any]) -> NDArray[np.uint8]:
        """Colours of upright-or-not pixels over mean grey, [..., 1] or [..., 3]."""
        samples = pixels if self.has_samples else pixels[..., None]
        levels = _as_uint8(samples, self.name, self.white)
        if self.alpha == "none":
            return 255 - levels if self.white_is_zero else levels
        color, opacity = levels[..., :-1], levels[..., -1:]
        if self.white_is_zero:
            color = 255 - color
        return _blend(color, opacity, premultiplied=self.alpha == "premultiplied")


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


def check_picture_bytes(shape: tuple[int, ...], itemsize: int, name: str) -> None:
    """Refuse a picture that takes too much memory when it is decoded.

    Raises
    ------
    StimulusError
        Before any memory is taken.
    """
    # In Python's integers, which do not overflow
    n_bytes = itemsize
    for n in shape:
        n_bytes *= int(n)
    refuse_above("picture_bytes", n_bytes, f"One picture of {name}", StimulusError)


def check_dtype(dtype: np.dtype[Any], name: str) -> None:
    """Refuse data types whose grey levels would have to be guessed.

    Raises
    ------
    StimulusError
        For anything but uint8, uint16, bool and floating point.
    """
    if dtype.kind not in "fb" and dtype.newbyteorder("=") not in (np.uint8, np.uint16):
        raise StimulusError(
            f"{name} holds {quoted(dtype, marks='')} values; grey levels must be "
            f"{_ACCEPTED}."
        )


def rec601(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luma 0.299 R + 0.587 G + 0.114 B, rounded; [..., 3] to [...]."""
    total = rgb[..., 0] * np.uint32(_RED)
    total += rgb[..., 1] * np.uint32(_GREEN)
    total += rgb[..., 2] * np.uint32(_BLUE)
    total += np.uint32(1 << 15)
    return (total >> np.uint32(16)).astype(np.uint8)


def _luma(color: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return color[..., 0] if color.shape[-1] == 1 else rec601(color)


def _blend(
    levels: NDArray[np.uint8], opacity: NDArray[np.uint8], *, premultiplied: bool
) -> NDArray[np.uint8]:
    weight = opacity.astype(np.uint32)
    shown = levels * np.uint32(255) if premultiplied else levels * weight
    total = shown + BACKGROUND * (255 - weight)
    blended: NDArray[np.uint8] = np.minimum((total + 127) // 255, 255).astype(np.uint8)
    return blended


def _as_uint8(values: NDArray[Any], name: str, white: int | None) -> NDArray[np.uint8]:
    if values.dtype == np.bool_:
        return np.where(values, np.uint8(255), np.uint8(0))
    if values.dtype.kind == "u":
        return _scaled(values, name, white)
    # NaN fails both comparisons
    if not (values.min(initial=0) >= 0 and values.max(initial=0) <= 1):
        raise StimulusError(
            f"{name} holds floating-point values outside 0..1 (or not numbers); scale "
            "them to 0..1 (0 = black, 1 = white), or store uint8."
        )
    return np.rint(values * 255.0).astype(np.uint8)


def _scaled(values: NDArray[Any], name: str, white: int | None) -> NDArray[np.uint8]:
    """Whole numbers 0..white as 0..255, rounded."""
    largest = int(np.iinfo(values.dtype).max)
    white = largest if white is None else white
    if white == largest == 255:
        return values
    if white < largest and values.size and int(values.max()) > white:
        raise StimulusError(
            f"{name} holds levels above {white}, which it declares to be white; save "
            "it again."
        )
    wide = values.astype(np.uint32)
    return ((wide * 510 + white) // (2 * white)).astype(np.uint8)
