"""One image file: its size from the header, its pixels as they are displayed."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.grey import check_frame_shape

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

_ORIENTATION_TAG = 0x0112  # EXIF
_UPRIGHT = 1
_TURNED = range(5, 9)  # width and height swapped

# Pixel formats of Pillow that are read as they are or refused by their data type
_PLAIN_MODES = frozenset({"1", "L", "RGB", "F", "I", "I;16", "I;16B", "I;16L", "I;16N"})
_WITH_ALPHA = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})


def image_files(folder: Path) -> list[Path]:
    """The images in a folder in natural order, without those whose name begins with a dot.

    Raises
    ------
    StimulusError
        If there are none.
    """
    files = sorted(
        (
            file
            for file in folder.iterdir()
            if file.suffix.lower() in IMAGE_SUFFIXES
            and not file.name.startswith(".")
            and file.is_file()
        ),
        key=lambda file: natural_order(file.name),
    )
    if not files:
        raise StimulusError(
            f"The folder {folder.resolve().name} holds no images "
            f"({', '.join(sorted(IMAGE_SUFFIXES))}); choose a folder of images."
        )
    return files


def natural_order(name: str) -> list[tuple[int, str]]:
    """Sort key by which numbers in names count as numbers: frame2 before frame10."""
    # Splitting puts the numbers at odd places: like is always compared with like
    parts = re.split(r"([0-9]+)", name.casefold())
    return [
        (int(part) if place % 2 else 0, "" if place % 2 else part)
        for place, part in enumerate(parts)
    ] + [(0, name)]


def image_shape(file: Path) -> tuple[int, int]:
    """Height and width as displayed, from the header alone."""
    with _opened(file) as image:
        is_turned = _orientation(image) in _TURNED
        return (image.width, image.height) if is_turned else (image.height, image.width)


def read_pixels(file: Path) -> NDArray[Any]:
    """Pixels as displayed, [H, W] or [H, W, S]."""
    with _opened(file) as image:
        try:
            upright = image
            if _orientation(image) != _UPRIGHT:
                upright = ImageOps.exif_transpose(image)
            if "transparency" in upright.info or upright.mode in _WITH_ALPHA:
                upright = upright.convert("RGBA")
            elif upright.mode not in _PLAIN_MODES:
                upright = upright.convert("RGB")
            return np.asarray(upright)
        except (OSError, ValueError, SyntaxError) as error:
            raise _damaged(file) from error


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8."""
    if image.format == "PNG" and "exif" not in image.info:
        return _UPRIGHT  # Pillow would decode the picture to look behind it
    return int(image.getexif().get(_ORIENTATION_TAG, _UPRIGHT))


def _opened(file: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Pillow warns of large images; the size is checked below
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file)
    except FileNotFoundError as error:
        raise StimulusError(
            f"{file.name} was removed while its folder was being read; restore it and "
            "open the folder again."
        ) from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise _damaged(file) from error
    check_frame_shape((image.height, image.width), file.name)
    return image


def _damaged(file: Path) -> StimulusError:
    return StimulusError(
        f"{file.name} is not an image that can be read; remove it from the folder or "
        "save it again."
    )
