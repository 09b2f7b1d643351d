"""Choosing the units of responses that are analysed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike


def take_units(responses: xr.DataArray, units: ArrayLike) -> xr.DataArray:
    """The responses of some units, in the order asked for.

    Parameters
    ----------
    responses : xarray.DataArray
        With the dim ``unit``.
    units : int array or bool array
        Positions, or a mask with one entry per unit.

    Returns
    -------
    xarray.DataArray
        The same dims, with as many units as are chosen.

    Raises
    ------
    AnalysisError
        If no unit is chosen, or one that does not exist.
    """
    chosen, n_units = np.asarray(units), responses.sizes["unit"]
    if chosen.dtype == bool and chosen.shape == (n_units,):
        chosen = np.flatnonzero(chosen)
    if chosen.ndim != 1 or len(chosen) == 0 or chosen.dtype.kind not in "iu":
        raise AnalysisError(
            "units must be a list of unit positions, or a bool for each of the "
            f"{n_units} units, that chooses at least one."
        )
    if chosen.min() < 0 or chosen.max() >= n_units:
        raise AnalysisError(
            f"The responses have units 0 to {n_units - 1}; units names "
            f"{chosen.min()} to {chosen.max()}."
        )
    return responses.isel(unit=chosen)
