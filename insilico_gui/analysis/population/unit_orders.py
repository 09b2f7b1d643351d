"""Orders of units, in which a raster shows what they have in common."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating]

ITERATIONS, BASIS, SETTLED = 100, 8, 1e-7
"""Of the subspace iteration: at most so many, with so many vectors, to this change."""

FEWEST_SORTED = 200
"""Units that Rastermap's clusters need."""


def first_component(scored: Floats) -> NDArray[np.float64]:
    """Weight of each unit in the first principal component over time, [U].

    Parameters
    ----------
    scored : float array, [U, T]
        Values over time with mean 0, such as z-scores.

    Returns
    -------
    float64 array, [U]
        The left singular vector of the largest singular value; its largest weight is
        positive. Found by subspace iteration (Halko, Martinsson and Tropp 2011) from
        starts that are always the same.
    """
    n_units, n_times = scored.shape
    size = min(BASIS, n_units, n_times)
    if size == 0:
        return np.zeros(n_units)
    start = np.random.default_rng(0).standard_normal((n_times, size))
    basis = np.linalg.qr(start)[0].astype(scored.dtype)
    weights = np.zeros(n_units)
    for _ in range(ITERATIONS):
        loads = scored @ basis
        left, _, turn = np.linalg.svd(loads, full_matrices=False)
        found = left[:, 0].astype(np.float64)
        found *= np.sign(found[np.abs(found).argmax()]) or 1.0
        change = np.abs(found - weights).max()
        weights = found
        if change < SETTLED:
            break
        basis = np.linalg.qr(scored.T @ (loads @ turn.T))[0]
    return weights


def has_rastermap() -> bool:
    """Whether the package rastermap is installed, with what it needs."""
    return all(find_spec(name) is not None for name in ("rastermap", "sklearn"))


def rastermap_places(scored: Floats) -> NDArray[np.int64]:
    """Place of each unit [U] in the order of Rastermap, of z-scores [U, T].

    Raises
    ------
    AnalysisError
        If the package is not installed, or there are too few units for it.
    """
    if not has_rastermap():
        raise AnalysisError(
            "Rastermap is not installed; install insilico-gui[raster], or choose "
            "another order."
        )
    if len(scored) < FEWEST_SORTED:
        raise AnalysisError(
            f"Rastermap sorts {FEWEST_SORTED} units or more, and here are "
            f"{len(scored)}; choose another order."
        )
    from rastermap import Rastermap

    n_parts = min(200, *scored.shape) - 1
    n_clusters = min(100, len(scored) // 4)
    model = Rastermap(n_PCs=n_parts, n_clusters=n_clusters, verbose=False)
    order = np.asarray(model.fit(np.asarray(scored, np.float32)).isort, np.int64)
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return places
