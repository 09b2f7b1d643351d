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
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from insilico_gui.errors import ExportError, quoted
from insilico_gui.export import wide
from insilico_gui.export.exporter import Exporter
from insilico_gui.export.record import BLOCK_BYTES, FORMAT, assemble, check_layout
from insilico_gui.files import fingerprints, refuse_foreign
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
"""Size of the parts in which a table is read."""

SIDECAR, UNITS, TRIALS = ENDS = ("json", "units.csv", "trials.csv")
"""Ends of the names of the files beside a table."""

_TYPES = {"bool": pa.bool_(), "str": pa.string(), "json": pa.string()}


class CsvFiles(Exporter):
    """A ``.csv`` table of responses, with up to three files beside it."""

    suffixes = (".csv",)
    rank = 1

    def files(self, target: Path) -> list[str]:
        """The table and every file that may be beside it."""
        return [target.name, *(_beside(target, end).name for end in ENDS)]

    def written(self, target: Path, record: Record) -> list[str]:
        """All but the table of trials, where there are none."""
        return self.files(target)[: None if record.trials else -1]

    def check_replaced(self, target: Path) -> None:
        """Refuse to replace tables of another origin, or to have their names."""
        if any(target.name.lower().endswith(f".csv.{end}") for end in ENDS):
            raise ExportError(
                f"{target.name} would be taken for a table that belongs to other "
                "responses; choose another name."
            )
        super().check_replaced(target)
        table, sidecar, *tables = self.files(target)
        refuse_foreign(target.with_name(sidecar), FORMAT, [table], tables, ExportError)

    def check(self, target: Path, record: Record) -> None:
        """The ids of the units must do as the names of columns."""
        wide.columns(record)

    def write(self, path: Path, responses: xr.DataArray, record: Record) -> None:
        """Write the tables, and then the sidecar with their hashes."""
        table = wide.schema(record)
        if record.units["unit_id"].kind == "str":  # numbers are no formulas
            table = pa.schema([f.with_name(escape(f.name)) for f in table])
        with arrow_csv.CSVWriter(str(path), table) as writer:
            for batch in wide.batches(responses, record, table, BLOCK_BYTES):
                writer.write_batch(batch)
        tables = {UNITS: record.units, TRIALS: record.trials or {}}
        beside = {_beside(path, end): table for end, table in tables.items() if table}
        for place, columns in beside.items():
            _write_table(place, columns)
        labels = {
            **record.layout,
            "formulas_escaped": True,
            HASHES: fingerprints(path.parent, [path.name, *(p.name for p in beside)]),
            "attrs": record.attrs,
            "axis_labels": {name: c.values.tolist() for name, c in record.axes.items()},
        }
        text = json.dumps(labels, indent=1)
        _beside(path, SIDECAR).write_text(text + "\n", encoding="utf-8")

    def read(self, path: Path) -> xr.DataArray:
        """Read the tables into memory."""
        check_input(path, ExportError)
        base, sidecar = path, _beside(path, SIDECAR)
        earlier = path.with_name(path.name.removesuffix(path.suffix))
        if not sidecar.exists() and _beside(earlier, SIDECAR).exists():
            base, sidecar = earlier, _beside(earlier, SIDECAR)
        name = quoted(sidecar.name, marks="")
        if path.exists() and not sidecar.exists():
            raise ExportError(
                f"{quoted(path.name, '')} cannot be read without {name}, which was "
                "written with it; put it back beside the table."
            )
        layout = check_layout(read_json(sidecar, name, ExportError))
        escaped = layout.get("formulas_escaped", False) is True
        specs = {UNITS: layout["unit_columns"], TRIALS: layout["trial_columns"]}
        units, trials = (
            _read_table(_beside(base, end), columns, escaped) if columns else {}
            for end, columns in specs.items()
        )
        ids = [str(unit) for unit in units["unit_id"]]
        if escaped and layout["unit_columns"]["unit_id"]["kind"] == "str":
            ids = [escape(unit) for unit in ids]
        values = _read_values(path, layout, ids)
        return assemble(
            layout, layout["attrs"], values, layout["axis_labels"], units, trials
        )


def _read_values(
    path: Path, layout: Mapping[str, Any], ids: Sequence[str]
) -> NDArray[np.float32]:
    """The values of the table whose columns are these units, in the layout's shape."""
    if 2 * math.prod(layout["shape"]) > path.stat().st_size:
        raise ValueError("its table is shorter than it says")
    check_memory(4 * math.prod(layout["shape"]), path.name, ExportError)
    with open_input(path, ExportError) as file:
        # A line is read no further than a line can be
        line = file.readline(limit("line_bytes") + 1)
        what = "The first line of the table"
        refuse_above("line_bytes", len(line), what, ExportError)
        file.seek(-1, 2)
        if file.read() != b"\n":
            raise ValueError("its table ends within a row")
    header = next(csv.reader([line.decode("utf-8")]), [])
    leading = wide.leading(layout["dims"], layout["unit_dim"])
    n_units = layout["shape"][layout["dims"].index(layout["unit_dim"])]
    if header != [*leading, *ids] or len(ids) != n_units:
        raise ValueError("the columns of its table are not its units")
    types = [*leading.values(), *[pa.float32()] * n_units]
    # By position, since the ids in a damaged table may repeat
    positions = [str(i) for i in range(len(types))]
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
        return wide.collect(reader, layout, layout["axis_labels"])


def _write_table(path: Path, columns: Mapping[str, Column]) -> None:
    arrays = [
        pa.array([escape(str(cell)) for cell in c.values], pa.string())
        if c.kind == "str"
        else pa.array(c.values, _TYPES.get(c.kind))
        for c in columns.values()
    ]
    names = [escape(name) for name in columns]
    arrow_csv.write_csv(pa.table(arrays, names=names), str(path))


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
