"""Tuning of every unit to any one or two columns of the trial table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.trials import windows
from insilico_gui.analysis.trials.cells import best_levels, check_cells, check_complete
from insilico_gui.analysis.trials.design import (
    NOT_CONDITIONS,
    Design,
    Other,
    direction_curves,
    make_combinations,
)
from insilico_gui.analysis.trials.grouping import group_means
from insilico_gui.analysis.trials.levels import Levels, levels_of
from insilico_gui.analysis.trials.significance import permutation_p
from insilico_gui.analysis.trials.strata import make_strata
from insilico_gui.analysis.trials.unit_mask import take_units
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, parts
from insilico_gui.responses import BURN_IN_FRAMES, check_responses, with_unit_index

Floats = NDArray[np.float64]


RESERVED = frozenset({"time", "unit", "onset"})
"""Columns that cannot be tuned to: names of other axes, and when a trial began."""

_ABOUT = {
    "curve": "mean response over presentations",
    "sem": "standard error of the mean over presentations",
    "count": "presentations in the mean (density)",
    "trial_response": "mean response in the window of each presentation",
    "blank": "mean response to blanks, the rows without a level",
    "p_tuning": "chance of as large a variance over levels if they did not matter",
}


def parameter_tuning(
    responses: xr.DataArray,
    parameter: str,
    trials: pd.DataFrame | None = None,
    *,
    latency_s: float = 0.0,
    burn_in_frames: int = BURN_IN_FRAMES,
    units: ArrayLike | None = None,
    window_s: float | None = None,
    other: Other = "mean",
    other_columns: Sequence[str] | None = None,
    n_permutations: int = 0,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> xr.Dataset:
    """Mean response of every unit at each level of a column of the trial table.

    Parameters
    ----------
    responses, trials, latency_s, window_s, burn_in_frames
        See :func:`insilico_gui.analysis.trial_responses`.
    parameter : str
        Column with numbers or names, e.g. ``spatial_frequency``. Rows where it is NaN
        or empty are blanks. Directions are taken modulo 360, orientations modulo 180.
    units : bool or 0/1 array [U], optional
        Mask of the units to analyse; default all. By id, analyse
        ``responses.sel(unit_id=[...])``.
    other : {"mean", "best"}
        If levels were shown together with other conditions (directions, contrasts):
        average over all presentations of a level, or take each unit's curve at its best
        combination (the one with the largest mean response to any level).
    other_columns : sequence of str, optional
        Columns that make these combinations; default: those crossed with `parameter`.
    n_permutations : int
        If positive, ``p_tuning`` is added: how often the variance of the curve is as
        large when levels are shuffled over presentations; see
        :func:`insilico_gui.analysis.trials.significance.permutation_p`.
    seed : int
        Of the permutations.
    on_progress : callable(done, total), optional
        See :mod:`insilico_gui.progress`.

    Returns
    -------
    xarray.Dataset
        ``curve``, ``sem``, ``count`` (`parameter`, ``unit``); ``trial_response``
        (``trial``, ``unit``) with ``trial_<parameter>`` (and, with
        ``other="best"``, of the other conditions); ``best_level`` (``unit``), the
        level with the largest mean, for names its position, NaN where the curve varies
        by the rounding of float32 at most (1.5e-5 of its largest value); ``blank``
        (``unit``) where there are blanks; with ``other="best"``
        ``best_<column>``; ``p_tuning`` if asked for.
        ``attrs["analysis"]`` holds the parameters.

    Raises
    ------
    AnalysisError
        If the column is missing, a level has no presentation with a response, or the
        window is longer than from trial to trial.
    """
    check_responses(responses)
    return _tuning(
        responses,
        (parameter,),
        trials,
        {
            "latency_s": latency_s,
            "window_s": window_s,
            "burn_in_frames": burn_in_frames,
        },
        units,
        other,
        other_columns,
        n_permutations,
        seed,
        on_progress,
    )


def parameter_map(
    responses: xr.DataArray,
    parameters: tuple[str, str],
    trials: pd.DataFrame | None = None,
    *,
    latency_s: float = 0.0,
    burn_in_frames: int = BURN_IN_FRAMES,
    units: ArrayLike | None = None,
    window_s: float | None = None,
    other: Other = "mean",
    other_columns: Sequence[str] | None = None,
    n_permutations: int = 0,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> xr.Dataset:
    """Mean response of every unit at each pair of levels of two crossed columns.

    Parameters are those of :func:`parameter_tuning`, but for:

    Parameters
    ----------
    parameters : tuple of two str
        The columns, e.g. ``("spatial_frequency", "temporal_frequency")``.

    Returns
    -------
    xarray.Dataset
        As from :func:`parameter_tuning`, with ``curve``, ``sem`` and ``count`` over
        both columns and ``unit``, and ``best_level_<column>`` for each column.

    Raises
    ------
    AnalysisError
        Also if the columns are the same, or a pair of levels was not shown.
    """
    names = tuple(parameters)
    if isinstance(parameters, str) or len(names) != 2 or names[0] == names[1]:
        raise AnalysisError(
            "A map needs two different columns of the trial table; give their names."
        )
    return _tuning(
        responses,
        names,
        trials,
        {
            "latency_s": latency_s,
            "window_s": window_s,
            "burn_in_frames": burn_in_frames,
        },
        units,
        other,
        other_columns,
        n_permutations,
        seed,
        on_progress,
    )


def _tuning(
    responses: xr.DataArray,
    names: tuple[str, ...],
    trials: pd.DataFrame | None,
    window: dict[str, Any],
    units: ArrayLike | None,
    other: Other,
    other_columns: Sequence[str] | None,
    n_permutations: int,
    seed: int,
    on_progress: OnProgress | None,
) -> xr.Dataset:
    reserved = [name for name in names if name in RESERVED]
    if reserved:
        raise AnalysisError(f"There is no tuning to {reserved[0]!r}; name a parameter.")
    if units is not None:
        responses = take_units(responses, units)
    reading, *permuting = parts(on_progress, 1 + (n_permutations > 0))
    windowed = windows.trial_responses(
        responses, trials, **window, on_progress=reading, apart=True
    )
    table = windows.trial_table(windowed)
    all_values = windowed.to_numpy()
    levels = [levels_of(table, name) for name in names]
    shown = np.logical_and.reduce([level.index >= 0 for level in levels])
    blank = np.logical_and.reduce([level.index < 0 for level in levels])
    values = all_values[shown]
    shape = tuple(len(level.values) for level in levels)
    cell = np.ravel_multi_index([level.index[shown] for level in levels], shape)
    check_cells(values, cell, names, levels)

    n_cells = int(np.prod(shape))
    # directions are only then no condition when they are what is looked at
    not_conditions = (NOT_CONDITIONS - {"direction", "orientation"}) | set(names)
    at = cell.astype(np.int64)
    combinations, combination = make_combinations(
        table[shown], at, other, other_columns, not_conditions
    )
    design = Design(
        np.arange(n_cells, dtype=float),
        at,
        combinations,
        combination,
        make_strata(table[shown], at, combinations.columns, not_conditions),
    )
    curves, best = direction_curves(values, design)
    check_complete(curves, names)

    columns = best_levels(curves.mean, names, levels, shape)
    for name in combinations:
        columns[f"best_{name}"] = combinations[name].to_numpy()[best]
    if blank.any():
        columns["blank"] = group_means(
            all_values[blank], np.zeros(blank.sum(), np.int64), 1
        ).mean[0]
    if n_permutations:
        columns |= permutation_p(
            values, design, {"p_tuning": _variance}, n_permutations, seed, *permuting
        )

    dims = (*names, "unit")
    arrays: dict[str, Any] = {
        "curve": (dims, curves.mean.reshape(*shape, -1)),
        "sem": (dims, curves.sem.reshape(*shape, -1)),
        "count": (dims, curves.density.astype(np.int64).reshape(*shape, -1)),
        "trial_response": (("trial", "unit"), values),
        **design.trial_columns(),
        **{name: ("unit", column) for name, column in columns.items()},
    }
    for name, level in zip(names, levels, strict=True):
        arrays[f"trial_{name}"] = ("trial", level.values[level.index[shown]])
    analysis = {
        **windowed.attrs["windows"],
        "parameters": list(names),
        "other": other,
        "other_columns": [str(name) for name in combinations],
        "n_presentations": int((windowed["n_frames"].to_numpy()[shown] > 0).sum()),
        "n_permutations": n_permutations,
        "seed": seed,
    }
    dataset = xr.Dataset(
        arrays,
        _coordinates(windowed, arrays, names, levels),
        {
            **{k: v for k, v in windowed.attrs.items() if k not in _OF_TRIALS},
            "analysis": analysis,
        },
    )
    for name in dataset.data_vars.keys() & _ABOUT.keys():
        dataset[name].attrs["long_name"] = _ABOUT[str(name)]
    return with_unit_index(dataset)


_OF_TRIALS = frozenset({"trials", "windows"})


def _coordinates(
    windowed: xr.DataArray,
    arrays: dict[str, Any],
    names: tuple[str, ...],
    levels: list[Levels],
) -> dict[Any, Any]:
    """Levels and the unit table, less what the tuning itself has under that name."""
    taken = {*arrays, *names}
    labels = {
        name: coord.variable
        for name, coord in windowed.coords.items()
        if coord.dims == ("unit",) and name not in taken
    }
    axes = {name: level.values for name, level in zip(names, levels, strict=True)}
    return {**axes, **labels}


def _variance(curve: ArrayLike, levels: ArrayLike) -> Floats:
    """Variance of a curve [K, U] over its levels."""
    return np.asarray(np.var(np.asarray(curve), axis=0))
