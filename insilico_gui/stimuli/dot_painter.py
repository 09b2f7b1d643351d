"""From positions of dots to pictures: discs with soft edges, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.stimuli.carrier import deviation_table, levels_of
from insilico_gui.stimuli.shapes import fixed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.stimuli.display import Display

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
        self._height, self._width = display.pixels
        self._pixel = np.array(display.degrees_per_pixel)
        self._edge = int(fixed(max(display.degrees_per_pixel)))
        self._radius = int(fixed(diameter_deg / 2))
        self._peak = int(deviation_table(contrast, "square")[0])
        self._wrap = wrap
        reach = np.ceil(diameter_deg / 2 / self._pixel + 1).astype(int)
        self._around = [np.arange(-n, n + 1) for n in reach]

    def __call__(self, positions: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Picture, uint8 [H, W], of dots to the right and up of the centre.

        Parameters
        ----------
        positions : int64 array, [n, 2]
            In 1/4096 of a degree.
        """
        size = np.array([self._width, self._height])
        middle = (size - 1) / 2
        # Pixels to the right and **down**
        place = positions / _FIXED / self._pixel * (1, -1) + middle
        nearest = np.rint(np.round(place, 6)).astype(np.int64)
        pixels, squares = [], []
        for axis, sign in ((0, 1), (1, -1)):
            index = nearest[:, axis, None] + self._around[axis]
            degrees = (index - middle[axis]) * self._pixel[axis] * sign
            offset = fixed(degrees).astype(np.int64) - positions[:, axis, None]
            pixels.append(index)
            squares.append(offset**2)
        distance = np.sqrt(squares[1][:, :, None] + squares[0][:, None, :])
        inside = self._radius - np.rint(distance).astype(np.int64)
        weight = np.clip(inside + self._edge // 2, 0, self._edge)
        deviation = weight * self._peak // self._edge
        deviation[1::2] *= -1
        columns, rows = (
            index % n if self._wrap else index
            for index, n in zip(pixels, size, strict=True)
        )
        seen = ((rows >= 0) & (rows < self._height))[:, :, None] & (
            (columns >= 0) & (columns < self._width)
        )[:, None, :]
        flat = rows[:, :, None] * self._width + columns[:, None, :]
        total = np.bincount(
            flat[seen], deviation[seen], minlength=self._height * self._width
        )
        clipped = np.clip(total, -self._peak, self._peak).astype(np.int32)
        return levels_of(clipped).reshape(self._height, self._width)
