"""``comparison``: two runs of an experiment, unit by unit."""

from __future__ import annotations

from typing import Annotated

from insilico_gui.analysis import compare
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.shared import BurnIn, dataset_of
from insilico_gui.progress import OnProgress
from insilico_gui.responses import BURN_IN_FRAMES


@register("comparison")
def comparison(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    other_session: Annotated[str, About("Session of the run to compare with.")],
    other_stimulus: Annotated[str, About("Stimulus of the run to compare with.")],
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
) -> Result:
    """Mean responses of two runs, their difference, and their correlation."""
    columns = compare(
        data.responses,
        data.other(other_session, other_stimulus),
        burn_in_frames,
        on_progress=on_progress,
    )
    return Result(dataset_of(columns), columns, data.rows)
