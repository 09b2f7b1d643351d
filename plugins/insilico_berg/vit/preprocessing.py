"""Images as the backbone takes them: resized, cut to the centre, normalised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_berg.pictures import MAX_PIXEL, resize

if TYPE_CHECKING:
    from torch import Tensor

SHORTER = 256  # pixels of the shorter side before the cut
CROP = 224

# Of the ImageNet images that the backbone was trained on: red, green, blue
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


def resized_shape(image_shape: tuple[int, int]) -> tuple[int, int]:
    """Height and width before the cut, the aspect ratio kept."""
    height, width = image_shape
    longer = int(SHORTER * max(image_shape) / min(image_shape))
    return (SHORTER, longer) if height <= width else (longer, SHORTER)


def fit(images: Tensor) -> Tensor:
    """Resize and cut.

    Parameters
    ----------
    images : uint8 tensor, [n, 3, H, W]

    Returns
    -------
    float32 tensor, [n, 3, 224, 224]
        Whole numbers of 0 to 255. Of images that are not square, the sides are lost.
    """
    height, width = images.shape[2:]
    levels = resize(images, resized_shape((height, width)))
    top, left = (round((size - CROP) / 2) for size in levels.shape[2:])
    return levels[:, :, top : top + CROP, left : left + CROP]


def prepare(images: Tensor) -> Tensor:
    """Resize, cut and normalise images, uint8 [n, 3, H, W] to float32."""
    levels = fit(images)
    mean, deviation = (levels.new_tensor(v).view(3, 1, 1) for v in (MEAN, DEVIATION))
    return (levels / MAX_PIXEL - mean) / deviation
