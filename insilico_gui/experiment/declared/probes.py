"""Analyses of stimuli made for one question: plaids, surrounds, dots, frequencies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import pandas as pd

from insilico_gui.analysis.probes.joint_frequency import AXES, joint_tuning
from insilico_gui.analysis.probes.neurometric import neurometric
from insilico_gui.analysis.probes.plaids import plaid_tuning
from insilico_gui.analysis.probes.surround import surround_modulation
from insilico_gui.analysis.trials.sequence_parts import part_tables, part_that
from insilico_gui.analysis.trials.windows import trial_table
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

Draws = Annotated[
    int,
    About("Draws of presentations for intervals, 100 or more; 0 for no intervals."),
]
Shuffles = Annotated[int, About("Shuffles of a significance test, for p and q values.")]
Confidence = Annotated[
    float, About("Share of the draws between the ends of an interval.")
]
Seed = Annotated[int, About("Seed of the draws.")]


def _varies(*names: str) -> Callable[[pd.DataFrame], bool]:
    """Whether trials vary all of some columns."""
    return lambda table: all(
        name in table and table[name].dropna().nunique() > 1 for name in names
    )


PLAIDS = _varies("plaid_angle_deg", "direction")
SURROUNDS = _varies("surround")
COHERENCE = _varies("coherence", "direction")
JOINT = _varies(*AXES)


def _fits(
    shows: Callable[[pd.DataFrame], bool], lacking: str
) -> Callable[[RunData], str]:
    """Why an analysis does not apply: no part of the trials shows what it needs."""

    def fits(data: RunData) -> str:
        reason = has_trials(data)
        if reason or any(map(shows, part_tables(trial_table(data.responses)))):
            return reason
        return lacking

    return fits


def _of(
    data: RunData,
    part: str | None,
    shows: Callable[[pd.DataFrame], bool],
    what: str,
) -> RunData:
    """The run with the part that is asked for, or that shows what is needed."""
    chosen = part_of(data, part)
    if part is None:
        chosen = part_that(chosen, shows, what)
    run = chosen, data.stimulus
    return RunData(data.session, data.rows, run, data.other, data.known)


@register(
    "plaids",
    fits=_fits(PLAIDS, "the trials show no plaids and gratings; show plaids"),
    rehearse=True,
    shows="plaids",
)
def plaids(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    angle_deg: Annotated[
        float | None,
        About(
            "Angle between the gratings of the plaids; default the one closest to 120.",
            "deg",
        ),
    ] = None,
    n_draws: Draws = 0,
    confidence: Confidence = 0.95,
    seed: Seed = 0,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
) -> Result:
    """Whether units follow the motion of a plaid or of its gratings."""
    dataset, columns = plaid_tuning(
        _of(data, part, PLAIDS, "show plaids").responses,
        angle_deg=angle_deg,
        n_draws=n_draws,
        confidence=confidence,
        seed=seed,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=on_progress,
    )
    return Result(dataset, columns, data.rows)


@register(
    "surround modulation",
    fits=_fits(
        SURROUNDS,
        "the trials have no surrounds; show a size series with a surround along and "
        "across",
    ),
    rehearse=True,
    shows="size series",
)
def surround(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    n_draws: Draws = 0,
    confidence: Confidence = 0.95,
    seed: Seed = 0,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
) -> Result:
    """Suppression by a grating around the best one, of its orientation and across."""
    dataset, columns = surround_modulation(
        _of(data, part, SURROUNDS, "show surrounds").responses,
        n_draws=n_draws,
        confidence=confidence,
        seed=seed,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=on_progress,
    )
    return Result(dataset, columns, data.rows)


@register(
    "neurometric threshold",
    fits=_fits(
        COHERENCE,
        "the trials vary no coherence of motion in several directions; show random dots",
    ),
    rehearse=True,
    shows="random dots",
)
def threshold(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    n_draws: Draws = 0,
    confidence: Confidence = 0.95,
    n_permutations: Shuffles = 0,
    seed: Seed = 0,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
) -> Result:
    """Coherence at which a unit tells opposite directions of dots apart."""
    dataset, columns = neurometric(
        _of(data, part, COHERENCE, "vary coherence").responses,
        n_draws=n_draws,
        confidence=confidence,
        n_permutations=n_permutations,
        seed=seed,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=on_progress,
    )
    return Result(dataset, columns, data.rows)


@register(
    "joint frequency tuning",
    fits=_fits(
        JOINT,
        "the trials do not vary spatial frequency, temporal frequency and direction; "
        "show drifting gratings of several of each",
    ),
    rehearse=True,
    shows="drifting gabors",
)
def joint(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    n_draws: Draws = 0,
    confidence: Confidence = 0.95,
    n_permutations: Shuffles = 0,
    seed: Seed = 0,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
) -> Result:
    """Preferred frequencies, speed and direction in one fit, and tuning to speed."""
    dataset, columns = joint_tuning(
        _of(data, part, JOINT, "vary frequencies and direction").responses,
        n_draws=n_draws,
        confidence=confidence,
        n_permutations=n_permutations,
        seed=seed,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=on_progress,
    )
    return Result(dataset, columns, data.rows)
