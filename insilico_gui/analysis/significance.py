"""Whether a unit is tuned at all: permutation of presentations across directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.conditions import Design, direction_curves
from insilico_gui.analysis.progress import in_blocks
from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.analysis.progress import OnProgress

    Floats = NDArray[np.float64]
    Index = Callable[[ArrayLike, ArrayLike], Floats]


def check_permutations(
    n_permutations: int, n_presentations: int, design: Design
) -> None:
    """Check that presentations can be permuted, before anything is computed of them.

    Raises
    ------
    AnalysisError
        If there are no permutations, or no condition was presented twice.
    """
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
    """Chance of indices as large as the observed ones if direction did not matter.

    The directions of all presentations are shuffled, curves and indices computed anew.
    ``p = (1 + number of shuffles at least as large) / (1 + number of shuffles)``, which
    is never 0.

    Parameters
    ----------
    values : float64 array, [n, U]
        Response to each presentation.
    design : Design
        What each presentation showed.
    indices : mapping of str to function
        Index functions of (curve [K, U], directions [K]).
    n_permutations : int
        100 is usual (Li 2025, with p <= 0.01 called significant).
    seed : int
        Equal seeds give equal results.
    on_progress : callable(done, total), optional
        In permutations; see :mod:`insilico_gui.analysis.progress`.

    Returns
    -------
    dict of str to float64 array, [U]
        NaN where the observed index is.

    Raises
    ------
    AnalysisError
        If there is nothing to permute.
    """
    check_permutations(n_permutations, len(values), design)
    curve = direction_curves(values, design)[0].mean
    directions = design.directions
    observed = {name: index(curve, directions) for name, index in indices.items()}
    reached = {name: np.ones(values.shape[1]) for name in indices}
    generator = np.random.default_rng(seed)
    for _ in in_blocks(n_permutations, 1, on_progress):
        shuffled = design.with_direction(generator.permutation(design.direction))
        curve = direction_curves(values, shuffled)[0].mean
        for name, index in indices.items():
            # Equal curves may differ by rounding in their sums.
            reached[name] += index(curve, directions) >= observed[name] - 1e-12
    return {
        name: np.where(np.isnan(observed[name]), np.nan, reached[name])
        / (1 + n_permutations)
        for name in indices
    }
