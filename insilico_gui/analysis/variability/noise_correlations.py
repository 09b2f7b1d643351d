"""Noise correlations: how much two units vary together from repeat to repeat.

The Pearson correlation over presentations of what is left of the responses without the
mean of their condition. Each condition is brought to the variance of 1 before conditions
are put together (z-scores, the usual way: Cohen & Kohn 2011, Nat. Neurosci. 14:811), or
they are put together as they are, so that those that vary most count most. With z-scores
the mean over conditions of correlations over n presentations is measured, which is
smaller than the true one: by about r (1 - r**2) / (2 n), and with n = 2, where only the
signs are left, it is 2 / pi asin(r).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fits.flatness import FLAT
from insilico_gui.analysis.population.correlations import MAX_UNITS, UNITS_AT_ONCE
from insilico_gui.analysis.trials.kept import result_dataset
from insilico_gui.analysis.variability.cells import (
    Repeats,
    moments,
    repeats_of,
)
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, in_blocks, parts
from insilico_gui.responses import BURN_IN_FRAMES, check_responses
from insilico_gui.units.identity import of_result, result_table

Floats = NDArray[np.float64]

Scaled = Literal["each_condition", "together"]

LEAST_FREE = 3
"""Degrees of freedom (presentations less conditions) that a correlation needs."""


def noise_correlations(
    responses: xr.DataArray,
    *,
    over: str = "condition",
    scaled: Scaled = "each_condition",
    matrix: bool = False,
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    on_progress: OnProgress | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Noise correlations of all pairs of units, and their means by area.

    Parameters
    ----------
    responses : xarray.DataArray
        To trials with repeats.
    over : str
        Column of the trial table whose levels are the conditions.
    scaled : {"each_condition", "together"}
        Whether responses are z-scored in each condition, or only their mean is taken
        away in each, and they are scaled over all.
    matrix : bool
        Whether to keep the correlation of every pair.
    latency_s, window_s, burn_in_frames
        See :func:`insilico_gui.analysis.trial_responses`.
    on_progress : callable(done, total), optional
        In units.

    Returns
    -------
    dataset : xarray.Dataset
        ``noise_correlation`` float32 (``unit``, ``unit_2``) with `matrix`, 1 on the
        diagonal; ``area_mean``, ``area_sd`` and ``area_pairs`` (``area``, ``area_2``),
        mean and standard deviation over pairs of different units, and their number,
        where the units have areas.
    columns : pandas.DataFrame
        ``mean_noise_correlation`` with all other units, and
        ``mean_noise_correlation_area`` with those of the same area. NaN for units that
        do not vary within conditions, by more than 1.5e-5 of their largest mean: those
        of a twin without noise.

    Raises
    ------
    AnalysisError
        If there are no repeats, or too many units for a matrix.
    """
    if scaled not in get_args(Scaled):
        raise AnalysisError(
            f"scaled is {scaled!r}; choose 'each_condition' or 'together'."
        )
    check_responses(responses)
    n_units = responses.sizes.get("unit", 0)
    if matrix and n_units > MAX_UNITS:
        raise AnalysisError(
            f"A matrix of {n_units} units would take {4 * n_units**2 / 1e9:.1f} GB; "
            "select units, or leave the matrix out."
        )
    reading, pairing = parts(on_progress, 2)
    repeats = repeats_of(
        responses,
        over,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=reading,
    )
    if len(repeats.condition) - len(repeats.levels) < LEAST_FREE:
        raise AnalysisError(
            f"There are {len(repeats.condition)} presentations of {len(repeats.levels)} "
            "conditions, too few for a correlation; show more repeats."
        )
    pairs = _Pairs(repeats, scaled)
    areas, of_area = _areas(responses)
    arrays, columns = _summarised(pairs, of_area, len(areas), matrix, pairing)
    attrs = {
        **repeats.attrs,
        "parameters": [over],
        "variant": "z-scored in each condition"
        if scaled == "each_condition"
        else "mean of each condition taken away",
        "n_presentations": len(repeats.condition),
        "n_conditions": len(repeats.levels),
    }
    # the areas of units would be in the way of the axis of that name
    coordinates = {"area": areas, "area_2": areas} if areas else {}
    every = {**arrays, **{k: ("unit", v) for k, v in columns.items()}}
    dataset = result_dataset(responses, every, coordinates, attrs)
    table = result_table(columns, of_result(dataset))
    table.attrs.update(attrs)
    return dataset, table


