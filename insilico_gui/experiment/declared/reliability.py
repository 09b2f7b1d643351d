"""``reliability``: agreement with recorded responses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis import reliability_columns
from insilico_gui.analysis.agreement.recordings import (
    prediction,
    read_recording,
    recorded_from,
)
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.shared import BurnIn, dataset_of, is_of_video
from insilico_gui.progress import OnProgress
from insilico_gui.responses import BURN_IN_FRAMES, unit_table
from insilico_gui.units.identity import match_units


class Video(NamedTuple):
    """Predicted responses, what messages call them, and the file of recorded ones."""

    responses: xr.DataArray
    name: str
    recording: Path


@register("reliability", fits=is_of_video)
def reliability(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    recording: Annotated[
        str,
        About("File of recorded responses, repeats x frames x units.", names="file"),
    ],
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
) -> Result:
    """CC_abs, CC_max and CC_norm of the prediction against a recording."""
    video = Video(data.responses, data.name, Path(recording))
    columns = agreement(
        [video], unit_table(data.responses), burn_in_frames, on_progress
    )
    return Result(dataset_of(columns), columns, data.rows)


def agreement(
    videos: Sequence[Video],
    units: pd.DataFrame,
    burn_in_frames: int = BURN_IN_FRAMES,
    on_progress: OnProgress | None = None,
) -> pd.DataFrame:
    """CC_abs, CC_max and CC_norm over one or several videos, a row per unit.

    Parameters
    ----------
    videos : sequence of Video
    units : pandas.DataFrame
        The units to measure, of those of the first video.

    Raises
    ------
    AnalysisError
        If frames or units do not match.
    """
    models, data = [], []
    for video in videos:
        rows = _rows(video, units, videos[0].responses.attrs.get("session"))
        recording = read_recording(video.recording)
        recorded = recorded_from(recording, video.responses, video.name)
        models.append(prediction(video.responses, video.name)[:, :, rows])
        data.append(recorded[:, :, rows])
    return reliability_columns(
        models, data, burn_in_frames, units=units, on_progress=on_progress
    )


def _rows(video: Video, units: pd.DataFrame, session: object) -> NDArray[np.int64]:
    """Columns of units in the responses to a video of the same session, int64 [U]."""
    rows = match_units(
        units,
        unit_table(video.responses),
        ("the first file", video.name),
        (session, video.responses.attrs.get("session")),
    ).rows
    if (rows < 0).any():
        raise AnalysisError(
            f"{video.name} lacks {int((rows < 0).sum())} of the {len(units)} units of "
            "the first file; encode the same units for every video."
        )
    return rows
