"""A trace cut at the onsets of trials, and its mean over the trials of each condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.trials.grouping import group_means

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Aligned:
    """Responses of one unit, or of a mean, by time from the onset of trials.

    Attributes
    ----------
    times : float64 array, [K]
        Seconds from onset.
    trials : float64 array, [n, K]
        NaN where there is no response, as before the first frame.
    group : int64 array, [n]
        Condition of each trial; -1 of trials that belong to none.
    mean, sem : float64 array, [G, K]
        Over the trials of a condition that have a response at that time; the standard
        error (ddof 1) is NaN of fewer than two.
    """

    times: Floats
    trials: Floats
    group: NDArray[np.int64]
    mean: Floats
    sem: Floats


def align(
    trace: Floats,
    rate: float,
    onsets: Floats,
    group: NDArray[np.int64],
    n_groups: int,
    ends: tuple[float, float],
    first: int = 0,
) -> Aligned:
    """Cut a trace at onsets, and average over the trials of each condition.

    Parameters
    ----------
    trace : float array, [T]
        A value for each frame; NaN where there is none yet.
    rate : float
        Frames per second (Hz).
    onsets : float64 array, [n]
        Seconds; an onset between two frames counts as the nearer one.
    group : int64 array, [n]
        Condition of each trial, 0 to `n_groups` - 1; -1 for none.
    n_groups : int
    ends : (float, float)
        Seconds from onset, from the first to the last frame of a cut; both included.
    first : int
        Frames before this one are left out, as those of the burn-in.
    """
    low, high = np.ceil(ends[0] * rate - 1e-6), np.floor(ends[1] * rate + 1e-6)
    steps = np.arange(int(low), int(high) + 1)
    start = np.floor(np.asarray(onsets, float) * rate + 0.5).astype(np.int64)
    frames = start[:, None] + steps
    inside = (frames >= first) & (frames < len(trace))
    cut = np.full(frames.shape, np.nan)
    cut[inside] = np.asarray(trace, np.float64)[frames[inside]]
    counted = group >= 0
    found = group_means(cut[counted], group[counted], n_groups)
    return Aligned(steps / rate, cut, group, found.mean, found.sem)
