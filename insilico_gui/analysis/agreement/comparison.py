"""Two sets of responses of the same units, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fits.flatness import is_flat_range
from insilico_gui.analysis.trials.blocks import check_layout, frame_blocks, read
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, parts
from insilico_gui.responses import check_responses, unit_table
from insilico_gui.units.identity import UnitMatch, match_units, result_table

Floats = NDArray[np.float64]


def compare(
    responses: xr.DataArray,
    reference: xr.DataArray,
    burn_in_frames: int = 10,
    *,
    on_progress: OnProgress | None = None,
) -> pd.DataFrame:
    """Compare responses with a reference, unit by unit.

    Parameters
    ----------
    responses, reference : xarray.DataArray
        Dims (``time``, ``unit``). Units are matched by ``session``, ``scan_idx`` and
        ``unit_id``; where a scan is not told, within a session only: the same model with
        another stimulus, another model of the same scan, or recorded responses. See
        :mod:`insilico_gui.units.identity`.
    burn_in_frames : int
        Frames at the start of both that are left out.
    on_progress : callable(done, total), optional
        See :mod:`insilico_gui.progress`.

    Returns
    -------
    pandas.DataFrame
        A row for each unit of `responses`, indexed by ``unit_id``, with ``session`` and
        ``scan_idx`` where they are known; NaN where the reference lacks the unit.
        ``mean_response`` and ``mean_reference``, over frames; ``mean_difference``, the
        first less the second; and, if both have the same times, ``correlation``, the
        Pearson correlation over frames (NaN for a unit that varies by 1.5e-5 of its
        largest value or less). ``attrs`` holds the parameters, and in ``"warning"`` what
        was left out or assumed, if anything was.

    Raises
    ------
    AnalysisError
        If one is a batch, names a unit twice, no unit is common to both, or nothing is
        left after burn-in.
    """
    check_responses(responses, reference)
    for one in (responses, reference):
        check_layout(one)
        if "trial" in one.dims:
            raise AnalysisError(
                "A batch of videos cannot be compared; take one of them with "
                "responses.isel(trial=0).",
                in_window="A batch of videos cannot be compared; export the responses to "
                "one video, and load those.",
            )
        if one.sizes["time"] <= burn_in_frames:
            raise AnalysisError(
                f"Responses of {one.sizes['time']} frames have nothing left after a "
                f"burn-in of {burn_in_frames}; compare longer ones."
            )
    match = _matching(responses, reference)
    rows = match.rows
    apart = _other_times(responses, reference)
    first, second, *third = parts(on_progress, 3 - bool(apart))
    ours = _moments(responses, burn_in_frames, first)
    theirs = _moments(reference, burn_in_frames, second)
    columns = {"mean_response": ours.mean, "mean_reference": _at(theirs.mean, rows)}
    columns["mean_difference"] = columns["mean_response"] - columns["mean_reference"]
    if not apart:
        columns["correlation"] = _correlation(
            responses, reference, rows, burn_in_frames, ours, theirs, *third
        )
    table = result_table(columns, unit_table(responses))
    table.attrs = {
        "burn_in_frames": burn_in_frames,
        "n_common_units": int((rows >= 0).sum()),
        "reference_session": reference.attrs.get("session"),
        "reference_stimulus": reference.attrs.get("stimulus"),
        "reference_stimulus_hash": reference.attrs.get("stimulus_hash"),
    }
    warning = " ".join(text for text in (match.warning, apart) if text)
    if warning:
        table.attrs["warning"] = warning
    return table


def _other_times(responses: xr.DataArray, reference: xr.DataArray) -> str:
    """Why there is no correlation over frames, in a sentence; empty if there is one."""
    times = [one["time"].to_numpy() for one in (responses, reference)]
    if len(times[0]) == len(times[1]) and np.allclose(times[0], times[1]):
        return ""
    lengths = [f"{len(t)} frames from {t[0]:g} to {t[-1]:g} s" for t in times]
    if len(times[0]) == len(times[1]):
        lengths = [f"{text} at other times" for text in lengths]
    return (
        f"The correlation over frames was left out, because the responses have "
        f"{lengths[0]} and the reference {lengths[1]}; encode a stimulus of the same "
        "length and frame rate to have it."
    )


def _matching(responses: xr.DataArray, reference: xr.DataArray) -> UnitMatch:
    """Where each unit is in the reference; -1 = it is not."""
    for one in (responses, reference):
        if "unit_id" not in one.coords:
            raise AnalysisError(
                "The responses do not say which units they are of; they need a "
                "coordinate unit_id."
            )
    sessions = responses.attrs.get("session"), reference.attrs.get("session")
    match = match_units(unit_table(responses), unit_table(reference), sessions=sessions)
    if (match.rows < 0).all():
        raise AnalysisError(
            "The two sets of responses have no unit in common (by session, scan and "
            "unit id); compare sessions of the same recording."
        )
    return match


class _Moments(NamedTuple):
    """Mean over frames of each unit, and whether it varies by rounding only; [U]."""

    mean: Floats
    flat: NDArray[np.bool_]


def _blocks(
    responses: xr.DataArray, start: int, on_progress: OnProgress | None
) -> Iterator[tuple[int, int]]:
    for first, last in frame_blocks(responses, on_progress):
        if last > start:
            yield max(first, start), last


def _read(responses: xr.DataArray, first: int, last: int) -> Floats:
    return read(responses, first, last).astype(np.float64)


def _moments(
    responses: xr.DataArray, start: int, on_progress: OnProgress | None
) -> _Moments:
    n_units = responses.sizes["unit"]
    total = np.zeros(n_units)
    lowest, highest = np.full(n_units, np.inf), np.full(n_units, -np.inf)
    for first, last in _blocks(responses, start, on_progress):
        block = _read(responses, first, last)
        total += block.sum(axis=0)
        lowest = np.minimum(lowest, block.min(axis=0))
        highest = np.maximum(highest, block.max(axis=0))
    mean = total / (responses.sizes["time"] - start)
    return _Moments(mean, is_flat_range(lowest, highest))


def _at(values: Floats, rows: NDArray[np.int64]) -> Floats:
    return np.where(rows >= 0, values[rows], np.nan)


def _correlation(
    responses: xr.DataArray,
    reference: xr.DataArray,
    rows: NDArray[np.int64],
    start: int,
    one: _Moments,
    other: _Moments,
    on_progress: OnProgress | None,
) -> Floats:
    common = rows >= 0
    there = rows[common]
    mean_x, mean_y = one.mean[common], other.mean[there]
    xx, yy, xy = np.zeros((3, int(common.sum())))
    for first, last in _blocks(responses, start, on_progress):
        x = _read(responses, first, last)[:, common] - mean_x
        y = _read(reference, first, last)[:, there] - mean_y
        xx += (x * x).sum(axis=0)
        yy += (y * y).sum(axis=0)
        xy += (x * y).sum(axis=0)
    scale = np.sqrt(xx * yy)
    correlation = np.full(len(rows), np.nan)
    usable = (scale > 0) & ~one.flat[common] & ~other.flat[there]
    correlation[common] = np.divide(
        xy, scale, out=np.full_like(xy, np.nan), where=usable
    )
    return correlation
