"""From responses to tuning curves: what every tuning does with the presentations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.trials import windows
from insilico_gui.analysis.trials.design import Design, Other, direction_curves
from insilico_gui.analysis.trials.grouping import GroupMeans, group_means
from insilico_gui.analysis.trials.significance import check_permutations, permutation_p
from insilico_gui.analysis.trials.unit_mask import take_units
from insilico_gui.progress import OnProgress, parts
from insilico_gui.responses import BURN_IN_FRAMES, check_responses, with_unit_index

Floats = NDArray[np.float64]
Index = Callable[[ArrayLike, ArrayLike], Floats]

ABOUT = {
    "curve": "mean response over presentations",
    "sem": "standard error of the mean over presentations",
    "count": "presentations in the mean (density)",
    "trial_response": "mean response in the window of each presentation",
    "blank": "mean response to blanks, the rows without a level",
}
"""Long names of the variables that every tuning has."""


class TuningOptions(TypedDict, total=False):
    """Options of every tuning; defaults are those of :func:`tuning_dataset`."""

    latency_s: float
    burn_in_frames: int
    units: ArrayLike | None
    window_s: float | None
    other: Other
    other_columns: Sequence[str] | None
    n_permutations: int
    seed: int
    on_progress: OnProgress | None


@dataclass(frozen=True)
class Shown:
    """What trials showed.

    Attributes
    ----------
    rows : bool array, [trials]
        Presentations, which show a level of each axis.
    axes : mapping
        Levels of each axis, by its name, in the order of the dims.
    index : tuple of int64 array, [n]
        Level of each presentation on each axis.
    design : Design
        Of the presentations.
    blank : bool array, [trials]
        Rows that are blanks.
    """

    rows: NDArray[np.bool_]
    axes: Mapping[str, NDArray[Any]]
    index: tuple[NDArray[np.int64], ...]
    design: Design
    blank: NDArray[np.bool_]


@dataclass
class Summary:
    """What a tuning makes of curves: columns [U], indices to test, what is absent."""

    columns: dict[str, NDArray[Any]]
    tested: Mapping[str, Index]
    absent: dict[str, str] | None = None
    analysis: dict[str, Any] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)


def tuning_dataset(
    responses: xr.DataArray,
    trials: pd.DataFrame | None,
    read: Callable[[pd.DataFrame, Floats, Other, Sequence[str] | None], Shown],
    summarise: Callable[[GroupMeans, Shown, OnProgress | None], Summary],
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
    """The dataset of a tuning; see :func:`insilico_gui.analysis.parameter_tuning`.

    Parameters
    ----------
    read : callable(table, values, other, other_columns)
        What the trials of a table, with the responses [trials, U], showed.
    summarise : callable(curves, shown, on_progress)
        What there is to say of the curves [K, U].
    """
    check_responses(responses)
    if units is not None:
        responses = take_units(responses, units)
    reading, summing, *permuting = parts(on_progress, 2 + (n_permutations > 0))
    windowed = windows.trial_responses(
        responses,
        trials,
        latency_s,
        window_s,
        burn_in_frames,
        reading,
        apart=True,
        cycles=True,
    )
    all_values = windowed.to_numpy()
    table = windows.trial_table(windowed)
    shown = read(table, all_values, other, other_columns)
    values, design = all_values[shown.rows], shown.design
    if n_permutations:  # or a fit that fails would be named as the reason
        check_permutations(n_permutations, len(values), design)
    curves, best = direction_curves(values, design)
    summary = summarise(curves, shown, summing)
    columns = summary.columns
    for name in design.combinations:
        columns[f"best_{name}"] = design.combinations[name].to_numpy()[best]
    if shown.blank.any():
        blanks = all_values[shown.blank]
        columns["blank"] = group_means(blanks, np.zeros(len(blanks), np.int64), 1).mean[
            0
        ]
    if n_permutations:
        columns |= permutation_p(
            values, design, summary.tested, n_permutations, seed, *permuting
        )
    analysis = {
        **windowed.attrs["windows"],
        **summary.analysis,
        "other": other,
        "other_columns": [str(name) for name in design.combinations],
        "n_presentations": int((windowed["n_frames"].to_numpy()[shown.rows] > 0).sum()),
        "n_permutations": n_permutations,
        "seed": seed,
    }
    return _dataset(windowed, shown, curves, values, summary, analysis)


def _dataset(
    windowed: xr.DataArray,
    shown: Shown,
    curves: GroupMeans,
    values: Floats,
    summary: Summary,
    analysis: dict[str, Any],
) -> xr.Dataset:
    """Curves, presentations and columns with the unit table and the parameters."""
    axes, dims = shown.axes, (*shown.axes, "unit")
    shape = tuple(len(levels) for levels in axes.values())
    trial_axes = {
        f"trial_{name}": ("trial", levels[at])
        for (name, levels), at in zip(axes.items(), shown.index, strict=True)
    }
    arrays: dict[str, Any] = {
        "curve": (dims, curves.mean.reshape(*shape, -1)),
        "sem": (dims, curves.sem.reshape(*shape, -1)),
        "count": (dims, curves.density.astype(np.int64).reshape(*shape, -1)),
        "trial_response": (("trial", "unit"), values),
        **shown.design.trial_columns(),
        **trial_axes,
        **{name: ("unit", column) for name, column in summary.columns.items()},
    }
    # The unit table may bring released columns of the same names: other values, which
    # must not stand in for what these levels do not determine either.
    taken = {*arrays, *axes, *(summary.absent or ())}
    labels = {
        name: coord.variable  # not the DataArray, which brings the others along
        for name, coord in windowed.coords.items()
        if coord.dims == ("unit",) and name not in taken
    }
    attrs = {k: v for k, v in windowed.attrs.items() if k not in ("trials", "windows")}
    attrs["analysis"] = analysis
    if summary.absent is not None:
        attrs["absent"] = summary.absent
    dataset = xr.Dataset(arrays, {**axes, **labels}, attrs)
    about = {**ABOUT, **summary.about}
    for name in dataset.data_vars.keys() & about.keys():
        dataset[name].attrs["long_name"] = about[str(name)]
    return with_unit_index(dataset)
