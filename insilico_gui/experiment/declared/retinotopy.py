"""``retinotopy``: the visual field on the cortical sheet."""

from __future__ import annotations

from typing import Annotated

from insilico_gui.analysis.cortex.cortical_maps import KNOWN, MEASURED, sheet_maps
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.fields import (
    MethodLatency,
    MethodWindow,
    mapped_fields,
    maps_fields,
)
from insilico_gui.experiment.declared.shared import Part
from insilico_gui.progress import OnProgress
from insilico_gui.responses import unit_table
from insilico_gui.stimuli import Display


@register("retinotopy", view="cortex")
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
    method: Annotated[
        str | None, About("Method of the mapping; default the best one.")
    ] = None,
    latency_s: MethodLatency = None,
    window_s: MethodWindow = None,
    part: Part = None,
) -> Result:
    """Azimuth, elevation and visual field sign over the cortex."""
    units = unit_table(data.responses)
    source = KNOWN
    if not known:
        reason = maps_fields(data)
        if reason:
            raise AnalysisError(f"retinotopy does not apply: {reason}.")
        *_, columns = mapped_fields(
            data, method, latency_s, window_s, part, on_progress
        )
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
