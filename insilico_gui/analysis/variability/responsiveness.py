"""Whether units respond to the stimulus at all, against blanks or the time before.

With blanks, the conditions and the blanks are the groups of a one-way analysis of
variance, the usual test of responsiveness (Ohki, Chung, Ch'ng, Kara & Reid 2005, Nature
433:597), and p is by permutation: without a response, presentations can exchange what
they showed, blanks among them, within a block of repeats. Without blanks, each response
is held against an equally long window before its onset; without a response both can
stand for each other, so that the sign of their difference is exchanged. Either way all
sums of squares but that between groups stay as they are, and it alone is compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.analysis.trials.bootstrap import q_values
from insilico_gui.analysis.trials.design import NOT_CONDITIONS
from insilico_gui.analysis.trials.grouping import cell_means
from insilico_gui.analysis.trials.kept import frame_interval, result_dataset
from insilico_gui.analysis.trials.levels import levels_of
from insilico_gui.analysis.trials.strata import BLOCKS, shuffled
from insilico_gui.analysis.trials.window_checks import (
    TOLERANCE_S,
    check_window,
    shortest_gap,
)
from insilico_gui.analysis.trials.windows import trial_responses, trial_table
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, in_blocks
from insilico_gui.responses import BURN_IN_FRAMES, check_responses
from insilico_gui.units.identity import of_result, result_table

Floats = NDArray[np.float64]

Against = Literal["blanks", "baseline"]
TIE = 1e-9
"""Of the total sum of squares: differences between shuffles that are rounding."""


class _Shown(NamedTuple):
    """Presentations: values [n, U], condition [n] from 0, and stratum [n].

    Blanks are the condition `n_conditions`; against the baseline, values are differences
    from it. `base` [U] is the mean of either.
    """

    values: Floats
    condition: NDArray[np.int64]
    stratum: NDArray[np.int64]
    n_conditions: int
    base: Floats
    attrs: dict[str, Any]


def responsiveness(
    responses: xr.DataArray,
    *,
    against: Against | None = None,
    over: str = "condition",
    baseline_s: float | None = None,
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    n_permutations: int = 999,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Test whether each unit responds to any condition.

    Parameters
    ----------
    responses : xarray.DataArray
        To trials, each condition shown twice or more.
    against : {"blanks", "baseline"}, optional
        Blanks are rows of the trial table without a level of `over`, or with a contrast
        of 0; the baseline is the end of the time before an onset. Default: blanks if
        there are some.
    over : str
        Column of the trial table whose levels are the conditions.
    baseline_s : float, optional
        Length of the baseline, and then also of the window that is held against it.
        Default: the time between trials, or the window, whichever is shorter.
    latency_s, window_s, burn_in_frames
        See :func:`insilico_gui.analysis.trial_responses`.
    n_permutations, seed : int
        p is ``(1 + shuffles at least as uneven) / (1 + shuffles)``.
    on_progress : callable(done, total), optional
        In permutations.

    Returns
    -------
    dataset : xarray.Dataset
        ``curve`` (``condition``, ``unit``), mean responses (against the baseline, less
        it), and what is in the columns.
    columns : pandas.DataFrame
        ``p_response`` and ``q_response`` (Benjamini and Hochberg over the units);
        ``response_change``, the mean of the condition with the largest response less
        that of blanks or baseline; ``response_d_prime``, the same in standard
        deviations: those of presentations of one condition, pooled. p of a unit whose
        responses do not vary (by 1.5e-5 of the largest) is 1.

    Raises
    ------
    AnalysisError
        If there are no blanks where they are asked for, no time before the trials, or
        every condition was shown once.
    """
    if n_permutations < 1:
        raise AnalysisError(f"{n_permutations} permutations are too few; use 999.")
    check_window(latency_s, window_s, burn_in_frames)
    check_responses(responses)
    table = trial_table(responses)
    blank = blank_rows(table, over)
    if against is None:
        against = "blanks" if blank.any() else "baseline"
    options: dict[str, Any] = {
        "latency_s": latency_s,
        "window_s": window_s,
        "burn_in_frames": burn_in_frames,
    }
    if against == "blanks":
        shown = _with_blanks(responses, table, blank, over, options)
    else:
        shown = _from_baseline(responses, table, blank, over, baseline_s, options)
    p = _p(shown, against, n_permutations, seed, on_progress)
    return _result(responses, shown, against, p, n_permutations, seed)


