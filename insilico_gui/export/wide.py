"""The wide table of responses: a row for each moment, a column for each unit.

The first columns are the position of a row: ``time`` in seconds, positions in the other
dimensions (``trial``: of the video in a batch, or of the image). Then comes one float32
column for each unit, headed by its ``unit_id``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from insilico_gui.errors import ExportError
from insilico_gui.export.record import blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.export.record import Record


def leading(dims: Sequence[str], unit_dim: str) -> dict[str, pa.DataType]:
    """Name and type of the columns for the position of a row."""
    return {
        name: pa.float64() if name == "time" else pa.int64()
        for name in dims
        if name != unit_dim
    }


def columns(record: Record) -> list[str]:
    """Names of the columns, in order; an ExportError if they are not distinct lines."""
    headers = list(leading(record.dims, record.unit_dim))
    headers += [str(value) for value in record.units["unit_id"].values]
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
    places = leading(record.dims, record.unit_dim)
    names = columns(record)[len(places) :]
    fields = [pa.field(name, kind) for name, kind in places.items()]
    fields += [pa.field(name, pa.float32()) for name in names]
    return pa.schema(fields, metadata)


def batches(
    responses: xr.DataArray, record: Record, table: pa.Schema, n_bytes: int
) -> Iterator[pa.RecordBatch]:
    """The rows, in blocks of about `n_bytes`."""
    unit_last = responses.transpose(..., record.unit_dim)
    *outer, inner, _ = map(str, unit_last.dims)
    size = max(1, n_bytes // (4 * unit_last.shape[-1]))
    for place, start, block in blocks(unit_last, size):
        n = len(block)
        # Arrow wants each column in one piece.
        arrays = [
            pa.array(np.full(n, label))
            for name, k in zip(outer, place, strict=True)
            for label in [_places(name, record)[k]]
        ]
        arrays.append(pa.array(_places(inner, record)[start : start + n]))
        arrays += [pa.array(column) for column in np.ascontiguousarray(block.T)]
        yield pa.RecordBatch.from_arrays(arrays, schema=table)


def _places(dim: str, record: Record) -> NDArray[Any]:
    """Positions of the rows in a dimension: times (s), or numbers from 0."""
    if dim == "time":
        return record.axes["time"].values
    return np.arange(record.shape[record.dims.index(dim)], dtype=np.int64)


def collect(
    parts: Iterable[pa.RecordBatch],
    layout: Mapping[str, Any],
    axes: Mapping[str, Any],
) -> NDArray[np.float32]:
    """The values of the rows, in the shape of a layout that was checked.

    The columns are in the order of :func:`columns`; `axes` are the labels of the dims, of
    which ``time`` is in the rows too. A ValueError says that rows are missing, left over,
    empty or in another order.
    """
    sizes = dict(zip(layout["dims"], layout["shape"], strict=True))
    n_units = sizes.pop(layout["unit_dim"])
    n_rows = math.prod(sizes.values())
    labels = [
        np.asarray(axes["time"], np.float64) if name == "time" else np.arange(n)
        for name, n in sizes.items()
    ]
    if [len(label) for label in labels] != [*sizes.values()]:
        raise ValueError("its times are not those of its table")
    values = np.empty((n_rows, n_units), np.float32)
    done = 0
    for part in parts:
        rows = slice(done, done + part.num_rows)
        if rows.stop > n_rows or part.num_columns != n_units + len(sizes):
            raise ValueError("its table has more rows or columns than it says")
        if any(column.null_count for column in part.columns):
            raise ValueError("its table has empty cells")
        here = np.unravel_index(np.arange(rows.start, rows.stop), (*sizes.values(),))
        for column, label, k in zip(part.columns, labels, here, strict=False):
            if not np.array_equal(column.to_numpy(), label[k]):
                raise ValueError("the rows of its table are not in their order")
        for i, column in enumerate(part.columns[len(sizes) :]):
            values[rows, i] = column.to_numpy(zero_copy_only=False)
        done = rows.stop
    if done != n_rows:
        raise ValueError(f"its table ends after {done} of {n_rows} rows")
    unit_last = values.reshape(*sizes.values(), n_units)
    return np.moveaxis(unit_last, -1, layout["dims"].index(layout["unit_dim"]))
