"""``population decoding``, and what analyses of populations of areas share."""

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
from insilico_gui.analysis.trials.design import NOT_CONDITIONS
from insilico_gui.analysis.trials.levels import levels_of
from insilico_gui.analysis.trials.strata import make_strata
from insilico_gui.analysis.trials.windows import trial_responses, trial_table
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
from insilico_gui.progress import OnProgress, parts
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


def areas_of(data: RunData) -> NDArray[np.str_]:
    """Name of each unit's area, [U]."""
    units = data.units
    if "area" not in units:
        return np.full(len(units), WHOLE)
    return units["area"].astype(str).to_numpy(str)


def columns_of_areas(
    data: RunData, of_areas: dict[str, dict[str, float]], dataset: xr.Dataset
) -> Result:
    """A result whose columns hold, for each unit, what was found of its area."""
    areas = areas_of(data)
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
    shown = classes_of(windowed, over)
    values, areas = shown.values, areas_of(data)
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
    about = {"over": over, **about_draws(found.n_units, n_draws, seed)}
    about["n_permutations"] = n_permutations
    return columns_of_areas(data, of_areas, _decoded(found, shown, about))


class Shown(NamedTuple):
    """Responses [n, U] in trials, their levels [n], what these are called, and strata."""

    values: Floats
    label: NDArray[np.int64]
    levels: NDArray[Any]
    strata: NDArray[np.int64]


def classes_of(windowed: xr.DataArray, over: str) -> Shown:
    """Trials that have a level and a response."""
    values, table = windowed.to_numpy(), trial_table(windowed)
    levels = levels_of(table, over)
    rows = np.flatnonzero((levels.index >= 0) & ~np.isnan(values).all(axis=1))
    present, label = np.unique(levels.index[rows], return_inverse=True)
    label = label.astype(np.int64)
    strata = make_strata(
        table.iloc[rows].reset_index(drop=True), label, (), NOT_CONDITIONS | {over}
    )
    return Shown(values[rows], label, levels.values[present], strata)


def _decoded(found: Decoding, shown: Shown, about: dict[str, Any]) -> xr.Dataset:
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


def about_draws(n_units: int, n_draws: int, seed: int) -> dict[str, int]:
    """What is told of the draws."""
    return {"n_units_of_each_area": n_units, "n_draws": n_draws, "seed": seed}