def blank_rows(table: pd.DataFrame, over: str) -> NDArray[np.bool_]:
    """Which rows of a trial table show nothing, [trials]."""
    blank = levels_of(table, over).index < 0
    for name in ("contrast", "polarity"):
        if name in table and table[name].dtype.kind in "fiu":
            blank |= (table[name] == 0).to_numpy(bool)
    asked = [name for name in table if name not in (*NOT_CONDITIONS, over, "part")]
    if asked and table[asked].isna().any(axis=None):
        blank |= table[asked].isna().all(axis=1).to_numpy(bool)
    if blank.all():
        raise AnalysisError("All trials are blanks; show a stimulus.")
    return blank


def _conditions(
    table: pd.DataFrame, over: str, rows: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], int]:
    """Condition of each of the rows, from 0, and how many there are."""
    levels, condition = np.unique(
        levels_of(table, over).index[rows], return_inverse=True
    )
    condition = condition.ravel().astype(np.int64)
    if np.bincount(condition).max() < 2:
        raise AnalysisError(
            "Every condition was presented only once, so a response cannot be told from "
            "chance; show repeats."
        )
    return condition, len(levels)


def _with_blanks(
    responses: xr.DataArray,
    table: pd.DataFrame,
    blank: NDArray[np.bool_],
    over: str,
    options: dict[str, Any],
) -> _Shown:
    if blank.sum() < 2:
        raise AnalysisError(
            "The trials have fewer than two blanks; test against the baseline, or show "
            "blanks."
        )
    windowed = trial_responses(responses, **options, apart=True)
    values = windowed.to_numpy()
    condition = np.zeros(len(table), np.int64)
    condition[~blank], n = _conditions(table, over, ~blank)
    condition[blank] = n
    known = ~np.isnan(values).all(axis=1)
    _check_left(condition[known], n + 1)
    table, condition, values = table[known], condition[known], values[known]
    stratum = _blocks(table, condition)
    base = cell_means(values, condition, n + 1)[n]
    return _Shown(values, condition, stratum, n, base, dict(windowed.attrs["windows"]))


def _blocks(table: pd.DataFrame, condition: NDArray[np.int64]) -> NDArray[np.int64]:
    """The block of repeats of each presentation, [n]; 0 where there are no blocks.

    A column says them if each condition has a presentation in a block with others;
    blocks of one condition alone, such as further blanks, stay as they are.
    """
    for name in BLOCKS:
        if name not in table:
            continue
        block = np.unique(table[name].to_numpy(), return_inverse=True)[1].ravel()
        pairs = np.unique(np.stack([block, condition]), axis=1)
        mixed = np.bincount(pairs[0])[pairs[0]] > 1
        if len(np.unique(pairs[1][mixed])) == len(np.unique(condition)):
            return block.astype(np.int64)
    return np.zeros(len(table), np.int64)


def _from_baseline(
    responses: xr.DataArray,
    table: pd.DataFrame,
    blank: NDArray[np.bool_],
    over: str,
    baseline_s: float | None,
    options: dict[str, Any],
) -> _Shown:
    interval = frame_interval(responses)
    gap = shortest_gap(table, interval)
    shortest = max(float(table["duration"][~blank].min()), interval)
    latency = options["latency_s"]
    if gap <= 0:
        raise AnalysisError(
            "Trials follow each other without a pause, so there is no baseline; show "
            "blanks, or a pause between trials."
        )
    # Both windows fit between the end of one trial's and the onset of the next
    asked = shortest if options["window_s"] is None else options["window_s"]
    longest = min(gap - latency, (shortest + gap - latency) / 2)
    wanted = min(asked, longest) if baseline_s is None else baseline_s
    if not TOLERANCE_S < wanted < longest + TOLERANCE_S:
        raise AnalysisError(
            f"A baseline of {max(wanted, 0):g} s does not fit between trials, which are "
            f"{gap:g} s apart, with a latency of {latency:g} s; give a shorter one, or "
            "show longer pauses."
        )
    n_frames = max(1, int(wanted / interval + TOLERANCE_S))
    # half a frame short, as both ends of a window count
    length = (n_frames - 0.5) * interval
    evoked = trial_responses(responses, **{**options, "window_s": length})
    # earlier by whole frames: as many frames, wherever onsets are between two of them
    earlier = n_frames + np.ceil(latency / interval - TOLERANCE_S)
    before = table.assign(onset=table["onset"] + latency - earlier * interval)
    burn_in_frames = options["burn_in_frames"]
    baseline = trial_responses(
        responses, before, 0.0, length, burn_in_frames=burn_in_frames
    )
    same = (evoked["n_frames"].to_numpy() == baseline["n_frames"].to_numpy()) & ~blank
    values = np.where(same[:, None], evoked.to_numpy() - baseline.to_numpy(), np.nan)
    kept: NDArray[np.bool_] = np.asarray(~np.isnan(values).all(axis=1))
    if not kept.any():
        raise AnalysisError(
            "No trial has as many frames before its onset as in its window; show a pause "
            "before the first trial, or give a shorter baseline or burn-in."
        )
    condition, n = _conditions(table, over, kept)
    before_all = baseline.to_numpy()[kept]
    base = cell_means(before_all, np.zeros(len(before_all), np.int64), 1)[0]
    attrs = {**evoked.attrs["windows"], "baseline_s": n_frames * interval}
    stratum = np.zeros(int(kept.sum()), np.int64)
    return _Shown(values[kept], condition, stratum, n, base, attrs)


