"""The grid of cells, over the whole screen, on which receptive fields are mapped.

A map need not have as many cells as the screen has pixels: half the distance between
two dots is fine enough for dots, and 10,000 maps of 36 x 64 cells fit in memory where
those of 144 x 256 do not. Cells are equal rectangles that tile the screen. Positions of
their centres are in pixels of the screen, so maps of any size compare directly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import AnalysisError
from insilico_gui.stimuli.core.area import Axis
from insilico_gui.stimuli.core.display import Angles, Display

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DEFAULT_SHAPE = (36, 64)


@dataclass(frozen=True)
class ScreenGrid:
    """Cells that tile a screen.

    Attributes
    ----------
    shape : (int, int)
        Rows h and columns w of cells; at most the pixels of the display.
    display : Display
    """

    shape: tuple[int, int] = DEFAULT_SHAPE
    display: Display = field(default_factory=Display)

    def __post_init__(self) -> None:
        height, width = self.display.pixels
        try:
            rows, columns = (int(n) for n in self.shape)
        except (TypeError, ValueError):
            rows, columns = 0, 0
        if not (1 < rows <= height and 1 < columns <= width):
            raise AnalysisError(
                f"A map of {self.shape!r} cells is not possible; give rows and columns "
                f"between 2 and the {height} x {width} pixels of the display."
            )
        object.__setattr__(self, "shape", (rows, columns))

    @property
    def cell(self) -> tuple[float, float]:
        """Height and width of a cell in pixels."""
        (height, width), (rows, columns) = self.display.pixels, self.shape
        return height / rows, width / columns

    @property
    def rows(self) -> Floats:
        """Pixel row of the centre of each row of cells, [h]."""
        rows = np.arange(self.shape[0], dtype=np.float64)
        return (rows + 0.5) * self.cell[0] - 0.5

    @property
    def columns(self) -> Floats:
        """Pixel column of the centre of each column of cells, [w]."""
        columns = np.arange(self.shape[1], dtype=np.float64)
        return (columns + 0.5) * self.cell[1] - 0.5

    def degrees(self, angles: Angles) -> tuple[Floats, Floats]:
        """Azimuth of the columns [w] and elevation of the rows [h, 1], in degrees.

        Spherical elevation differs along a row, [h, w].
        """
        x, y = self.display.to_stimulus(self.rows, self.columns)
        return self.display.to_degrees(x, y[:, None], angles=angles)

    def rays(self) -> Floats:
        """Directions in which the centres of cells are seen, [h, w, 3]."""
        x, y = self.display.to_stimulus(self.rows, self.columns)
        return self.display.rays(x, y[:, None])

    def average(self, frames: NDArray[Any]) -> NDArray[np.float32]:
        """Mean of each cell's pixels; frames [n, H, W] to float32 [n, h, w].

        Raises
        ------
        AnalysisError
            If the frames do not have the pixels of the display.
        """
        if frames.ndim != 3 or frames.shape[1:] != self.display.pixels:
            height, width = self.display.pixels
            raise AnalysisError(
                f"The frames have the shape {list(frames.shape)} and the display has "
                f"{height} x {width} pixels; give the display that they were made for."
            )
        down, across = (
            _averages(n, cells)
            for n, cells in zip(self.display.pixels, self.shape, strict=True)
        )
        means: NDArray[np.float32] = down @ frames.astype(np.float32) @ across.T
        return means

    def coordinates(self) -> dict[str, Any]:
        """Coordinates of maps with dims ``row`` and ``column``; degrees are spherical."""
        azimuth, elevation = self.degrees("spherical")
        x, y = self.display.to_stimulus(self.rows, self.columns)
        return {
            "row": self.rows,
            "column": self.columns,
            "stimulus_x": ("column", x),
            "stimulus_y": ("row", y),
            "azimuth_deg": ("column", azimuth),
            "elevation_deg": (("row", "column"), elevation),
        }


@lru_cache(maxsize=16)
def _averages(n_pixels: int, n_cells: int) -> NDArray[np.float32]:
    """Matrix that averages pixels into cells, [n_cells, n_pixels]; not to be changed."""
    axis = Axis(n_pixels, n_cells, Fraction(0), Fraction(n_pixels, n_cells))
    coverage, total = axis.coverage()
    matrix = np.asarray(coverage.toarray() / total, dtype=np.float32)
    matrix.setflags(write=False)
    return matrix
