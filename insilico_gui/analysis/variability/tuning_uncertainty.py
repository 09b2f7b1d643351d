"""Intervals and q values of whatever a tuning measures: SF, TF, size, contrast and so on.

One resampling of presentations (:mod:`insilico_gui.analysis.trials.bootstrap`), and any
measure of curves: the columns of the model of a parameter, so that a model that is added
to :mod:`insilico_gui.analysis.tuning` has intervals at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fits.tuning_model import TuningModel, repeated
from insilico_gui.analysis.fits.vonmises import VON_MISES
from insilico_gui.analysis.trials.bootstrap import interval, q_values, resamples
from insilico_gui.analysis.trials.cells import best_levels
from insilico_gui.analysis.trials.grouping import cell_means
from insilico_gui.analysis.trials.levels import levels_of
from insilico_gui.analysis.trials.sequence_parts import part_that
from insilico_gui.analysis.trials.windows import trial_responses, trial_table
from insilico_gui.analysis.tuning.registry import model_of, parameters, tune
from insilico_gui.analysis.tuning.tuned import columns_table
from insilico_gui.analysis.tuning.uncertainty import (
    INDICES,
    VECTORS,
    combinations_of,
    vector_angle,
)
from insilico_gui.progress import OnProgress, parts
from insilico_gui.units.columns import facts

Floats = NDArray[np.float64]

Measure = Callable[[xr.Dataset, int], "Mapping[str, NDArray[Any]]"]
"""From a tuning, whose ``curve``, ``best_level`` and ``blank`` are those of n draws, and n
to columns [n * U], the units of the first draw first; 0 for the means themselves."""

CURVES_AT_ONCE = 2048
"""Units times draws: the steps of a fit cost the same for few curves as for many."""

NO_MEASURES = ("_r2_fit",)
"""Ends of names of columns that say how good a fit is, and have no interval."""


def tuning_uncertainty(
    responses: xr.DataArray,
    parameter: str,
    *,
    n_draws: int = 200,
    confidence: float = 0.95,
    n_permutations: int = 0,
    seed: int = 0,
    on_progress: OnProgress | None = None,
    **options: Any,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Bootstrap intervals of all that is measured of a tuning, and q values.

    Presentations are drawn again within each condition. Each unit keeps its best
    combination of the other conditions and, of frequencies, the curve that was chosen
    for it; fits start where that of the means ended. An interval of a measure that
    noise makes larger (an index that cannot be negative) is too high as the measure is.

    Parameters
    ----------
    responses : xarray.DataArray
        To trials that vary `parameter`, each condition shown twice or more.
    parameter : str
        One of :func:`insilico_gui.analysis.tuning.registry.parameters`, ``"direction"``
        or a pair ``"a x b"`` too.
    n_draws, confidence
        See :mod:`insilico_gui.analysis.trials.bootstrap`.
    n_permutations : int
        If positive, p of tuning, and q values over the units.
    seed : int
    on_progress : callable(done, total), optional
    **options
        ``latency_s``, ``window_s`` and ``burn_in_frames``.

    Returns
    -------
    tuning : xarray.Dataset
    columns : pandas.DataFrame
        The columns of the tuning; of each that is a measure also ``_low`` and ``_high``,
        around the circle for angles, and NaN where more than half of the draws have no
        value; and ``q_...`` of each ``p_...``.

    Raises
    ------
    AnalysisError
        If draws are too few, or no condition was shown twice.
    """
    names = set(parameter.split(" x "))
    responses = part_that(
        responses,
        lambda table: names <= set(parameters(table)),
        f"vary {parameter}",
    )
    reading, drawing = parts(on_progress, 2)
    tuning, table = tune(
        responses,
        parameter,
        n_permutations=n_permutations,
        seed=seed,
        on_progress=reading,
        **options,
    )
    measure = _measure_of(tuning, parameter, list(map(str, table)))
    observed = {
        name: column
        for name, column in measure(tuning, 0).items()
        if column.dtype.kind == "f" and not name.endswith(NO_MEASURES)
    }
    blanks = _blanks(responses, tuning, options)
    draws: dict[str, list[Floats]] = {name: [] for name in observed}
    for drawn, n in _drawn(tuning, blanks, n_draws, seed, drawing):
        found = measure(drawn, n)
        for name, values in draws.items():
            values.append(found[name].reshape(n, -1))
    columns: dict[str, NDArray[Any]] = {}
    for name, value in observed.items():
        low, high = interval(
            np.concatenate(draws[name]),
            confidence,
            around=value,
            period=facts(name).period,
        )
        columns |= {name: value, f"{name}_low": low, f"{name}_high": high}
    for name in [str(name) for name in table if str(name).startswith("p_")]:
        p = table[name].to_numpy()
        columns |= {name: p, f"q_{name.removeprefix('p_')}": q_values(p)}
    made = columns_table(
        tuning.drop_vars("p_tuning", errors="ignore"),
        columns,
        "percentile bootstrap over presentations",
        n_draws=n_draws,
        confidence=confidence,
        model=table.attrs.get("variant", VON_MISES.name),
        absent=table.attrs.get("absent", {}),
    )
    return tuning, made


def _blanks(
    responses: xr.DataArray, tuning: xr.Dataset, options: Mapping[str, Any]
) -> Floats | None:
    """Responses [b, U] to the blanks, the rows without a level; None without."""
    if "blank" not in tuning:
        return None
    windowed = trial_responses(responses, **options)
    table = trial_table(windowed)
    names = tuning.attrs["analysis"]["parameters"]
    blank = np.logical_and.reduce([levels_of(table, k).index < 0 for k in names])
    values: Floats = windowed.to_numpy()[blank]
    return values


