"""Sums over presentations of what was shown, weighted by responses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fields.screen_grid import ScreenGrid
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, in_blocks
from insilico_gui.stimuli.core.display import Display

Singles = NDArray[np.float32]
Images = NDArray[Any] | Callable[[int], NDArray[Any]]


IMAGES_AT_ONCE = 256

LARGEST_BYTES = 8 * 2**30
"""More maps than this are a slip in a number."""


def check_size(n_units: int, n_cells: int, n_maps: int) -> None:
    """Check that float32 maps of all units fit in memory.

    Raises
    ------
    AnalysisError
        If they are larger than :data:`LARGEST_BYTES`.
    """
    needed = 4 * n_units * n_cells * n_maps
    if needed > LARGEST_BYTES:
        raise AnalysisError(
            f"{n_maps} maps of {n_cells} cells for each of {n_units} units would take "
            f"{needed / 2**30:.1f} GiB; take fewer cells or units."
        )


class PresentedImages:
    """Images or masks [K, h, w] that are read a block of presentations at a time."""

    def __init__(
        self,
        images: Images,
        n_rows: int,
        one: str,
        shape: tuple[int, int] | None = None,
        background: float = 0,
    ) -> None:
        many = f"{one}s"
        if not callable(images):
            images = np.asarray(images)
            if images.ndim != 3 or len(images) != n_rows:
                raise AnalysisError(
                    f"The {many} have the shape {list(images.shape)} and the trial "
                    f"table has {n_rows} rows; give one {one} [h, w] for each row."
                )
            self._given: tuple[int, int] = images.shape[1:]
        else:
            first = np.asarray(images(0))
            if first.ndim != 2:
                raise AnalysisError(
                    f"The {one} of row 0 has the shape {list(first.shape)}; it must "
                    "be [h, w]."
                )
            self._given = first.shape
        self._images, self._one, self._background = images, one, background
        self.shape = self._given if shape is None else shape
        self._cells = None
        if shape is not None and shape != self._given:
            self._cells = ScreenGrid(shape, Display(pixels=self._given))
        self.used = np.zeros(n_rows, bool)

    def read(self, rows: NDArray[np.int64]) -> Singles:
        """Images less their background, [n, h * w]."""
        if not callable(self._images):
            block = self._images[rows]
        else:
            several = [np.asarray(self._images(int(row))) for row in rows]
            for row, image in zip(rows, several, strict=True):
                if image.shape != self._given:
                    raise AnalysisError(
                        f"The {self._one} of row {row} has the shape "
                        f"{list(image.shape)} and that of row 0 {list(self._given)}; "
                        "they must be the same."
                    )
            block = np.stack(several)
        if self._cells is not None:
            block = self._cells.average(block)
        flat: Singles = block.reshape(len(rows), -1).astype(np.float32)
        if self._one == "mask" and ((flat < 0) | (flat > 1)).any():
            raise AnalysisError("A mask has values outside 0 to 1; scale the masks.")
        return flat - np.float32(self._background)


def weighted_sums(
    windowed: xr.DataArray,
    images: PresentedImages,
    rows: NDArray[np.int64],
    on_progress: OnProgress | None = None,
) -> tuple[Singles, Singles, int]:
    """Sums over presentations of image times response, and of images.

    Progress is in presentations.

    Returns
    -------
    total : float32 array, [U, P]
    density : float32 array, [U, P], or [1, P] if all units have the same trials
    n : int
        Presentations with an image and with a response in any unit.
    """
    values = windowed.to_numpy()
    valid = np.isfinite(values)
    rows = rows[valid[rows].any(axis=1)]
    shared = bool(valid[rows].all())
    n_units, n_cells = values.shape[1], int(np.prod(images.shape))
    check_size(n_units, n_cells, 2 if shared else 4)
    total = np.zeros((n_units, n_cells), np.float32)
    density = np.zeros((1 if shared else n_units, n_cells), np.float32)
    n = 0
    for some in in_blocks(len(rows), IMAGES_AT_ONCE, on_progress):
        block = rows[some]
        if len(block) == 0:
            continue
        flat = images.read(block)
        known = np.isfinite(flat).all(axis=1)
        block, flat = block[known], flat[known]
        images.used[block] = True
        n += len(block)
        weights = np.where(valid[block], values[block], 0).astype(np.float32)
        total += weights.T @ flat
        if shared:
            density += flat.sum(axis=0)
        else:
            density += valid[block].T.astype(np.float32) @ flat
    return total, density, n
