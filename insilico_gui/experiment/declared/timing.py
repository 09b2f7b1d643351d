"""``grating modulation``, ``response latency`` and ``time-resolved tuning``."""

from __future__ import annotations

from typing import Annotated

from insilico_gui.analysis.timing.latency import response_latency
from insilico_gui.analysis.timing.modulation import FREQUENCY, grating_modulation
from insilico_gui.analysis.timing.resolved import time_resolved_tuning
from insilico_gui.analysis.trials.sequence_parts import part_that
from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.analysis.tuning.registry import parameters as varied
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.intervals import Confidence, MaybeDraws, Seed
from insilico_gui.experiment.declared.shared import (
    BurnIn,
    Latency,
    Over,
    Part,
    Window,
    has_trials,
    part_of,
)
from insilico_gui.progress import OnProgress
from insilico_gui.responses import BURN_IN_FRAMES


def _drifts(data: RunData) -> str:
    """Why F1 does not apply to a run; empty if it does."""
    reason = has_trials(data)
    if reason or FREQUENCY in trial_table(data.responses):
        return reason
    return "the trials have no temporal frequency; show drifting gratings"


@register("grating modulation", fits=_drifts, rehearse=True)
def modulation(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    over: Over = "condition",
    n_draws: MaybeDraws = 0,
    confidence: Confidence = 0.95,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
    seed: Seed = 0,
) -> Result:
    """F1, F0, F1/F0 and phase of responses to drifting gratings."""
    dataset, columns = grating_modulation(
        part_that(part_of(data, part), lambda table: FREQUENCY in table, "drift"),
        over=over,
        n_draws=n_draws,
        confidence=confidence,
        seed=seed,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=on_progress,
    )
    return Result(dataset, columns, data.rows)


@register("response latency", fits=has_trials, rehearse=True)
def latency(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    over: Over = "condition",
    baseline_s: Annotated[
        float | None,
        About("Length of the time before onsets; default the pause, up to 0.2 s.", "s"),
    ] = None,
    window_s: Annotated[
        float | None,
        About("Time after onsets that holds the peak; default that of a trial.", "s"),
    ] = None,
    n_draws: MaybeDraws = 0,
    confidence: Confidence = 0.95,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
    seed: Seed = 0,
) -> Result:
    """Time from the onset to half of the peak of the mean response."""
    dataset, columns = response_latency(
        part_of(data, part),
        over=over,
        baseline_s=baseline_s,
        window_s=window_s,
        n_draws=n_draws,
        confidence=confidence,
        seed=seed,
        burn_in_frames=burn_in_frames,
        on_progress=on_progress,
    )
    return Result(dataset, columns, data.rows)


@register("time-resolved tuning", fits=has_trials, rehearse=True)
def resolved(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    parameter: Annotated[
        str,
        About(
            "Column of the trial table.",
            offers=lambda data: [
                name
                for name in varied(trial_table(data.responses))
                if " x " not in name
            ],
        ),
    ],
    bin_s: Annotated[float, About("Length of each window.", "s")] = 0.1,
    stop_s: Annotated[
        float | None,
        About("End of the last window; default the duration of a trial.", "s"),
    ] = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
) -> Result:
    """Tuning in one window after another from the onset on."""
    responses = part_that(
        part_of(data, part),
        lambda table: parameter in varied(table),
        f"vary {parameter}",
    )
    dataset, columns = time_resolved_tuning(
        responses,
        parameter,
        bin_s=bin_s,
        stop_s=stop_s,
        burn_in_frames=burn_in_frames,
        on_progress=on_progress,
    )
    return Result(dataset, columns, data.rows)
