"""The model of one unit's tuning as a smooth curve, to be drawn over its means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.fits.vonmises import VonMisesFit
from insilico_gui.analysis.tuning.contrast import NakaRushtonFit, fit_naka_rushton
from insilico_gui.analysis.tuning.frequency import LogGaussianFit, fit_log_gaussian
from insilico_gui.analysis.tuning.size import SizeFit, fit_size
from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Fit = LogGaussianFit | NakaRushtonFit | SizeFit

VON_MISES = ("mu", "kappa", "phi", "amplitude", "baseline", "mse", "success")

MODELS: dict[str, Callable[[Floats, Floats], Fit]] = {
    "spatial_frequency": fit_log_gaussian,
    "temporal_frequency": fit_log_gaussian,
    "speed": fit_log_gaussian,
    "contrast": fit_naka_rushton,
    "size_deg": fit_size,
}
"""The fits behind the columns of the unit table, by parameter."""

N_POINTS = 121


def fitted_curve(
    tuning: xr.Dataset, parameter: str, column: int
) -> tuple[Floats, Floats] | None:
    """The curve fitted to one unit, between the lowest and the highest level.

    Parameters
    ----------
    tuning : xarray.Dataset
        From :func:`insilico_gui.analysis.tuning.registry.tune`.
    parameter : str
    column : int
        Position of the unit in ``unit``.

    Returns
    -------
    (levels, values) : float64 arrays, [n]
        Directions are all around the circle; frequencies are evenly spaced in octaves.
        None where there is no fit: it failed, or the parameter has no model.
    """
    unit = tuning.isel(unit=[column])
    if parameter == "direction":
        if not all(name in unit for name in VON_MISES) or not unit["success"].item():
            return None
        around = np.arange(0.0, 361.0, 3.0)
        fit = VonMisesFit(**{name: unit[name].to_numpy() for name in VON_MISES})
        return around, fit.curve(around)[:, 0]
    if parameter not in MODELS:
        return None
    levels = unit[parameter].to_numpy().astype(float)
    try:
        found = MODELS[parameter](unit["curve"].to_numpy().astype(float), levels)
    except AnalysisError:  # too few levels
        return None
    if not found.success[0]:
        return None
    low, high = levels.min(), levels.max()
    if isinstance(found, LogGaussianFit):
        between = np.geomspace(low, high, N_POINTS)
    else:
        between = np.linspace(low, high, N_POINTS)
    return between, found.curve(between)[:, 0]
