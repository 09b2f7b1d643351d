"""Whether a unit is tuned at all: stratified permutation of presentations.

The one place where levels are shuffled. Presentations exchange the levels of the
parameter that is looked at within each combination of the other parameters and each
block of repeats, never across; see :mod:`.strata`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.analysis.trials.design import direction_means
from insilico_gui.analysis.trials.strata import shuffled
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import in_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.analysis.trials.design import Design
    from insilico_gui.progress import OnProgress

    Floats = NDArray[np.float64]
    Index = Callable[[ArrayLike, ArrayLike], Floats]

DRAWS_AGAIN = 100
"""How often a shuffle without an index is drawn again before p is unknown."""

TIE = 1e-12
"""Differences of indices, which are of order one, that are rounding."""


def check_permutations(
    n_permutations: int, n_presentations: int, design: Design
) -> None:
    """Refuse what cannot be permuted: no permutations, or no condition presented twice."""
    if n_permutations < 1:
        raise AnalysisError(f"{n_permutations} permutations are too few; use 100.")
    if n_presentations <= len(design.directions) * len(design.combinations):
        raise AnalysisError(
            "Every condition was presented only once, so chance cannot be told from "
            "tuning; show repeats, or leave out the permutations."
        )


def permutation_p(
    values: Floats,
    design: Design,
    indices: Mapping[str, Index],
    n_permutations: int,
    seed: int,
    on_progress: OnProgress | None = None,
) -> dict[str, Floats]:
    """Chance of indices as large as observed if direction did not matter, [U] each.

    The directions of presentations are shuffled within each stratum of the design,
    curves and indices (functions of curve [K, U] and directions [K]) computed anew from
    responses [n, U]. ``p = (1 + number of shuffles at least as large) / (1 + number of
    shuffles)``, which is never 0; 100 shuffles are usual (Li 2025, with p <= 0.01
    called significant). A shuffle that leaves a unit without an index (it may be
    missing in some presentations, or without a response above 0) is drawn again for
    this unit.

    NaN where the observed index is, or where draws again found none either; 1 where
    responses vary by rounding at most (:mod:`.flatness`). Progress is in permutations.
    """
    check_permutations(n_permutations, len(values), design)
    # A presentation without any response would leave the cell that it is moved to empty.
    shown = np.flatnonzero(~np.isnan(values).all(axis=1))
    design, values = design.take(shown), _scaled(values[shown])
    if not _can_be_shuffled(design):
        raise AnalysisError(
            "No two levels were shown in one combination of the other conditions, so "
            "there is nothing to shuffle; name other columns, or leave out the "
            "permutations."
        )
    rng = np.random.default_rng(seed)

    def measured(shuffle: Design, units: NDArray[np.int64] | slice) -> Floats:
        curve = direction_means(values[:, units], shuffle)
        return np.stack([index(curve, design.directions) for index in indices.values()])

    observed = measured(design, slice(None))
    known = ~np.isnan(observed)
    reached = np.where(known, 1.0, np.nan)
    for _ in in_blocks(n_permutations, 1, on_progress):
        drawn = measured(_shuffled(design, rng), slice(None))
        for _ in range(DRAWS_AGAIN):
            lost = np.flatnonzero((np.isnan(drawn) & known).any(axis=0))
            if len(lost) == 0:
                break
            drawn[:, lost] = measured(_shuffled(design, rng), lost)
        # Equal curves may differ by rounding in their sums.
        reached += np.where(np.isnan(drawn), np.nan, drawn >= observed - TIE)
    return dict(zip(indices, reached / (1 + n_permutations), strict=True))


def _shuffled(design: Design, rng: np.random.Generator) -> Design:
    return design.with_direction(shuffled(design.direction, design.stratum, rng))


def _can_be_shuffled(design: Design) -> bool:
    pairs = np.unique(np.stack([design.stratum, design.direction]), axis=1)
    return bool((np.bincount(pairs[0]) > 1).any())


def _scaled(values: Floats) -> Floats:
    """Responses [n, U] of order one, and the same to all where they vary by rounding.

    Indices are compared with an absolute tolerance; they do not depend on the scale.
    """
    present = ~np.isnan(values)
    count = np.maximum(present.sum(axis=0), 1)
    mean = np.where(present, values, 0).sum(axis=0) / count
    away = np.where(present, values - mean, 0)
    flat = is_flat(values, 0, present)
    spread = np.where(flat, np.abs(mean), np.sqrt((away**2).sum(axis=0) / count))
    scaled: Floats = np.where(present & flat, mean, values)
    return scaled / np.where(spread > 0, spread, 1)
