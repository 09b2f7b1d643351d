"""Tuning to the parameters of conditions: mean responses over time at each level.

For responses to tables of conditions, whose parameters are coordinates of ``trial``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.tuning.tuned import columns_table
from insilico_gui.errors import AnalysisError, listed, quoted
from insilico_gui.responses import SECONDS, check_responses, with_unit_index
from insilico_gui.units.identity import of_result, result_table

Floats = NDArray[np.float64]


def condition_tuning(
    responses: xr.DataArray,
    parameters: str | Sequence[str],
    *,
    start_s: float = 0.0,
    stop_s: float | None = None,
) -> xr.Dataset:
    """Mean response of every unit at each level of one parameter, or at each pair of two.

    The response to a condition is its mean over time, by the trapezoidal rule; times
    without a response (NaN, after the end of a trial) do not count. Conditions that differ
    in other parameters only are averaged.

    Parameters
    ----------
    responses : xarray.DataArray (trial, time, unit)
        To a table of conditions.
    parameters : str, or two of them
        Such as ``"contrast_left"``, or ``("contrast_left", "contrast_right")``.
    start_s, stop_s : float
        Window of time (s); default all of it.

    Returns
    -------
    xarray.Dataset
        ``curve``, ``sem``, ``count`` (parameters, ``unit``), where ``sem`` is over the
        conditions averaged; ``trial_response`` (``trial``, ``unit``); ``best_level``
        (``unit``), or for two parameters ``best_level_<parameter>``.

    Raises
    ------
    AnalysisError
        If the responses have no such parameter, a pair of levels was not shown, or the
        window holds no response.
    """
    names = [parameters] if isinstance(parameters, str) else list(parameters)
    values = mean_over_time(responses, start_s, stop_s)
    _check_parameters(responses, names)
    levels, index = [], []
    for name in names:
        found, place = np.unique(responses[name].to_numpy(), return_inverse=True)
        levels.append(found)
        index.append(place.ravel())
    shape = tuple(len(each) for each in levels)
    cell = np.ravel_multi_index(tuple(index), shape)
    number = np.bincount(cell, minlength=int(np.prod(shape)))
    if (number == 0).any():
        missing = np.unravel_index(int(np.argmin(number)), shape)
        at = ", ".join(
            f"{name} {level[k]}"
            for name, level, k in zip(names, levels, missing, strict=True)
        )
        raise AnalysisError(
            f"No condition has {at}; add it to the table, or choose one parameter."
        )
    total = np.zeros((len(number), values.shape[1]))
    np.add.at(total, cell, values)
    mean = total / number[:, None]
    square = np.zeros_like(total)
    np.add.at(square, cell, (values - mean[cell]) ** 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        sem = np.sqrt(square / (number - 1)[:, None] / number[:, None])
    dims = (*names, "unit")
    best = np.unravel_index(np.argmax(mean, axis=0), shape)
    arrays: dict[str, Any] = {
        "curve": (dims, mean.reshape(*shape, -1)),
        "sem": (dims, sem.reshape(*shape, -1)),
        "count": (
            dims,
            np.broadcast_to(number[:, None], mean.shape).reshape(*shape, -1),
        ),
        "trial_response": (("trial", "unit"), values),
        **{
            f"trial_{name}": ("trial", level[at])
            for name, level, at in zip(names, levels, index, strict=True)
        },
        **{
            "best_level" if len(names) == 1 else f"best_level_{name}": (
                "unit",
                level[at],
            )
            for name, level, at in zip(names, levels, best, strict=True)
        },
    }
    analysis = {"parameters": names, "start_s": start_s, "stop_s": stop_s}
    return _dataset(responses, arrays, dict(zip(names, levels, strict=True)), analysis)


def condition_columns(tuning: xr.Dataset) -> pd.DataFrame:
    """Columns of a tuning to conditions: best levels, and how much the response varies.

    ``condition_modulation`` is (largest - smallest) / (largest + smallest) mean response.
    """
    names = tuning.attrs["analysis"]["parameters"]
    curve = tuning["curve"].to_numpy().reshape(-1, tuning.sizes["unit"])
    high, low = curve.max(axis=0), curve.min(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        modulation = np.where(high + low > 0, (high - low) / (high + low), np.nan)
    one = len(names) == 1
    columns = {
        f"best_{name}": tuning["best_level" if one else f"best_level_{name}"].to_numpy()
        for name in names
    }
    columns["condition_modulation"] = modulation
    return columns_table(tuning, columns, "mean over time")


def condition_difference(
    responses: xr.DataArray, first: int, second: int
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Responses to one condition minus those to another.

    Parameters
    ----------
    responses : xarray.DataArray (trial, time, unit)
    first, second : int
        Rows of the table of conditions.

    Returns
    -------
    dataset : xarray.Dataset
        ``difference`` (``time``, ``unit``).
    columns : pandas.DataFrame
        ``mean_difference``, ``largest_difference`` (of either sign) and its time
        ``largest_difference_s``.

    Raises
    ------
    AnalysisError
        If there is no such row, or both are the same.
    """
    check_conditions_shown(responses)
    n = responses.sizes["trial"]
    for row in (first, second):
        if not 0 <= row < n:
            raise AnalysisError(
                f"There is no condition {row}; the table has rows 0 to {n - 1}."
            )
    if first == second:
        raise AnalysisError("Both conditions are the same row; choose two.")
    times = responses["time"].to_numpy()
    one, other = (
        responses.isel(trial=row)
        .transpose("time", "unit")
        .to_numpy()
        .astype(np.float64)
        for row in (first, second)
    )
    difference = one - other
    known = np.nan_to_num(difference)
    largest = np.argmax(np.abs(known), axis=0)
    column = np.arange(known.shape[1])
    dataset = _dataset(
        responses,
        {"difference": (("time", "unit"), difference)},
        {"time": ("time", times, SECONDS)},
        {"parameters": [], "first": first, "second": second},
    )
    table = result_table(
        {
            "mean_difference": _mean(difference[None], times)[0],
            "largest_difference": known[largest, column],
            "largest_difference_s": times[largest],
        },
        of_result(dataset),
    )
    return dataset, table


