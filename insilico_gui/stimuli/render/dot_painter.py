"""From positions of dots to pictures: discs with soft edges, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.stimuli.render.carrier import GREY, deviation_table, levels_of
from insilico_gui.stimuli.render.shapes import fixed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.stimuli.core.display import Display

_FIXED = 4096  # units of a degree


class DotPainter:
    """Paints discs; every other dot is light, the rest dark.

    Where dots overlap their deviations from grey add up, to full contrast at most.

    Parameters
    ----------
    display : Display
    diameter_deg : float
        Of a dot, at half height of its edge, which is a pixel wide.
    contrast : float
        0 to 1.
    wrap : bool
        Whether what sticks out on one side is seen on the other.
    """

    def __init__(
        self, display: Display, diameter_deg: float, contrast: float, *, wrap: bool
    ) -> None:
        self._size = np.array(display.pixels[::-1])
        self._pixel = np.array(display.degrees_per_pixel)
        self._wrap = wrap
        edge = int(fixed(max(display.degrees_per_pixel)))
        self._reach = int(fixed(diameter_deg / 2)) + edge // 2
        self._peak = int(deviation_table(contrast, "square")[0])
        # Deviations by depth below the outer side of the edge; levels by deviation
        depth = np.arange(edge + 1)
        self._deviations = (depth * self._peak // edge).astype(np.float64)
        self._levels = levels_of(np.arange(-self._peak, self._peak + 1, dtype=np.int32))
        # The centre of a dot is up to half a pixel from that of the nearest pixel
        stamp = np.floor((self._reach + 1) / _FIXED / self._pixel + 0.51).astype(
            np.int64
        )
        self._stamp = [np.arange(-n, n + 1)[:, None] for n in stamp]
        # Dots are painted on a sheet with a margin for those that stick out
        self._margin = 2 * stamp + 1
        self._sheet = self._size + 2 * self._margin
        self._farthest = (self._size + 2 * stamp - 1)[:, None]  # in half pixels
        self._unit = (_FIXED * self._pixel * (1, -1))[:, None]  # to the right and down
        self._places = [self._along(0), -self._along(1)]

    def _along(self, axis: int) -> NDArray[np.int64]:
        """Where the pixels of the sheet are, in 1/4096 of a degree."""
        index = np.arange(self._sheet[axis]) - self._margin[axis]
        middle = (self._size[axis] - 1) / 2
        return fixed((index - middle) * self._pixel[axis]).astype(np.int64)

    def __call__(self, positions: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Picture, uint8 [H, W], of dots to the right and up of the centre.

        Parameters
        ----------
        positions : int64 array, [n, 2]
            In 1/4096 of a degree.
        """
        # Light dots first; dots are the last axis, the longest, of all arrays
        points = np.concatenate([positions[::2].T, positions[1::2].T], axis=1)
        n_light = len(positions[::2])
        place = points / self._unit + (self._sheet[:, None] - 1) / 2
        nearest = np.rint(np.round(place, 6)).astype(np.int64)
        if not self._wrap:
            away = np.abs(2 * nearest - self._sheet[:, None] + 1)
            near = np.flatnonzero(np.all(away <= self._farthest, axis=0))
            nearest, points = nearest.take(near, axis=1), points.take(near, axis=1)
            n_light = int(near.searchsorted(n_light))
        columns, rows = (nearest[k] + self._stamp[k] for k in (0, 1))
        right, up = (
            np.square(self._places[k][index] - points[k], dtype=np.float64)
            for k, index in ((0, columns), (1, rows))
        )
        distance = up[:, None] + right
        np.rint(np.sqrt(distance, out=distance), out=distance)
        depth = np.subtract(self._reach, distance, out=distance).astype(np.int32)
        deviation = self._deviations.take(depth, mode="clip")
        np.negative(deviation[..., n_light:], out=deviation[..., n_light:])
        (margin_x, margin_y), (width, height) = self._margin, self._sheet
        if self._wrap:
            columns = (columns - margin_x) % self._size[0] + margin_x
            rows = (rows - margin_y) % self._size[1] + margin_y
        pixels = ((rows * width)[:, None] + columns).ravel()
        total = np.bincount(pixels, deviation.ravel(), width * height)
        # Most pixels are under no dot
        levels = (total.take(pixels) + self._peak).astype(np.int32)
        sheet = np.full((height, width), GREY, np.uint8)
        sheet.reshape(-1)[pixels] = self._levels.take(levels, mode="clip")
        return sheet[margin_y : height - margin_y, margin_x : width - margin_x]
