"""How well predicted responses agree with recorded ones that have repeats.

CC_abs, CC_max and CC_norm of Schoppe, Harper, Willmore, King & Schnupp 2016 (Front.
Comput. Neurosci. 10:10), as the MICrONS twins were evaluated: with N repeats y_n(t), their
mean ybar and the prediction p, itself averaged over repeats::

    CC_abs  = pearson(p, ybar)
    SP      = (N Var(ybar) - mean_n Var(y_n)) / (N - 1)      Var with ddof 1
    CC_max  = sqrt(SP / Var(ybar))                           Var with ddof 0
    CC_norm = CC_abs / CC_max

If t(k) repeats are present at sample k, N is
``sqrt((sum_k t - K) / sum_k((t - 1) / t**2))``. Nothing is clipped: SP may be negative,
and then CC_max is NaN; CC_norm may exceed 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, in_blocks
from insilico_gui.responses import BURN_IN_FRAMES
from insilico_gui.units.identity import result_table

Floats = NDArray[np.float64]


UNITS_AT_ONCE = 256
"""Bounds the working memory: some 200 MB at 10 repeats of 10,000 samples."""


class Reliability(NamedTuple):
    """Agreement and its ceiling, one entry per unit; float64 [U].

    ``signal_power`` is SP, ``n_repeats`` the N of the formulas.
    """

    cc_abs: Floats
    cc_max: Floats
    cc_norm: Floats
    signal_power: Floats
    n_repeats: Floats


def join_repeats(
    videos: Sequence[ArrayLike], burn_in_frames: int = BURN_IN_FRAMES
) -> Floats:
    """Bring responses to several videos with repeats to [U, R, K].

    Parameters
    ----------
    videos : sequence of array, [R_v, T_v, U]
        Repeats of each video. Videos may differ in repeats (missing ones become NaN) and
        in length.
    burn_in_frames : int
        Frames at the start of every repeat that are left out.

    Returns
    -------
    float64 array, [U, R, K]
        The videos one after the other; K is the number of all their frames less the
        burn-in of each.

    Raises
    ------
    AnalysisError
        If units differ between videos, or a video is not longer than the burn-in.
    """
    arrays = [np.asarray(video, np.float64) for video in videos]
    if not arrays or any(array.ndim != 3 for array in arrays):
        raise AnalysisError(
            "Give one array [repeats, frames, units] for each video, at least one."
        )
    if len({array.shape[2] for array in arrays}) > 1:
        raise AnalysisError(
            "The videos have different numbers of units: "
            f"{', '.join(str(array.shape[2]) for array in arrays)}."
        )
    if burn_in_frames < 0:
        raise AnalysisError(f"A burn-in of {burn_in_frames} frames is not possible.")
    shortest = min(array.shape[1] for array in arrays)
    if shortest <= burn_in_frames:
        raise AnalysisError(
            f"A video has {shortest} frames, and the burn-in leaves out "
            f"{burn_in_frames}; give longer videos or a shorter burn-in."
        )
    n_repeats = max(array.shape[0] for array in arrays)
    padded = [
        np.pad(
            array[:, burn_in_frames:],
            ((0, n_repeats - len(array)), (0, 0), (0, 0)),
            constant_values=np.nan,
        )
        for array in arrays
    ]
    return np.ascontiguousarray(np.concatenate(padded, axis=1).transpose(2, 0, 1))


def reliability(
    predicted: ArrayLike,
    recorded: ArrayLike,
    *,
    on_progress: OnProgress | None = None,
) -> Reliability:
    """CC_abs, CC_max and CC_norm of every unit.

    Parameters
    ----------
    predicted : array, [U, R, K] or [U, K]
        Predictions, for each repeat (with its behaviour) or one for all; NaN where a
        repeat is missing.
    recorded : array, [U, R, K]
        Recorded responses, burn-in removed (see :func:`join_repeats`); NaN where a
        repeat is missing. Samples of a unit without any repeat do not enter.
    on_progress : callable(done, total), optional
        In units; see :mod:`insilico_gui.progress`.

    Returns
    -------
    Reliability
        ``cc_max`` is NaN where the signal power is negative or the recorded mean does
        not vary (by more than 1.5e-5 of its largest value); ``cc_abs`` where the
        prediction or the recorded mean does not vary, or the prediction is missing
        where there is a recording; ``cc_norm`` where either is, or ``cc_max`` is 0.

    Raises
    ------
    AnalysisError
        If shapes do not fit, a value is infinite, or there is a single repeat.
    """
    model = np.asarray(predicted, np.float64)
    data = np.asarray(recorded, np.float64)
    if model.ndim == 2:
        model = model[:, None]
    if data.ndim != 3 or model.ndim != 3 or _but_repeats(model) != _but_repeats(data):
        raise AnalysisError(
            f"The predictions have shape {list(np.shape(predicted))} and the "
            f"recordings {list(data.shape)}; give [units, repeats, samples] with equal "
            "units and samples."
        )
    if data.shape[1] < 2:
        raise AnalysisError(
            "The recordings have a single repeat, so noise cannot be told from signal; "
            "give two or more."
        )
    if np.isinf(data).any() or np.isinf(model).any():
        raise AnalysisError("The responses hold infinite values; mark missing as NaN.")
    parts = [
        _reliability(model[units], data[units])
        for units in in_blocks(len(data), UNITS_AT_ONCE, on_progress)
    ]
    return Reliability(*map(np.concatenate, zip(*parts, strict=True)))


def reliability_columns(
    predicted: Sequence[ArrayLike],
    recorded: Sequence[ArrayLike],
    burn_in_frames: int = BURN_IN_FRAMES,
    *,
    units: pd.DataFrame | None = None,
    on_progress: OnProgress | None = None,
) -> pd.DataFrame:
    """The columns that a comparison with recordings adds to the unit table.

    Parameters
    ----------
    predicted, recorded : sequence of array, [R_v, T_v, U]
        Repeats of each video; see :func:`join_repeats`.
    burn_in_frames : int
    units : pandas.DataFrame, optional
        The unit table of the predictions: whose units they are.
    on_progress : callable(done, total), optional
        In units; see :mod:`insilico_gui.progress`.

    Returns
    -------
    pandas.DataFrame
        ``cc_abs``, ``cc_max``, ``cc_norm``, one row per unit, indexed by
        ``unit_id`` where `units` is given; ``attrs`` has the
        variant, the burn-in, the number of samples and repeats, and how many units are
        NaN (``n_nan``), to be reported with any median.
    """
    data = join_repeats(recorded, burn_in_frames)
    model = join_repeats(predicted, burn_in_frames)
    result = reliability(model, data, on_progress=on_progress)
    if units is None:
        units = pd.DataFrame(index=pd.RangeIndex(len(data)))
    elif len(units) != len(data):
        raise AnalysisError(
            f"The unit table has {len(units)} rows and the recordings {len(data)} units; "
            "give the table of these units."
        )
    table = result_table(
        {
            "cc_abs": result.cc_abs,
            "cc_max": result.cc_max,
            "cc_norm": result.cc_norm,
        },
        units,
    )
    table.attrs.update(
        variant="Schoppe 2016, as published for the MICrONS twins",
        burn_in_frames=int(burn_in_frames),
        n_repeats=data.shape[1],
        n_samples=data.shape[2],
        n_nan=int(np.isnan(result.cc_norm).sum()),
    )
    return table


def _but_repeats(values: Floats) -> tuple[int, int]:
    return values.shape[0], values.shape[2]


def _reliability(model: Floats, data: Floats) -> Reliability:
    """Of arrays [n, R, K]."""
    present = ~np.isnan(data)
    repeats = present.sum(axis=1)
    sampled = repeats > 0
    n_samples = sampled.sum(axis=1)
    mean = _mean(data, present, axis=1)
    mean_model = _mean(model, ~np.isnan(model), axis=1)

    with np.errstate(divide="ignore", invalid="ignore"):
        pairs = np.where(sampled, (repeats - 1) / repeats**2, 0).sum(axis=1)
        n = np.sqrt((repeats.sum(axis=1) - n_samples) / pairs)
        power_of_mean = _variance(mean, sampled, 1)
        each = _variance(data, present, 1)
        total_power = _mean(each, ~np.isnan(each), axis=1)
        signal_power = (n * power_of_mean - total_power) / (n - 1)
        unknown = (signal_power < 0) | is_flat(mean, -1, sampled)
        explainable = np.where(unknown, np.nan, signal_power)
        cc_max = np.sqrt(explainable / _variance(mean, sampled, 0))
    cc_abs = _pearson(mean_model, mean, sampled)
    cc_norm = cc_abs / np.where(cc_max > 0, cc_max, np.nan)
    return Reliability(cc_abs, cc_max, cc_norm, signal_power, n)


def _mean(values: Floats, present: NDArray[np.bool_], axis: int) -> Floats:
    count = present.sum(axis=axis)
    total = np.where(present, values, 0).sum(axis=axis)
    return np.asarray(total / np.where(count > 0, count, np.nan))


def _variance(values: Floats, present: NDArray[np.bool_], ddof: int) -> Floats:
    """Over the last axis; NaN for no more than `ddof` values."""
    centre = _mean(values, present, axis=-1)[..., None]
    squares = np.where(present, values - centre, 0) ** 2
    free = present.sum(axis=-1) - ddof
    return np.asarray(squares.sum(axis=-1) / np.where(free > 0, free, np.nan))


def _pearson(x: Floats, y: Floats, used: NDArray[np.bool_]) -> Floats:
    """Correlation over the last axis of [n, K]; NaN where one does not vary."""
    dx, dy = _deviations(x, used), _deviations(y, used)
    return np.asarray((dx * dy).sum(axis=-1))


def _deviations(values: Floats, used: NDArray[np.bool_]) -> Floats:
    """Differences from the mean of the used values, of length 1; 0 where not used."""
    centre = _mean(values, used, axis=-1)[..., None]
    deviation = np.where(used, values - centre, 0)
    length = np.sqrt((deviation**2).sum(axis=-1))
    varies = (length > 0) & ~is_flat(values, -1, used)
    return np.asarray(deviation / np.where(varies, length, np.nan)[..., None])
