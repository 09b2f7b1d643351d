"""``retinotopy``: the visual field on the cortical sheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import pandas as pd

from insilico_gui.analysis.cortex.cortical_maps import (
    KNOWN,
    MEASURED,
    MIN_R2,
    sheet_maps,
)
from insilico_gui.analysis.trials.blocks import are_to_images
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.fields import (
    Method,
    MethodLatency,
    MethodWindow,
    check_fields,
    mapped_fields,
    maps_fields,
)
from insilico_gui.experiment.declared.shared import Part, is_of_video
from insilico_gui.progress import OnProgress
from insilico_gui.session import is_video_session
from insilico_gui.stimuli import Display
from insilico_gui.units.frame import MEASURED_AGAIN

CENTRES = ("rf_azimuth_deg", "rf_elevation_deg")


def _has_places(data: RunData) -> str:
    if reason := is_of_video(data):
        return reason
    units = data.units if data.session is None else data.session.units
    lacking = [name for name in ("x", "y") if name not in units]
    if lacking:
        return (
            f"the unit table of {data.name} has no column {lacking[0]!r}, so where its "
            "units lie on the cortex is not known; take units with x and y"
        )
    return ""


def _check(
    silent: RunData,
    *,
    known: bool = False,
    min_r2: float = MIN_R2,
    sigma_um: float = 0.0,
    **mapping: Any,
) -> None:
    """Raise what mapping will raise, and map nothing."""
    if not known:
        _refuse_unmapped(silent)
        check_fields(silent, **mapping)


@register(
    "retinotopy",
    view="cortex",
    alone=lambda given: bool(given.get("known")),
    fits=_has_places,
    rehearse=_check,
    shows="gaussian dots",
    sees_frames=True,
)
def retinotopy(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    known: Annotated[
        bool, About("Use the session's rf_x and rf_y instead of mapped fields.")
    ] = False,
    min_r2: Annotated[
        float, About("Fields whose fit explains less are left out.")
    ] = MIN_R2,
    sigma_um: Annotated[float, About("Width of the smoothing.", "um")] = 60.0,
    method: Method = None,
    latency_s: MethodLatency = None,
    window_s: MethodWindow = None,
    part: Part = None,
) -> Result:
    """Azimuth, elevation and visual field sign over the cortex.

    The dataset also has the centres of the fields that the maps were made of, by unit;
    ``attrs["centres"]`` says where they are from.
    """
    units = data.units
    if known:
        centres = _known_centres(units, data)
    else:
        _refuse_unmapped(data)
        given = {
            "method": method,
            "latency_s": latency_s,
            "window_s": window_s,
            "part": part,
        }
        mapped = _mapped_columns(data, given, on_progress)
        centres = mapped[[*CENTRES, "rf_r2"]]
        centres.attrs = dict(mapped.attrs)
        for name in map(str, centres):
            # In place of those of an earlier analysis, which the table may have
            units = units.drop(columns=f"{name}{MEASURED_AGAIN}", errors="ignore")
            units[name] = centres[name].to_numpy()
    dataset, columns = sheet_maps(
        units,
        KNOWN if known else MEASURED,
        Display(),
        min_r2=min_r2,
        sigma_um=sigma_um,
        on_progress=on_progress,
    )
    dataset = dataset.assign(
        {str(name): ("unit", column.to_numpy()) for name, column in centres.items()}
    )
    dataset.attrs["centres"] = dict(centres.attrs)
    return Result(dataset, columns, data.rows)


def _mapped_columns(
    data: RunData, given: Mapping[str, Any], on_progress: OnProgress | None
) -> pd.DataFrame:
    """Columns of receptive fields; those that have been mapped are not mapped again."""
    mapped = data.known("receptive fields", given)
    if mapped is not None and mapped.columns is not None:
        return mapped.columns
    return mapped_fields(data, **given, on_progress=on_progress)[2]


def _refuse_unmapped(data: RunData) -> None:
    reason = maps_fields(data)
    if reason:
        raise AnalysisError(f"retinotopy does not apply: {reason}.")


def _known_centres(units: pd.DataFrame, data: RunData) -> pd.DataFrame:
    """Centres of the fields that came with the session, a row per unit."""
    name, session = data.name, data.session
    is_of_images = data.run is not None and are_to_images(data.responses)
    if is_of_images or (session is not None and not is_video_session(session)):
        raise AnalysisError(
            f"Known fields are taken to be on the screen of a session driven by video, "
            f"and {name} is none; map the sheet from responses to a video."
        )
    if not {"rf_x", "rf_y"} <= set(units.columns):
        raise AnalysisError(
            f"The unit table of {name} has no rf_x and rf_y; map receptive fields "
            "instead."
        )
    display = Display()
    degrees = display.to_degrees(
        units["rf_x"].to_numpy(float), units["rf_y"].to_numpy(float)
    )
    centres = pd.DataFrame(dict(zip(CENTRES, degrees, strict=True)))
    centres.attrs = {
        "variant": "rf_x, rf_y of the session",
        "angles": "spherical",
        "display": display.to_dict(),
    }
    return centres
