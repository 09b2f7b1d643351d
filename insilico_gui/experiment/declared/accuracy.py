"""``prediction accuracy``: the session against recordings of repeated clips."""

from __future__ import annotations

from typing import Annotated

from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.shared import BurnIn, dataset_of
from insilico_gui.fitting.judging.evaluation import judge
from insilico_gui.fitting.judging.judgement import MEASURES
from insilico_gui.progress import OnProgress
from insilico_gui.responses import BURN_IN_FRAMES
from insilico_gui.units.identity import result_table


@register("prediction accuracy", alone=lambda given: True)
def prediction_accuracy(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    recordings: Annotated[
        str,
        About(
            "Folder of recorded repeats: stimuli, perspectives, modulations, units.",
            names="folder",
        ),
    ],
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    fill_gaps: Annotated[
        bool, About("Take behaviour that is not known to be at its mean.")
    ] = False,
) -> Result:
    """CC_abs, CC_max and CC_norm on recorded clips, each repeat with its behaviour."""
    if data.session is None:
        raise AnalysisError(
            "Responses from a file predict no other clips; name a session, or measure "
            "their reliability with a recording of the same video."
        )
    found = judge(
        data.session,
        recordings,
        burn_in_frames,
        on_nan="fill" if fill_gaps else "refuse",
        on_progress=on_progress,
    )
    measured = found.table.iloc[data.rows]
    columns = result_table(
        {name: measured[name].to_numpy() for name in MEASURES}, data.units
    )
    columns.attrs.update(
        {k: v for k, v in found.table.attrs.items() if k not in ("session", "notes")}
    )
    if found.notes:
        columns.attrs["warning"] = " ".join(found.notes)
    return Result(dataset_of(columns), columns, data.rows)
