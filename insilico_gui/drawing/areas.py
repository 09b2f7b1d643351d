"""Outlines of areas around the units that lie in them, seen from above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

GRID, SMOOTHING, MARGIN = 96, 2.5, 8
"""Cells of the longer side, width of the kernel in cells, and cells around all."""

LEAST_DENSITY = 0.15
"""Of the density at a typical unit: where there is less, an area ends."""

COHERENT = 0.6
"""Part of the units that have to lie among those of their area: else there are none."""

FEWEST_UNITS, MOST_AREAS = 60, 30
"""Fewer units, or more areas, are not outlined."""


@dataclass(frozen=True)
class AreaOutline:
    """Where an area is.

    Attributes
    ----------
    name : str
    lines : list of float64 array, [points, 2]
        Closed lines around its parts.
    middle : float64 array, [2]
        Of its units: the median.
    """

    name: str
    lines: list[Floats]
    middle: Floats


def area_outlines(places: Floats, areas: NDArray[np.object_]) -> list[AreaOutline]:
    """Outlines of areas that lie side by side; none where they lie mixed.

    An area reaches as far as its units are denser than those of any other area, in
    densities smoothed by a Gaussian.

    Parameters
    ----------
    places : float array, [U, 2]
        NaN where a place is not known.
    areas : array of str, [U]
        "" for no area.
    """
    known = np.isfinite(places).all(axis=1) & (areas != "")
    places, (codes, names) = places[known], pd.factorize(areas[known], sort=True)
    if len(places) < FEWEST_UNITS or not 2 <= len(names) <= MOST_AREAS:
        return []
    from scipy.ndimage import gaussian_filter  # slow: not at the start
    from skimage.measure import approximate_polygon, find_contours

    low = places.min(axis=0)
    cell = max(float(np.ptp(places, axis=0).max()) / GRID, 1e-9)
    at = ((places - low) / cell).astype(int) + MARGIN
    shape = tuple(at.max(axis=0) + MARGIN + 1)
    counts = np.zeros((len(names), *shape))
    np.add.at(counts, (codes, at[:, 0], at[:, 1]), 1.0)
    density = np.stack([gaussian_filter(one, SMOOTHING) for one in counts])
    here = density[:, at[:, 0], at[:, 1]]
    if _coherence(here, codes) < COHERENT:
        return []
    least = LEAST_DENSITY * float(np.median(here.max(axis=0)))
    found = []
    for k, name in enumerate(names):
        others = np.delete(density, k, axis=0).max(axis=0)
        inside = density[k] - np.maximum(others, least)
        lines = [approximate_polygon(line, 0.3) for line in find_contours(inside, 0.0)]
        lines = [low + cell * (line - MARGIN + 0.5) for line in lines if len(line) > 4]
        middle = np.median(places[codes == k], axis=0)
        if lines:
            found.append(AreaOutline(str(name), lines, middle))
    return found


def _coherence(here: Floats, codes: NDArray[np.int64]) -> float:
    """Part of the units, by area, among whose neighbours their own area prevails.

    `here` are the densities of all areas at each unit, [n, U]; the unit itself counts for
    none, nor do areas count for more that have more units.
    """
    others = here.copy()
    others[codes, np.arange(len(codes))] -= 1 / (2 * np.pi * SMOOTHING**2)
    is_right = others.argmax(axis=0) == codes
    return float(np.mean([is_right[codes == k].mean() for k in np.unique(codes)]))
