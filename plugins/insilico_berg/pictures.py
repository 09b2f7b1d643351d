"""Pictures as these models take them: checked, 8 bits, and of the right size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import StimulusError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

MAX_PIXEL = 255


def as_pictures(images: NDArray[Any], name: str = "The images") -> NDArray[np.uint8]:
    """Check a batch of RGB pictures and bring it to 8 bits.

    The models were published with code that scales whole numbers by the largest value
    of *their type*, so that 64-bit pixels came out black. Here, any numbers of 0 to 255
    are rounded to 8 bits first (halves to even), and mean the same whatever their type.

    Parameters
    ----------
    images : array, [n, 3, H, W]
        Integers or floating-point numbers of 0 to 255, channels red, green, blue.
    name : str
        What to call them in an error.

    Returns
    -------
    uint8 array, [n, 3, H, W]
        `images` itself if it is of this type already.

    Raises
    ------
    StimulusError
        If it is no such batch, or holds NaN or values outside 0..255.
    """
    if not isinstance(images, np.ndarray):
        raise StimulusError(
            f"{name} are a {type(images).__name__}; give a numpy array [n, 3, H, W]."
        )
    _check_shape(images, name)
    return to_levels(images, name)


def to_levels(images: NDArray[Any], name: str = "The images") -> NDArray[np.uint8]:
    """Pixels of any numeric type as 8 bits; see :func:`as_pictures`.

    Parameters
    ----------
    images : array of any shape
    name : str
        What to call them in an error.

    Returns
    -------
    uint8 array
        Of the same shape, rounded.

    Raises
    ------
    StimulusError
        If they are no numbers, or outside 0..255.
    """
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind not in "iuf":
        raise StimulusError(
            f"{name} are of type {images.dtype}; give numbers of 0 to {MAX_PIXEL}."
        )
    if images.size == 0:
        return images.astype(np.uint8)
    low, high = images.min(), images.max()
    if not (low >= 0 and high <= MAX_PIXEL):  # NaN fails both
        raise StimulusError(
            f"{name} have values of {low} to {high}; scale them to 0 to {MAX_PIXEL}."
        )
    if high <= 1 and images.dtype.kind == "f" and (images % 1 != 0).any():
        raise StimulusError(
            f"{name} have values of 0 to 1 and would be all but black; multiply them "
            f"by {MAX_PIXEL}."
        )
    levels: NDArray[np.uint8] = np.rint(images).astype(np.uint8)
    return levels


def _check_shape(images: NDArray[Any], name: str) -> None:
    shape = list(images.shape)
    if images.ndim != 4:
        raise StimulusError(
            f"{name} have the shape {shape}; give [n, 3, H, W], one picture as "
            "[1, 3, H, W]."
        )
    if images.shape[1] != 3:
        last = images.shape[3] == 3
        raise StimulusError(
            f"{name} have the shape {shape}; "
            + (
                "move the channels forward to [n, 3, H, W]."
                if last
                else "give three channels (red, green, blue) as [n, 3, H, W]."
            )
        )
    if 0 in images.shape[2:]:
        raise StimulusError(
            f"{name} have the shape {shape}, without a pixel; give [n, 3, H, W]."
        )


def resize(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear resize to exactly `size`, with anti-aliasing, in whole grey levels.

    Computed in float32 with half-pixel centres, then rounded, halves to even. Pictures
    that have the size already are not touched.

    Parameters
    ----------
    images : uint8 tensor, [n, 3, H, W]
    size : (int, int)
        Height and width. The aspect ratio is not kept: choose them accordingly.

    Returns
    -------
    float32 tensor, [n, 3, *size]
        Whole numbers of 0 to 255.
    """
    from torch.nn.functional import interpolate  # heavy: only when images are encoded

    levels = images.float()
    if tuple(images.shape[2:]) == size:
        return levels
    if not len(images):  # interpolate takes no empty batch
        return levels.new_empty((0, 3, *size))
    resized = interpolate(
        levels, size=size, mode="bilinear", antialias=True, align_corners=False
    )
    return resized.round_()
