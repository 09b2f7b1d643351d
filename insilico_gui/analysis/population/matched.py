"""The same number of units of every area, drawn several times.

What populations can do grows with the number of units, so areas are compared at one number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

LEAST_UNITS = 2


def matched_units(
    areas: ArrayLike,
    usable: NDArray[np.bool_],
    n_units: int | None,
    n_draws: int,
    seed: int,
) -> dict[str, NDArray[np.int64]]:
    """Units of each area, [n_draws, n_units] positions, ascending in each draw.

    Parameters
    ----------
    areas : array, [U]
        Name of each unit's area.
    usable : bool array, [U]
        Units that may be drawn.
    n_units : int, optional
        Default: as many as the smallest area has.
    n_draws : int
        Without replacement each; the smallest area is the same in all of them.
    seed : int
        Draws of an area do not depend on which others there are.

    Returns
    -------
    dict
        By the name of the area; areas with fewer units are left out.

    Raises
    ------
    AnalysisError
        If no area has two units, or as many as are asked for.
    """
    if n_draws < 1:
        raise AnalysisError(f"{n_draws} draws of units are too few; draw once or more.")
    names = np.asarray(areas).astype(str)
    members = {
        str(name): np.flatnonzero((names == name) & usable) for name in np.unique(names)
    }
    counts = [len(units) for units in members.values() if len(units) >= LEAST_UNITS]
    if n_units is None:
        n_units = min(counts, default=0)
    if n_units < LEAST_UNITS or n_units > max(counts, default=0):
        most = max((len(units) for units in members.values()), default=0)
        raise AnalysisError(
            f"The largest area has {most} units that respond, so {max(n_units, 2)} "
            "cannot be drawn of any; ask for fewer, at least 2, or analyse more units."
        )
    found = {}
    for name, units in members.items():
        if len(units) < n_units:
            continue
        rng = np.random.default_rng([seed, *name.encode()])
        draws = [rng.permutation(units)[:n_units] for _ in range(n_draws)]
        found[name] = np.sort(np.stack(draws), axis=1).astype(np.int64)
    return found
