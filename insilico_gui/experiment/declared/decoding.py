"""Populations of areas at one number of units: decoding, dimensions, dissimilarities."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.population.decoding import (
    N_FOLDS,
    RIDGE,
    Decoding,
    decode_population,
)
from insilico_gui.analysis.population.geometry import (
    dissimilarity,
    participation_ratio,
    similarity,
    usable_units,
)
from insilico_gui.analysis.population.matched import matched_units
from insilico_gui.analysis.trials.blocks import are_to_images
from insilico_gui.analysis.trials.design import NOT_CONDITIONS
from insilico_gui.analysis.trials.levels import levels_of
from insilico_gui.analysis.trials.strata import make_strata
from insilico_gui.analysis.trials.windows import trial_responses, trial_table
from insilico_gui.analysis.tuning.image_tuning import image_tuning
from insilico_gui.analysis.tuning.parameters import parameter_tuning
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.shared import (
    BurnIn,
    Latency,
    Over,
    Part,
    Window,
    has_conditions,
    has_trials,
    part_of,
)
from insilico_gui.progress import OnProgress, in_blocks, parts
from insilico_gui.responses import BURN_IN_FRAMES
from insilico_gui.units.identity import result_table

Floats = NDArray[np.float64]

Units = Annotated[
    int | None,
    About("Units of each area in a draw; default as many as the smallest area has."),
]
Draws = Annotated[int, About("Draws of units of each area.")]
Seed = Annotated[int, About("Seed of the draws, folds and shuffles.")]

WHOLE = "all"
"""The area of units without areas."""


def _areas(data: RunData) -> NDArray[np.str_]:
    """Name of each unit's area, [U]."""
    units = data.units
    if "area" not in units:
        return np.full(len(units), WHOLE)
    return units["area"].astype(str).to_numpy(str)


def _columns(
    data: RunData, of_areas: dict[str, dict[str, float]], dataset: xr.Dataset
) -> Result:
    """A result whose columns hold, for each unit, what was found of its area."""
    areas = _areas(data)
    columns = {
        name: np.array([found.get(area, np.nan) for area in areas], np.float64)
        for name, found in of_areas.items()
    }
    table = result_table(columns, data.units)
    table.attrs.update(dataset.attrs)
    return Result(dataset, table, data.rows)


def _is_silent(data: RunData) -> bool:
    """Whether it is the one unit that never responds, with which commands rehearse."""
    responses = data.responses
    return responses.sizes["unit"] == 1 and not responses.to_numpy().any()


@register("population decoding", fits=has_trials, rehearse=True)
def decoding(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    over: Over = "condition",
    n_units: Units = None,
    n_draws: Draws = 20,
    n_folds: Annotated[
        int,
        About("Parts into which trials are divided; each is decoded by the others."),
    ] = N_FOLDS,
    ridge: Annotated[
        float, About("Ridge of the decoder, relative to the variance of responses.")
    ] = RIDGE,
    n_permutations: Annotated[
        int, About("Shuffles of the levels for a significance test.")
    ] = 0,
    seed: Seed = 0,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
) -> Result:
    """How well a linear decoder tells conditions by as many units of each area."""
    reading, working = parts(on_progress, 2)
    windowed = trial_responses(
        part_of(data, part),
        None,
        latency_s,
        window_s,
        burn_in_frames,
        reading,
        apart=True,
    )
    shown = _classes(windowed, over)
    values, areas = shown.values, _areas(data)
    if _is_silent(
        data
    ):  # a population that responds, to be refused for its levels only
        values = np.random.default_rng(0).normal(size=(len(values), n_units or 2))
        areas = np.full(values.shape[1], WHOLE)
    found = decode_population(
        values,
        shown.label,
        areas,
        n_units=n_units,
        n_draws=n_draws,
        n_folds=n_folds,
        ridge=ridge,
        n_permutations=n_permutations,
        strata=shown.strata,
        seed=seed,
        on_progress=working,
    )
    of_areas = {
        "decoding_accuracy": {k: float(v.mean()) for k, v in found.accuracy.items()}
    }
    if n_permutations:
        of_areas["p_decoding"] = found.p
    about = {"over": over, **_drawn(found.n_units, n_draws, seed)}
    about["n_permutations"] = n_permutations
    return _columns(data, of_areas, _decoded(found, shown, about))


class _Shown(NamedTuple):
    """Responses [n, U] in trials, their levels [n], what these are called, and strata."""

    values: Floats
    label: NDArray[np.int64]
    levels: NDArray[Any]
    strata: NDArray[np.int64]


