"""What results keep of the responses that they are of, and the length of a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from insilico_gui.errors import AnalysisError
from insilico_gui.responses import with_unit_index

if TYPE_CHECKING:
    from collections.abc import Mapping


def result_dataset(
    responses: xr.DataArray,
    arrays: Mapping[str, Any],
    coordinates: Mapping[str, Any],
    analysis: Mapping[str, Any],
) -> xr.Dataset:
    """Arrays with the unit table and attributes of the responses they were made of.

    Columns of the unit table whose names are taken by arrays or coordinates are left
    out. `analysis` holds the parameters, and becomes ``attrs["analysis"]``.
    """
    taken = {*arrays, *coordinates}
    units = {
        str(name): coord.variable
        for name, coord in responses.coords.items()
        if coord.dims == ("unit",) and name not in taken
    }
    kept = {k: v for k, v in responses.attrs.items() if k not in ("trials", "windows")}
    return with_unit_index(
        xr.Dataset(
            dict(arrays),
            {**coordinates, **units},
            {**kept, "analysis": dict(analysis)},
        )
    )


def frame_interval(responses: xr.DataArray) -> float:
    """Seconds from frame to frame.

    Raises
    ------
    AnalysisError
        If there is one frame, and no frame rate is known.
    """
    rate = responses.attrs.get("frame_rate")
    if rate is not None:
        return 1 / float(rate)
    time = responses["time"].to_numpy()
    if len(time) < 2:
        raise AnalysisError(
            "The responses have one frame and no frame_rate in their attrs; add it."
        )
    return float(np.median(np.diff(time)))
