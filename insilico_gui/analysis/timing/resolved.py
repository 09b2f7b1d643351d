"""Time-resolved tuning: the curve of a parameter in one window after another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fits.flatness import is_flat
from insilico_gui.analysis.timing.aligned import align, trial_length
from insilico_gui.analysis.trials.kept import frame_interval, result_dataset
from insilico_gui.analysis.trials.levels import levels_of
from insilico_gui.analysis.trials.window_checks import check_window
from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.analysis.tuning.parameters import RESERVED
from insilico_gui.analysis.tuning.uncertainty import vector_angle
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress
from insilico_gui.responses import BURN_IN_FRAMES
from insilico_gui.units.columns import parameter_facts
from insilico_gui.units.identity import of_result, result_table

Floats = NDArray[np.float64]

LEAST_LEVELS = 2


def time_resolved_tuning(
    responses: xr.DataArray,
    parameter: str,
    *,
    bin_s: float = 0.1,
    stop_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    on_progress: OnProgress | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Tuning of each unit in successive windows after the onset.

    Means over all presentations of a level, whatever else they showed.

    Parameters
    ----------
    responses : xarray.DataArray
        To trials that vary `parameter`.
    parameter : str
        Column of the trial table. Rows without a level are left out.
    bin_s : float
        Length of each window, in whole frames, one at least.
    stop_s : float, optional
        End of the last window after the onset. Default: the duration of the shortest
        trial. A window that would end later is left out.
    burn_in_frames : int
    on_progress : callable(done, total), optional
        In units.

    Returns
    -------
    dataset : xarray.Dataset
        ``curve`` (``time``, parameter, ``unit``), mean responses by the middle of the
        window (s after the onset); ``depth`` (``time``, ``unit``), the largest less the
        smallest of them; ``preferred`` (``time``, ``unit``), of angles that of the vector
        sum, else the level with the largest mean (of names its position), NaN where the
        curve varies by rounding.
    columns : pandas.DataFrame
        ``tuning_peak_s``, the time at which the depth is largest; ``tuning_half_s``, the
        first at which it is half of that; ``pref_<parameter>_early`` and ``_late``,
        preferences in that window and in the last one whose depth is half of the largest
        or more.

    Raises
    ------
    AnalysisError
        If the column has fewer than two levels, or there is no window.
    """
    if parameter in RESERVED:
        raise AnalysisError(f"There is no tuning to {parameter!r}; name a parameter.")
    check_window(0.0, bin_s, burn_in_frames)
    levels = levels_of(trial_table(responses), parameter).values
    if len(levels) < LEAST_LEVELS:
        raise AnalysisError(
            f"All trials show the same {parameter}, so there is no tuning to it; show "
            "several levels."
        )
    interval = frame_interval(responses)
    per_bin = max(1, round(bin_s / interval))
    stop = trial_length(responses) if stop_s is None else stop_s
    n_bins = int((stop / interval + 1e-6) // per_bin)
    if n_bins < 1:
        raise AnalysisError(
            f"No window of {bin_s:g} s ends within {stop:g} s after the onset; give "
            "shorter windows."
        )
    aligned = align(
        responses,
        0.0,
        n_bins * per_bin * interval,
        over=parameter,
        burn_in_frames=burn_in_frames,
    )
    n, n_units = len(aligned.levels), responses.sizes["unit"]
    member = np.equal.outer(np.arange(n), aligned.condition).astype(np.float64)
    member /= member.sum(axis=1, keepdims=True)
    curve = np.empty((n_bins, n, n_units))
    for units, block in aligned.blocks(on_progress):
        binned = block.reshape(len(block), n_bins, per_bin, -1).mean(axis=2)
        curve[..., units] = np.tensordot(member, binned, axes=1).transpose(1, 0, 2)
    middle = aligned.seconds.mean(axis=0).reshape(n_bins, per_bin).mean(axis=1)
    middle = middle + interval / 2
    depth = np.ptp(curve, axis=1)
    preferred = _preferred(curve, aligned.levels, parameter)
    columns = _columns(depth, preferred, middle, parameter)
    attrs: dict[str, Any] = {
        "parameters": [parameter],
        "variant": "means over all presentations of a level",
        "bin_s": per_bin * interval,
        "burn_in_frames": int(burn_in_frames),
        "n_presentations": len(aligned.condition),
        "n_without": aligned.shown - len(aligned.condition),
    }
    dataset = result_dataset(
        responses,
        {
            "curve": (("time", parameter, "unit"), curve),
            "depth": (("time", "unit"), depth),
            "preferred": (("time", "unit"), preferred),
            **{k: ("unit", v) for k, v in columns.items()},
        },
        {"time": ("time", middle, {"units": "s"}), parameter: aligned.levels},
        attrs,
    )
    table = result_table(columns, of_result(dataset))
    table.attrs.update(attrs)
    return dataset, table


def _preferred(curve: Floats, levels: NDArray[Any], parameter: str) -> Floats:
    """Preferences [B, U] of curves [B, K, U]."""
    period = parameter_facts(parameter).period
    numeric = levels.dtype.kind in "fiu"
    if period is not None and numeric:
        turns = round(360 / period)
        angles = np.stack([vector_angle(c, levels, turns, period) for c in curve])
        return np.where(is_flat(curve, axis=1), np.nan, angles)
    best = curve.argmax(axis=1)
    value = levels[best] if numeric else best
    return np.where(is_flat(curve, axis=1), np.nan, value)


def _columns(
    depth: Floats, preferred: Floats, middle: Floats, parameter: str
) -> dict[str, Floats]:
    """Times and preferences of each unit, from depths and preferences [B, U]."""
    units = np.arange(depth.shape[1])
    top = depth.argmax(axis=0)
    deep = depth >= depth[top, units] / 2
    early = deep.argmax(axis=0)
    late = len(deep) - 1 - deep[::-1].argmax(axis=0)
    tuned = np.isfinite(preferred[top, units])
    return {
        "tuning_peak_s": np.where(tuned, middle[top], np.nan),
        "tuning_half_s": np.where(tuned, middle[early], np.nan),
        f"pref_{parameter}_early": np.where(tuned, preferred[early, units], np.nan),
        f"pref_{parameter}_late": np.where(tuned, preferred[late, units], np.nan),
    }
