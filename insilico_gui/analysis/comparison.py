"""Two sets of responses of the same units, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from insilico_gui.analysis.blocks import check_layout, frame_blocks, read
from insilico_gui.analysis.progress import parts
from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.analysis.progress import OnProgress

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
        Dims (``time``, ``unit``). Units are matched by ``unit_id``: the same model with
        another stimulus, another model, or recorded responses.
    burn_in_frames : int
        Frames at the start of both that are left out.
    on_progress : callable(done, total), optional
        See :mod:`insilico_gui.analysis.progress`.

    Returns
    -------
    pandas.DataFrame
        A row for each unit of `responses`; NaN where the reference lacks the unit.
        ``mean_response`` and ``mean_reference``, over frames; ``mean_difference``, the
        first less the second; and, if both have the same times, ``correlation``, the
        Pearson correlation over frames (NaN for a unit that is constant).
        ``attrs`` holds the parameters.

    Raises
    ------
    AnalysisError
        If one is a batch, no unit is common to both, or nothing is left after burn-in.
    """
    for one in (responses, reference):
        check_layout(one)
        if "trial" in one.dims:
            raise AnalysisError(
                "A batch of videos cannot be compared; take one of them with "
                "responses.isel(trial=0)."
            )
        if one.sizes["time"] <= burn_in_frames:
            raise AnalysisError(
                f"Responses of {one.sizes['time']} frames have nothing left after a "
                f"burn-in of {burn_in_frames}; compare longer ones."
            )
    rows = _matching_rows(responses, reference)
    same_times = responses.sizes["time"] == reference.sizes["time"] and bool(
        np.allclose(responses["time"], reference["time"])
    )
    first, second, *third = parts(on_progress, 2 + same_times)
    mean = _mean(responses, burn_in_frames, first)
    mean_reference = _mean(reference, burn_in_frames, second)
    columns = {
        "mean_response": mean,
        "mean_reference": _at(mean_reference, rows),
    }
    columns["mean_difference"] = columns["mean_response"] - columns["mean_reference"]
    if same_times:
        columns["correlation"] = _correlation(
            responses, reference, rows, burn_in_frames, mean, mean_reference, *third
        )
    table = pd.DataFrame(columns)
    table.attrs = {
        "burn_in_frames": burn_in_frames,
        "n_common_units": int((rows >= 0).sum()),
        "reference_session": reference.attrs.get("session"),
        "reference_stimulus": reference.attrs.get("stimulus"),
        "reference_stimulus_hash": reference.attrs.get("stimulus_hash"),
    }
    return table


def _matching_rows(
    responses: xr.DataArray, reference: xr.DataArray
) -> NDArray[np.int64]:
    """Where each unit is in the reference; -1 = it is not."""
    for one in (responses, reference):
        if "unit_id" not in one.coords:
            raise AnalysisError(
                "The responses do not say which units they are of; they need a "
                "coordinate unit_id."
            )
    rows = pd.Index(reference["unit_id"].to_numpy()).get_indexer(
        pd.Index(responses["unit_id"].to_numpy())
    )
    if (rows < 0).all():
        raise AnalysisError(
            "The two sets of responses have no unit in common; compare sessions of the "
            "same recording."
        )
    return np.asarray(rows, dtype=np.int64)


def _blocks(
    responses: xr.DataArray, start: int, on_progress: OnProgress | None
) -> Iterator[tuple[int, int]]:
    for first, last in frame_blocks(responses, on_progress):
        if last > start:
            yield max(first, start), last


def _read(responses: xr.DataArray, first: int, last: int) -> Floats:
    return read(responses, first, last).astype(np.float64)


def _mean(
    responses: xr.DataArray, start: int, on_progress: OnProgress | None
) -> Floats:
    total = np.zeros(responses.sizes["unit"])
    for first, last in _blocks(responses, start, on_progress):
        total += _read(responses, first, last).sum(axis=0)
    return total / (responses.sizes["time"] - start)


def _at(values: Floats, rows: NDArray[np.int64]) -> Floats:
    return np.where(rows >= 0, values[rows], np.nan)


def _correlation(
    responses: xr.DataArray,
    reference: xr.DataArray,
    rows: NDArray[np.int64],
    start: int,
    mean: Floats,
    mean_reference: Floats,
    on_progress: OnProgress | None,
) -> Floats:
    common = rows >= 0
    mean_x, mean_y = mean[common], mean_reference[rows[common]]
    xx, yy, xy = np.zeros((3, int(common.sum())))
    for first, last in _blocks(responses, start, on_progress):
        x = _read(responses, first, last)[:, common] - mean_x
        y = _read(reference, first, last)[:, rows[common]] - mean_y
        xx += (x * x).sum(axis=0)
        yy += (y * y).sum(axis=0)
        xy += (x * y).sum(axis=0)
    scale = np.sqrt(xx * yy)
    correlation = np.full(len(rows), np.nan)
    # A constant unit's variance is rounding noise of its mean, not zero to the bit.
    noise = 1e-12 * (last - start) * np.maximum(mean_x**2, mean_y**2)
    usable = (xx > noise) & (yy > noise)
    correlation[common] = np.divide(
        xy, scale, out=np.full_like(xy, np.nan), where=usable
    )
    return correlation
