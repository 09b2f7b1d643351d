"""Responses as a wide ``.csv`` table, with its labels in files beside it.

``NAME.csv`` has a row for each frame; ``NAME.csv.units.csv`` and ``NAME.csv.trials.csv``
hold the unit and the trial table, ``NAME.csv.json`` the provenance and what is needed to
read all of them back exactly. Numbers have the fewest digits that restore their bits, and
text that a spreadsheet would take for a formula is escaped (:mod:`.formulas`).

Earlier versions wrote ``NAME.units.csv``, ``NAME.trials.csv`` and ``NAME.json``, without
escapes; these are still read.
"""

from __future__ import annotations

import csv
import json
import math
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from insilico_gui.errors import ExportError, quoted
from insilico_gui.export import wide
from insilico_gui.export.columns import from_json
from insilico_gui.export.record import BLOCK_BYTES, FORMAT, assemble, check_layout
from insilico_gui.files import fingerprints, refuse_folder, refuse_foreign
from insilico_gui.files.formulas import escape, unescape
from insilico_gui.files.marks import HASHES
from insilico_gui.untrusted.door import check_input, open_input
from insilico_gui.untrusted.limits import limit, refuse_above
from insilico_gui.untrusted.plain_arrays import check_memory
from insilico_gui.untrusted.text import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.export.columns import Column
    from insilico_gui.export.record import Record

READ_BYTES = 2**24
"""Read at once."""

SIDECAR, UNITS, TRIALS = ENDS = ("json", "units.csv", "trials.csv")
"""What the names of the files beside a table add to its own."""

_TYPES = {"bool": pa.bool_(), "str": pa.string(), "json": pa.string()}


def possible(target: Path) -> list[str]:
    """Every file that may be written or removed."""
    return [target.name, *(_beside(target, end).name for end in ENDS)]


def names(target: Path, record: Record) -> tuple[list[str], list[str]]:
    """Files to be written, and files of an earlier export to be removed."""
    table, sidecar, units, trials = possible(target)
    if record.trials:
        return [table, sidecar, units, trials], []
    there = target.with_name(trials).exists()
    return [table, sidecar, units], [trials] if there else []


def check_replaced(target: Path) -> None:
    """Refuse to replace what this project did not make."""
    if any(target.name.lower().endswith(f".csv.{end}") for end in ENDS):
        raise ExportError(
            f"{target.name} would be taken for a table that belongs to other responses; "
            "choose another name."
        )
    refuse_folder(target, ExportError)
    tables = [_beside(target, end).name for end in (UNITS, TRIALS)]
    sidecar = _beside(target, SIDECAR)
    refuse_foreign(sidecar, FORMAT, [target.name], tables, ExportError)


def check(target: Path, record: Record) -> None:
    """Refuse what cannot be written."""
    del target
    wide.columns(record)


def write(path: Path, responses: xr.DataArray, record: Record) -> None:
    """Write the files."""
    table = wide.schema(record)
    escaped = _escaped_schema(table, record)
    with arrow_csv.CSVWriter(str(path), escaped) as writer:
        for batch in wide.batches(responses, record, escaped, BLOCK_BYTES):
            writer.write_batch(batch)
    _write_table(_beside(path, UNITS), record.units)
    tables = [path.name, _beside(path, UNITS).name]
    if record.trials:
        _write_table(_beside(path, TRIALS), record.trials)
        tables.append(_beside(path, TRIALS).name)
    labels = {
        **record.layout,
        "formulas_escaped": True,
        HASHES: fingerprints(path.parent, tables),
        "attrs": record.attrs,
        "axis_labels": {name: c.values.tolist() for name, c in record.axes.items()},
    }
    text = json.dumps(labels, indent=1)
    _beside(path, SIDECAR).write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> xr.DataArray:
    """Read the files."""
    check_input(path, ExportError)
    sidecar, base = _beside(path, SIDECAR), path.name
    if not sidecar.exists():  # by an earlier version
        earlier = path.name.removesuffix(path.suffix)
        if path.with_name(f"{earlier}.{SIDECAR}").exists():
            sidecar, base = path.with_name(f"{earlier}.{SIDECAR}"), earlier
    if path.exists() and not sidecar.exists():
        raise ExportError(
            f"{quoted(path.name, '')} cannot be read without "
            f"{quoted(sidecar.name, '')}, which was written with it; put it back beside "
            "the table."
        )
    name = quoted(sidecar.name, marks="")
    layout = check_layout(read_json(sidecar, name, ExportError))
    escaped = layout.get("formulas_escaped", False) is True
    place = path.with_name(f"{base}.{UNITS}")
    units = _read_table(place, layout["unit_columns"], escaped)
    trials = {}
    if layout["trial_columns"]:
        place = path.with_name(f"{base}.{TRIALS}")
        trials = _read_table(place, layout["trial_columns"], escaped)
    axes = {
        name: from_json(spec, layout["axis_labels"][name])
        for name, spec in layout["axes"].items()
    }
    ids = [str(unit) for unit in units["unit_id"]]
    if escaped and layout["unit_columns"]["unit_id"]["kind"] == "str":
        ids = [escape(unit) for unit in ids]
    values = _read_values(path, layout, axes, ids)
    return assemble(layout, layout["attrs"], values, axes, units, trials)


