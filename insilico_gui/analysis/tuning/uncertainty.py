"""Intervals and q values of direction tuning."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.trials.bootstrap import bootstrap, interval, q_values
from insilico_gui.analysis.tuning.direction import direction_tuning
from insilico_gui.analysis.tuning.indices import dsi, gdsi, gosi, osi
from insilico_gui.analysis.tuning.tuned import columns_table
from insilico_gui.progress import OnProgress, parts

Floats = NDArray[np.float64]

INDICES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "gOSI": gosi,
    "gDSI": gdsi,
    "OSI_raw": lambda curve, directions: osi(curve, directions, "raw"),
    "DSI_raw": lambda curve, directions: dsi(curve, directions, "raw"),
}
VECTORS = {"vector_dir": (1, 360.0), "vector_ori": (2, 180.0)}
"""Directions of the vector sums: turns in 360 degrees, and the period."""


def direction_uncertainty(
    responses: xr.DataArray,
    *,
    n_draws: int = 500,
    confidence: float = 0.95,
    n_permutations: int = 0,
    seed: int = 0,
    on_progress: OnProgress | None = None,
    **options: Any,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Bootstrap intervals of indices and preferred directions, and q values.

    At each unit's best combination of the other conditions. An index that cannot be
    negative lies above 0 in every draw, so an interval above 0 says nothing about
    tuning; p and q do.

    Parameters
    ----------
    responses : xarray.DataArray
        To trials that vary ``direction``, each condition shown twice or more.
    n_draws, confidence
        See :mod:`insilico_gui.analysis.trials.bootstrap`.
    n_permutations : int
        If positive, ``p_gOSI``, ``p_gDSI`` and their q values over the units.
    seed : int
    on_progress : callable(done, total), optional
    **options
        Of :func:`insilico_gui.analysis.direction_tuning`.

    Returns
    -------
    dataset : xarray.Dataset
        The tuning.
    columns : pandas.DataFrame
        ``gOSI``, ``gDSI``, ``OSI_raw``, ``DSI_raw``, as far as the directions determine
        them, and ``vector_dir``, ``vector_ori``, the angles of the vector sums; of each
        also ``_low`` and ``_high``; ``p_gOSI``, ``q_gOSI`` and so on.

    Raises
    ------
    AnalysisError
        If draws are too few, or no condition was shown twice.
    """
    reading, drawing = parts(on_progress, 2)
    tuning = direction_tuning(
        responses,
        osi_variant="raw",
        other="best",
        n_permutations=n_permutations,
        seed=seed,
        on_progress=reading,
        **options,
    )
    directions = tuning["direction"].to_numpy()
    tested: dict[str, Callable[[Floats], Floats]] = {
        name: partial(_index, index=index, directions=directions)
        for name, index in INDICES.items()
        if name in tuning
    }
    for name, (turns, period) in VECTORS.items():
        tested[name] = partial(
            vector_angle, directions=directions, turns=turns, period=period
        )
    combination, best = combinations_of(tuning)
    level = np.searchsorted(directions, tuning["trial_direction"].to_numpy())
    draws = bootstrap(
        tuning["trial_response"].to_numpy(),
        level.astype(np.int64),
        combination,
        best,
        tested,
        n_draws,
        seed,
        drawing,
    )
    curve = tuning["curve"].to_numpy()
    columns: dict[str, NDArray[Any]] = {}
    for name, found in draws.items():
        value = tested[name](curve)
        turn = VECTORS[name][1] if name in VECTORS else None
        low, high = interval(found, confidence, around=value, period=turn)
        columns |= {name: value, f"{name}_low": low, f"{name}_high": high}
    for name in ("gOSI", "gDSI"):
        if f"p_{name}" in tuning:
            p = tuning[f"p_{name}"].to_numpy()
            columns |= {f"p_{name}": p, f"q_{name}": q_values(p)}
    table = columns_table(
        tuning,
        columns,
        "percentile bootstrap over presentations",
        n_draws=n_draws,
        confidence=confidence,
    )
    return tuning, table


def _index(
    curve: Floats, index: Callable[[Floats, Floats], Floats], directions: Floats
) -> Floats:
    """An index of curves [K, U], as a function of the curves first."""
    return index(curve, directions)


def vector_angle(
    curve: Floats, directions: Floats, turns: int, period: float
) -> Floats:
    """Angle in degrees, 0 to `period`, of the sum of a rectified curve [K, U]."""
    wave = np.exp(1j * turns * np.radians(directions))
    total = wave @ np.clip(curve, 0, None)
    angle = np.degrees(np.angle(total)) / turns % period
    small = np.abs(total) <= 1e-9 * np.abs(curve).sum(axis=0)
    return np.where(small, np.nan, angle)


def combinations_of(
    tuning: xr.Dataset,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number of the combination of each presentation [n], and the best one [U]."""
    columns = tuning.attrs["analysis"]["other_columns"]
    combination = np.zeros(tuning.sizes["trial"], np.int64)
    best = np.zeros(tuning.sizes["unit"], np.int64)
    for name in columns:
        shown = tuning[f"trial_{name}"].to_numpy()
        levels, index = np.unique(shown, return_inverse=True)
        combination = combination * len(levels) + index.ravel()
        at = np.searchsorted(levels, tuning[f"best_{name}"].to_numpy())
        best = best * len(levels) + at
    return combination, best
