"""An order of units for rasters, in which units that respond together are neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEWEST = 200  # units that Rastermap's clusters need
_SMOOTH = 5  # frames


class Order(NamedTuple):
    """Rows of units from top to bottom, and by what they were sorted."""

    rows: NDArray[np.int64]
    by: str


def z_scored(traces: NDArray[np.floating]) -> NDArray[np.float32]:
    """Traces [U, K] with mean 0 and standard deviation 1 each; 0 where flat or missing."""
    values = np.nan_to_num(np.asarray(traces, np.float32))
    values = values - values.mean(axis=1, keepdims=True)
    spread = values.std(axis=1, keepdims=True)
    scored: NDArray[np.float32] = np.zeros_like(values)
    np.divide(values, spread, out=scored, where=spread > 1e-6)
    return scored


def sorted_units(traces: NDArray[np.floating]) -> Order:
    """Sort units by their recorded traces [U, K]: with Rastermap if it is installed.

    Without it, or for few units, by the time of the highest response (smoothed).
    """
    scored = z_scored(traces)
    if len(scored) >= _FEWEST:
        try:
            from rastermap import Rastermap
        except ImportError:
            pass
        else:
            return Order(_by_rastermap(Rastermap, scored), "Rastermap")
    kernel = np.ones(_SMOOTH) / _SMOOTH
    smooth = np.apply_along_axis(np.convolve, 1, scored, kernel, mode="same")
    return Order(np.argsort(smooth.argmax(axis=1), kind="stable"), "time of the peak")


def _by_rastermap(kind: type, scored: NDArray[np.float32]) -> NDArray[np.int64]:
    n_parts = min(200, *scored.shape) - 1
    model = kind(n_PCs=n_parts, n_clusters=min(100, len(scored) // 4), verbose=False)
    return np.asarray(model.fit(scored).isort, np.int64)
