"""Means over the presentations of each condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class GroupMeans(NamedTuple):
    """Per group and unit, all float64 [G, U].

    ``mean`` over the presentations that are not NaN, ``sem`` its standard error
    (n - 1 in the variance; NaN for fewer than two), ``density`` how many there were.
    """

    mean: Floats
    sem: Floats
    density: Floats


def group_means(values: Floats, groups: NDArray[np.int64], n_groups: int) -> GroupMeans:
    """Mean, standard error and count of presentations [n, U] in each group, [G, U].

    `groups` [n] is the group of each presentation, 0 to `n_groups` - 1.
    """
    member = np.equal.outer(np.arange(n_groups), groups).astype(np.float64)
    valid = ~np.isnan(values)
    count = member @ valid
    mean = cell_means(values, groups, n_groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.where(valid, values - mean[groups], 0)
        variance = member @ deviation**2 / np.where(count > 1, count - 1, np.nan)
        sem = np.sqrt(variance / count)
    return GroupMeans(mean, sem, count)


def cell_means(values: Floats, groups: NDArray[np.int64], n_groups: int) -> Floats:
    """The means of :func:`group_means` alone, [n_groups, U]; NaN where there is none."""
    member = np.equal.outer(np.arange(n_groups), groups).astype(np.float64)
    valid = ~np.isnan(values)
    if valid.all():
        count = member.sum(axis=1, keepdims=True)
        total = member @ values
    else:
        count = member @ valid
        total = member @ np.where(valid, values, 0)
    with np.errstate(invalid="ignore"):
        means: Floats = total / np.where(count > 0, count, np.nan)
    return means
