"""How concentrated a receptive field is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.fits.flatness import rectified
from insilico_gui.errors import AnalysisError

UNITS_AT_ONCE = 1024


def ssi(maps: ArrayLike) -> NDArray[np.float64]:
    """Spatial selectivity ``-log det C``, larger for smaller fields.

    C is the covariance of places, weighted by the map after it is scaled to sum 1, with
    coordinates in units of the map's longer side (``foundation/tuning/compute/
    spatial.py``, SSI). The response to nothing counts as part of the field, so a unit
    with a high baseline has a low SSI.

    Parameters
    ----------
    maps : array, [..., h, w]
        Cells must be square. Cells that are NaN weigh nothing. Negative values, which
        only recorded data and response-triggered averages have, count as 0.

    Returns
    -------
    float64 array, [...]
        NaN where a map has no positive value, or only on one line.

    Raises
    ------
    AnalysisError
        If the maps are not two-dimensional.
    """
    values = np.asarray(maps)
    if values.ndim < 2:
        raise AnalysisError("The spatial selectivity needs maps [h, w].")
    h, w = values.shape[-2:]
    size = max(h, w)
    flat = values.reshape(-1, h * w)
    y, x = (axis.ravel() / size for axis in np.indices((h, w)))
    monomials = np.stack([np.ones(h * w), x, y, x * x, x * y, y * y], axis=1)
    selectivity = np.full(len(flat), np.nan)
    for start in range(0, len(flat), UNITS_AT_ONCE):
        part = flat[start : start + UNITS_AT_ONCE]
        known = np.nan_to_num(part.astype(np.float64), nan=0.0)
        weights = rectified(known, axis=1)
        moments = weights @ monomials
        with np.errstate(invalid="ignore", divide="ignore"):
            _, mx, my, mxx, mxy, myy = (moments / moments[:, :1]).T
            xx, xy, yy = mxx - mx**2, mxy - mx * my, myy - my**2
            determinant = xx * yy - xy**2
            # what rounding leaves of a field on one line is not its size
            sized = determinant > 1e-12 * (xx + yy) ** 2
            found = -np.log(np.where(sized, determinant, np.nan))
        selectivity[start : start + UNITS_AT_ONCE] = found
    return selectivity.reshape(values.shape[:-2])
