"""Responses of driven sessions: perturbed against control, simulated against recorded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.errors import AnalysisError
from insilico_gui.responses import SECONDS, check_responses, with_unit_index
from insilico_gui.units.identity import of_result, result_table

Floats = NDArray[np.float64]

MIN_SAMPLES = 3
"""For a correlation."""

_ROUNDING = 1e-9


def perturbation(
    perturbed: xr.DataArray,
    control: xr.DataArray,
    *,
    start_s: float = 0.0,
    stop_s: float | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """What a perturbation changes: responses with it minus those without.

    Parameters
    ----------
    perturbed, control : xarray.DataArray (time, unit)
        Of the same units at the same times.
    start_s, stop_s : float
        Span of time (s) that the columns are of; default to the end.

    Returns
    -------
    dataset : xarray.Dataset
        ``control``, ``perturbed``, ``difference`` (``time``, ``unit``).
    columns : pandas.DataFrame
        ``control_rate`` and ``perturbed_rate``, means over the span; ``rate_difference``,
        the second less the first; ``largest_rate_difference`` (of either sign) in a
        window and its time ``largest_rate_difference_s``.

    Raises
    ------
    AnalysisError
        If units or times are others, or the span holds no response.
    """
    check_responses(perturbed, control)
    one, two = (_values(each) for each in (perturbed, control))
    times = perturbed["time"].to_numpy()
    other = control["time"].to_numpy()
    same_units = np.array_equal(perturbed["unit_id"], control["unit_id"])
    if not same_units or times.shape != other.shape or not np.allclose(times, other):
        raise AnalysisError(
            "Control and perturbed responses have other units or times; give both drives "
            "the same duration and window, and compute the same units."
        )
    inside = _span(times, start_s, stop_s)
    difference = one - two
    largest = np.flatnonzero(inside)[np.argmax(np.abs(difference[inside]), axis=0)]
    made = {
        name: (("time", "unit"), values)
        for name, values in (
            ("control", two),
            ("perturbed", one),
            ("difference", difference),
        )
    }
    used = {"parameters": [], "start_s": start_s, "stop_s": stop_s}
    seconds = {"time": ("time", times, SECONDS)}
    dataset = _dataset(perturbed, made, seconds, used)
    means = one[inside].mean(axis=0), two[inside].mean(axis=0)
    table = result_table(
        {
            "control_rate": means[1],
            "perturbed_rate": means[0],
            "rate_difference": means[0] - means[1],
            "largest_rate_difference": difference[largest, np.arange(one.shape[1])],
            "largest_rate_difference_s": times[largest],
        },
        of_result(dataset),
    )
    return dataset, table


def recorded_against_simulated(
    responses: xr.DataArray,
    recorded: NDArray[np.floating[Any]],
    interval_s: float,
    skip: int = 0,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Agreement of simulated rates with a recording, unit by unit.

    Parameters
    ----------
    responses : xarray.DataArray (time, unit)
        In windows that begin at ``time``; those whose middle is within a sample of the
        recording are averaged.
    recorded : array [S, U]
        What the first, second, ... interval of the responses is compared with; NaN for a
        unit that was not recorded.
    interval_s : float
        Between samples of the recording.
    skip : int
        Samples at the start that are left out.

    Returns
    -------
    dataset : xarray.Dataset
        ``recorded``, ``simulated`` (``time``, ``unit``) at the samples.
    columns : pandas.DataFrame
        ``recorded_correlation``, Pearson's r over samples, NaN where one of the two does
        not vary; ``recorded_rate`` and ``simulated_rate``, means;
        ``recorded_rmse``, root of the mean squared difference.

    Raises
    ------
    AnalysisError
        If fewer than three samples are common, or windows are longer than a sample.
    """
    check_responses(responses)
    values = _values(responses)
    times = responses["time"].to_numpy()
    window = float(responses.attrs.get("window_s", 0.0))
    if window > interval_s * (1 + _ROUNDING):
        raise AnalysisError(
            f"The windows of the responses ({window:g} s) are longer than a sample of the "
            f"recording ({interval_s:g} s); encode with a shorter window_s."
        )
    sample = np.floor((times + window / 2) / interval_s + _ROUNDING).astype(np.int64)
    used = np.arange(skip, min(int(sample[-1]) + 1, len(recorded)))
    used = used[np.isin(used, sample)]
    if len(used) < MIN_SAMPLES:
        raise AnalysisError(
            f"{len(used)} samples of the recording are common to the responses, and a "
            f"correlation needs {MIN_SAMPLES}; drive with more samples."
        )
    simulated = np.stack([values[sample == k].mean(axis=0) for k in used])
    truth = np.asarray(recorded, np.float64)[used]
    made = {
        "recorded": (("time", "unit"), truth),
        "simulated": (("time", "unit"), simulated),
    }
    coords = {"time": ("time", used * interval_s, SECONDS)}
    dataset = _dataset(responses, made, coords, {"parameters": [], "skip": skip})
    table = result_table(
        {
            "recorded_correlation": _correlation(simulated, truth),
            "recorded_rate": truth.mean(axis=0),
            "simulated_rate": simulated.mean(axis=0),
            "recorded_rmse": np.sqrt(((simulated - truth) ** 2).mean(axis=0)),
        },
        of_result(dataset),
    )
    return dataset, table


def _values(responses: xr.DataArray) -> Floats:
    """Responses [T, U]."""
    has_labels = {"time", "unit_id"} <= set(responses.coords)
    if set(responses.dims) != {"time", "unit"} or not has_labels:
        raise AnalysisError(
            "The responses are not of a session that is driven; they need a time and "
            "units, and no trials."
        )
    return responses.transpose("time", "unit").to_numpy().astype(np.float64)


def _span(times: Floats, start_s: float, stop_s: float | None) -> NDArray[np.bool_]:
    inside = times >= start_s - _ROUNDING
    if stop_s is not None:
        inside &= times < stop_s - _ROUNDING
    if not inside.any():
        end = "the end" if stop_s is None else f"{stop_s:g} s"
        raise AnalysisError(
            f"No window begins from {start_s:g} s to {end}; the responses are from "
            f"{times[0]:g} to {times[-1]:g} s."
        )
    return np.asarray(inside)


def _correlation(one: Floats, other: Floats) -> Floats:
    """Pearson's r over samples [S, U] of each unit; NaN where one is constant."""
    found = np.full(one.shape[1], np.nan)
    for u in range(one.shape[1]):
        a, b = one[:, u], other[:, u]
        if np.isfinite(b).all() and not is_flat(np.stack([a, b]), 1).any():
            found[u] = np.corrcoef(a, b)[0, 1]
    return found


def _dataset(
    responses: xr.DataArray,
    variables: dict[str, Any],
    coords: dict[str, Any],
    analysis: dict[str, Any],
) -> xr.Dataset:
    taken = {*variables, *coords}
    units = {
        str(name): coord.variable
        for name, coord in responses.coords.items()
        if coord.dims == ("unit",) and name not in taken
    }
    attrs = {**responses.attrs, "analysis": analysis}
    return with_unit_index(xr.Dataset(variables, {**coords, **units}, attrs))
