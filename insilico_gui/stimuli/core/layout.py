"""What the axes of an array of pictures are; the shape alone has to tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import StimulusError, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.stimuli.core.pixels import Alpha

_SAMPLES = (1, 3, 4)  # grey, RGB, RGB and alpha

# Also grey and alpha, which is none of the layouts that are read and no width of a frame
_LIKE_SAMPLES = (*_SAMPLES, 2)

ALPHA_ASSUMED = "the fourth sample of each pixel is taken to be its opacity"


@dataclass(frozen=True)
class Layout:
    """Axes of an array of pictures, or of one.

    Attributes
    ----------
    n_pictures, height, width : int
    samples : int
        Samples a pixel: 1 grey, 3 RGB, 4 RGB and alpha.
    is_one : bool
        Whether the array is one picture, without an axis of pictures.
    first : bool
        Whether the samples come before height and width.
    has_samples : bool
        Whether there is an axis of samples.
    """

    n_pictures: int
    height: int
    width: int
    samples: int = 1
    is_one: bool = False
    first: bool = False
    has_samples: bool = False

    @property
    def alpha(self) -> Alpha:
        """What the last sample is."""
        return "straight" if self.samples == 4 else "none"

    @property
    def warning(self) -> str | None:
        """What has been assumed, as part of a sentence."""
        return ALPHA_ASSUMED if self.samples == 4 else None

    def arranged(self, picture: NDArray[Any]) -> NDArray[Any]:
        """One picture of the array as [H, W] or [H, W, S]."""
        return np.moveaxis(picture, 0, -1) if self.first else picture


def video_layout(shape: tuple[int, ...], name: str) -> Layout:
    """Layout of a video: [T, H, W], or [T, H, W, S] with S = 1, 3 or 4.

    Raises
    ------
    StimulusError
        If the shape is none of a video, or could as well be one of another kind.
    """
    if len(shape) == 3 and shape[2] in _LIKE_SAMPLES and shape[1] > shape[2]:
        height, width, samples = shape
        if samples == 2:
            raise _two_samples(shape, name)
        raise StimulusError(
            f"{name} of shape {list(shape)} may be one picture of {width} x {height} "
            f"pixels with {samples} samples each, or {height} frames that are {samples} "
            f"pixels wide; give {[1, *shape]} for the picture or {[*shape, 1]} for the "
            "frames."
        )
    if len(shape) == 3:
        return Layout(*shape)
    if len(shape) == 4 and shape[3] in _SAMPLES:
        return Layout(*shape, has_samples=True)
    raise StimulusError(
        f"{name} has the shape {_short(shape)}; a stimulus is "
        "[time, height, width], or [time, height, width, 3] in colour."
    )


def is_one_video(shape: tuple[int, ...], name: str) -> bool:
    """Whether an array of 4 axes is a video [T, H, W, S] and not a batch [N, T, H, W].

    Raises
    ------
    StimulusError
        If it could be either.
    """
    if shape[3] == 2:
        raise _two_samples(shape, name)
    if shape[3] not in _SAMPLES:
        return False
    if shape[2] <= shape[3]:
        raise StimulusError(
            f"{name} of shape {list(shape)} may be a video [T, H, W, {shape[3]}] or "
            f"videos [N, T, H, W] that are {shape[3]} pixels wide; give a list of videos "
            "[T, H, W]."
        )
    return True


def batch_warning(shape: tuple[int, ...], name: str) -> str | None:
    """What is assumed of a batch [N, T, H, W] that may have samples before height."""
    if len(shape) != 4 or shape[1] not in _SAMPLES:
        return None
    n, length = shape[:2]
    return (
        f"{name} of shape {list(shape)} is taken to be {n} videos of {length} frames "
        f"each; if its second axis holds the samples of a pixel, give [T, H, W, "
        f"{length}]."
    )


def image_layout(shape: tuple[int, ...], name: str) -> Layout:
    """Layout of images: [n, 3, H, W], [n, H, W, S], [n, H, W], or one image.

    Raises
    ------
    StimulusError
        If the shape is none of images, or could be one of several.
    """
    if len(shape) == 2:
        return Layout(1, *shape, is_one=True)
    if len(shape) == 3:
        last, first = shape[2] in _SAMPLES, shape[0] == 3
        if first and (shape[2] != 3 or shape[1] > 3):
            raise StimulusError(
                f"{name} of shape {list(shape)} may be one image in colour or three in "
                "grey; give [1, 3, H, W] or [3, H, W, 1]."
            )
        if shape[2] == 2 < shape[1]:
            raise _two_samples(shape, name)
        if last and shape[1] > 1:
            return Layout(1, *shape, is_one=True, has_samples=True)
        return Layout(*shape)
    if len(shape) == 4:
        n, a, b, c = shape
        first = a in (1, 3)
        if first and c in (1, 3):
            raise StimulusError(
                f"{name} of shape {list(shape)} may hold its samples before or after "
                "height and width; give images that are larger than that."
            )
        if first:
            return Layout(n, b, c, a, first=True, has_samples=True)
        if c in _SAMPLES:
            return Layout(*shape, has_samples=True)
    raise StimulusError(
        f"{name} has the shape {_short(shape)}; images are [n, 3, H, W], "
        "[n, H, W, 3] or, in grey, [n, H, W]."
    )


def _two_samples(shape: tuple[int, ...], name: str) -> StimulusError:
    return StimulusError(
        f"{name} of shape {_short(shape)} may have two samples a pixel (grey and "
        "opacity), or frames that are 2 pixels wide; give the grey levels alone, "
        "without the last axis, or with a last axis of 1."
    )


def _short(shape: tuple[int, ...]) -> str:
    return quoted(list(shape), marks="")