def mean_over_time(
    responses: xr.DataArray, start_s: float = 0.0, stop_s: float | None = None
) -> Floats:
    """Mean of each trial over a window of time, [trials, U]."""
    check_conditions_shown(responses)
    times = responses["time"].to_numpy()
    stop = times[-1] if stop_s is None else stop_s
    inside = (times >= start_s - 1e-12) & (times <= stop + 1e-12)
    if inside.sum() < 2:
        raise AnalysisError(
            f"The window from {start_s:g} to {stop:g} s holds fewer than two of the times "
            f"of the responses, {times[0]:g} to {times[-1]:g} s; widen it."
        )
    values = responses.transpose("trial", "time", "unit").to_numpy()[:, inside]
    found = _mean(values.astype(np.float64), times[inside])
    if np.isnan(found).any():
        raise AnalysisError(
            "A trial ends before the window of time holds two responses; let it begin "
            "earlier, or leave the condition out."
        )
    return found


def _mean(values: Floats, times: Floats) -> Floats:
    """Mean over time [n, T, U] to [n, U] by the trapezoidal rule, without NaN."""
    both = np.isfinite(values[:, 1:]) & np.isfinite(values[:, :-1])
    widths = np.diff(times)[None, :, None] * both
    middle = np.where(both, (values[:, 1:] + values[:, :-1]) / 2, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (middle * widths).sum(axis=1) / widths.sum(axis=1)
    return found


def check_conditions_shown(responses: xr.DataArray) -> None:
    """Raise an AnalysisError if responses are not to a table of conditions."""
    check_responses(responses)
    dims = {"trial", "time", "unit"}
    if set(responses.dims) != dims or "conditions" not in responses.attrs:
        raise AnalysisError(
            "These are not responses to a table of conditions; encode one with a session "
            "that answers conditions."
        )


def _check_parameters(responses: xr.DataArray, names: list[str]) -> None:
    known = [name for name in responses.attrs["conditions"] if name in responses.coords]
    for name in names:
        if name not in known:
            raise AnalysisError(
                f"The conditions have no parameter {quoted(name)}; choose "
                f"{listed(known)}."
            )
    if not 1 <= len(names) <= 2 or len(set(names)) < len(names):
        raise AnalysisError("A tuning to conditions is to one parameter, or to two.")


def _dataset(
    responses: xr.DataArray,
    arrays: dict[str, Any],
    axes: dict[str, Any],
    analysis: dict[str, Any],
) -> xr.Dataset:
    """Arrays with the unit table as coordinates, and provenance."""
    taken = {*arrays, *axes}
    labels = {
        name: coord.variable
        for name, coord in responses.coords.items()
        if coord.dims == ("unit",) and name not in taken
    }
    attrs = {**responses.attrs, "analysis": analysis}
    return with_unit_index(xr.Dataset(arrays, {**axes, **labels}, attrs))
