"""Within which presentations the levels of a parameter may be exchanged by chance.

If a parameter does not matter, presentations that are alike in all else can exchange
their levels; others cannot: a unit that answers one contrast five times as strongly as
another would lose its tuning to direction in the differences between contrasts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

BLOCKS = ("repeat", "repetition", "block")
"""Columns that say which presentations were shown together, as far as known."""


def make_strata(
    table: pd.DataFrame,
    level: NDArray[np.int64],
    always: Iterable[str],
    not_conditions: Collection[str],
) -> NDArray[np.int64]:
    """The stratum of each presentation [n]: combination of other parameters, and block.

    A column counts if, together with those that count already, each of its values was
    shown at half of the levels or more: one that is another name of the level, or that
    differs from presentation to presentation, would leave nothing to exchange. Columns
    of `always` count in any case; of `not_conditions`, which are no parameters, only
    :data:`BLOCKS` do.
    """
    strata = np.zeros(len(table), np.int64)
    for name in always:
        strata = _finer(strata, table[name])
    several = [
        str(name)
        for name in table.columns
        if name not in not_conditions and table[name].nunique(dropna=False) > 1
    ]
    several.sort(key=lambda name: (table[name].nunique(dropna=False), name))
    for name in (*several, *(name for name in BLOCKS if name in table)):
        finer = _finer(strata, table[name])
        if is_exchangeable(finer, level):
            strata = finer
    return strata


def is_exchangeable(strata: NDArray[np.int64], level: NDArray[np.int64]) -> bool:
    """Whether each stratum holds half of the levels or more, and at least two."""
    _, levels = np.unique(level, return_inverse=True)
    pairs = np.unique(np.stack([strata, levels]), axis=1)
    shown = np.bincount(pairs[0])
    return bool(shown[np.unique(strata)].min() >= max(2, (levels.max() + 1) / 2))


def shuffled(
    level: NDArray[np.int64], strata: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Levels exchanged at random within each stratum."""
    ordered = np.argsort(strata, kind="stable")
    drawn = np.lexsort((rng.random(len(level)), strata))
    result = np.empty_like(level)
    result[ordered] = level[drawn]
    return result


def _finer(strata: NDArray[np.int64], column: pd.Series[Any]) -> NDArray[np.int64]:
    codes, _ = pd.factorize(column, use_na_sentinel=False)
    pairs = np.stack([strata, codes.astype(np.int64)])
    return np.unique(pairs, axis=1, return_inverse=True)[1].ravel().astype(np.int64)
