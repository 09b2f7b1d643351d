"""Choosing the units of responses that are analysed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_gui.errors import AnalysisError
from insilico_gui.responses import mask_positions

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike


def take_units(responses: xr.DataArray, units: ArrayLike) -> xr.DataArray:
    """The responses of some units, in the order of the responses.

    Parameters
    ----------
    responses : xarray.DataArray
        With the dim ``unit``.
    units : bool or 0/1 array [U]
        A mask with one entry per unit. Other whole numbers could be ids or positions:
        ``responses.sel(unit_id=...)`` and ``responses.isel(unit=...)`` say which.

    Returns
    -------
    xarray.DataArray
        The same dims, with as many units as are chosen.

    Raises
    ------
    AnalysisError
        If it is no mask, or chooses no unit.
    """
    n_units = responses.sizes["unit"]
    chosen = mask_positions(units, n_units)
    if chosen is None:
        raise AnalysisError(
            f"units must be a mask with 0 or 1 for each of the {n_units} units; choose "
            "by id with responses.sel(unit_id=[...]), or by position with "
            "responses.isel(unit=[...])."
        )
    if len(chosen) == 0:
        raise AnalysisError("The mask chooses no unit; choose at least one.")
    return responses.isel(unit=chosen)
