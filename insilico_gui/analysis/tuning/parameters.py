"""Tuning of every unit to any one or two columns of the trial table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Unpack

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.trials.cells import best_levels, check_cells, check_complete
from insilico_gui.analysis.trials.design import (
    NOT_CONDITIONS,
    Other,
    make_design,
)
from insilico_gui.analysis.trials.grouping import GroupMeans
from insilico_gui.analysis.trials.levels import levels_of
from insilico_gui.analysis.tuning.presentations import (
    Shown,
    Summary,
    TuningOptions,
    tuning_dataset,
)
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress

Floats = NDArray[np.float64]


RESERVED = frozenset({"time", "unit", "onset"})
"""Columns that cannot be tuned to: names of other axes, and when a trial began."""

_ABOUT = {
    "p_tuning": "chance of as large a variance over levels if they did not matter",
}


def parameter_tuning(
    responses: xr.DataArray,
    parameter: str,
    trials: pd.DataFrame | None = None,
    **options: Unpack[TuningOptions],
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
    return _tuning(responses, (parameter,), trials, options)


def parameter_map(
    responses: xr.DataArray,
    parameters: tuple[str, str],
    trials: pd.DataFrame | None = None,
    **options: Unpack[TuningOptions],
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
    return _tuning(responses, names, trials, options)


def _tuning(
    responses: xr.DataArray,
    names: tuple[str, ...],
    trials: pd.DataFrame | None,
    options: TuningOptions,
) -> xr.Dataset:
    """Tuning to one column, or to two, of the trial table."""
    reserved = [name for name in names if name in RESERVED]
    if reserved:
        raise AnalysisError(f"There is no tuning to {reserved[0]!r}; name a parameter.")
    read = partial(_read, names=names)
    return tuning_dataset(responses, trials, read, _summarise, **options)


def _read(
    table: pd.DataFrame,
    values: Floats,
    other: Other,
    other_columns: Sequence[str] | None,
    names: tuple[str, ...],
) -> Shown:
    """Presentations that show a level of each column; rows without any are blanks."""
    levels = [levels_of(table, name) for name in names]
    rows = np.logical_and.reduce([level.index >= 0 for level in levels])
    index = tuple(level.index[rows] for level in levels)
    shape = tuple(len(level.values) for level in levels)
    cell = np.ravel_multi_index(index, shape).astype(np.int64)
    check_cells(values[rows], cell, names, levels)
    # directions are only then no condition when they are what is looked at
    not_conditions = (NOT_CONDITIONS - {"direction", "orientation"}) | set(names)
    cells = np.arange(np.prod(shape), dtype=float)
    design = make_design(table[rows], cells, cell, other, other_columns, not_conditions)
    return Shown(
        rows,
        {name: level.values for name, level in zip(names, levels, strict=True)},
        index,
        design,
        np.logical_and.reduce([level.index < 0 for level in levels]),
    )


def _summarise(
    curves: GroupMeans, shown: Shown, on_progress: OnProgress | None
) -> Summary:
    names = tuple(shown.axes)
    check_complete(curves, names)
    if on_progress is not None:
        on_progress(1, 1)
    return Summary(
        best_levels(curves.mean, shown.axes),
        {"p_tuning": _variance},
        analysis={"parameters": list(names)},
        about=_ABOUT,
    )


def _variance(curve: ArrayLike, levels: ArrayLike) -> Floats:
    """Variance of a curve [K, U] over its levels."""
    return np.asarray(np.var(np.asarray(curve), axis=0))
