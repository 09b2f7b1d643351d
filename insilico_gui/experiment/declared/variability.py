"""Analyses of repeats: noise, reliability and explained variance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from insilico_gui.analysis.agreement.recordings import read_recording
from insilico_gui.analysis.variability.explained import (
    explained_by_frames,
    explained_by_trials,
)
from insilico_gui.analysis.variability.noise_correlations import (
    Scaled,
    noise_correlations,
)
from insilico_gui.analysis.variability.repeats import Unit, response_variability
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.shared import (
    BurnIn,
    Latency,
    Over,
    Part,
    Window,
    dataset_of,
    has_trials,
    is_of_video,
    part_of,
)
from insilico_gui.progress import OnProgress
from insilico_gui.responses import BURN_IN_FRAMES

OF_FRAMES = ("condition", 0.0, None)
"""Defaults of what only trials have: conditions, latency and window."""


@register("noise correlations", view="matrix", fits=has_trials)
def correlations_of_noise(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    over: Over = "condition",
    scaled: Annotated[
        Scaled, About("Whether responses are z-scored in each condition.")
    ] = "each_condition",
    matrix: Annotated[
        bool, About("Also the correlation of every pair of units.")
    ] = False,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
) -> Result:
    """Correlations of units from repeat to repeat, and their means by area."""
    dataset, columns = noise_correlations(
        part_of(data, part),
        over=over,
        scaled=scaled,
        matrix=matrix,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=on_progress,
    )
    return Result(dataset, columns, data.rows)


@register("response variability", fits=has_trials, rehearse=True)
def variability(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    over: Over = "condition",
    counts: Annotated[
        Unit, About("What responses are, to count them in a window.")
    ] = "per_frame",
    n_splits: Annotated[int, About("Random halves of the presentations.")] = 100,
    n_draws: Annotated[
        int,
        About("Draws of presentations for intervals, 100 or more; 0 for no intervals."),
    ] = 0,
    confidence: Annotated[
        float, About("Share of the draws between the ends of an interval.")
    ] = 0.95,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
    seed: Annotated[int, About("Seed of halves and draws.")] = 0,
) -> Result:
    """Fano factor, split-half reliability, FEV and jackknife oracle of repeats."""
    dataset, columns = response_variability(
        part_of(data, part),
        over=over,
        counts=counts,
        n_splits=n_splits,
        n_draws=n_draws,
        confidence=confidence,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        seed=seed,
        on_progress=on_progress,
    )
    return Result(dataset, columns, data.rows)


@register("explained variance", fits=is_of_video)
def variance_explained(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    recording: Annotated[
        str | None,
        About("File of recorded responses, repeats x frames x units.", names="file"),
    ] = None,
    recorded_session: Annotated[
        str | None,
        About("Session of a run with repeats to predict, not a file.", names="session"),
    ] = None,
    recorded_stimulus: Annotated[
        str | None, About("Stimulus of the run to predict.", names="stimulus")
    ] = None,
    over: Over = "condition",
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
) -> Result:
    """FEVE of the prediction, with FEV and the jackknife oracle of what was recorded."""
    run = (recorded_session, recorded_stimulus)
    if (recording is None) == (None in run) or run.count(None) == 1:
        raise AnalysisError(
            "What is predicted is a file of recorded responses, or a run by its session "
            "and stimulus; name one of the two."
        )
    if recording is not None:
        if (over, latency_s, window_s) != OF_FRAMES:
            raise AnalysisError(
                "Recorded responses are predicted frame by frame; leave out column, "
                "latency and window."
            )
        columns = explained_by_frames(
            data.responses,
            read_recording(Path(recording)),
            data.name,
            burn_in_frames,
            on_progress,
        )
    else:
        columns = explained_by_trials(
            data.responses,
            data.other(str(recorded_session), str(recorded_stimulus)),
            over=over,
            names=(data.name, str(recorded_session)),
            latency_s=latency_s,
            window_s=window_s,
            burn_in_frames=burn_in_frames,
            on_progress=on_progress,
        )
    return Result(dataset_of(columns), columns, data.rows)
