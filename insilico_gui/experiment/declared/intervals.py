"""Intervals of directions, tunings and receptive fields, and ``responsiveness``."""

from __future__ import annotations

from typing import Annotated, Literal

from insilico_gui.analysis.fields.dot_mapping import has_dots
from insilico_gui.analysis.fields.registry import DOTS, WINDOWS_S
from insilico_gui.analysis.trials.sequence_parts import part_tables, part_that
from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.analysis.tuning.registry import parameters as varied
from insilico_gui.analysis.tuning.uncertainty import direction_uncertainty
from insilico_gui.analysis.variability.field_uncertainty import field_uncertainty
from insilico_gui.analysis.variability.responsiveness import responsiveness
from insilico_gui.analysis.variability.tuning_uncertainty import tuning_uncertainty
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.shared import (
    BurnIn,
    Latency,
    Over,
    Part,
    Window,
    has_trials,
    part_of,
)
from insilico_gui.experiment.declared.tuning import varies_direction
from insilico_gui.progress import OnProgress
from insilico_gui.responses import BURN_IN_FRAMES

Draws = Annotated[int, About("Draws of presentations for the intervals.")]
MaybeDraws = Annotated[
    int, About("Draws of presentations for intervals; 0 for no intervals.")
]
Confidence = Annotated[
    float, About("Share of the draws between the ends of an interval.")
]
Shuffles = Annotated[int, About("Shuffles of a significance test, for p and q values.")]
Seed = Annotated[int, About("Seed of the draws and shuffles.")]


@register("direction uncertainty", fits=varies_direction)
def uncertainty_of_direction(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    n_draws: Draws = 500,
    confidence: Confidence = 0.95,
    n_permutations: Shuffles = 0,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
    seed: Seed = 0,
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


@register("tuning uncertainty", fits=has_trials, rehearse=True)
def uncertainty_of_tuning(
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
    n_draws: Draws = 200,
    confidence: Confidence = 0.95,
    n_permutations: Shuffles = 0,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
    seed: Seed = 0,
) -> Result:
    """Bootstrap intervals of all that is measured of a tuning, with q values."""
    dataset, columns = tuning_uncertainty(
        part_of(data, part),
        parameter,
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


def _shows_dots(data: RunData) -> str:
    """Why intervals of fields do not apply to a run; empty if they do."""
    reason = has_trials(data)
    if reason:
        return reason
    tables = part_tables(trial_table(data.responses))
    return "" if any(map(has_dots, tables)) else "the trials are no Gaussian dots"


@register(
    "receptive field uncertainty",
    fits=_shows_dots,
    rehearse=True,
    shows="gaussian dots",
)
def uncertainty_of_fields(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    n_draws: Draws = 200,
    confidence: Confidence = 0.95,
    n_permutations: Shuffles = 0,
    latency_s: Latency = WINDOWS_S[DOTS][0],
    window_s: Annotated[
        float, About("Length of the response window.", "s")
    ] = WINDOWS_S[DOTS][1],
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
    seed: Seed = 0,
) -> Result:
    """Bootstrap intervals of centres and sizes of receptive fields, with q values."""
    dataset, columns = field_uncertainty(
        part_that(part_of(data, part), has_dots, "are dots"),
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


@register("responsiveness", fits=has_trials, rehearse=True)
def response_test(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    against: Annotated[
        Literal["blanks", "baseline"] | None,
        About("What responses are held against; default blanks if there are some."),
    ] = None,
    over: Over = "condition",
    baseline_s: Annotated[
        float | None,
        About("Length of the time before onsets; default as the pause allows.", "s"),
    ] = None,
    n_permutations: Annotated[int, About("Shuffles of the test.")] = 999,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
    seed: Seed = 0,
) -> Result:
    """Whether each unit responds to any condition, by permutation, with q values."""
    dataset, columns = responsiveness(
        part_of(data, part),
        against=against,
        over=over,
        baseline_s=baseline_s,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        n_permutations=n_permutations,
        seed=seed,
        on_progress=on_progress,
    )
    return Result(dataset, columns, data.rows)
