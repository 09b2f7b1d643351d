"""``reliability``: agreement with recorded responses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from insilico_gui.analysis import reliability_columns
from insilico_gui.analysis.agreement.recordings import (
    prediction,
    read_recording,
    recorded_from,
)
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.shared import BurnIn, dataset_of, is_of_video
from insilico_gui.progress import OnProgress
from insilico_gui.responses import BURN_IN_FRAMES, unit_table


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
    name = data.session.id
    recorded = read_recording(Path(recording))
    columns = reliability_columns(
        [prediction(data.responses, name)],
        [recorded_from(recorded, data.responses, name)],
        burn_in_frames,
        units=unit_table(data.responses),
        on_progress=on_progress,
    )
    return Result(dataset_of(columns), columns, data.rows)
