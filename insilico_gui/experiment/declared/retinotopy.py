"""``retinotopy``: the visual field on the cortical sheet."""

from __future__ import annotations

from typing import Annotated, Any

from insilico_gui.analysis.cortex.cortical_maps import KNOWN, MEASURED, sheet_maps
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.fields import (
    Method,
    MethodLatency,
    MethodWindow,
    mapped_fields,
    maps_fields,
)
from insilico_gui.experiment.declared.shared import Part
from insilico_gui.progress import OnProgress
from insilico_gui.stimuli import Display


@register("retinotopy", view="cortex", alone=lambda given: bool(given.get("known")))
def retinotopy(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    known: Annotated[
        bool, About("Use the session's rf_x and rf_y instead of mapped fields.")
    ] = False,
    min_r2: Annotated[
        float, About("Fields whose fit explains less are left out.")
    ] = 0.1,
    sigma_um: Annotated[float, About("Width of the smoothing.", "um")] = 60.0,
    method: Method = None,
    latency_s: MethodLatency = None,
    window_s: MethodWindow = None,
    part: Part = None,
) -> Result:
    """Azimuth, elevation and visual field sign over the cortex."""
    units = data.units
    source = KNOWN
    if not known:
        reason = maps_fields(data)
        if reason:
            raise AnalysisError(f"retinotopy does not apply: {reason}.")
        columns = _mapped_columns(data, method, latency_s, window_s, part, on_progress)
        for name in ("rf_azimuth_deg", "rf_elevation_deg", "rf_r2"):
            units[name] = columns[name].to_numpy()
        source = MEASURED
    dataset, found = sheet_maps(
        units,
        source,
        Display(),
        min_r2=min_r2,
        sigma_um=sigma_um,
        on_progress=on_progress,
    )
    return Result(dataset, found, data.rows)


def _mapped_columns(
    data: RunData,
    method: str | None,
    latency_s: float | None,
    window_s: float | None,
    part: str | None,
    on_progress: OnProgress | None,
) -> Any:
    """Columns of receptive fields; those that have been mapped are not mapped again."""
    given = {
        "method": method,
        "latency_s": latency_s,
        "window_s": window_s,
        "part": part,
    }
    mapped = data.known("receptive fields", given)
    if mapped is not None and mapped.columns is not None:
        return mapped.columns
    return mapped_fields(data, method, latency_s, window_s, part, on_progress)[2]
