"""Geometry of the screen that the demo twin looks at.

Visual angles are those of the *flat approximation*: one degree is the same number of
pixels everywhere, the number that holds at the screen's centre. Spatial frequencies and
receptive-field sizes of this twin are in these degrees; true angles of a flat screen
shrink towards its edges (``atan`` of the flat angle in radians).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME_SHAPE = (144, 256)  # rows, columns (pixels)
FRAME_RATE = 30.0  # Hz
CALCIUM_TAU = 0.1  # s, of the indicator that smooths the responses
MEAN_GREY = 128  # contrast 0
HALF_RANGE = 127.5  # grey levels from the mean to contrast 1

SCREEN_WIDTH_CM = 56.5  # monitor of the Sensorium mice
SCREEN_HEIGHT_CM = 31.8
VIEWING_DISTANCE_CM = 15.0

# 0.843 degrees; the height over 144 rows gives the same to 0.06 %, taken as square
DEG_PER_PIXEL = math.degrees(SCREEN_WIDTH_CM / FRAME_SHAPE[1] / VIEWING_DISTANCE_CM)


def pixel_column(rf_x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Column (0 = centre of the left one) of `rf_x` in -1..1, x to the right."""
    return (rf_x + 1) / 2 * (FRAME_SHAPE[1] - 1)


def pixel_row(rf_y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Row (0 = centre of the top one) of `rf_y` in -1..1, y **up**."""
    return (1 - rf_y) / 2 * (FRAME_SHAPE[0] - 1)


def block_centres(n_pixels: int, block: int) -> NDArray[np.float64]:
    """Pixel coordinates of the middles of consecutive blocks, [n_pixels / block]."""
    blocks = np.arange(n_pixels // block, dtype=np.float64)
    return blocks * block + (block - 1) / 2
