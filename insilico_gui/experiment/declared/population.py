"""``sparseness`` and ``signal correlations``, from means of conditions."""

from __future__ import annotations

from typing import Annotated

import xarray as xr

from insilico_gui.analysis import (
    mean_signal_correlation,
    parameter_tuning,
    population_sparseness,
    sparseness_columns,
)
from insilico_gui.analysis.population.correlations import signal_correlations
from insilico_gui.analysis.population.sparseness import SparsenessVariant
from insilico_gui.analysis.trials.blocks import are_to_images
from insilico_gui.analysis.tuning.image_tuning import image_tuning
from insilico_gui.analysis.tuning.tuned import columns_table, curve_of
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.shared import (
    BurnIn,
    Latency,
    Over,
    Part,
    Window,
    has_conditions,
    part_of,
)
from insilico_gui.progress import OnProgress
from insilico_gui.responses import BURN_IN_FRAMES

OF_IMAGES = "The session answers single images, and each is a condition"
OF_TRIALS = ("condition", 0.0, None, BURN_IN_FRAMES)
"""Defaults of what only trials have: conditions, latency, window, burn-in."""


def _check_sparseness(
    silent: RunData,
    *,
    variant: SparsenessVariant = "vinje_gallant",
    over: str = "condition",
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    part: str | None = None,
) -> None:
    """Raise what is wrong with the parameters; a single unit has no population."""
    means = _means(silent, over, latency_s, window_s, burn_in_frames, part, None)
    sparseness_columns(means, variant)


@register("sparseness", fits=has_conditions, rehearse=_check_sparseness)
def sparseness(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    variant: Annotated[
        SparsenessVariant, About("Definition of sparseness.")
    ] = "vinje_gallant",
    over: Over = "condition",
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
) -> Result:
    """Lifetime sparseness of each unit, and sparseness of the population."""
    dataset = _means(data, over, latency_s, window_s, burn_in_frames, part, on_progress)
    columns = sparseness_columns(dataset, variant)
    (shown,) = dataset.attrs["analysis"]["parameters"]
    population = population_sparseness(curve_of(dataset), variant)
    dataset = dataset.assign({f"population_sparseness_{variant}": (shown, population)})
    return Result(dataset, columns, data.rows)


@register("signal correlations", view="matrix", fits=has_conditions, rehearse=True)
def correlations(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    over: Over = "condition",
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
    matrix: Annotated[
        bool, About("Also the correlation of every pair of units.")
    ] = False,
) -> Result:
    """Mean signal correlation of each unit with all others."""
    dataset = _means(data, over, latency_s, window_s, burn_in_frames, part, on_progress)
    curve = curve_of(dataset)
    columns = columns_table(
        dataset,
        {"mean_signal_correlation": mean_signal_correlation(curve)},
        "Pearson, over means of conditions",
    )
    if matrix:
        pairs = signal_correlations(curve, on_progress=on_progress)
        dataset = dataset.assign(signal_correlation=(("unit", "unit_2"), pairs))
    return Result(dataset, columns, data.rows)


def _means(
    data: RunData,
    over: str,
    latency_s: float,
    window_s: float | None,
    burn_in_frames: int,
    part: str | None,
    on_progress: OnProgress | None,
) -> xr.Dataset:
    """Mean response of each unit to each condition or image."""
    responses = part_of(data, part)
    if are_to_images(responses):
        if (over, latency_s, window_s, burn_in_frames) != OF_TRIALS:
            raise AnalysisError(
                f"{OF_IMAGES}; leave out --over, --latency-s, --window-s and "
                "--burn-in-frames (over, latency_s, window_s and burn_in_frames in "
                "Python).",
                in_window=f"{OF_IMAGES}; leave column, latency, window and burn-in as "
                "they were.",
            )
        return image_tuning(responses)
    return parameter_tuning(
        responses,
        over,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=on_progress,
    )
