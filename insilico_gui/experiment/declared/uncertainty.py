"""``direction uncertainty``: intervals of indices and preferences, and q values."""

from __future__ import annotations

from typing import Annotated

from insilico_gui.analysis.trials.sequence_parts import part_that
from insilico_gui.analysis.tuning.registry import parameters as varied
from insilico_gui.analysis.tuning.uncertainty import direction_uncertainty
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.shared import (
    BurnIn,
    Latency,
    Part,
    Window,
    part_of,
)
from insilico_gui.experiment.declared.tuning import varies_direction
from insilico_gui.progress import OnProgress
from insilico_gui.responses import BURN_IN_FRAMES


@register("direction uncertainty", fits=varies_direction)
def uncertainty(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    n_draws: Annotated[int, About("Draws of presentations for the intervals.")] = 500,
    confidence: Annotated[
        float, About("Share of the draws between the ends of an interval.")
    ] = 0.95,
    n_permutations: Annotated[
        int, About("Shuffles of a significance test, for p and q values.")
    ] = 0,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
    seed: Annotated[int, About("Seed of the draws and shuffles.")] = 0,
) -> Result:
    """Bootstrap intervals of direction and orientation tuning, with q values."""
    responses = part_that(
        part_of(data, part),
        lambda table: "direction" in varied(table),
        "vary direction",
    )
    dataset, columns = direction_uncertainty(
        responses,
        n_draws=n_draws,
        confidence=confidence,
        n_permutations=n_permutations,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        seed=seed,
        on_progress=on_progress,
    )
    return Result(dataset, columns, data.rows)