class _Pairs:
    """Residuals of presentations, ready for the correlations of pairs.

    Conditions in which a unit does not vary, or lacks a presentation, do not enter its
    pairs; the others weigh as their degrees of freedom.
    """

    def __init__(self, repeats: Repeats, scaled: Scaled) -> None:
        values, condition = repeats.values, repeats.condition
        n = len(repeats.levels)
        shown = np.bincount(condition, minlength=n)
        count, mean, variance = moments(values, condition, n)
        largest = np.abs(np.nan_to_num(mean)).max(axis=0)
        varies = (count == shown[:, None]) & (variance > (FLAT * largest) ** 2)
        scale = np.sqrt(np.where(varies, variance, 1))
        if scaled == "together":
            scale = np.ones_like(scale)
        left = np.nan_to_num((values - mean[condition]) / scale[condition])
        self.left: Floats = np.where(varies[condition], left, 0)
        own = varies * np.where(varies, variance / scale**2, 0)
        self._own: Floats = own * (shown - 1)[:, None]
        self._varies: Floats = varies.astype(np.float64)
        self.known: NDArray[np.bool_] = self._own.sum(axis=0) > 0

    def blocks(self, on_progress: OnProgress | None) -> Iterator[tuple[slice, Floats]]:
        """Correlations of some units with all, [n, U]; NaN where there is none."""
        for units in in_blocks(self.left.shape[1], UNITS_AT_ONCE, on_progress):
            # sums of squares of each of a pair in the conditions of both
            first = self._own[:, units].T @ self._varies
            second = self._varies[:, units].T @ self._own
            product = first * second
            together = self.left[:, units].T @ self.left
            found = together / np.sqrt(np.where(product > 0, product, np.nan))
            yield units, np.clip(found, -1, 1)


def _areas(responses: xr.DataArray) -> tuple[list[str], NDArray[np.int64]]:
    """Areas of the units, and the position of each unit's; none without a column."""
    if "area" not in responses.coords or responses["area"].dims != ("unit",):
        return [], np.zeros(responses.sizes["unit"], np.int64)
    names, index = np.unique(
        responses["area"].to_numpy().astype(str), return_inverse=True
    )
    return list(map(str, names)), index.ravel().astype(np.int64)


def _summarised(
    pairs: _Pairs,
    of_area: NDArray[np.int64],
    n_areas: int,
    matrix: bool,
    on_progress: OnProgress | None,
) -> tuple[dict[str, Any], dict[str, Floats]]:
    """Arrays of pairs and areas, and columns of units."""
    n_units = len(of_area)
    member = np.equal.outer(of_area, np.arange(max(1, n_areas))).astype(np.float64)
    sums, squares, counts = (np.zeros((member.shape[1],) * 2) for _ in range(3))
    by_area = np.zeros((n_units, member.shape[1]))
    others = np.zeros_like(by_area)
    whole = np.empty((n_units, n_units), np.float32) if matrix else None
    for units, block in pairs.blocks(on_progress):
        rows = np.arange(block.shape[0])
        if whole is not None:
            whole[units] = block
            own = np.where(pairs.known[units], 1, np.nan)
            whole[units][rows, units.start + rows] = own
        block[rows, units.start + rows] = np.nan
        there = np.isfinite(block).astype(np.float64)
        filled = np.nan_to_num(block)
        by_area[units], others[units] = filled @ member, there @ member
        sums += member[units].T @ by_area[units]
        squares += member[units].T @ (filled**2 @ member)
        counts += member[units].T @ others[units]
    columns = {"mean_noise_correlation": _ratio(by_area.sum(1), others.sum(1))}
    arrays: dict[str, Any] = {}
    if whole is not None:
        arrays["noise_correlation"] = (("unit", "unit_2"), whole)
    if n_areas:
        at = np.arange(n_units), of_area
        columns["mean_noise_correlation_area"] = _ratio(by_area[at], others[at])
        mean = _ratio(sums, counts)
        dims = ("area", "area_2")
        arrays["area_mean"] = (dims, mean)
        spread = np.maximum(_ratio(squares, counts) - mean**2, 0)
        arrays["area_sd"] = (dims, np.sqrt(spread))
        twice = 1 + np.eye(n_areas)  # within an area, every pair was met twice
        arrays["area_pairs"] = (dims, (counts / twice).astype(np.int64))
    return arrays, columns


def _ratio(total: Floats, count: Floats) -> Floats:
    return np.asarray(total / np.where(count > 0, count, np.nan))
