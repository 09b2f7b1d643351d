"""Building blocks of bars and discs: fixed-point degrees, and an edge between levels.

Distances are whole numbers of 1/4096 of a degree, rounded such that machines agree; a
shape is the pixels that are deep enough inside of its outline. The outline is soft over
about one pixel, so that motion by fractions of a pixel is smooth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.stimuli.render.carrier import AMPLITUDE, GREY

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_DEGREE = 4096


def fixed(degrees: ArrayLike) -> NDArray[np.int32]:
    """Degrees in units of 1/4096 of a degree; below 2**19 degrees."""
    # Rounding twice, as for phases: halves are not a matter of the last digit
    units = np.rint(np.round(np.asarray(degrees, np.float64) * _DEGREE, 6))
    return units.astype(np.int32)


class SoftShape:
    """Grey levels of a shape on grey.

    Parameters
    ----------
    contrast : float
        -1 (dark) to 1 (light): the shape is 128 + 127 contrast.
    edge_deg : float
        Width over which the level falls off; its middle is the outline.

    Attributes
    ----------
    reach : int
        How far outside of the outline it is grey, in 1/4096 of a degree.
    """

    def __init__(self, contrast: float, edge_deg: float) -> None:
        self._edge = max(1, int(fixed(edge_deg)))
        self.reach = self._edge // 2
        weight = np.arange(self._edge + 1) / self._edge
        levels = np.rint(np.round(GREY + AMPLITUDE * contrast * weight, 6))
        self._levels = levels.astype(np.uint8)

    def __call__(self, inside: NDArray[np.int32]) -> NDArray[np.uint8]:
        """Levels, uint8, of pixels so far inside of the outline (outside: negative)."""
        place = np.clip(inside + self.reach, 0, self._edge)
        return self._levels[place]
