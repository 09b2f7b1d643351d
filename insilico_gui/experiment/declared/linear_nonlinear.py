"""``whitened STA`` and ``LN fit``: filters by ridge regression, and what follows them."""

from __future__ import annotations

from typing import Annotated, Any

import xarray as xr

from insilico_gui.analysis.fields.lagged_regression import uses_of_frames
from insilico_gui.analysis.fields.registry import lags_between
from insilico_gui.analysis.fields.screen_grid import ScreenGrid
from insilico_gui.analysis.fields.sta import Quantity
from insilico_gui.analysis.fields.whitened import (
    SHAPE,
    check_weights,
    ln_columns,
    sta_columns,
    whitened_sta,
)
from insilico_gui.analysis.trials.window_checks import check_window
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.shared import (
    BurnIn,
    is_of_video,
    shown_frames,
)
from insilico_gui.progress import OnProgress, parts
from insilico_gui.responses import BURN_IN_FRAMES
from insilico_gui.stimuli import Display, Stimulus

Rows = Annotated[int, About("Rows of cells over which frames are averaged.")]
Columns = Annotated[int, About("Columns of cells over which frames are averaged.")]
First = Annotated[float, About("Shortest time from the stimulus to its response.", "s")]
Span = Annotated[
    float, About("Time before responses that is looked at, from the shortest.", "s")
]
Of = Annotated[
    Quantity,
    About(
        "What is weighted: luminance; or contrast, for units that answer to light and "
        "dark alike."
    ),
]
Ridge = Annotated[
    float | None,
    About(
        "Ridge, relative to the variance of the stimulus; default chosen for each unit."
    ),
]


def _has_frames(data: RunData) -> str:
    """Why frames cannot be weighted; empty if they can."""
    if reason := is_of_video(data):
        return reason
    if "trial" in data.responses.dims:
        return "the responses are to a batch of videos, and it needs one"
    if _frames(data) is None:
        return "the frames are not known; open the stimulus that was shown"
    return ""


def _frames(data: RunData) -> Stimulus | None:
    stimulus = data.stimulus if isinstance(data.stimulus, Stimulus) else None
    return shown_frames(data.responses, stimulus)


def _check(
    silent: RunData,
    *,
    n_rows: int = SHAPE[0],
    n_columns: int = SHAPE[1],
    latency_s: float = 0.0,
    window_s: float = 0.25,
    quantity: Quantity = "luminance",
    ridge: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    **_: object,
) -> None:
    """Raise what is wrong with the parameters, and weight nothing."""
    frames = _frames(silent)
    if frames is None:
        return
    check_window(latency_s, window_s, burn_in_frames)
    lags = lags_between(latency_s, latency_s + window_s, frames.frame_rate)
    uses_of_frames(frames.n_frames, max(burn_in_frames, lags[-1]), lags[-1])
    grid = ScreenGrid((n_rows, n_columns), Display(pixels=frames.frame_shape))
    check_weights(len(lags), grid)


@register(
    "whitened STA",
    fits=_has_frames,
    rehearse=_check,
    shows="sparse noise",
    sees_frames=True,
)
def whitened(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    n_rows: Rows = SHAPE[0],
    n_columns: Columns = SHAPE[1],
    latency_s: First = 0.0,
    window_s: Span = 0.25,
    quantity: Of = "luminance",
    ridge: Ridge = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
) -> Result:
    """Filter of each unit over screen and time, without the correlations of the movie."""
    weighting, fitting = parts(on_progress, 2)
    dataset = _weighted(
        data,
        (n_rows, n_columns),
        (latency_s, window_s),
        quantity,
        ridge,
        burn_in_frames,
        weighting,
    )
    return Result(dataset, sta_columns(dataset, fitting), data.rows)


@register(
    "LN fit",
    fits=_has_frames,
    rehearse=_check,
    shows="sparse noise",
    sees_frames=True,
)
def ln_fit(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    n_rows: Rows = SHAPE[0],
    n_columns: Columns = SHAPE[1],
    latency_s: First = 0.0,
    window_s: Span = 0.25,
    quantity: Of = "luminance",
    ridge: Ridge = None,
    n_draws: Annotated[
        int,
        About("Draws of stretches of frames for intervals, 100 or more; 0 for none."),
    ] = 0,
    confidence: Annotated[
        float, About("Share of the draws between the ends of an interval.")
    ] = 0.95,
    seed: Annotated[int, About("Seed of the draws.")] = 0,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
) -> Result:
    """Linear filter and power law of each unit, and how well they predict the rest."""
    dataset = _weighted(
        data,
        (n_rows, n_columns),
        (latency_s, window_s),
        quantity,
        ridge,
        burn_in_frames,
        on_progress,
        n_draws=n_draws,
        confidence=confidence,
        seed=seed,
    )
    return Result(dataset, ln_columns(dataset), data.rows)


def _weighted(
    data: RunData,
    shape: tuple[int, int],
    span_s: tuple[float, float],
    quantity: Quantity,
    ridge: float | None,
    burn_in_frames: int,
    on_progress: OnProgress | None,
    **draws: Any,
) -> xr.Dataset:
    """Filters and nonlinearities of all units."""
    frames = _frames(data)
    if frames is None:
        raise AnalysisError(
            "The frames that responses are to are not known; open the stimulus that was "
            "shown, or name it with --stimulus."
        )
    latency, window = span_s
    check_window(latency, window, burn_in_frames)
    return whitened_sta(
        data.responses,
        frames,
        lags=lags_between(latency, latency + window, frames.frame_rate),
        shape=shape,
        burn_in_frames=burn_in_frames,
        quantity=quantity,
        ridge=ridge,
        **draws,
        on_progress=on_progress,
    )
