"""Responses to flashed dots by the place of the dot, for each polarity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from insilico_gui.analysis.trials.design import Design
from insilico_gui.analysis.trials.grouping import cell_means
from insilico_gui.analysis.trials.significance import permutation_p

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.progress import OnProgress
    from insilico_gui.stimuli.core.display import Angles, Display

    Floats = NDArray[np.float64]

LEAST_PLACES, LEAST_A_SIDE = 12, 3
"""With fewer, across or down, the responses do not tell a centre from a width."""


def dot_places(
    trials: pd.DataFrame, display: Display, angles: Angles
) -> tuple[Floats, NDArray[np.int64]] | None:
    """Places [P, 2] of dots (x and y in -1..1), and the place of each row, -1 for none.

    None if the trials have no places, or too few for a Gaussian.
    """
    for x, y in (("x", "y"), ("azimuth_deg", "elevation_deg")):
        if {x, y} <= set(trials.columns):
            at = trials[[x, y]].apply(lambda c: c.astype(float)).to_numpy()
            if x != "x":
                at = np.stack(display.from_degrees(*at.T, angles=angles), axis=1)
            break
    else:
        return None
    known = np.isfinite(at).all(axis=1)
    places, index = np.unique(np.round(at[known], 6), axis=0, return_inverse=True)
    of_row = np.full(len(at), -1)
    of_row[known] = index.ravel()
    sides = [len(np.unique(axis)) for axis in places.T]
    if len(places) < LEAST_PLACES or min(sides) < LEAST_A_SIDE:
        return None
    return places, of_row


def place_means(
    values: Floats,
    sign: Floats,
    place: NDArray[np.int64],
    n_places: int,
) -> Floats:
    """Mean responses by place to bright, to dark and to both kinds of dots.

    Parameters
    ----------
    values : array, [n, U]
        Responses of presentations.
    sign : array, [n]
        1 bright, -1 dark, NaN neither.
    place : int array, [n]
        Place of each presentation, -1 for none.

    Returns
    -------
    float64 array, [3, U, n_places]
        NaN where a unit has no response. "Both" is the mean of the two, each counting
        half, or the one that there is.
    """
    on, off = (
        cell_means(values[shown], place[shown], n_places).T
        for shown in ((sign == polarity) & (place >= 0) for polarity in (1, -1))
    )
    both = np.where(np.isnan(on), off, np.where(np.isnan(off), on, (on + off) / 2))
    return np.stack([on, off, both])


def place_p(
    values: Floats,
    sign: Floats,
    place: NDArray[np.int64],
    n_places: int,
    n_permutations: int,
    seed: int,
    on_progress: OnProgress | None = None,
) -> Floats:
    """Chance of as uneven a field if the place of a dot did not matter, [U].

    The variance over places of the mean responses against that after places were
    exchanged among dots of one polarity; see
    :mod:`insilico_gui.analysis.trials.significance`.
    """
    shown = np.isfinite(sign) & (place >= 0)

    def unevenness(curve: ArrayLike, levels: ArrayLike) -> Floats:
        means = np.asarray(curve)
        varies: Floats = np.nanvar(means, axis=0)
        return varies

    design = _design(place[shown], n_places, (sign[shown] > 0).astype(np.int64))
    found = permutation_p(
        values[shown], design, {"p": unevenness}, n_permutations, seed, on_progress
    )
    return found["p"]


def _design(
    place: NDArray[np.int64], n_places: int, stratum: NDArray[np.int64]
) -> Design:
    """Presentations by place, exchangeable within a polarity."""
    return Design(
        np.arange(n_places, dtype=float),
        place,
        pd.DataFrame(index=[0]),
        np.zeros(len(place), np.int64),
        stratum,
    )
