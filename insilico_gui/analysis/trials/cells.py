"""Cells of a tuning: the levels of one parameter, or the pairs of levels of two."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from insilico_gui.analysis.trials.grouping import GroupMeans
    from insilico_gui.analysis.trials.levels import Levels

    Floats = NDArray[np.float64]


def check_cells(
    values: Floats, cell: NDArray[np.intp], names: tuple[str, ...], levels: list[Levels]
) -> None:
    """Refuse a level, or a pair of them, without any response."""
    answered = ~np.isnan(values).all(axis=1)
    for k, pair in enumerate(product(*(level.values for level in levels))):
        if (answered & (cell == k)).any():
            continue
        where = " and ".join(
            f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in zip(names, pair, strict=True)
        )
        if not (cell == k).any():
            raise AnalysisError(
                f"No trial shows {where} together; a map needs every pair of levels."
            )
        raise AnalysisError(
            f"No presentation of {where} has a response: its windows lie in the "
            "burn-in or end after the responses, or hold NaN; show more repeats, or "
            "make the latency or the window shorter."
        )


def check_complete(curves: GroupMeans, names: tuple[str, ...]) -> None:
    """Refuse a choice of other columns in which no curve is complete."""
    if np.isnan(curves.mean).any(axis=0).all():
        raise AnalysisError(
            "No combination of the other conditions was shown at every level of "
            f"{' and '.join(names)}; use other='mean', or name crossed other_columns.",
            in_window="No combination of the other conditions was shown at every level of "
            f"{' and '.join(names)}; show a stimulus with all combinations.",
        )


def best_levels(
    mean: Floats, axes: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """Level of the largest mean [cells, U] of each unit, on each axis.

    NaN where a mean is missing, or where they vary by 1.5e-5 of the largest or less,
    which is the rounding of float32 responses; see :mod:`.flatness`.
    """
    known = ~np.isnan(mean).any(axis=0) & ~is_flat(mean, axis=0)
    shape = tuple(len(values) for values in axes.values())
    best = np.unravel_index(np.where(known, mean, 0).argmax(axis=0), shape)
    found: dict[str, NDArray[Any]] = {}
    for (name, values), position in zip(axes.items(), best, strict=True):
        value = values[position] if values.dtype.kind == "f" else position
        key = "best_level" if len(axes) == 1 else f"best_level_{name}"
        found[key] = np.where(known, value, np.nan)
    return found
