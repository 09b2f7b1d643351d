"""Response latency: the time from an onset to half of the peak."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fits.flatness import FLAT
from insilico_gui.analysis.timing.aligned import align, trial_length
from insilico_gui.analysis.trials.blocks import check_layout
from insilico_gui.analysis.trials.bootstrap import interval, resamples
from insilico_gui.analysis.trials.kept import frame_interval, result_dataset
from insilico_gui.analysis.trials.window_checks import check_window, shortest_gap
from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress
from insilico_gui.responses import BURN_IN_FRAMES
from insilico_gui.units.identity import of_result, result_table

Floats = NDArray[np.float64]

LONGEST_BASELINE_S = 0.2
NAMES = ("response_latency_s", "response_peak_s", "response_peak", "response_baseline")


def response_latency(
    responses: xr.DataArray,
    *,
    over: str = "condition",
    baseline_s: float | None = None,
    window_s: float | None = None,
    n_draws: int = 0,
    confidence: float = 0.95,
    seed: int = 0,
    burn_in_frames: int = BURN_IN_FRAMES,
    on_progress: OnProgress | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Time to half of the peak of each unit, at the condition with the largest peak.

    Of the mean over presentations, frame by frame. Half is half way from the baseline,
    the mean before the onset, to the largest value in the window; it is first reached
    between two frames, and the time between them by a straight line. A frame counts at
    its onset, so that a response to the first frame has a latency of 0 or less than a
    frame. The peak of a noisy mean is too high, and the latency with it too late.

    Parameters
    ----------
    responses : xarray.DataArray
        To trials with a pause between them.
    over : str
        Column of the trial table whose levels are the conditions.
    baseline_s : float, optional
        Length of the time before an onset. Default: the pause between trials, and 0.2 s
        at most.
    window_s : float, optional
        Time after the onset in which the peak is looked for. Default: the duration of
        the shortest trial.
    n_draws : int
        If positive, bootstrap intervals over presentations; see
        :mod:`insilico_gui.analysis.trials.bootstrap`.
    confidence, seed, burn_in_frames
    on_progress : callable(done, total), optional
        In units.

    Returns
    -------
    dataset : xarray.Dataset
        ``course`` (``time``, ``unit``), the mean response at each unit's best condition
        by the time after the onset (s), and what is in the columns.
    columns : pandas.DataFrame
        ``response_latency_s``, ``response_peak_s`` (time of the peak), ``response_peak``
        and ``response_baseline``, and with draws the ends of their intervals. Times are
        NaN where the peak is not above the baseline by more than rounding, or half of it
        is there before the onset.

    Raises
    ------
    AnalysisError
        If there is no pause between trials, or no frame in a window.
    """
    check_window(0.0, window_s, burn_in_frames)
    table = trial_table(responses)
    check_layout(responses)
    interval_s = frame_interval(responses)
    gap = shortest_gap(table, interval_s)
    before = min(gap, LONGEST_BASELINE_S) if baseline_s is None else baseline_s
    if not 0 < before <= gap + 1e-6:
        raise AnalysisError(
            f"There is no baseline of {before:g} s between trials, which are {gap:g} s "
            "apart; show a pause between trials, or give a shorter baseline."
        )
    after = trial_length(responses) if window_s is None else window_s
    n_before = max(1, int(before / interval_s + 1e-6))
    aligned = align(
        responses,
        -n_before * interval_s,
        after,
        over=over,
        burn_in_frames=burn_in_frames,
    )
    seconds = aligned.seconds.mean(axis=0)
    n, n_units = len(aligned.levels), responses.sizes["unit"]
    course = np.empty((len(seconds), n_units))
    best = np.empty(n_units, np.int64)
    found = {name: np.empty(n_units) for name in NAMES}
    ends: dict[str, Floats] = {}
    for units, block in aligned.blocks(on_progress):
        courses = _courses(block, aligned.condition, n)
        best[units] = _best(courses, n_before)
        course[:, units] = _at(courses, best[units])
        measured = measures(course[:, units], seconds, n_before)
        for name, values in measured.items():
            found[name][units] = values
        if n_draws:
            drawn = _drawn(block, aligned.condition, best[units], n_draws, seed)
            several = measures(drawn.reshape(len(seconds), -1), seconds, n_before)
            for name, values in several.items():
                both = interval(values.reshape(n_draws, -1), confidence)
                for side, end in zip(("low", "high"), both, strict=True):
                    ends.setdefault(f"{name}_{side}", np.empty(n_units))[units] = end
    attrs: dict[str, Any] = {
        "parameters": ["condition"],
        "variant": "first time at half of the peak, by a straight line between frames",
        "baseline_s": n_before * interval_s,
        "window_s": float(after),
        "burn_in_frames": int(burn_in_frames),
        "n_presentations": len(aligned.condition),
        "n_without": aligned.shown - len(aligned.condition),
        "n_draws": n_draws,
    }
    arrays = {
        "course": (("time", "unit"), course),
        "best_condition": ("unit", aligned.levels[best]),
    }
    return _result(responses, arrays, seconds, {**found, **ends}, attrs)


