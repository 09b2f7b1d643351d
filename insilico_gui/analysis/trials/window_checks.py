"""Whether a response window can be one: known before any response is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE_S = 1e-6
"""More than times in seconds are off by rounding, and far less than a frame."""


def check_window(
    latency_s: float, window_s: float | None, burn_in_frames: int = 0
) -> None:
    """Refuse a response window that is none.

    Raises
    ------
    AnalysisError
        If the latency (s) or the burn-in (frames) is negative, or the window (s) is not
        positive.
    """
    if not (np.isfinite(latency_s) and latency_s >= 0):
        raise AnalysisError(
            f"The latency is {latency_s} s; give zero or a positive number of seconds."
        )
    if window_s is not None and not (np.isfinite(window_s) and window_s > 0):
        raise AnalysisError(
            f"The window is {window_s} s long; give a positive number of seconds."
        )
    if burn_in_frames < 0:
        raise AnalysisError(f"A burn-in of {burn_in_frames} frames is not possible.")


def check_apart(table: pd.DataFrame, latency_s: float, window_s: float | None) -> None:
    """Refuse windows that hold the responses to other trials.

    A window may end after the next trial has begun: without blanks, every latency makes
    it so. It may also lie wholly in the blank after its trial.

    Parameters
    ----------
    table : pandas.DataFrame
        Trial table, with ``onset`` (s) and, for a batch, ``trial``.
    latency_s : float
        Of all windows.
    window_s : float, optional
        Length of all windows; those as long as their trial always pass.

    Raises
    ------
    AnalysisError
        If windows begin with the next trial or after it, or are longer than from one
        onset to the next.
    """
    videos = table["trial"] if "trial" in table else np.zeros(len(table))
    onsets = table["onset"].astype(np.float64).groupby(np.asarray(videos))
    apart = min(
        (np.diff(np.unique(times)).min(initial=np.inf) for _, times in onsets),
        default=np.inf,
    )
    if latency_s > 0 and latency_s > apart - TOLERANCE_S:
        raise AnalysisError(
            f"With a latency of {latency_s:g} s the window of a trial begins when the "
            f"next has begun, as trials follow each other after {apart:g} s; give a "
            "shorter latency, or show longer blanks."
        )
    if window_s is not None and window_s > apart + TOLERANCE_S:
        raise AnalysisError(
            f"A window of {window_s:g} s holds several trials, which follow each other "
            f"after {apart:g} s; give a shorter window, or show longer blanks."
        )


def shortest_gap(table: pd.DataFrame, interval_s: float) -> float:
    """Shortest time from the end of a trial to the next onset (s).

    A trial lasts a frame at least, `interval_s`. Of a single trial, the time before it.
    """
    videos = table["trial"].to_numpy() if "trial" in table else np.zeros(len(table))
    gaps = []
    for video in np.unique(videos):
        rows = table[videos == video].sort_values("onset")
        lasting = np.maximum(rows["duration"].to_numpy(), interval_s)
        ends = (rows["onset"].to_numpy() + lasting)[:-1]
        gaps.append(np.min(rows["onset"].to_numpy()[1:] - ends, initial=np.inf))
    shortest = float(min(gaps))
    alone = not np.isfinite(shortest)
    return float(table["onset"].min()) if alone else round(shortest, 9)
