"""What a job has computed, by the units of its session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import ExportError
from insilico_gui.responses import take_units
from insilico_gui.units.results import added_coords

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.encoding import EncodingJob, ImageJob


def indices_of(job: EncodingJob | ImageJob | None) -> NDArray[np.int64]:
    """Units, by row of the unit table, that a job computes."""
    return np.empty(0, np.int64) if job is None else job.selection.indices


def row_of_all_units(
    job: EncodingJob | ImageJob | None, moment: int, n_units: int
) -> NDArray[np.float32] | None:
    """Responses at a moment, float32 [U], NaN for other units; None if not computed yet."""
    if job is None or moment >= job.moments.n_done:
        return None
    row = job.moments.row(moment)
    if len(row) == n_units:
        return row
    full = np.full(n_units, np.nan, dtype=np.float32)
    full[job.selection.indices] = row
    return full


def copying(
    responses: xr.DataArray,
    columns: NDArray[np.int64],
    rule: Mapping[str, Any],
    units: pd.DataFrame,
    parameters: Mapping[str, Any],
) -> Callable[[], xr.DataArray]:
    """A function, for any thread, that copies some columns of responses.

    `units` are the rows of the unit table that belong to the columns; their columns that
    analyses added go with the copy, and `parameters` of the analyses into its ``attrs``.
    """
    if len(columns) == 0:
        raise ExportError("None of the encoded units is selected; select at least one.")
    added = added_coords(units, responses)

    def copy() -> xr.DataArray:
        taken = take_units(responses, columns, rule).assign_coords(added)
        if parameters:
            taken.attrs["analyses"] = dict(parameters)
        return taken

    return copy