def _check_left(condition: NDArray[np.int64], n: int) -> None:
    counts = np.bincount(condition, minlength=n)
    if counts[:-1].max() < 2 or counts[-1] < 2:
        raise AnalysisError(
            "Too few presentations have a response; show more repeats, or make the "
            "latency, the window or the burn-in shorter."
        )


def _p(
    shown: _Shown,
    against: Against,
    n_permutations: int,
    seed: int,
    on_progress: OnProgress | None,
) -> Floats:
    """Chance of as large squares between groups without a response, [U]."""
    known = ~np.isnan(shown.values)
    values = np.where(known, shown.values, 0)
    if against == "blanks":
        count = np.maximum(known.sum(axis=0), 1)
        values = np.where(known, values - values.sum(axis=0) / count, 0)
    groups = shown.n_conditions + (against == "blanks")
    total = (values**2).sum(axis=0)
    scale = np.where(total > 0, np.sqrt(total), 1)
    values = values / scale

    def between(condition: NDArray[np.int64], sign: Floats | None) -> Floats:
        member = np.equal.outer(np.arange(groups), condition).astype(np.float64)
        count = member @ known
        weighted = member if sign is None else member * sign
        squares = (weighted @ values) ** 2 / np.maximum(count, 1)
        return np.asarray(squares.sum(axis=0))

    observed = between(shown.condition, None)
    reached = np.ones(len(observed))
    for drawn in _shuffles(shown, against, n_permutations, seed, on_progress):
        reached += between(*drawn) >= observed - TIE
    p = reached / (1 + n_permutations)
    zero = shown.base if against == "baseline" else 0.0
    flat = is_flat(shown.values + zero, 0, known)
    p = np.where((total <= 0) | flat, 1.0, p)
    return np.where(known.any(axis=0), p, np.nan)


def _shuffles(
    shown: _Shown,
    against: Against,
    n: int,
    seed: int,
    on_progress: OnProgress | None,
) -> Iterator[tuple[NDArray[np.int64], Floats | None]]:
    """Conditions and signs of presentations, exchanged at random."""
    rng = np.random.default_rng(seed)
    for _ in in_blocks(n, 1, on_progress):
        if against == "blanks":
            yield shuffled(shown.condition, shown.stratum, rng), None
        else:
            signs = 2 * rng.integers(0, 2, len(shown.condition)) - 1
            yield shown.condition, signs.astype(np.float64)


def _result(
    responses: xr.DataArray,
    shown: _Shown,
    against: Against,
    p: Floats,
    n_permutations: int,
    seed: int,
) -> tuple[xr.Dataset, pd.DataFrame]:
    n = shown.n_conditions
    means = cell_means(shown.values, shown.condition, n + 1)
    left = shown.values - means[shown.condition]
    known = np.isfinite(left)
    free = known.sum(axis=0) - np.isfinite(means).sum(axis=0)
    squares = np.where(known, left, 0) ** 2
    deviation = np.sqrt(squares.sum(axis=0) / np.where(free > 0, free, np.nan))
    zero = shown.base if against == "blanks" else 0.0
    top = np.where(np.isnan(means[:n]), -np.inf, means[:n]).max(axis=0)
    change = np.where(np.isfinite(top), top - zero, np.nan)
    quiet = deviation > 1e-9 * np.abs(change)
    columns = {
        "p_response": p,
        "q_response": q_values(p),
        "response_change": change,
        "response_d_prime": change / np.where(quiet, deviation, np.nan),
    }
    attrs = {
        **shown.attrs,
        "parameters": ["condition"],
        "variant": f"permutation against {against}",
        "against": against,
        "n_presentations": len(shown.condition),
        "n_permutations": n_permutations,
        "seed": seed,
    }
    dataset = result_dataset(
        responses,
        {
            "curve": (("condition", "unit"), means[:n]),
            **{k: ("unit", v) for k, v in columns.items()},
        },
        {"condition": np.arange(n)},
        attrs,
    )
    table = result_table(columns, of_result(dataset))
    table.attrs.update(attrs)
    return dataset, table
