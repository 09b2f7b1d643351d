"""Which curve of a unit is looked at when directions come with other conditions.

A battery of gratings may show every direction at several spatial frequencies, temporal
frequencies or contrasts. The direction curve of a unit is then either the mean over all
of these, or the curve at the unit's best combination.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from insilico_gui.analysis.fits.directions import listed
from insilico_gui.analysis.trials.grouping import GroupMeans, cell_means, group_means
from insilico_gui.analysis.trials.strata import make_strata
from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Other = Literal["mean", "best"]

NOT_CONDITIONS = frozenset(
    {
        "onset", "duration", "condition", "direction", "orientation", "trial",
        "repeat", "repetition", "presentation", "block", "seed", "phase",
    }
)  # fmt: skip
"""Columns of trial tables that tell presentations apart, not what was shown."""


@dataclass(frozen=True)
class Design:
    """Directions and other conditions of n presentations.

    Attributes
    ----------
    directions : float64 array, [K]
        Degrees, ascending.
    direction : int64 array, [n]
        Index into `directions`.
    combinations : pandas.DataFrame
        A row for each combination of other conditions; without columns if there is one.
    combination : int64 array, [n]
        Row of `combinations`.
    stratum : int64 array, [n]
        Within which directions may be exchanged; see :mod:`.strata`. The other
        conditions are told apart here even if the curve is a mean over them.
    """

    directions: Floats
    direction: NDArray[np.int64]
    combinations: pd.DataFrame
    combination: NDArray[np.int64]
    stratum: NDArray[np.int64]

    @property
    def groups(self) -> NDArray[np.int64]:
        """Combination and direction of each presentation as one number, [n]."""
        return self.combination * len(self.directions) + self.direction

    @property
    def n_groups(self) -> int:
        """Number of pairs of a combination and a direction."""
        return len(self.combinations) * len(self.directions)

    def with_direction(self, direction: NDArray[np.int64]) -> Design:
        """The same presentations with other directions."""
        return replace(self, direction=direction)

    def take(self, rows: NDArray[np.int64]) -> Design:
        """Some of the presentations."""
        return replace(
            self,
            direction=self.direction[rows],
            combination=self.combination[rows],
            stratum=self.stratum[rows],
        )

    def trial_columns(self) -> dict[str, tuple[str, NDArray[np.generic]]]:
        """Variables over ``trial`` of the other conditions of each presentation."""
        return {
            f"trial_{name}": ("trial", column.to_numpy()[self.combination])
            for name, column in self.combinations.items()
        }


def make_design(
    table: pd.DataFrame,
    levels: Floats,
    level: NDArray[np.int64],
    other: Other,
    other_columns: Sequence[str] | None,
    not_conditions: Collection[str] = NOT_CONDITIONS,
) -> Design:
    """The design of presentations, one in each row of `table`, of known `level` [n].

    `levels` [K] are directions, or stand for other levels. With `other` "best" there are
    combinations, of `other_columns` or of the columns that take several values, each of
    them at every level, and are not in `not_conditions`. An error if `other` or a column
    is unknown.
    """
    combinations, combination = _combinations(
        table, level, other, other_columns, not_conditions
    )
    stratum = make_strata(table, level, combinations.columns, not_conditions)
    return Design(levels, level, combinations, combination, stratum)


def _combinations(
    table: pd.DataFrame,
    level: NDArray[np.int64],
    other: Other,
    other_columns: Sequence[str] | None,
    not_conditions: Collection[str],
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """A row for each combination of other conditions, and the row of each presentation."""
    if other not in get_args(Other):
        raise AnalysisError(f"other is {other!r}; choose 'mean' or 'best'.")
    missing = [name for name in other_columns or () if name not in table]
    if missing:
        raise AnalysisError(
            f"The trial table has no column {missing[0]!r}; it has "
            f"{', '.join(map(str, table.columns))}."
        )
    if other == "mean":
        columns: list[Any] = []
    elif other_columns is not None:
        columns = list(other_columns)
    else:
        columns = [
            name
            for name in table.columns.difference(list(not_conditions))
            if _is_crossed(table[name], level)
        ]
    if not columns:
        return pd.DataFrame(index=[0]), np.zeros(len(table), np.int64)
    groups = table.groupby(columns, sort=True, dropna=False)
    combination = groups.ngroup().to_numpy().astype(np.int64)
    first = np.unique(combination, return_index=True)[1]
    return table[columns].iloc[first].reset_index(drop=True), combination


def _is_crossed(column: pd.Series[Any], level: NDArray[np.int64]) -> bool:
    """Whether it has several values, each of them at every level; missing ones aside."""
    codes, values = pd.factorize(column.to_numpy())
    known = codes >= 0
    codes, level = codes[known], level[known]
    n_pairs = len(np.unique(codes + len(values) * level))
    return len(values) > 1 and n_pairs == len(values) * len(np.unique(level))


def direction_curves(
    values: Floats, design: Design
) -> tuple[GroupMeans, NDArray[np.int64]]:
    """Curves [K, U] of responses [n, U] at each best combination, and which it is [U].

    The best combination is the one with the largest mean response to any one direction
    (as AllenSDK chooses the preferred condition), among those shown in every direction
    in which the unit has a response. An error if a direction has no presentation with a
    response in any unit.
    """
    n_directions, n_units = len(design.directions), values.shape[1]
    n_combinations = len(design.combinations)
    cells = group_means(values, design.groups, design.n_groups)
    curves = GroupMeans(
        *(part.reshape(n_combinations, n_directions, n_units) for part in cells)
    )
    seen = curves.density.sum(axis=(0, 2)) > 0
    if not seen.all():
        raise AnalysisError(
            "No presentation of the directions "
            f"{listed(design.directions[~seen])} has a response: their windows lie in "
            "the burn-in or end after the responses, or hold NaN; show more repeats, "
            "or make the latency or the window shorter."
        )
    best = _best_combination(curves.mean)
    picked = GroupMeans(
        *(np.take_along_axis(part, best[None, None], axis=0)[0] for part in curves)
    )
    return picked, best


def direction_means(values: Floats, design: Design) -> Floats:
    """The means of :func:`direction_curves`, [K, U]; NaN where there is none."""
    means = cell_means(values, design.groups, design.n_groups)
    shape = (len(design.combinations), len(design.directions), values.shape[1])
    means = means.reshape(shape)
    best = _best_combination(means)
    picked: Floats = np.take_along_axis(means, best[None, None], axis=0)[0]
    return picked


def _best_combination(means: Floats) -> NDArray[np.int64]:
    """Of means [combinations, K, U], the combination with the largest, [U]."""
    peak = means.max(axis=1)  # NaN if any direction is missing
    best: NDArray[np.int64] = np.where(np.isnan(peak), -np.inf, peak).argmax(axis=0)
    return best
