"""What declarations share: parameters, when an analysis applies, parts and tables."""

from __future__ import annotations

from typing import Annotated, Any

import pandas as pd
import xarray as xr

from insilico_gui.analysis.trials.blocks import are_to_images
from insilico_gui.analysis.trials.sequence_parts import (
    part_name,
    sequence_parts,
    take_part,
    whole_specification,
)
from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.errors import StimulusError
from insilico_gui.experiment.analyses import About, RunData
from insilico_gui.stimuli import ConditionTable, Stimulus, convert, spec_from_dict
from insilico_gui.stimuli.core.conversion import STORED, checked_grey

Latency = Annotated[float, About("Delay of the response window after the onset.", "s")]
Window = Annotated[
    float | None,
    About(
        "Length of the response window; default the duration of the trial, for tunings "
        "to drifting gratings whole cycles.",
        "s",
    ),
]
BurnIn = Annotated[int, About("Frames at the beginning that are left out.", "frames")]
Part = Annotated[
    str | None,
    About(
        "Part of a sequence to analyse, by its name or number.",
        offers=lambda data: sequence_parts(data.responses),
    ),
]
Over = Annotated[
    str,
    About(
        "Column of the trial table whose levels are the conditions.",
        offers=lambda data: _columns(data),
    ),
]

OF_IMAGES = "the session answers single images, and it needs responses to a video"


def has_trials(data: RunData) -> str:
    """Why an analysis of trials does not apply to a run; empty if it does."""
    if are_to_images(data.responses):
        return OF_IMAGES
    if "trials" not in data.responses.attrs:
        return "the stimulus has no trial table; show a parametric stimulus"
    return ""


def has_conditions(data: RunData) -> str:
    """Why an analysis of trials or images does not apply; empty if it does."""
    return "" if are_to_images(data.responses) else has_trials(data)


def is_of_video(data: RunData) -> str:
    """Why an analysis of responses in time does not apply; empty if it does."""
    if isinstance(data.stimulus, ConditionTable):
        return "the session answers conditions, not a video"
    if data.responses.dims[-1] != "unit" or "time" not in data.responses.dims:
        return OF_IMAGES
    return ""


def _columns(data: RunData) -> list[str]:
    """Columns of the trial table."""
    if "trials" not in data.responses.attrs:
        return ["condition"]
    return [str(name) for name in trial_table(data.responses)]


def part_of(data: RunData, part: str | None) -> xr.DataArray:
    """Responses to a part of the sequence that was shown; None for all."""
    if part is None:
        return data.responses
    return take_part(data.responses, part_name(data.responses, part))


def dataset_of(columns: pd.DataFrame) -> xr.Dataset:
    """Columns of a result as a dataset with dimension ``unit``."""
    return xr.Dataset(
        {str(name): ("unit", column.to_numpy()) for name, column in columns.items()},
        attrs=dict(columns.attrs),
    )


def shown_frames(
    responses: xr.DataArray, stimulus: Stimulus | None = None
) -> Stimulus | None:
    """Reconstruct the frames to which responses were computed; None if they are unknown.

    `stimulus` has its own size and rate; without it, a parametric stimulus is rendered
    from the specification in the provenance.
    """
    about: Any = responses.attrs.get("stimulus_attrs")
    about = about if isinstance(about, dict) else {}
    spec = whole_specification(responses)
    if stimulus is None and spec:
        stimulus = spec_from_dict(spec).stimulus()
    if stimulus is None:
        return None
    frames = stimulus
    if about.get("kind") == "conversion":
        height, width = about["frame_shape"]
        rate = float(about["frame_rate"])
        grey = checked_grey(about.get("grey", STORED))
        shape = (int(height), int(width))
        frames = convert(stimulus, shape, rate, about["fit"], grey=grey)
    if frames.n_frames != responses.sizes["time"]:
        raise StimulusError(
            f"{stimulus.name} has {frames.n_frames} frames at the session's rate and "
            f"the responses have {responses.sizes['time']}; name the stimulus that they "
            "are to."
        )
    return frames
