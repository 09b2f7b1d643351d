"""The response to each trial: the mean over frames of its response window.

A trial's window is ``onset + latency <= t <= onset + duration + latency`` with both
ends included (``foundation/utils/impulse.py``, Box), where t is the onset of a frame.
A frame counts as inside if it is so within one microsecond. Tunings average whole cycles
of drifting patterns instead; see :mod:`insilico_gui.analysis.trials.cycles`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.analysis.trials import blocks
from insilico_gui.analysis.trials.cycles import whole_cycles
from insilico_gui.analysis.trials.kept import frame_interval
from insilico_gui.analysis.trials.window_checks import (
    TOLERANCE_S,
    check_apart,
    check_window,
)
from insilico_gui.errors import AnalysisError, quoted
from insilico_gui.progress import OnProgress, parts
from insilico_gui.responses import (
    BURN_IN_FRAMES,
    NO_TRIAL_LABELS,
    check_responses,
    with_unit_index,
)
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

logger = logging.getLogger(__name__)


def trial_table(responses: xr.DataArray) -> pd.DataFrame:
    """The trial table that came with the stimulus of these responses.

    Raises
    ------
    AnalysisError
        If the stimulus had none, or the table is malformed.
    """
    check_responses(responses)
    trials = responses.attrs.get("trials")
    if trials is None:
        raise AnalysisError(
            f"The stimulus {responses.attrs.get('stimulus', '')!r} has no trial table, "
            "so its responses cannot be split into trials; use a stimulus with trials "
            "or give a table with onset and duration."
        )
    try:
        table = pd.DataFrame(trials)
    except ValueError:
        raise AnalysisError(
            "The columns of the trial table differ in length; each trial needs a value "
            "in every column."
        ) from None
    return check_trials(table)


def check_trials(table: pd.DataFrame) -> pd.DataFrame:
    """Check that a trial table has finite ``onset`` and ``duration`` in seconds.

    Returns
    -------
    pandas.DataFrame
        The same rows, indexed 0..n-1, with onset and duration as float64.

    Raises
    ------
    AnalysisError
        Naming the column and what is wrong with it.
    """
    if len(table) == 0:
        raise AnalysisError("The trial table has no rows; show at least one trial.")
    for name in ("onset", "duration"):
        if name not in table:
            known = quoted(", ".join(map(str, table.columns)), marks="")
            raise AnalysisError(
                f"The trial table has no column {name!r}; it needs onset and duration "
                f"in seconds, and its columns are: {known}."
            )
        values = table[name].to_numpy()
        strange = _not_seconds(values)
        if strange is not None:
            raise AnalysisError(
                f"The column {name!r} of the trial table holds something other than "
                f"finite numbers of seconds: {strange}."
            )
        longest = max(values.max(), -values.min(), key=float)
        refuse_above(
            "stimulus_seconds",
            float(longest),
            f"The column {name!r} of the trial table",
            AnalysisError,
        )
    # Whole seconds are numbers of seconds like others
    table = table.astype({"onset": np.float64, "duration": np.float64})
    if (table["duration"] < 0).any():
        raise AnalysisError("A trial of the trial table has a negative duration.")
    return table.reset_index(drop=True)


def _not_seconds(values: NDArray[Any]) -> str | None:
    """The first value that is no finite number, quoted; None if there is none."""
    if values.dtype.kind in "fiu":
        wrong = values[~np.isfinite(values)]
        return quoted(wrong[0], marks="") if len(wrong) else None
    return next(
        (quoted(value) for value in values if isinstance(value, str)),
        quoted(values[0]),
    )


def trial_responses(
    responses: xr.DataArray,
    trials: pd.DataFrame | None = None,
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    on_progress: OnProgress | None = None,
    *,
    apart: bool = False,
    cycles: bool = False,
) -> xr.DataArray:
    """Mean response of every unit in the window of every trial.

    Parameters
    ----------
    responses : xarray.DataArray
        (``time``, ``unit``) or (``trial``, ``time``, ``unit``). May be stored on disk:
        it is read in blocks of frames, and only where there are trials.
    trials : pandas.DataFrame, optional
        Default: the table in ``responses.attrs``. For a batch it needs a column
        ``trial``, the position (from 0) of the video in which the row takes place.
    latency_s : float
        Seconds by which windows are moved later.
    window_s : float, optional
        Length of every window, in place of the trial's duration.
    burn_in_frames : int
        Frames at the start of each video that enter no mean.
    on_progress : callable(done, total), optional
        In blocks of frames; see :mod:`insilico_gui.progress`.
    apart : bool
        Whether to refuse windows that hold other trials; see
        :func:`insilico_gui.analysis.trials.window_checks.check_apart`.
    cycles : bool
        Whether, without a `window_s`, the windows of drifting patterns are their last
        whole cycles; see :func:`insilico_gui.analysis.trials.cycles.whole_cycles`.

    Returns
    -------
    xarray.DataArray
        float64 (``trial``, ``unit``), a row for each row of the trial table and the
        coordinates of ``unit`` of `responses`. Coordinates of ``trial`` are the columns
        of the trial table (onset, condition, its parameters), so that e.g.
        ``.groupby("direction")`` works; ``repeat``, which counts the presentations of a
        condition from 0 where the table does not; and ``n_frames``, which
        says how many frames were averaged; where it is 0, the row is NaN. ``attrs`` has
        those of `responses`, ``trials``, and ``windows``: the parameters and how many
        trials are NaN because they lie ``in_burn_in``, are ``cut_off`` by the start or
        end of the responses, or are so short that they have ``no_frame``. NaN frames
        make their trial NaN.

    Raises
    ------
    AnalysisError
        If a parameter or the table is wrong, or no trial has a frame left.
    """
    check_responses(responses)
    blocks.check_layout(responses)
    table = trial_table(responses) if trials is None else check_trials(trials)
    windows = _windows(responses, table, latency_s, window_s, burn_in_frames, cycles)
    if not windows.n_frames.any():
        raise AnalysisError(
            f"None of the {len(table)} trials has a frame to average "
            f"({windows.describe()}); check onsets, latency and burn-in."
        )
    if apart:
        check_apart(table, latency_s, window_s)
    if windows.counts:
        logger.warning(
            "Of %d trials some have no response: %s", len(table), windows.describe()
        )

    in_video = _video_of_trial(responses, table)
    means = np.full((len(table), responses.sizes["unit"]), np.nan)
    videos = blocks.videos(responses)
    reports = parts(on_progress, len(videos))
    for i, (video, report) in enumerate(zip(videos, reports, strict=True)):
        rows = np.flatnonzero((in_video == i) & (windows.n_frames > 0))
        sums = _window_sums(video, windows.start[rows], windows.stop[rows], report)
        means[rows] = sums / windows.n_frames[rows, None]

    parameters = {
        "latency_s": float(latency_s),
        "window_s": None if window_s is None else float(window_s),
        "burn_in_frames": int(burn_in_frames),
        **{name: windows.counts.get(name, 0) for name in _REASONS},
    }
    if windows.settled_s is not None:
        parameters |= {"whole_cycles": True, "settled_s": windows.settled_s}
    if "part" in responses.attrs:
        parameters["part"] = responses.attrs["part"]
    coords: dict[Any, Any] = {
        name: coord.variable
        for name, coord in responses.coords.items()
        if coord.dims == ("unit",)
    }
    coords |= _trial_labels(table, coords)
    coords["n_frames"] = ("trial", windows.n_frames)
    means_of_trials = xr.DataArray(
        means,
        coords,
        ("trial", "unit"),
        name="trial_responses",
        attrs={
            **responses.attrs,
            "trials": table.to_dict(orient="list"),
            "windows": parameters,
        },
    )
    return with_unit_index(means_of_trials)


def _trial_labels(
    table: pd.DataFrame, taken: Collection[Any]
) -> dict[str, tuple[str, NDArray[Any]]]:
    """Columns of the trial table as coordinates of ``trial``, and ``repeat``."""
    labels = {
        str(name): ("trial", column.to_numpy())
        for name, column in table.items()
        if str(name) not in NO_TRIAL_LABELS and name not in taken
    }
    if "repeat" not in labels and "repeat" not in taken:
        shown = [
            name
            for name in table
            if name == "condition"
            or ("condition" not in table and name not in ("onset", "trial", "seed"))
        ]
        repeat = table.groupby(shown, dropna=False).cumcount().to_numpy()
        labels["repeat"] = ("trial", repeat)
    return labels


_REASONS = ("in_burn_in", "cut_off", "no_frame")


@dataclass(frozen=True)
class _Windows:
    """Frames of each trial: start to stop (excluded); empty where it has none."""

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    counts: dict[str, int]
    settled_s: float | None = None  # before whole cycles, where there are such windows

    @property
    def n_frames(self) -> NDArray[np.int64]:
        return self.stop - self.start

    def describe(self) -> str:
        return ", ".join(
            f"{n} {reason.replace('_', ' ')}" for reason, n in self.counts.items()
        )


def _windows(
    responses: xr.DataArray,
    table: pd.DataFrame,
    latency_s: float,
    window_s: float | None,
    burn_in_frames: int,
    cycles: bool,
) -> _Windows:
    check_window(latency_s, window_s, burn_in_frames)
    time = responses["time"].to_numpy()
    interval = frame_interval(responses)
    duration = table["duration"].to_numpy(float)
    length = np.full(len(table), window_s) if window_s is not None else duration
    first = table["onset"].to_numpy(float) + latency_s - TOLERANCE_S
    whole = whole_cycles(table, interval) if cycles and window_s is None else None
    if whole is not None:
        frames = whole.n_frames * interval
        first = first + np.where(whole.drifting, duration - frames, 0)
        # without the frame at its end, whether or not onsets are those of frames
        length = np.where(whole.drifting, frames - 4 * TOLERANCE_S, length)
    last = first + length + 2 * TOLERANCE_S

    start = np.searchsorted(time, first, side="left")
    stop = np.searchsorted(time, last, side="right")
    # The last frame lasts one interval; a window that ends with it is complete.
    cut_off = (first < time[0] - 2 * TOLERANCE_S) | (
        last > time[-1] + interval + 2 * TOLERANCE_S
    )
    no_frame = ~cut_off & (stop <= start)
    # By time, not by index: the responses may have been cut to a later part.
    warm = np.searchsorted(time, burn_in_frames * interval - TOLERANCE_S, side="left")
    in_burn_in = ~cut_off & ~no_frame & (stop <= warm)
    start = np.maximum(start, warm)
    stop = np.where(cut_off | no_frame | in_burn_in, start, stop)
    flags = zip(_REASONS, (in_burn_in, cut_off, no_frame), strict=True)
    counts = {name: int(flag.sum()) for name, flag in flags if flag.any()}
    settled = None if whole is None else whole.settled_s
    return _Windows(start.astype(np.int64), stop.astype(np.int64), counts, settled)


def _video_of_trial(responses: xr.DataArray, table: pd.DataFrame) -> NDArray[np.int64]:
    if "trial" not in responses.dims:
        return np.zeros(len(table), np.int64)
    n_videos = responses.sizes["trial"]
    if "trial" not in table:
        raise AnalysisError(
            f"The responses are a batch of {n_videos} videos, and the trial table does "
            "not say which video a trial is in; add a column 'trial' with its position."
        )
    videos = table["trial"].to_numpy()
    if videos.dtype.kind not in "iu" or not np.isin(videos, np.arange(n_videos)).all():
        raise AnalysisError(
            "The column 'trial' of the trial table must hold positions of videos, "
            f"0 to {n_videos - 1}."
        )
    return videos.astype(np.int64)


def _window_sums(
    video: xr.DataArray,
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    on_progress: OnProgress | None,
) -> NDArray[np.float64]:
    """Sums over frames start to stop of each window, float64 [n, U]."""
    sums = np.zeros((len(start), video.sizes["unit"]))
    for begin, end in blocks.frame_blocks(video, on_progress):
        rows = np.flatnonzero((start < end) & (stop > begin))
        if len(rows) == 0:
            continue
        rows = rows[np.argsort(start[rows], kind="stable")]
        lows = np.maximum(start[rows], begin)
        highs = np.minimum(stop[rows], end)
        low, high = int(lows.min()), int(highs.max())
        frames = blocks.read(video, low, high).astype(np.float64)
        # reduceat sums from each index to the next: a row past the end closes the
        # last window, and every other sum is the gap between two windows.
        padded = np.concatenate([frames, np.zeros((1, frames.shape[1]))])
        edges = np.stack([lows - low, highs - low], axis=1).ravel()
        with np.errstate(invalid="ignore"):  # infinite responses in a gap
            sums[rows] += np.add.reduceat(padded, edges, axis=0)[::2]
    return sums