def _drawn(
    tuning: xr.Dataset,
    blanks: Floats | None,
    n_draws: int,
    seed: int,
    on_progress: OnProgress | None,
) -> Iterable[tuple[xr.Dataset, int]]:
    """Curves, best levels and blanks of presentations drawn again, some draws at once."""
    values = tuning["trial_response"].to_numpy()
    dims = [str(dim) for dim in tuning["curve"].dims]
    axes = {name: tuning[name].to_numpy() for name in dims if name != "unit"}
    shape = tuple(map(len, axes.values()))
    index = [
        np.searchsorted(levels, tuning[f"trial_{name}"].to_numpy())
        for name, levels in axes.items()
    ]
    level = np.ravel_multi_index(index, shape).astype(np.int64)
    combination, best = combinations_of(tuning)
    n_levels, n_combinations = int(np.prod(shape)), int(combination.max()) + 1
    cell = combination * n_levels + level
    n_cells = n_levels * n_combinations
    if blanks is not None:
        values = np.concatenate([values, blanks])
        cell = np.concatenate([cell, np.full(len(blanks), n_cells)])
    units = np.arange(values.shape[1])

    def curves(rows: NDArray[np.int64], of_cell: NDArray[np.int64]) -> Floats:
        """Means at each level, and of blanks, [levels + 1, U]."""
        means = cell_means(values[rows], of_cell, n_cells + 1)
        curve = means[:-1].reshape(n_combinations, n_levels, -1)[best, :, units].T
        return np.concatenate([curve, means[-1:]])

    at_once = max(1, CURVES_AT_ONCE // len(units))
    waiting: list[Floats] = []
    for done, drawn in enumerate(resamples(cell, n_draws, seed, on_progress), 1):
        waiting.append(curves(*drawn))
        if len(waiting) == at_once or done == n_draws:
            together = np.concatenate(waiting, axis=1)
            yield _as_tuning(tuning, together, axes), len(waiting)
            waiting = []


def _as_tuning(
    tuning: xr.Dataset, curves: Floats, axes: Mapping[str, NDArray[Any]]
) -> xr.Dataset:
    """Curves [levels + 1, n], the last being blanks, as a tuning of n units."""
    shape = [len(levels) for levels in axes.values()]
    arrays: dict[str, Any] = {
        "curve": ((*axes, "unit"), curves[:-1].reshape(*shape, -1)),
        **{k: ("unit", found) for k, found in best_levels(curves[:-1], axes).items()},
    }
    if "blank" in tuning:
        arrays["blank"] = ("unit", curves[-1])
    return xr.Dataset(arrays, dict(axes), tuning.attrs)


def _measure_of(tuning: xr.Dataset, parameter: str, made: list[str]) -> Measure:
    """What is measured of a tuning: `made` are the columns that its means have."""
    if parameter == "direction":
        return _direction_measure(tuning)
    model = model_of(parameter)
    if model is None or not any(name.endswith("_fit") for name in made):
        return _best_level
    return _fitted_measure(model, tuning)


def _best_level(tuning: xr.Dataset, n: int) -> dict[str, NDArray[Any]]:
    """The levels of the largest means, of a tuning without a fit."""
    names = [str(name) for name in tuning if str(name).startswith("best_level")]
    return {
        f"pref_{_label(tuning, name)}_raw": tuning[name].to_numpy() for name in names
    }


def _label(tuning: xr.Dataset, name: str) -> str:
    label = name.removeprefix("best_level").removeprefix("_")
    return label or str(tuning.attrs["analysis"]["parameters"][0])


def _fitted_measure(model: TuningModel[Any], tuning: xr.Dataset) -> Measure:
    """The columns of a model, fitted again near the fit of the means."""
    shown = {frozenset(names.split(" x ")): names.split(" x ") for names in model.of}
    names = shown[frozenset(tuning.attrs["analysis"]["parameters"])]
    levels = [tuning[name].to_numpy() for name in names]

    def curve_of(one: xr.Dataset) -> Floats:
        curve: Floats = one["curve"].transpose(*names, "unit").to_numpy()
        return curve

    more = model.more(tuning)
    fit = model.fit(curve_of(tuning), *levels, **more)

    def measured(drawn: xr.Dataset, n: int) -> Mapping[str, NDArray[Any]]:
        if n == 0:
            return model.columns(fit, tuning)
        again = model.refit(
            repeated(fit, n),
            curve_of(drawn),
            *levels,
            **{k: _tiled(value, n) for k, value in more.items()},
        )
        return model.columns(again, drawn)

    return measured


def _tiled(value: Any, n: int) -> Any:
    """Options of a fit, with units last, of the same units n times."""
    if isinstance(value, tuple):
        return tuple(_tiled(one, n) for one in value)
    return np.concatenate([value] * n, axis=-1)


def _direction_measure(tuning: xr.Dataset) -> Measure:
    """Indices, angles of the vector sums and, with enough directions, the fit."""
    directions = tuning["direction"].to_numpy()
    fit = VON_MISES.fit(tuning["curve"], directions) if "mu" in tuning else None

    def measured(drawn: xr.Dataset, n: int) -> dict[str, NDArray[Any]]:
        curve = drawn["curve"].to_numpy()
        columns: dict[str, NDArray[Any]] = {
            name: index(curve, directions)
            for name, index in INDICES.items()
            if name in tuning
        }
        for name, (turns, period) in VECTORS.items():
            columns[name] = vector_angle(curve, directions, turns, period)
        if fit is not None:
            again = fit
            if n:
                again = VON_MISES.refit(repeated(fit, n), curve, directions)
            columns |= {"pref_dir": again.mu, "pref_ori": again.mu % 180}
            columns |= {"OSI_fit": again.osi, "DSI_fit": again.dsi}
        return columns

    return measured
