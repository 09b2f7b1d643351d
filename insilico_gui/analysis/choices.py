"""Which analyses a trial table allows, and each by its name.

Window and command line offer what is listed here; a script may as well call the functions
behind it, which have more options.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from insilico_gui.analysis.contrast import contrast_columns
from insilico_gui.analysis.direction import direction_tuning, tuning_columns
from insilico_gui.analysis.dots import dot_masks
from insilico_gui.analysis.frequency import frequency_columns
from insilico_gui.analysis.parameters import parameter_map, parameter_tuning
from insilico_gui.analysis.receptive_fields import dot_receptive_fields
from insilico_gui.analysis.rf_table import receptive_field_fit, rf_columns
from insilico_gui.analysis.size import size_columns
from insilico_gui.analysis.speed import speed_columns
from insilico_gui.analysis.windows import trial_table
from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

    from insilico_gui.analysis.fitted_fields import ReceptiveFieldFit

    Columns = Callable[[xr.Dataset], pd.DataFrame]

TIMES = frozenset({"onset", "duration", "condition", "repeat", "trial", "x", "y"})
"""Columns of trial tables that a curve over them would not be a tuning."""

SPEED = ("spatial_frequency", "temporal_frequency")

COLUMNS: dict[str, Columns] = {
    "spatial_frequency": frequency_columns,
    "temporal_frequency": frequency_columns,
    "speed": frequency_columns,
    "contrast": contrast_columns,
    "size_deg": size_columns,
}
"""What to make of the tuning to a parameter; of others, the best level."""


def parameters(trials: pd.DataFrame) -> list[str]:
    """What a trial table varies: names for :func:`tune`.

    Direction first; then other columns of numbers with two levels or more; then, if both
    frequencies vary, the pair of them, written ``"a x b"``.
    """
    varied = [
        str(name)
        for name, column in trials.items()
        if name not in TIMES
        and column.dtype.kind in "fiu"
        and column.dropna().nunique() > 1
    ]
    varied.sort(key=lambda name: name != "direction")
    if set(SPEED) <= set(varied):
        varied.append(" x ".join(SPEED))
    return varied


def tune(
    responses: xr.DataArray,
    parameter: str,
    *,
    latency_s: float = 0.0,
    window_s: float | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Tuning to one of :func:`parameters`, and its columns for the unit table.

    With several other conditions, each unit's curve is that at its best combination.

    Raises
    ------
    AnalysisError
        If the trial table does not vary the parameter, or a fit is not possible.
    """
    table = trial_table(responses)
    known = parameters(table)
    if parameter not in known:
        raise AnalysisError(
            f"The trials do not vary {parameter!r}; they vary "
            f"{', '.join(known) or 'nothing that units could be tuned to'}."
        )
    window: dict[str, Any] = {"latency_s": latency_s, "window_s": window_s}
    if parameter == "direction":
        tuning = direction_tuning(responses, other="best", **window)
        return tuning, tuning_columns(tuning)
    if " x " in parameter:
        tuning = parameter_map(responses, SPEED, other="best", **window)
        make: Columns = speed_columns
    else:
        tuning = parameter_tuning(responses, parameter, other="best", **window)
        make = COLUMNS.get(parameter, _best_level)
    try:
        return tuning, make(tuning)
    except AnalysisError as error:
        # Too few levels for a fit are still enough for the curve and its best level.
        columns = _best_level(tuning)
        columns.attrs["absent"] = {"fit": str(error)}
        return tuning, columns


def _best_level(tuning: xr.Dataset) -> pd.DataFrame:
    names = [str(name) for name in tuning if str(name).startswith("best_level")]
    pairs = {
        name: str(tuning.attrs["analysis"]["parameters"][0])
        if name == "best_level"
        else name.removeprefix("best_level_")
        for name in names
    }
    columns = pd.DataFrame(
        {f"pref_{label}_raw": tuning[name].to_numpy() for name, label in pairs.items()}
    )
    columns.attrs = dict(tuning.attrs["analysis"])
    return columns


def has_dots(trials: pd.DataFrame) -> bool:
    """Whether trials are flashed dots, from which receptive fields can be mapped."""
    names = set(trials.columns)
    return "polarity" in names and (
        {"x", "y"} <= names or {"azimuth_deg", "elevation_deg"} <= names
    )


def dot_sigma(responses: xr.DataArray) -> float:
    """Standard deviation in degrees of the dots that responses are to.

    Raises
    ------
    AnalysisError
        If the responses do not say it.
    """
    about: Any = responses.attrs.get("stimulus_attrs", {})
    while isinstance(about, dict):
        sigma = about.get("spec", {}).get("sigma_deg")
        if sigma is not None:
            return float(sigma)
        about = about.get("source")
    raise AnalysisError(
        "The responses do not say how wide the dots were; give sigma_deg to "
        "map_receptive_fields."
    )


def map_receptive_fields(
    responses: xr.DataArray,
    *,
    sigma_deg: float,
    latency_s: float = 0.0,
    window_s: float | None = None,
    on_progress: Callable[[int, int], object] | None = None,
) -> tuple[xr.Dataset, ReceptiveFieldFit, pd.DataFrame]:
    """Receptive fields from flashed dots: maps, Gaussians and columns.

    Parameters
    ----------
    responses : xarray.DataArray
        Responses to dots; see :func:`has_dots`.
    sigma_deg : float
        Standard deviation of the dots in degrees.
    latency_s, window_s
        See :func:`insilico_gui.analysis.trial_responses`.
    on_progress : callable(done, total), optional
        Of the fit; raise from it to stop.

    Raises
    ------
    AnalysisError
        If the trials are no dots.
    """
    table = trial_table(responses)
    if not has_dots(table):
        raise AnalysisError(
            "The trials are no flashed dots (they have no position and polarity); show "
            "dots to map receptive fields."
        )
    masks = dot_masks(table, sigma_deg=sigma_deg)
    fields = dot_receptive_fields(
        responses, masks, latency_s=latency_s, window_s=window_s
    )
    fit = receptive_field_fit(fields, on_progress=on_progress)
    return fields, fit, rf_columns(fields, fit)
