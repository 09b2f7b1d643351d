"""Presentations by condition, as all measures of repeats take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from insilico_gui.analysis.trials.levels import levels_of
from insilico_gui.analysis.trials.windows import trial_responses, trial_table
from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Repeats(NamedTuple):
    """Presentations of conditions that were shown twice or more.

    ``values`` float64 [n, U], mean responses in the window of each; ``condition`` int64
    [n], from 0; ``levels`` [C], their names in the trial table; ``n_frames`` int64 [n],
    frames of each window; ``attrs`` the parameters of the windows.
    """

    values: Floats
    condition: NDArray[np.int64]
    levels: NDArray[Any]
    n_frames: NDArray[np.int64]
    table: pd.DataFrame
    attrs: dict[str, Any]


def repeats_of(
    responses: xr.DataArray,
    over: str,
    least: int = 1,
    *,
    alone: bool = False,
    **options: Any,
) -> Repeats:
    """Responses to the presentations of each level of a column of the trial table.

    Conditions with fewer than two presentations that have a response are left out, but
    if one `alone` is enough, and so are rows without a level.

    Raises
    ------
    AnalysisError
        If fewer than `least` conditions were shown twice.
    """
    windowed = trial_responses(responses, **options, apart=True)
    table = trial_table(windowed)
    found = levels_of(table, over)
    values = windowed.to_numpy()
    answered = ~np.isnan(values).all(axis=1) & (found.index >= 0)
    shown = np.bincount(found.index[answered], minlength=len(found.values))
    repeated = np.flatnonzero(shown >= (1 if alone else 2))
    if len(repeated) < least:
        needed = "a condition" if least == 1 else f"{least} conditions"
        raise AnalysisError(
            f"This needs {needed} with two presentations or more, and there "
            f"{'is' if len(repeated) == 1 else 'are'} {len(repeated)}; show repeats."
        )
    rows = np.flatnonzero(answered & np.isin(found.index, repeated))
    condition = np.searchsorted(repeated, found.index[rows]).astype(np.int64)
    return Repeats(
        values[rows],
        condition,
        found.values[repeated],
        windowed["n_frames"].to_numpy()[rows],
        table.iloc[rows].reset_index(drop=True),
        dict(windowed.attrs["windows"]),
    )


def moments(
    values: Floats, condition: NDArray[np.int64], n_conditions: int
) -> tuple[Floats, Floats, Floats]:
    """Number, mean and variance (n - 1) of presentations [n, U], each [C, U].

    Every condition from 0 has a presentation. NaN is left out; the variance of fewer
    than two presentations is NaN.
    """
    order = np.argsort(condition, kind="stable")
    first = np.searchsorted(condition[order], np.arange(n_conditions))
    known = ~np.isnan(values)

    def sums(of: NDArray[Any]) -> Floats:
        return np.asarray(np.add.reduceat(of[order], first, axis=0))

    count = sums(known.astype(np.float64))
    mean = sums(np.where(known, values, 0)) / np.where(count > 0, count, np.nan)
    away = np.where(known, values - mean[condition], 0)
    variance = sums(away**2) / np.where(count > 1, count - 1, np.nan)
    return count, mean, variance
