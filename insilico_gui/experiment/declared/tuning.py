"""Tuning to what the trials vary: ``direction tuning`` and ``tuning``."""

from __future__ import annotations

from typing import Annotated, Any

from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.analysis.tuning.registry import parameters as varied
from insilico_gui.analysis.tuning.registry import tune
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.shared import (
    BurnIn,
    Latency,
    Part,
    Window,
    has_trials,
    part_of,
)
from insilico_gui.progress import OnProgress
from insilico_gui.responses import BURN_IN_FRAMES


def varies_direction(data: RunData) -> str:
    """Why tuning to direction does not apply to a run; empty if it does."""
    reason = has_trials(data)
    if reason or "direction" in varied(trial_table(data.responses)):
        return reason
    return "the trials do not vary direction; show drifting gratings"


@register("direction tuning", view="tuning", fits=varies_direction, rehearse=True)
def direction_tuning(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
    n_permutations: Annotated[int, About("Shuffles of a significance test.")] = 0,
    seed: Annotated[int, About("Seed of the shuffles.")] = 0,
) -> Result:
    """Preferred direction and orientation, OSI, DSI, gOSI and gDSI of each unit."""
    return _tuned(
        data,
        "direction",
        part,
        on_progress,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        n_permutations=n_permutations,
        seed=seed,
    )


@register("tuning", view="tuning", fits=has_trials, rehearse=True)
def tuning(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    parameter: Annotated[
        str,
        About(
            "Column of the trial table, or two as 'a x b'.",
            offers=lambda data: varied(trial_table(data.responses)),
        ),
    ],
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
    n_permutations: Annotated[int, About("Shuffles of a significance test.")] = 0,
    seed: Annotated[int, About("Seed of the shuffles.")] = 0,
) -> Result:
    """Tuning to a parameter of the trials, with the fit that belongs to it."""
    return _tuned(
        data,
        parameter,
        part,
        on_progress,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        n_permutations=n_permutations,
        seed=seed,
    )


def _tuned(
    data: RunData,
    parameter: str,
    part: str | None,
    on_progress: OnProgress | None,
    **options: Any,
) -> Result:
    responses = part_of(data, part)
    dataset, columns = tune(responses, parameter, **options, on_progress=on_progress)
    return Result(dataset, columns, data.rows)
