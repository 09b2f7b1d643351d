"""Receptive fields from responses to flashed dots: maps, Gaussians and columns at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_gui.analysis.fields.dots import dot_masks
from insilico_gui.analysis.fields.receptive_fields import dot_receptive_fields
from insilico_gui.analysis.fields.rf_table import receptive_field_fit, rf_columns
from insilico_gui.analysis.trials.sequence_parts import specification
from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import parts
from insilico_gui.responses import BURN_IN_FRAMES
from insilico_gui.stimuli.core.display import Angles, check_angles

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from insilico_gui.analysis.fields.fitted_fields import ReceptiveFieldFit
    from insilico_gui.progress import OnProgress


def has_dots(trials: pd.DataFrame) -> bool:
    """Whether trials are dots in several places: receptive fields can be mapped."""
    if "polarity" not in trials:
        return False
    for place in (["x", "y"], ["azimuth_deg", "elevation_deg"]):
        if set(place) <= set(trials.columns):
            return len(trials[place].drop_duplicates()) > 1
    return False


def dot_sigma(responses: xr.DataArray) -> float:
    """Standard deviation in degrees of the dots that responses are to, or an error."""
    sigma = specification(responses).get("sigma_deg")
    if sigma is not None:
        return float(sigma)
    raise AnalysisError(
        "The responses do not say how wide the dots were; give sigma_deg to "
        "map_receptive_fields."
    )


def dot_angles(responses: xr.DataArray) -> Angles:
    """Which degrees the dots that responses are to are in; flat if it is not said."""
    return check_angles(specification(responses).get("angles", "flat"))


def map_receptive_fields(
    responses: xr.DataArray,
    *,
    sigma_deg: float,
    angles: Angles = "flat",
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    n_permutations: int = 0,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> tuple[xr.Dataset, ReceptiveFieldFit, pd.DataFrame]:
    """Maps, Gaussians (in pixels) and columns of the unit table from flashed dots.

    `sigma_deg` is the standard deviation of the dots, in degrees as `angles` says; the
    window is that of :func:`insilico_gui.analysis.trial_responses`. An error if the
    trials are no dots.
    """
    table = trial_table(responses)
    if not has_dots(table):
        raise AnalysisError(
            "The trials are no flashed dots (they have no position and polarity); show "
            "dots to map receptive fields."
        )
    masks = dot_masks(table, sigma_deg=sigma_deg, angles=angles)
    mapping, fitting = parts(on_progress, 2)
    fields = dot_receptive_fields(
        responses,
        masks,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        angles=angles,
        n_permutations=n_permutations,
        seed=seed,
        on_progress=mapping,
    )
    fit = receptive_field_fit(fields, on_progress=fitting)
    return fields, fit, rf_columns(fields, fit)
