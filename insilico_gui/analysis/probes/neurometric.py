"""How well one unit tells two opposite directions apart, by the coherence of motion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.analysis.probes.cells import Cells, read_cells
from insilico_gui.analysis.probes.weibull import fit_weibull
from insilico_gui.errors import AnalysisError
from insilico_gui.responses import BURN_IN_FRAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.progress import OnProgress

    Floats = NDArray[np.float64]


def neurometric(
    responses: xr.DataArray,
    *,
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    on_progress: OnProgress | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Area under the ROC at each coherence, and the threshold of a Weibull function.

    The area is the probability that a response to the preferred direction is larger than
    one to the opposite direction (Britten, Shadlen, Newsome & Movshon 1992, J. Neurosci.
    12:4745); equal ones count half. The preferred direction is that of the largest
    difference to its opposite, in the responses at all *other* coherences, weighted by
    coherence, so that an area is not larger than 0.5 by the choice alone. Then
    ``p(c) = 1 - exp(-(c / threshold)**slope) / 2``: 82 % at the threshold.

    Parameters
    ----------
    responses : xarray.DataArray
        To random dots that translate in opposite directions at two coherences above 0 or
        more, each shown twice or more. At each unit's combination of other conditions
        (speed) with the largest response at the highest coherence.

    Returns
    -------
    dataset : xarray.Dataset
        ``area`` and ``fitted_area`` (``coherence``, ``unit``).
    columns : pandas.DataFrame
        ``neurometric_threshold`` (coherence; NaN where it is above the highest that was
        shown), ``neurometric_slope``, ``neurometric_area`` at the highest coherence,
        ``neurometric_pref_direction`` of all coherences together.

    Raises
    ------
    AnalysisError
        If opposite directions, coherences or repeats are missing.
    """
    cells = read_cells(
        responses,
        ("coherence", "direction"),
        _strongest,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=on_progress,
    )
    coherences, directions = cells.levels["coherence"], cells.levels["direction"]
    opposite = _opposites(directions)
    areas = _areas(cells, opposite)
    preferred, overall = _preferred(cells.mean, coherences, opposite)
    area = np.take_along_axis(areas, preferred[:, None], axis=1)[:, 0]
    fit = fit_weibull(coherences, area)
    reached = fit.threshold <= coherences[-1]
    columns: dict[str, NDArray[Any]] = {
        "neurometric_threshold": np.where(reached, fit.threshold, np.nan),
        "neurometric_slope": np.where(reached, fit.slope, np.nan),
        "neurometric_area": area[-1],
        "neurometric_pref_direction": np.where(
            np.isnan(area[-1]), np.nan, directions[overall]
        ),
    }
    dims = ("coherence", "unit")
    dataset = cells.dataset(
        {"area": (dims, area), "fitted_area": (dims, fit.values(coherences))},
        {"coherence": coherences},
        {"variant": "ROC area, Weibull by least squares"},
    )
    return dataset, cells.columns(columns, dataset)


def roc_area(first: Floats, second: Floats) -> Floats:
    """P(a > b) + P(a = b) / 2 over all pairs of responses [n, U] and [m, U]; [U].

    NaN is left out; NaN where nothing is left.
    """
    a, b = first[:, None], second[None]
    known = np.isfinite(a) & np.isfinite(b)
    wins = ((a > b) & known).sum(axis=(0, 1)) + 0.5 * ((a == b) & known).sum(
        axis=(0, 1)
    )
    n = known.sum(axis=(0, 1))
    area: Floats = wins / np.where(n > 0, n, np.nan)
    return area


def _areas(cells: Cells, opposite: NDArray[np.int64]) -> Floats:
    """Area of each direction against its opposite, [coherences, directions, U]."""
    n_coherences, n_directions = cells.shape
    areas = np.full((n_coherences, n_directions, cells.values.shape[1]), np.nan)
    for combination in range(len(cells.combinations)):
        units = np.flatnonzero(cells.best == combination)
        if len(units) == 0:
            continue
        rows = cells.combination == combination
        values, cell = cells.values[rows][:, units], cells.cell[rows]
        for k in range(n_coherences):
            of = [values[cell == k * n_directions + d] for d in range(n_directions)]
            if min(map(len, of)) < 2:
                raise AnalysisError(
                    "Every direction at every coherence has to be shown twice or more; "
                    "show more repeats."
                )
            for d, other in enumerate(opposite.tolist()):
                areas[k, d, units] = roc_area(of[d], of[other])
    return areas


def _preferred(
    mean: Floats, coherences: Floats, opposite: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Preferred direction of each coherence by the others [C, U], and by all [U]."""
    difference = (mean - mean[:, opposite]) * coherences[:, None, None]
    total = difference.sum(axis=0)
    others = np.nan_to_num(total[None] - difference)
    return others.argmax(axis=1), np.nan_to_num(total).argmax(axis=0)


def _opposites(directions: Floats) -> NDArray[np.int64]:
    """Place of the opposite of each direction."""
    apart = np.abs((directions[:, None] - directions[None] + 180) % 360 - 180)
    opposite = apart.argmax(axis=1)
    if not np.allclose(apart.max(axis=1), 180):
        raise AnalysisError(
            "Some directions were shown without their opposite; show an even number of "
            "directions, evenly spaced."
        )
    found: NDArray[np.int64] = opposite.astype(np.int64)
    return found


def _strongest(levels: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
    coherences = levels["coherence"]
    if coherences.dtype.kind != "f" or (coherences > 0).sum() < 2:
        raise AnalysisError(
            "A threshold needs two coherences above 0 or more; show random dots with "
            "coherence=(0.1, 0.2, 0.4, 0.8)."
        )
    return np.repeat(
        (coherences == coherences[-1])[:, None], len(levels["direction"]), axis=1
    )
