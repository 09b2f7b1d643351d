"""The weighted mean behind every receptive field: of what was shown, by responses.

::

    total = sum_k r_k s_k(x),  density = sum_k s_k(x),  weight = sum_k r_k

over presentations or frames k that showed s_k and evoked r_k. Maps by dots are
``total / density``, averages of noise and of movies ``total / weight``.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
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
    """Refuse float32 maps of all units that are larger than :data:`LARGEST_BYTES`."""
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


class WeightedMean:
    """Sums over presentations of image times response, of images and of responses.

    ``total`` [U, P], ``density`` ([U, P], or [1, P] if all units have the same
    presentations), ``weight`` [U], and ``n``, how many presentations there were.
    """

    def __init__(self, n_units: int, n_cells: int, shared: bool = True) -> None:
        self.total = np.zeros((n_units, n_cells), np.float32)
        self.density: NDArray[np.floating[Any]] = np.zeros((1, n_cells))
        if not shared:  # as large as the maps themselves
            self.density = np.zeros((n_units, n_cells), np.float32)
        self.weight = np.zeros(n_units)
        self.n = 0

    def add(
        self,
        rates: Singles,
        images: Singles,
        valid: NDArray[np.bool_] | None = None,
    ) -> None:
        """Add presentations: responses [n, U], images [n, P], and which units have one."""
        self.total += rates.T @ images
        self.weight += rates.sum(axis=0, dtype=np.float64)
        if len(self.density) == 1 or valid is None:
            self.density += images.sum(axis=0, dtype=np.float64)
        else:
            self.density += valid.T.astype(np.float32) @ images
        self.n += len(images)

    def __add__(self, other: WeightedMean) -> WeightedMean:
        both = copy(self)
        both.total, both.density = (
            self.total + other.total,
            self.density + other.density,
        )
        return both

    def by_images(self) -> Singles:
        """Mean response to what covered a place, [U, P]; NaN where nothing did."""
        rf = np.full_like(self.total, np.nan)
        density = self.density.astype(np.float32)
        np.divide(self.total, density, out=rf, where=density > 0)
        return rf

    def by_responses(self, centred: bool) -> Singles:
        """Mean image before responses [U, P], less the plain mean if `centred`.

        NaN for a unit whose responses hold NaN or do not sum to a positive number.
        """
        rf = np.full_like(self.total, np.nan)
        known = np.isfinite(self.weight) & (self.weight > 0)
        rf[known] = self.total[known] / self.weight[known, None].astype(np.float32)
        if centred:
            rf -= (self.density / self.n).astype(np.float32)
        return rf


def presentation_mean(
    windowed: xr.DataArray,
    images: PresentedImages,
    rows: NDArray[np.int64],
    on_progress: OnProgress | None = None,
) -> WeightedMean:
    """The sums over presentations with an image and with a response in any unit.

    Progress is in presentations.
    """
    values = windowed.to_numpy()
    valid = np.isfinite(values)
    rows = rows[valid[rows].any(axis=1)]
    shared = bool(valid[rows].all())
    n_units, n_cells = values.shape[1], int(np.prod(images.shape))
    check_size(n_units, n_cells, 2 if shared else 4)
    mean = WeightedMean(n_units, n_cells, shared)
    for some in in_blocks(len(rows), IMAGES_AT_ONCE, on_progress):
        block = rows[some]
        if len(block) == 0:
            continue
        flat = images.read(block)
        known = np.isfinite(flat).all(axis=1)
        block, flat = block[known], flat[known]
        rates = np.where(valid[block], values[block], 0).astype(np.float32)
        mean.add(rates, flat, valid[block])
    return mean