def _result(
    responses: xr.DataArray,
    arrays: dict[str, Any],
    seconds: Floats,
    columns: dict[str, Floats],
    attrs: dict[str, Any],
) -> tuple[xr.Dataset, pd.DataFrame]:
    dataset = result_dataset(
        responses,
        {**arrays, **{k: ("unit", v) for k, v in columns.items()}},
        {"time": ("time", seconds, {"units": "s"})},
        attrs,
    )
    made = result_table(columns, of_result(dataset))
    made.attrs.update(attrs)
    return dataset, made


def measures(course: Floats, seconds: Floats, n_before: int) -> dict[str, Floats]:
    """Latency, peak and baseline of courses [T, n] whose first frames are the baseline."""
    base = course[:n_before].mean(axis=0)
    later = course[n_before:]
    top, columns = later.argmax(axis=0), np.arange(course.shape[1])
    peak = later[top, columns]
    half = (base + peak) / 2
    reached = n_before + (later >= half).argmax(axis=0)
    at, earlier = course[reached, columns], course[reached - 1, columns]
    rise = np.where(at > earlier, at - earlier, np.nan)
    step = seconds[reached] - seconds[reached - 1]
    latency = seconds[reached] - step * (at - half) / rise
    largest = np.maximum(np.abs(peak), np.abs(base))
    responds = peak - base > FLAT * largest
    early = earlier >= half
    return {
        "response_latency_s": np.where(
            responds & ~early, np.maximum(latency, 0.0), np.nan
        ),
        "response_peak_s": np.where(responds, seconds[n_before + top], np.nan),
        "response_peak": peak,
        "response_baseline": base,
    }


def _courses(block: Floats, condition: NDArray[np.int64], n: int) -> Floats:
    """Means over presentations [n, T, U] of each condition, [C, T, U]."""
    order = np.argsort(condition, kind="stable")
    first = np.searchsorted(condition[order], np.arange(n))
    count = np.bincount(condition, minlength=n)
    sums = np.add.reduceat(block[order], first, axis=0)
    return np.asarray(sums / count[:, None, None])


def _best(courses: Floats, n_before: int) -> NDArray[np.int64]:
    """The condition with the largest value after the onset, [U]."""
    peak = courses[:, n_before:].max(axis=1)
    found: NDArray[np.int64] = np.where(np.isnan(peak), -np.inf, peak).argmax(axis=0)
    return found


def _at(courses: Floats, best: NDArray[np.int64]) -> Floats:
    """Courses [T, U] of the best condition of each unit."""
    picked = np.take_along_axis(courses, best[None, None], axis=0)
    return np.asarray(picked[0])


def _drawn(
    block: Floats,
    condition: NDArray[np.int64],
    best: NDArray[np.int64],
    n_draws: int,
    seed: int,
) -> Floats:
    """Courses of the best condition of presentations drawn again, [T, n_draws, U]."""
    n = int(condition.max()) + 1
    drawn = [
        _at(_courses(block[rows], of_cell, n), best)
        for rows, of_cell in resamples(condition, n_draws, seed)
    ]
    return np.stack(drawn, axis=1)
