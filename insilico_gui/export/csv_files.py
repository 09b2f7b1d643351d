"""Responses as a wide ``.csv`` table, with its labels in files beside it.

``NAME.csv`` has a row for each frame; ``NAME.units.csv`` and ``NAME.trials.csv`` hold
the unit and the trial table, ``NAME.json`` the provenance and what is needed to read
all of them back exactly. Numbers have the fewest digits that restore their bits.
"""

from __future__ import annotations

import csv
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from insilico_gui.errors import ExportError
from insilico_gui.export import wide
from insilico_gui.export.columns import from_json
from insilico_gui.export.record import BLOCK_BYTES, FORMAT, assemble, check_layout
from insilico_gui.export.staging import refuse_folders

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.export.columns import Column
    from insilico_gui.export.record import Record

READ_BYTES = 2**24
"""Read at once."""

_TYPES = {"bool": pa.bool_(), "str": pa.string(), "json": pa.string()}


def names(target: Path, record: Record) -> tuple[list[str], list[str]]:
    """Files to be written, and files of an earlier export to be removed."""
    trials = _beside(target, "trials.csv").name
    files = [
        target.name,
        _beside(target, "units.csv").name,
        _beside(target, "json").name,
    ]
    if record.trials:
        return [*files, trials], []
    return files, [trials]


def check(target: Path, record: Record) -> None:
    """Refuse what cannot be written, and to replace a .json file of something else."""
    written, stale = names(target, record)
    refuse_folders(target, [*written, *stale])
    wide.columns(record)
    sidecar = _beside(target, "json")
    if sidecar.exists() and not _is_ours(sidecar):
        raise ExportError(
            f"{sidecar} exists and does not belong to exported responses, but would be "
            "replaced; choose another name."
        )


def write(path: Path, responses: xr.DataArray, record: Record) -> None:
    """Write the files."""
    table = wide.schema(record)
    with arrow_csv.CSVWriter(str(path), table) as writer:
        for batch in wide.batches(responses, record, table, BLOCK_BYTES):
            writer.write_batch(batch)
    _write_table(_beside(path, "units.csv"), record.units)
    if record.trials:
        _write_table(_beside(path, "trials.csv"), record.trials)
    labels = {
        **record.layout,
        "attrs": record.attrs,
        "axis_labels": {name: c.values.tolist() for name, c in record.axes.items()},
    }
    text = json.dumps(labels, indent=1)
    _beside(path, "json").write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> xr.DataArray:
    """Read the files."""
    sidecar = _beside(path, "json")
    if path.exists() and not sidecar.exists():
        raise ExportError(
            f"{path} cannot be read without {sidecar.name}, which was written with it; "
            "put it back beside the table."
        )
    layout = check_layout(json.loads(sidecar.read_text(encoding="utf-8")))
    units = _read_table(_beside(path, "units.csv"), layout["unit_columns"])
    trials = {}
    if layout["trial_columns"]:
        trials = _read_table(_beside(path, "trials.csv"), layout["trial_columns"])
    axes = {
        name: from_json(spec, layout["axis_labels"][name])
        for name, spec in layout["axes"].items()
    }
    values = _read_values(path, layout, axes, units)
    return assemble(layout, layout["attrs"], values, axes, units, trials)


def _read_values(
    path: Path,
    layout: Mapping[str, Any],
    axes: Mapping[str, NDArray[Any]],
    units: Mapping[str, NDArray[Any]],
) -> NDArray[np.float32]:
    if 2 * math.prod(layout["shape"]) > path.stat().st_size:
        raise ValueError("its table is shorter than it says")
    with path.open("rb") as file:
        header = next(csv.reader([file.readline().decode("utf-8")]))
        file.seek(-1, 2)
        if file.read() != b"\n":
            raise ValueError("its table ends within a row")
    leading = wide.leading(layout["dims"], layout["unit_dim"])
    n_units = layout["shape"][layout["dims"].index(layout["unit_dim"])]
    expected = list(leading) + [str(unit) for unit in units["unit_id"]]
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


def _write_table(path: Path, columns: Mapping[str, Column]) -> None:
    arrays = [pa.array(c.values, _TYPES.get(c.kind)) for c in columns.values()]
    arrow_csv.write_csv(pa.table(arrays, names=list(columns)), str(path))


def _read_table(
    path: Path, specs: Mapping[str, Mapping[str, Any]]
) -> dict[str, NDArray[Any]]:
    types = {
        name: _TYPES.get(spec["kind"]) or pa.from_numpy_dtype(np.dtype(spec["stored"]))
        for name, spec in specs.items()
    }
    table = arrow_csv.read_csv(
        str(path),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(column_types=types, null_values=[]),
    )
    if table.column_names != list(specs):
        raise ValueError(
            f"the columns of {path.name} are not those it was written with"
        )
    return {name: table[name].to_numpy() for name in specs}


def _is_ours(sidecar: Path) -> bool:
    try:
        layout = json.loads(sidecar.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(layout, dict) and layout.get("format") == FORMAT


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name.removesuffix(path.suffix)}.{suffix}")
