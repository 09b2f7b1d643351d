"""How well one unit tells two opposite directions apart, by the coherence of motion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.analysis.probes.cells import Cells, read_cells
from insilico_gui.analysis.probes.weibull import Weibull, fit_weibull
from insilico_gui.analysis.trials.bootstrap import interval, q_values
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import in_blocks, parts
from insilico_gui.responses import BURN_IN_FRAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.progress import OnProgress

    Floats = NDArray[np.float64]


CURVES_AT_ONCE = 4096
"""Units times draws that are fitted together."""


def neurometric(
    responses: xr.DataArray,
    *,
    n_draws: int = 0,
    confidence: float = 0.95,
    n_permutations: int = 0,
    seed: int = 0,
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
    n_draws, confidence
        Bootstrap of presentations within each cell; 0 draws give no intervals. The
        preferred directions stay those of the responses.
    n_permutations : int
        If positive, p of the area at the highest coherence: the share of shuffles of its
        presentations in both directions with an area as large; and q over the units.
    seed : int

    Returns
    -------
    dataset : xarray.Dataset
        ``area`` and ``fitted_area`` (``coherence``, ``unit``).
    columns : pandas.DataFrame
        ``neurometric_threshold`` (coherence; NaN where it is above the highest that was
        shown), ``neurometric_slope``, ``neurometric_area`` at the highest coherence,
        ``neurometric_pref_direction`` of all coherences together. ``_low`` and ``_high``
        if there are draws (NaN where half of the draws or more have no threshold),
        ``p_neurometric`` and ``q_neurometric`` if there are permutations.

    Raises
    ------
    AnalysisError
        If opposite directions, coherences or repeats are missing.
    """
    reading, drawing, shuffling = parts(on_progress, 3)
    cells = read_cells(
        responses,
        ("coherence", "direction"),
        _strongest,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=reading,
    )
    coherences, directions = cells.levels["coherence"], cells.levels["direction"]
    opposite = _opposites(directions)
    _check_repeats(cells)
    preferred, overall = _preferred(cells.mean, coherences, opposite)
    whole = np.arange(len(cells.values)), _cell_and_combination(cells)
    area = _areas(cells, preferred, opposite, *whole)
    fit = fit_weibull(coherences, area)
    columns: dict[str, NDArray[Any]] = {
        **_measures(fit, coherences, area),
        "neurometric_pref_direction": np.where(
            np.isnan(area[-1]), np.nan, directions[overall]
        ),
    }
    if n_draws:
        columns |= _intervals(
            cells, columns, preferred, opposite, (n_draws, confidence, seed), drawing
        )
    if n_permutations:
        top = len(coherences) - 1
        p = _p_of_area(
            cells, top, preferred[top], opposite, n_permutations, seed, shuffling
        )
        columns |= {"p_neurometric": p, "q_neurometric": q_values(p)}
    dims = ("coherence", "unit")
    dataset = cells.dataset(
        {"area": (dims, area), "fitted_area": (dims, fit.values(coherences))},
        {"coherence": coherences},
        {"variant": "ROC area, Weibull by least squares", "n_draws": n_draws},
    )
    return dataset, cells.columns(columns, dataset)


def _measures(fit: Weibull, coherences: Floats, area: Floats) -> dict[str, Floats]:
    """Threshold and slope, as far as the threshold was reached, and the largest area."""
    reached = fit.threshold <= coherences[-1]
    return {
        "neurometric_threshold": np.where(reached, fit.threshold, np.nan),
        "neurometric_slope": np.where(reached, fit.slope, np.nan),
        "neurometric_area": area[-1],
    }


