"""Geometry of populations of areas: dimensions and dissimilarities of conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.population.crossvalidated import (
    LEAST_QUARTERS,
    jackknife,
    mean_distance,
    presentations_of,
    unbiased_distances,
    unbiased_participation,
)
from insilico_gui.analysis.population.geometry import (
    dissimilarity,
    participation_ratio,
    similarity,
    usable_units,
)
from insilico_gui.analysis.population.matched import matched_units
from insilico_gui.analysis.trials.blocks import are_to_images
from insilico_gui.analysis.trials.windows import trial_responses
from insilico_gui.analysis.tuning.image_tuning import image_tuning
from insilico_gui.analysis.tuning.parameters import parameter_tuning
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.decoding import (
    Draws,
    Floats,
    Seed,
    Shown,
    Units,
    about_draws,
    areas_of,
    classes_of,
    columns_of_areas,
)
from insilico_gui.experiment.declared.shared import (
    BurnIn,
    Latency,
    Over,
    Part,
    Window,
    has_conditions,
    part_of,
)
from insilico_gui.progress import OnProgress, in_blocks, parts
from insilico_gui.responses import BURN_IN_FRAMES

Kept = NDArray[np.bool_]
Rows = NDArray[np.int64]

Crossvalidated = Annotated[
    bool,
    About(
        "Whether noise is kept out by presentations held apart, four of each condition "
        "or more."
    ),
]
Confidence = Annotated[
    float,
    About("Share of intervals that hold the value, of five presentations or more."),
]
N_SPLITS = 4
"""Random divisions of the presentations, of each draw of units."""


def _check_means(
    silent: RunData,
    *,
    over: str = "condition",
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    part: str | None = None,
    crossvalidated: bool = False,
    **_: object,
) -> None:
    """Raise what is wrong with the conditions; a single unit has no population."""
    if crossvalidated:
        window = latency_s, window_s, burn_in_frames
        _presentations(silent, over, window, part)
        return
    curve, _levels = _means(
        silent, over, (latency_s, window_s, burn_in_frames), part, None
    )
    usable_units(curve)


@register("participation ratio", fits=has_conditions, rehearse=_check_means)
def dimensions(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    over: Over = "condition",
    n_units: Units = None,
    n_draws: Draws = 20,
    standardised: Annotated[
        bool, About("Whether every unit counts alike, whatever its responses vary by.")
    ] = False,
    crossvalidated: Crossvalidated = False,
    confidence: Confidence = 0.95,
    seed: Seed = 0,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
) -> Result:
    """How many dimensions the mean responses of as many units of each area fill."""
    window = latency_s, window_s, burn_in_frames
    reading, working, splitting = parts(on_progress, 3)
    curve, _ = _means(data, over, window, part, reading)
    shown = _presentations(data, over, window, part) if crossvalidated else None
    usable = usable_units(curve) & _is_complete(shown)
    drawn = matched_units(areas_of(data), usable, n_units, n_draws, seed)
    scale = np.where(usable & standardised, curve.std(axis=0), 1)
    curve = curve / scale
    ratios: dict[str, list[float]] = {name: [] for name in drawn}
    work = [(name, units) for name, draws in drawn.items() for units in draws]
    for block in in_blocks(len(work), 1, working):
        name, units = work[block.start]
        ratios[name].append(participation_ratio(curve[:, units]))
    n_drawn = next(iter(drawn.values())).shape[1]
    dataset = xr.Dataset(
        {"participation": (("area", "draw"), np.array(list(ratios.values())))},
        {"area": list(drawn)},
        attrs={
            "variant": "of means of conditions",
            "over": over,
            "n_conditions": len(curve),
            "largest_possible": min(len(curve) - 1, n_drawn),
            "standardised": standardised,
            **about_draws(n_drawn, n_draws, seed),
        },
    )
    found = {"participation_ratio": {k: float(np.mean(v)) for k, v in ratios.items()}}
    if shown is not None:

        def ratio(rows: Kept, units: Rows) -> float:
            values = (shown.values[rows] / scale)[:, units]
            return unbiased_participation(values, shown.label[rows], N_SPLITS, seed)

        name = "participation_ratio_crossvalidated"
        found |= _without_noise(
            name, drawn, shown.label, ratio, confidence, splitting, positive=True
        )
    return columns_of_areas(data, found, dataset)


@register("representational dissimilarity", fits=has_conditions, rehearse=_check_means)
def dissimilarities(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    over: Over = "condition",
    n_units: Units = None,
    n_draws: Draws = 20,
    centred: Annotated[
        bool,
        About("Whether the mean of each unit over conditions is taken away first."),
    ] = False,
    crossvalidated: Crossvalidated = False,
    confidence: Confidence = 0.95,
    seed: Seed = 0,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
) -> Result:
    """Which conditions an area keeps apart, and whether areas agree about it."""
    window = latency_s, window_s, burn_in_frames
    reading, working, splitting = parts(on_progress, 3)
    curve, levels = _means(data, over, window, part, reading)
    shown = _presentations(data, over, window, part) if crossvalidated else None
    usable = usable_units(curve) & _is_complete(shown)
    drawn = matched_units(areas_of(data), usable, n_units, n_draws, seed)
    if centred:
        curve = curve - curve.mean(axis=0)
    levels = levels if shown is None else shown.levels
    total = {name: np.zeros((len(levels), len(levels))) for name in drawn}
    alike = np.zeros((len(drawn), len(drawn)))
    for block in in_blocks(n_draws, 1, working):
        one = {
            name: dissimilarity(curve[:, units[block.start]])
            if shown is None
            else unbiased_distances(shown.values[:, units[block.start]], shown.label)
            for name, units in drawn.items()
        }
        alike += similarity(one) / n_draws
        for name, matrix in one.items():
            total[name] += matrix / n_draws
    of = "1 - Pearson over units" if shown is None else "crossnobis, noise of each unit"
    attrs = {
        "variant": f"{of}; similarity: Spearman over pairs",
        "over": over,
        "centred": centred,
        **about_draws(next(iter(drawn.values())).shape[1], n_draws, seed),
    }
    dataset = _matrices(total, alike, levels, attrs)
    found = {"rdm_similarity": dict(zip(drawn, _with_others(alike), strict=True))}
    if shown is not None:

        def distance(rows: Kept, units: Rows) -> float:
            values = shown.values[rows][:, units]
            return mean_distance(unbiased_distances(values, shown.label[rows]))

        found |= _without_noise(
            "rdm_distance", drawn, shown.label, distance, confidence, splitting
        )
    return columns_of_areas(data, found, dataset)


def _matrices(
    total: dict[str, Floats],
    alike: Floats,
    levels: NDArray[np.generic],
    attrs: dict[str, Any],
) -> xr.Dataset:
    """Dissimilarities of conditions by area, and how alike they are, as a dataset."""
    areas = list(total)
    return xr.Dataset(
        {
            "dissimilarity": (
                ("area", "shown", "shown_2"),
                np.stack(list(total.values())),
            ),
            "similarity": (("area", "area_2"), alike),
        },
        {"area": areas, "area_2": areas, "shown": levels, "shown_2": levels},
        attrs=attrs,
    )


def _is_complete(shown: Shown | None) -> NDArray[np.bool_]:
    """Whether units have a response in every presentation, [U]; all without any."""
    if shown is None:
        return np.asarray(True)
    return np.asarray(np.isfinite(shown.values).all(axis=0))


def _presentations(
    data: RunData,
    over: str,
    window: tuple[float, float | None, int],
    part: str | None,
) -> Shown:
    """Responses in each presentation, of conditions that were shown often enough."""
    responses = part_of(data, part)
    if are_to_images(responses):
        raise AnalysisError(
            "Images have no presentations that can be held apart; leave out the "
            "cross-validation."
        )
    latency_s, window_s, burn_in_frames = window
    windowed = trial_responses(
        responses, None, latency_s, window_s, burn_in_frames, apart=True
    )
    shown = classes_of(windowed, over)
    presentations_of(shown.label, LEAST_QUARTERS, "Geometry")
    return shown


def _without_noise(
    name: str,
    drawn: dict[str, NDArray[np.int64]],
    label: NDArray[np.int64],
    measure: Callable[[Kept, Rows], float],
    confidence: float,
    on_progress: OnProgress | None,
    *,
    positive: bool = False,
) -> dict[str, dict[str, float]]:
    """Mean over draws of units of a measure of presentations, and its interval, by area."""
    turn = presentations_of(label, LEAST_QUARTERS, "Geometry")
    found: dict[str, dict[str, float]] = {
        name: {},
        f"{name}_low": {},
        f"{name}_high": {},
    }
    areas = list(drawn)
    for block in in_blocks(len(areas), 1, on_progress):
        area = areas[block.start]

        def mean(rows: Kept, draws: NDArray[np.int64] = drawn[area]) -> float:
            return float(np.mean([measure(rows, units) for units in draws]))

        ends = jackknife(mean, turn, confidence, positive=positive)
        for column, value in zip(found, ends, strict=True):
            found[column][area] = value
    return found


def _with_others(alike: Floats) -> list[float]:
    """Mean of each row [A, A] without the diagonal; NaN where nothing is known."""
    others = np.where(np.eye(len(alike), dtype=bool), np.nan, alike)
    return [
        float(np.nanmean(row)) if np.isfinite(row).any() else float("nan")
        for row in others
    ]


def _means(
    data: RunData,
    over: str,
    window: tuple[float, float | None, int],
    part: str | None,
    on_progress: OnProgress | None,
) -> tuple[Floats, NDArray[np.generic]]:
    """Mean responses to conditions or images, [K, U], and what these are called."""
    responses = part_of(data, part)
    if are_to_images(responses):
        means = image_tuning(responses)
    else:
        latency_s, window_s, burn_in_frames = window
        means = parameter_tuning(
            responses,
            over,
            latency_s=latency_s,
            window_s=window_s,
            burn_in_frames=burn_in_frames,
            on_progress=on_progress,
        )
    (shown,) = means.attrs["analysis"]["parameters"]
    return means["curve"].to_numpy(), means[shown].to_numpy()
