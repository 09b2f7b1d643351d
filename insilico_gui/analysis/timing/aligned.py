"""Frames around the onsets of trials: responses by presentation, frame and unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from insilico_gui.analysis.trials import blocks
from insilico_gui.analysis.trials.kept import frame_interval
from insilico_gui.analysis.trials.levels import levels_of
from insilico_gui.analysis.trials.window_checks import TOLERANCE_S
from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import in_blocks
from insilico_gui.responses import BURN_IN_FRAMES, check_responses

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.progress import OnProgress

    Floats = NDArray[np.float64]

VALUES_AT_ONCE = 2**23
"""Presentations times frames times units in memory: 64 MB."""


class Aligned(NamedTuple):
    """Presentations whose frames are all there, and how to read them.

    ``video``, ``first`` int64 [n]: the video of a batch and the first frame of each;
    ``seconds`` float64 [n, T]: times of the frames after the onset; ``condition`` int64
    [n], from 0, of ``levels`` [C]; ``table`` has the rows of the trial table; ``shown``
    is how many trials have a condition.
    """

    responses: xr.DataArray
    video: NDArray[np.int64]
    first: NDArray[np.int64]
    seconds: Floats
    condition: NDArray[np.int64]
    levels: NDArray[Any]
    table: pd.DataFrame
    shown: int

    @property
    def n_frames(self) -> int:
        """Frames of each presentation."""
        return int(self.seconds.shape[1])

    def blocks(self, on_progress: OnProgress | None) -> Iterator[tuple[slice, Floats]]:
        """Responses [n, T, some units] of a block of units after the other."""
        n_units = self.responses.sizes["unit"]
        at_once = max(1, VALUES_AT_ONCE // (len(self.first) * self.n_frames))
        frames = self.first[:, None] + np.arange(self.n_frames)
        videos = blocks.videos(self.responses)
        for units in in_blocks(n_units, at_once, on_progress):
            found = np.empty((*frames.shape, units.stop - units.start))
            for number, video in enumerate(videos):
                rows = np.flatnonzero(self.video == number)
                if len(rows):
                    values = video.isel(unit=units).to_numpy()
                    found[rows] = values[frames[rows]]
            yield units, found


def align(
    responses: xr.DataArray,
    start_s: float,
    stop_s: float,
    *,
    over: str = "condition",
    burn_in_frames: int = BURN_IN_FRAMES,
) -> Aligned:
    """Frames whose onsets are from `start_s` to before `stop_s` after those of trials.

    All presentations get as many frames: the first is the one at `start_s` after the
    onset or the next one. Presentations without a condition, whose frames are in the
    burn-in, or that end after the responses are left out.

    Raises
    ------
    AnalysisError
        If the window has no frame, or no presentation is left.
    """
    check_responses(responses)
    blocks.check_layout(responses)
    table = trial_table(responses)
    time = responses["time"].to_numpy()
    interval = frame_interval(responses)
    n_frames = int(np.floor((stop_s - start_s) / interval + 1e-6))
    if n_frames < 1:
        raise AnalysisError(
            f"There is no frame from {start_s:g} s to {stop_s:g} s after an onset; give "
            "a longer window."
        )
    found = levels_of(table, over)
    onset = table["onset"].to_numpy(float)
    first = np.searchsorted(time, onset + start_s - TOLERANCE_S, side="left")
    warm = np.searchsorted(time, burn_in_frames * interval - TOLERANCE_S, side="left")
    begins = onset + start_s >= time[0] - TOLERANCE_S
    kept = begins & (first >= warm) & (first + n_frames <= len(time))
    kept &= found.index >= 0
    if not kept.any():
        raise AnalysisError(
            f"No trial has all frames from {start_s:g} s to {stop_s:g} s after its onset "
            "outside of the burn-in; give a shorter window, or show a pause before the "
            "first trial and after the last."
        )
    rows = np.flatnonzero(kept)
    frames = first[rows, None] + np.arange(n_frames)
    levels, condition = np.unique(found.index[rows], return_inverse=True)
    video = table["trial"].to_numpy() if "trial" in responses.dims else 0 * first
    return Aligned(
        responses,
        np.asarray(video, np.int64)[rows],
        first[rows].astype(np.int64),
        time[frames] - onset[rows, None],
        condition.ravel().astype(np.int64),
        found.values[levels],
        table.iloc[rows].reset_index(drop=True),
        int((found.index >= 0).sum()),
    )


def trial_length(responses: xr.DataArray) -> float:
    """Duration of the shortest trial (s)."""
    return float(trial_table(responses)["duration"].min())