def _read_values(
    path: Path,
    layout: Mapping[str, Any],
    axes: Mapping[str, NDArray[Any]],
    ids: Sequence[str],
) -> NDArray[np.float32]:
    if 2 * math.prod(layout["shape"]) > path.stat().st_size:
        raise ValueError("its table is shorter than it says")
    check_memory(4 * math.prod(layout["shape"]), path.name, ExportError)
    with open_input(path, ExportError) as file:
        header = _header(file)
        file.seek(-1, 2)
        if file.read() != b"\n":
            raise ValueError("its table ends within a row")
    leading = wide.leading(layout["dims"], layout["unit_dim"])
    n_units = layout["shape"][layout["dims"].index(layout["unit_dim"])]
    expected = [*leading, *ids]
    if header != expected or len(expected) != len(leading) + n_units:
        raise ValueError("the columns of its table are not its units")
    positions = [str(i) for i in range(len(header))]
    types = [*leading.values(), *[pa.float32()] * n_units]
    reader = arrow_csv.open_csv(
        str(path),
        arrow_csv.ReadOptions(
            column_names=positions,
            skip_rows=1,
            block_size=max(READ_BYTES, 64 * len(header)),
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict(zip(positions, types, strict=True)), null_values=[]
        ),
    )
    with reader:
        return wide.collect(reader, layout, axes)


def _header(file: BinaryIO) -> list[str]:
    """Cells of the first line, which is not read further than a line can be."""
    line = file.readline(limit("line_bytes") + 1)
    refuse_above("line_bytes", len(line), "The first line of the table", ExportError)
    return next(csv.reader([line.decode("utf-8")]), [])


def _write_table(path: Path, columns: Mapping[str, Column]) -> None:
    arrays = [
        pa.array([escape(str(cell)) for cell in c.values], pa.string())
        if c.kind == "str"
        else pa.array(c.values, _TYPES.get(c.kind))
        for c in columns.values()
    ]
    names = [escape(name) for name in columns]
    arrow_csv.write_csv(pa.table(arrays, names=names), str(path))


def _escaped_schema(table: pa.Schema, record: Record) -> pa.Schema:
    """The columns with headers that are no formulas; numbers stay what they are."""
    if record.units["unit_id"].kind != "str":
        return table
    return pa.schema([field.with_name(escape(field.name)) for field in table])


def _read_table(
    path: Path, specs: Mapping[str, Mapping[str, Any]], escaped: bool
) -> dict[str, NDArray[Any]]:
    headers = {name: escape(name) if escaped else name for name in specs}
    check_input(path, ExportError, limit="text_bytes")
    refuse_above("table_columns", len(specs), quoted(path.name, ""), ExportError)
    types = {
        headers[name]: _TYPES.get(spec["kind"])
        or pa.from_numpy_dtype(np.dtype(spec["stored"]))
        for name, spec in specs.items()
    }
    table = arrow_csv.read_csv(
        str(path),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(column_types=types, null_values=[]),
    )
    if table.column_names != list(headers.values()):
        raise ValueError(
            f"the columns of {quoted(path.name, '')} are not those it was written with"
        )
    read = {name: table[header].to_numpy() for name, header in headers.items()}
    for name, spec in specs.items():
        if escaped and spec["kind"] == "str":
            read[name] = np.array([unescape(cell) for cell in read[name]], object)
    return read


def _beside(path: Path, end: str) -> Path:
    return path.with_name(f"{path.name}.{end}")
