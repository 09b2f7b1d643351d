"""How well a twin predicts units, relative to how reliably they respond.

The published measures: ``cc_abs`` is the correlation of prediction and mean response,
``cc_max`` the highest that noise allows, and ``cc_norm`` their ratio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import BehaviorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


def format_responses(
    responses: Sequence[Sequence[ArrayLike]], burnin_frames: int = 0
) -> NDArray[np.float64]:
    """Put responses to repeated videos in one array.

    Parameters
    ----------
    responses : sequence over videos of sequence over repeats of array [T, U]
        All videos of one length; they may have different numbers of repeats.
    burnin_frames : int
        Dropped at the start of every video.

    Returns
    -------
    float64 array, [U, R, videos * (T - burnin_frames)]
        R is the largest number of repeats; what is missing is NaN.

    Raises
    ------
    BehaviorError
        If the arrays have different shapes or are too short.
    """
    videos = [[np.asarray(repeat, np.float64) for repeat in v] for v in responses]
    shapes = {repeat.shape for video in videos for repeat in video}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2:
        raise BehaviorError(
            f"The responses have the shapes {sorted(map(list, shapes))}; give arrays "
            "[frames, units] of one shape."
        )
    n_frames, n_units = shapes.pop()
    if not 0 <= burnin_frames < n_frames:
        raise BehaviorError(
            f"{burnin_frames} frames cannot be dropped of {n_frames}; give fewer."
        )
    most = max(map(len, videos))
    filled = np.full((len(videos), most, n_frames, n_units), np.nan)
    for video, repeats in zip(filled, videos, strict=True):
        video[: len(repeats)] = repeats
    kept = filled[:, :, burnin_frames:].transpose(3, 1, 0, 2)
    return kept.reshape(n_units, most, -1)


def compute_cc_max(responses: ArrayLike) -> NDArray[np.float64]:
    """Highest correlation that any prediction can reach.

    Parameters
    ----------
    responses : array, [U, R, K]
        See :func:`format_responses`.

    Returns
    -------
    float64 array, [U]
        NaN where responses vary less together than noise would.
    """
    x = np.asarray(responses, np.float64)
    there = np.isfinite(x).sum(axis=1)  # [U, K]
    t = np.maximum(there, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        spare = there.sum(axis=1) - x.shape[2]
        n = np.sqrt(spare / ((t - 1) / t**2).sum(axis=1))
        mean = _nanmean(x, 1)
        power = _nanvar(mean, 1, ddof=1)
        total = _nanmean(_nanvar(x, 2, ddof=1), 1)
        signal = (n * power - total) / (n - 1)
        highest: NDArray[np.float64] = np.sqrt(signal / _nanvar(mean, 1, ddof=0))
    return highest


def compute_cc_abs(responses: ArrayLike, predictions: ArrayLike) -> NDArray[np.float64]:
    """Correlation of the mean response and the mean prediction; the order is no matter.

    Parameters
    ----------
    responses, predictions : array, [U, R, K]
        See :func:`format_responses`.

    Returns
    -------
    float64 array, [U]
        NaN where one of the two does not vary.
    """
    a, b = (_nanmean(np.asarray(x, np.float64), 1) for x in (responses, predictions))
    a = a - _nanmean(a, 1)[:, None]
    b = b - _nanmean(b, 1)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        return _nanmean(a * b, 1) / np.sqrt(_nanmean(a**2, 1) * _nanmean(b**2, 1))


def _nanmean(x: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Mean of what is there; NaN, without a warning, if nothing is."""
    n = np.isfinite(x).sum(axis=axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: NDArray[np.float64] = np.nansum(x, axis=axis) / n
    return mean


def _nanvar(x: NDArray[np.float64], axis: int, ddof: int) -> NDArray[np.float64]:
    """Variance of what is there; NaN, without a warning, if too little is."""
    n = np.isfinite(x).sum(axis=axis)
    off = x - np.expand_dims(_nanmean(x, axis), axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        var: NDArray[np.float64] = np.nansum(off**2, axis=axis) / (n - ddof)
    return np.where(n > ddof, var, np.nan)
