"""The wide table of responses: a row for each frame, a column for each unit.

Columns are ``time`` (seconds), before it ``trial`` (position of the video) for a batch,
then one float32 column for each unit, headed by its ``unit_id``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from insilico_gui.errors import ExportError
from insilico_gui.export.record import blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.export.record import Record


def columns(record: Record) -> list[str]:
    """Names of the columns, in order.

    Raises
    ------
    ExportError
        If they would not be distinct, or not on one line.
    """
    leading = ["trial", "time"][-(len(record.dims) - 1) :]
    headers = leading + [str(value) for value in record.units["unit_id"].values]
    seen: set[str] = set()
    for header in headers:
        if header in seen or header != " ".join(header.splitlines()):
            raise ExportError(
                f"The unit_id {header!r} cannot head a column of a table, because it "
                "occurs twice or has a line break; rename it, or export to .npz or "
                ".zarr."
            )
        seen.add(header)
    return headers


def schema(record: Record, metadata: Mapping[bytes, bytes] | None = None) -> pa.Schema:
    """Types of the columns."""
    names = columns(record)
    n_units = record.shape[-1]
    leading = {"trial": pa.int64(), "time": pa.float64()}
    fields = [pa.field(name, leading[name]) for name in names[:-n_units]]
    fields += [pa.field(name, pa.float32()) for name in names[-n_units:]]
    return pa.schema(fields, metadata)


def batches(
    responses: xr.DataArray, record: Record, table: pa.Schema, n_bytes: int
) -> Iterator[pa.RecordBatch]:
    """The rows, in blocks of about `n_bytes`."""
    for video, start, block in blocks(
        responses, max(1, n_bytes // (4 * record.shape[-1]))
    ):
        n = len(block)
        arrays = [pa.array(record.time[start : start + n])]
        if "trial" in record.dims:
            arrays.insert(0, pa.array(np.full(n, video, np.int64)))
        # Arrow wants each column in one piece.
        arrays += [pa.array(column) for column in np.ascontiguousarray(block.T)]
        yield pa.RecordBatch.from_arrays(arrays, schema=table)


def collect(
    parts: Iterable[pa.RecordBatch], layout: Mapping[str, Any]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Fill an array with rows as they come.

    Parameters
    ----------
    parts : iterable of RecordBatch
        Columns in the order of :func:`columns`.
    layout : mapping
        Checked; says the shape.

    Returns
    -------
    values : float32 array
        In the shape of the layout.
    time : float64 array, [T]

    Raises
    ------
    ValueError
        If rows are missing, left over, empty or in another order.
    """
    shape = tuple(layout["shape"])
    n_rows, n_units = math.prod(shape[:-1]), shape[-1]
    values = np.empty((n_rows, n_units), np.float32)
    time = np.empty(n_rows)
    trial = np.zeros(n_rows, np.int64)
    done = 0
    for part in parts:
        rows = slice(done, done + part.num_rows)
        if rows.stop > n_rows or part.num_columns != n_units + len(shape) - 1:
            raise ValueError("its table has more rows or columns than it says")
        if any(column.null_count for column in part.columns):
            raise ValueError("its table has empty cells")
        for i, column in enumerate(part.columns[-n_units:]):
            values[rows, i] = column.to_numpy(zero_copy_only=False)
        time[rows] = part.column(part.num_columns - n_units - 1).to_numpy()
        if len(shape) == 3:
            trial[rows] = part.column(0).to_numpy()
        done = rows.stop
    if done != n_rows:
        raise ValueError(f"its table ends after {done} of {n_rows} rows")
    n_frames = shape[-2]
    first = time[:n_frames]
    if not (
        np.array_equal(
            time.reshape(-1, n_frames), np.tile(first, (n_rows // n_frames, 1))
        )
        and np.array_equal(trial, np.arange(n_rows) // n_frames)
    ):
        raise ValueError("the rows of its table are not in their order")
    return values.reshape(shape), first
