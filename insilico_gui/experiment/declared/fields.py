"""``receptive fields``: maps from dots, noise and movies."""

from __future__ import annotations

from typing import Annotated, Any

import pandas as pd
import xarray as xr

from insilico_gui.analysis.fields.registry import (
    check_mapping,
    map_fields,
    mapping_methods,
)
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.shared import (
    Part,
    is_of_video,
    part_of,
    shown_frames,
)
from insilico_gui.progress import OnProgress
from insilico_gui.stimuli import Stimulus

Method = Annotated[
    str | None,
    About(
        "Method of the mapping; default the best one.",
        offers=lambda data: mapping_methods(data.responses, _frames(data)),
    ),
]
MethodLatency = Annotated[
    float | None, About("Delay of the response window; default by method.", "s")
]
MethodWindow = Annotated[
    float | None, About("Length of the response window; default by method.", "s")
]


SHOW = "show Gaussian dots, sparse noise, or a movie of 10 s or longer"


def maps_fields(data: RunData) -> str:
    """Why fields cannot be mapped from a run; empty if they can."""
    if reason := is_of_video(data):
        return reason
    methods = mapping_methods(data.responses, _frames(data))
    return "" if methods else f"these responses cannot be mapped; {SHOW}"


def _frames(data: RunData) -> Stimulus | None:
    stimulus = data.stimulus if isinstance(data.stimulus, Stimulus) else None
    return shown_frames(data.responses, stimulus)


def check_fields(
    silent: RunData,
    *,
    method: str | None = None,
    latency_s: float | None = None,
    window_s: float | None = None,
    part: str | None = None,
    n_permutations: int = 0,
    seed: int = 0,
) -> None:
    """Raise what mapping will raise, and map nothing."""
    responses, frames = part_of(silent, part), _frames(silent)
    check_mapping(
        responses,
        frames,
        method or _best_method(responses, frames),
        latency_s=latency_s,
        window_s=window_s,
        n_permutations=n_permutations,
    )


def _best_method(responses: xr.DataArray, frames: Stimulus | None) -> str:
    methods = mapping_methods(responses, frames)
    if not methods:
        raise AnalysisError(
            f"No receptive fields can be mapped from these responses; {SHOW}."
        )
    return methods[0]


@register(
    "receptive fields",
    view="fields",
    fits=maps_fields,
    rehearse=check_fields,
    shows="gaussian dots",
    sees_frames=True,
)
def receptive_fields(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    method: Method = None,
    latency_s: MethodLatency = None,
    window_s: MethodWindow = None,
    part: Part = None,
    n_permutations: Annotated[
        int, About("Shuffles of a significance test of fields mapped by dots.")
    ] = 0,
    seed: Annotated[int, About("Seed of the shuffles.")] = 0,
) -> Result:
    """Receptive-field maps, and centre and size of a Gaussian fitted to each."""
    dataset, fit, columns = mapped_fields(
        data,
        method,
        latency_s,
        window_s,
        part,
        on_progress,
        n_permutations=n_permutations,
        seed=seed,
    )
    return Result(dataset, columns, data.rows, fit)


def mapped_fields(
    data: RunData,
    method: str | None,
    latency_s: float | None,
    window_s: float | None,
    part: str | None,
    on_progress: OnProgress | None,
    *,
    n_permutations: int = 0,
    seed: int = 0,
) -> tuple[xr.Dataset, Any, pd.DataFrame]:
    """Maps, fitted Gaussians, and columns of a row per unit."""
    responses = part_of(data, part)
    frames = _frames(data)
    return map_fields(
        responses,
        frames,
        method or _best_method(responses, frames),
        latency_s=latency_s,
        window_s=window_s,
        n_permutations=n_permutations,
        seed=seed,
        on_progress=on_progress,
    )
