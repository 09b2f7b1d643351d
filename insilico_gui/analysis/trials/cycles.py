"""Which frames of drifting patterns are averaged: whole cycles, once they are settled.

A unit that follows the bars of a grating has a mean that depends on the phase at which
the pattern begins, unless the window leaves out the response to the onset and holds
whole cycles. Phases differ from direction to direction, so such a window would move
preferences and indices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.trials.window_checks import TOLERANCE_S

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

FREQUENCY = "temporal_frequency"  # column of trial tables, Hz
SETTLED_S = 0.5
"""Seconds after which the response to an onset counts as over."""


@dataclass(frozen=True)
class Cycles:
    """Frames of whole cycles at the end of trials, [T] each.

    Attributes
    ----------
    drifting : bool
        Trials that have them; the others show no drifting pattern.
    n_frames : int64
        How many frames, before the end of the trial; 0 where there are none.
    settled_s : float
        Seconds that every drifting trial has before them, or more.
    """

    drifting: NDArray[np.bool_]
    n_frames: NDArray[np.int64]
    settled_s: float


def whole_cycles(table: pd.DataFrame, interval: float) -> Cycles | None:
    """The last whole cycles of each trial that drifts; None if there is no such trial.

    The first half second is left out, or as much of it, in all trials alike, as leaves
    each of them one cycle. A trial shorter than a cycle is averaged from its first frame
    to its last. Of the numbers of cycles that fit, it is the one that comes nearest to
    a whole number of frames, and the largest of those that come as near.

    Parameters
    ----------
    table : pandas.DataFrame
        Trial table; its trials drift where ``temporal_frequency`` (Hz) is positive.
    interval : float
        Seconds from frame to frame.
    """
    if FREQUENCY not in table or table[FREQUENCY].dtype.kind not in "fiu":
        return None
    frequency = table[FREQUENCY].to_numpy(np.float64)
    shown = np.floor((table["duration"].to_numpy(float) + TOLERANCE_S) / interval)
    drifting = np.isfinite(frequency) & (frequency > 0) & (shown > 0)
    if not drifting.any():
        return None
    cycle = 1 / (frequency[drifting] * interval)  # frames
    most = shown[drifting]
    pause = np.ceil((SETTLED_S - TOLERANCE_S) / interval)
    settled = min(pause, max(0.0, np.floor((most - cycle).min() + TOLERANCE_S)))
    n_frames = np.zeros(len(table), np.int64)
    n_frames[drifting] = [
        _nearest(length, available, total)
        for length, available, total in zip(cycle, most - settled, most, strict=True)
    ]
    return Cycles(drifting, n_frames, float(settled * interval))


def _nearest(cycle: float, available: float, total: float) -> int:
    """Frames of the whole cycles that fit best; all in total if not one does."""
    counts = np.arange(1, int((available + TOLERANCE_S) / cycle) + 1)
    if not len(counts):
        return int(total)
    exact = counts * cycle
    frames = np.maximum(np.round(exact), 1)
    missed = (np.abs(frames - exact) / frames).round(6)
    return int(frames[len(missed) - 1 - missed[::-1].argmin()])
