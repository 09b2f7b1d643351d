"""The dataset that every kind of receptive-field mapping returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xarray as xr

from insilico_gui.responses import with_unit_index

if TYPE_CHECKING:
    from insilico_gui.analysis.fields.screen_grid import ScreenGrid


def map_dataset(
    arrays: dict[str, Any],
    responses: xr.DataArray,
    grid: ScreenGrid,
    analysis: dict[str, Any],
    coordinates: dict[str, Any] | None = None,
) -> xr.Dataset:
    """Maps with the unit table of the responses and what they were computed with."""
    coords = {**grid.coordinates(), **(coordinates or {})}
    labels = {
        name: coord.variable
        for name, coord in responses.coords.items()
        if coord.dims == ("unit",) and name not in arrays and name not in coords
    }
    provenance = {
        k: v for k, v in responses.attrs.items() if k not in ("trials", "windows")
    }
    maps = xr.Dataset(
        arrays,
        {**coords, **labels},
        {
            **provenance,
            "analysis": {**analysis, "display": grid.display.to_dict()},
        },
    )
    return with_unit_index(maps)
