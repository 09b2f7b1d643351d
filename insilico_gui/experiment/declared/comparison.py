"""``comparison``: two runs of an experiment, unit by unit."""

from __future__ import annotations

from typing import Annotated

from insilico_gui.analysis import compare
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.shared import BurnIn, dataset_of
from insilico_gui.export import load_responses
from insilico_gui.progress import OnProgress
from insilico_gui.responses import BURN_IN_FRAMES


@register("comparison")
def comparison(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    other_session: Annotated[
        str | None, About("Session of the run to compare with.", names="session")
    ] = None,
    other_stimulus: Annotated[
        str | None, About("Stimulus of the run to compare with.", names="stimulus")
    ] = None,
    other_file: Annotated[
        str | None,
        About("File of responses to compare with, in place of a run.", names="file"),
    ] = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
) -> Result:
    """Mean responses of two runs, their difference, and their correlation."""
    run = (other_session, other_stimulus)
    if (other_file is None) == (None in run) or run.count(None) == 1:
        raise AnalysisError(
            "A comparison is with one other run, by its session and stimulus, or with a "
            "file of responses; name one of the two."
        )
    if other_session is not None and other_stimulus is not None:
        other = data.other(other_session, other_stimulus)
    else:
        other = load_responses(str(other_file))
    columns = compare(data.responses, other, burn_in_frames, on_progress=on_progress)
    return Result(dataset_of(columns), columns, data.rows)
