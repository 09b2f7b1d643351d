"""The model of one unit's tuning as a smooth curve, to be drawn over its means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_gui.analysis.tuning.registry import model_of
from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def fitted_curve(
    tuning: xr.Dataset, parameter: str, column: int
) -> tuple[Floats, Floats] | None:
    """Levels and values [n] of the curve of the unit at a position of a tuning.

    From the lowest to the highest level; directions are all around the circle. None
    where there is no fit: it failed, or the parameter has no model.
    """
    model = model_of(parameter)
    if model is None:
        return None
    levels = tuning[parameter].to_numpy().astype(float)
    one = tuning.isel(unit=[column])
    curve = one["curve"].to_numpy().astype(float)
    try:
        found = model.fit(curve, levels, **model.more(one))
    except AnalysisError:  # too few levels
        return None
    if not found.success[0]:
        return None
    between = model.between(levels)
    return between, model.curve(found, between)[:, 0]
