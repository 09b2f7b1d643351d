"""FEVE: how much of the variance that can be explained a prediction explains.

``FEVE = 1 - (mean((y - p)**2) - noise) / (Var(y) - noise)`` over presentations y with
predictions p, where the noise is the mean variance within repeats (n - 1) (Cadena et al.
2019, PLoS Comput. Biol. 15:e1006897). Unlike a correlation, it asks for the right size of
the predicted responses, not for their course alone. Beside it are the fraction that can
be explained, FEV, and the jackknife oracle (:mod:`.repeats`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.agreement.recordings import (
    Recording,
    prediction,
    recorded_from,
)
from insilico_gui.analysis.variability.cells import moments, repeats_of
from insilico_gui.analysis.variability.repeats import oracle_jackknife, variances
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, in_blocks
from insilico_gui.responses import BURN_IN_FRAMES, unit_table
from insilico_gui.units.identity import match_units, result_table

Floats = NDArray[np.float64]

UNITS_AT_ONCE = 128
"""Bounds the working memory: some 200 MB at 10 repeats of 10,000 frames."""

NAMES = ("FEV", "FEVE", "oracle_jackknife")
LEAST_LEFT = 1e-9
"""Share of the variance that can be explained below which FEVE means nothing."""


def explained_variance(
    values: Floats, condition: NDArray[np.int64], predicted: Floats
) -> tuple[Floats, Floats, Floats]:
    """FEV, FEVE and jackknife oracle of presentations, [U] each.

    Parameters
    ----------
    values : array, [n, U]
        Recorded responses; NaN where one is missing.
    condition : int array, [n]
        What was shown, from 0: presentations of one condition are repeats.
    predicted : array, [n, U]
        The prediction for each; NaN makes FEVE of the unit NaN.

    Returns
    -------
    fev, feve, oracle : float64 arrays, [U]
        FEVE is NaN where there is nothing to explain, as FEV is 0 or less; neither is
        clipped else.
    """
    noise, whole = variances(values, condition)
    known = ~np.isnan(values)
    number = np.maximum(known.sum(axis=0), 1)
    squares = np.where(known, (values - predicted) ** 2, 0).sum(axis=0) / number
    left = whole - noise
    some = left > LEAST_LEFT * whole
    with np.errstate(invalid="ignore"):
        feve = 1 - (squares - noise) / np.where(some, left, np.nan)
    return 1 - noise / whole, feve, oracle_jackknife(values, condition)


def explained_by_frames(
    responses: xr.DataArray,
    recording: Recording,
    name: str,
    burn_in_frames: int = BURN_IN_FRAMES,
    on_progress: OnProgress | None = None,
) -> pd.DataFrame:
    """FEV, FEVE and oracle of recorded repeats of a video, each frame a condition.

    Parameters
    ----------
    responses : xarray.DataArray
        The prediction.
    recording : Recording
        [repeats, frames, units] of the same video.
    name : str
        What messages call the responses.
    burn_in_frames : int
    on_progress : callable(done, total), optional
        In units.

    Raises
    ------
    AnalysisError
        If the recording has other frames or units, or a single repeat, or the burn-in is
        as long as the video.
    """
    data = recorded_from(recording, responses, name)
    model = prediction(responses, name)
    n_repeats, n_frames, n_units = data.shape
    if n_repeats < 2:
        raise AnalysisError(
            f"{recording.name} has a single repeat, so noise cannot be told from signal; "
            "give two or more."
        )
    if not 0 <= burn_in_frames < n_frames - 1:
        raise AnalysisError(
            f"A burn-in of {burn_in_frames} frames leaves nothing of {n_frames}; give a "
            "shorter one."
        )
    if len(model) not in (1, n_repeats):
        model = model.mean(axis=0, keepdims=True)
    found: list[tuple[Floats, ...]] = []
    condition = np.tile(np.arange(n_frames - burn_in_frames), n_repeats)
    for units in in_blocks(n_units, UNITS_AT_ONCE, on_progress):
        shown = data[:, burn_in_frames:, units].astype(np.float64)
        given = np.broadcast_to(model[:, burn_in_frames:, units], shown.shape)
        n = shown.shape[2]
        found.append(
            explained_variance(shown.reshape(-1, n), condition, given.reshape(-1, n))
        )
    columns = dict(
        zip(NAMES, map(np.concatenate, zip(*found, strict=True)), strict=True)
    )
    return _table(
        columns,
        unit_table(responses),
        n_repeats=n_repeats,
        n_conditions=n_frames - burn_in_frames,
        burn_in_frames=burn_in_frames,
        conditions="frames",
    )


def explained_by_trials(
    responses: xr.DataArray,
    recorded: xr.DataArray,
    *,
    over: str = "condition",
    names: tuple[str, str] = ("the prediction", "the recorded responses"),
    on_progress: OnProgress | None = None,
    **options: Any,
) -> pd.DataFrame:
    """FEV, FEVE and oracle of recorded trials, predicted by the means of other responses.

    Parameters
    ----------
    responses, recorded : xarray.DataArray
        To trials of the same conditions; those recorded have repeats. Units are matched
        by what their tables say of recording session, scan and id.
    over : str
        Column of the trial tables whose levels are the conditions.
    names : (str, str)
        Of both in messages.
    **options
        ``latency_s``, ``window_s`` and ``burn_in_frames``.

    Raises
    ------
    AnalysisError
        If there are no repeats, no condition in common, or no unit.
    """
    truth = repeats_of(recorded, over, on_progress=on_progress, **options)
    given = repeats_of(responses, over, alone=True, **options)
    shared = np.isin(truth.levels, given.levels)
    if shared.sum() < 2:
        raise AnalysisError(
            f"{names[0]} and {names[1]} have fewer than two conditions in common; show "
            "both the same stimulus."
        )
    rows = _same_units(responses, recorded, names)
    _, means, _ = moments(given.values, given.condition, len(given.levels))
    at = np.searchsorted(given.levels, truth.levels[shared])
    kept = shared[truth.condition]
    place = np.cumsum(shared) - 1
    condition = place[truth.condition[kept]].astype(np.int64)
    values: Floats = truth.values[kept][:, rows]
    values[:, rows < 0] = np.nan
    found = explained_variance(values, condition, means[at][condition])
    return _table(
        dict(zip(NAMES, found, strict=True)),
        unit_table(responses),
        **truth.attrs,
        n_presentations=int(kept.sum()),
        n_conditions=int(shared.sum()),
        conditions=over,
    )


def _same_units(
    responses: xr.DataArray, recorded: xr.DataArray, names: tuple[str, str]
) -> NDArray[np.int64]:
    """Column of each unit of the prediction in what was recorded, -1 for none."""
    rows = match_units(unit_table(responses), unit_table(recorded), names).rows
    if (rows < 0).all():
        raise AnalysisError(
            f"{names[0]} and {names[1]} have no unit in common; compare sessions of the "
            "same units."
        )
    return rows


def _table(
    columns: dict[str, Floats], units: pd.DataFrame, **attrs: Any
) -> pd.DataFrame:
    table = result_table(columns, units)
    table.attrs.update(
        variant="FEVE and FEV of Cadena 2019; jackknife oracle",
        n_nan=int(np.isnan(columns["FEVE"]).sum()),
        **attrs,
    )
    return table