def _intervals(
    cells: Cells,
    observed: Mapping[str, Floats],
    preferred: NDArray[np.int64],
    opposite: NDArray[np.int64],
    draws: tuple[int, float, int],
    on_progress: OnProgress | None,
) -> dict[str, Floats]:
    """Ends of the intervals of all columns, from presentations drawn again."""
    n_draws, confidence, seed = draws
    coherences, directions = cells.levels["coherence"], cells.levels["direction"]
    n_units = cells.values.shape[1]
    at_once = max(1, CURVES_AT_ONCE // n_units)
    found: dict[str, list[Floats]] = {name: [] for name in observed}
    waiting: list[Floats] = []
    for done, (rows, both) in enumerate(cells.redrawn(n_draws, seed, on_progress), 1):
        waiting.append(_areas(cells, preferred, opposite, rows, both))
        overall = _preferred(cells.means_of(rows, both), coherences, opposite)[1]
        found["neurometric_pref_direction"].append(directions[overall][None])
        if len(waiting) < at_once and done < n_draws:
            continue
        area = np.concatenate(waiting, axis=1)
        again = _measures(fit_weibull(coherences, area), coherences, area)
        for name, values in again.items():
            found[name].append(values.reshape(len(waiting), n_units))
        waiting = []
    ends: dict[str, Floats] = {}
    for name, drawn in found.items():
        low, high = interval(
            np.concatenate(drawn),
            confidence,
            around=observed[name],
            period=360.0 if name == "neurometric_pref_direction" else None,
        )
        ends |= {f"{name}_low": low, f"{name}_high": high}
    return ends


def _p_of_area(
    cells: Cells,
    coherence: int,
    preferred: NDArray[np.int64],
    opposite: NDArray[np.int64],
    n_permutations: int,
    seed: int,
    on_progress: OnProgress | None,
) -> Floats:
    """Share of shuffles of two directions whose ROC area is as large, [U].

    The preferred direction was chosen by the responses at other coherences, so that
    both are exchangeable if the unit does not tell them apart.
    """
    both, n_directions = _cell_and_combination(cells), cells.shape[1]
    n_cells = int(np.prod(cells.shape))
    p = np.full(cells.values.shape[1], np.nan)
    rng = np.random.default_rng(seed)
    pairs = np.unique(np.stack([cells.best, preferred]), axis=1).T
    for block in in_blocks(len(pairs), 1, on_progress):
        combination, ahead = pairs[block.start].tolist()
        units = np.flatnonzero((cells.best == combination) & (preferred == ahead))
        at = combination * n_cells + coherence * n_directions
        first = np.flatnonzero(both == at + ahead)
        second = np.flatnonzero(both == at + opposite[ahead])
        shown = cells.values[np.concatenate([first, second])][:, units]
        observed = roc_area(shown[: len(first)], shown[len(first) :])
        count = np.zeros(len(units))
        for _ in range(n_permutations):
            mixed = shown[rng.permutation(len(shown))]
            area = roc_area(mixed[: len(first)], mixed[len(first) :])
            count += area >= observed - 1e-12
        p[units] = np.where(
            np.isnan(observed), np.nan, (1 + count) / (1 + n_permutations)
        )
    return p


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


def _cell_and_combination(cells: Cells) -> NDArray[np.int64]:
    """One number for the cell and the other conditions of each presentation, [n]."""
    return cells.combination * int(np.prod(cells.shape)) + cells.cell


def _check_repeats(cells: Cells) -> None:
    """Refuse cells, at the best combination of any unit, that were shown once."""
    n_cells = int(np.prod(cells.shape))
    shown = np.bincount(
        _cell_and_combination(cells), minlength=n_cells * len(cells.combinations)
    ).reshape(-1, n_cells)
    if shown[np.unique(cells.best)].min() < 2:
        raise AnalysisError(
            "Every direction at every coherence has to be shown twice or more; show "
            "more repeats."
        )


def _areas(
    cells: Cells,
    preferred: NDArray[np.int64],
    opposite: NDArray[np.int64],
    rows: NDArray[np.int64],
    both: NDArray[np.int64],
) -> Floats:
    """Area of the preferred direction [C, U] of each unit against its opposite, [C, U].

    Of presentations `rows`, whose cells and combinations are `both`.
    """
    n_coherences, n_directions = cells.shape
    area = np.full((n_coherences, cells.values.shape[1]), np.nan)
    order = np.argsort(both, kind="stable")
    rows, both = rows[order], both[order]

    def of(cell: int) -> NDArray[np.int64]:
        first, last = np.searchsorted(both, [cell, cell + 1])
        return rows[first:last]

    for k in range(n_coherences):
        pairs = np.unique(np.stack([cells.best, preferred[k]]), axis=1).T
        for combination, ahead in pairs.tolist():
            units = np.flatnonzero(
                (cells.best == combination) & (preferred[k] == ahead)
            )
            at = (combination * n_coherences + k) * n_directions
            first, second = of(at + ahead), of(at + int(opposite[ahead]))
            area[k, units] = roc_area(
                cells.values[np.ix_(first, units)], cells.values[np.ix_(second, units)]
            )
    return area


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