def _classes(windowed: xr.DataArray, over: str) -> _Shown:
    """Trials that have a level and a response."""
    values, table = windowed.to_numpy(), trial_table(windowed)
    levels = levels_of(table, over)
    rows = np.flatnonzero((levels.index >= 0) & ~np.isnan(values).all(axis=1))
    present, label = np.unique(levels.index[rows], return_inverse=True)
    label = label.astype(np.int64)
    strata = make_strata(
        table.iloc[rows].reset_index(drop=True), label, (), NOT_CONDITIONS | {over}
    )
    return _Shown(values[rows], label, levels.values[present], strata)


def _decoded(found: Decoding, shown: _Shown, about: dict[str, Any]) -> xr.Dataset:
    """Accuracies and confusions as a dataset."""
    variables = {
        "accuracy": (("area", "draw"), np.stack(list(found.accuracy.values()))),
        "confusion": (
            ("area", "shown", "decoded"),
            np.stack(list(found.confusion.values())),
        ),
    }
    return xr.Dataset(
        variables,
        {
            "area": list(found.accuracy),
            "shown": shown.levels,
            "decoded": shown.levels,
        },
        attrs={
            "variant": "ridge classifier, cross-validated",
            "chance": float(np.bincount(shown.label).max() / len(shown.label)),
            "n_trials": found.n_trials,
            "n_folds": found.n_folds,
            **about,
        },
    )


def _check_means(
    silent: RunData,
    *,
    over: str = "condition",
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    part: str | None = None,
    **_: object,
) -> None:
    """Raise what is wrong with the conditions; a single unit has no population."""
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
    seed: Seed = 0,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
) -> Result:
    """How many dimensions the mean responses of as many units of each area fill."""
    reading, working = parts(on_progress, 2)
    curve, _ = _means(data, over, (latency_s, window_s, burn_in_frames), part, reading)
    usable = usable_units(curve)
    drawn = matched_units(_areas(data), usable, n_units, n_draws, seed)
    if standardised:
        curve = curve / np.where(usable, curve.std(axis=0), 1)
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
            **_drawn(n_drawn, n_draws, seed),
        },
    )
    of_areas = {k: float(np.mean(v)) for k, v in ratios.items()}
    return _columns(data, {"participation_ratio": of_areas}, dataset)


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
    seed: Seed = 0,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
) -> Result:
    """Which conditions an area keeps apart, and whether areas agree about it."""
    reading, working = parts(on_progress, 2)
    curve, levels = _means(
        data, over, (latency_s, window_s, burn_in_frames), part, reading
    )
    drawn = matched_units(_areas(data), usable_units(curve), n_units, n_draws, seed)
    if centred:
        curve = curve - curve.mean(axis=0)
    total = {name: np.zeros((len(curve), len(curve))) for name in drawn}
    alike = np.zeros((len(drawn), len(drawn)))
    for block in in_blocks(n_draws, 1, working):
        one = {
            name: dissimilarity(curve[:, units[block.start]])
            for name, units in drawn.items()
        }
        alike += similarity(one) / n_draws
        for name, matrix in one.items():
            total[name] += matrix / n_draws
    n_drawn = next(iter(drawn.values())).shape[1]
    dataset = xr.Dataset(
        {
            "dissimilarity": (
                ("area", "shown", "shown_2"),
                np.stack(list(total.values())),
            ),
            "similarity": (("area", "area_2"), alike),
        },
        {
            "area": list(drawn),
            "area_2": list(drawn),
            "shown": levels,
            "shown_2": levels,
        },
        attrs={
            "variant": "1 - Pearson over units; similarity: Spearman over pairs",
            "over": over,
            "centred": centred,
            **_drawn(n_drawn, n_draws, seed),
        },
    )
    of_areas = dict(zip(drawn, _with_others(alike), strict=True))
    return _columns(data, {"rdm_similarity": of_areas}, dataset)


def _with_others(alike: Floats) -> list[float]:
    """Mean of each row [A, A] without the diagonal; NaN where nothing is known."""
    others = np.where(np.eye(len(alike), dtype=bool), np.nan, alike)
    return [
        float(np.nanmean(row)) if np.isfinite(row).any() else float("nan")
        for row in others
    ]


def _drawn(n_units: int, n_draws: int, seed: int) -> dict[str, int]:
    """What is told of the draws."""
    return {"n_units_of_each_area": n_units, "n_draws": n_draws, "seed": seed}


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
