"""Responses in one ``.parquet`` file: the wide table, with its labels as metadata.

The key ``insilico_gui`` of the schema metadata holds JSON: the layout, ``attrs``
(provenance), ``axis_labels``, ``units`` and ``trials`` (name -> list).
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from pyarrow import parquet

from insilico_gui.errors import ExportError, quoted
from insilico_gui.export import wide
from insilico_gui.export.exporter import Exporter
from insilico_gui.export.record import assemble, check_layout
from insilico_gui.untrusted.door import open_input
from insilico_gui.untrusted.plain_arrays import check_memory
from insilico_gui.untrusted.tables import check_footer
from insilico_gui.untrusted.text import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import xarray as xr

    from insilico_gui.export.columns import Column
    from insilico_gui.export.record import Record

METADATA_KEY = b"insilico_gui"

GROUP_BYTES = 128 * 2**20
"""Size of a row group; every group costs time and memory for each of its columns."""


class ParquetFile(Exporter):
    """One ``.parquet`` file."""

    suffixes = (".parquet",)
    rank = 2

    def check(self, target: Path, record: Record) -> None:
        """The ids of the units must do as the names of columns."""
        wide.columns(record)

    def write(self, path: Path, responses: xr.DataArray, record: Record) -> None:
        """Write the table, whose metadata hold the labels."""
        labels = {
            **record.layout,
            "attrs": record.attrs,
            "axis_labels": _lists(record.axes),
            "units": _lists(record.units),
            "trials": _lists(record.trials or {}),
        }
        table = wide.schema(record, {METADATA_KEY: json.dumps(labels).encode()})
        with parquet.ParquetWriter(
            str(path),
            table,
            compression="zstd",
            use_dictionary=False,  # responses hardly repeat
            write_statistics=False,  # of no use, and large for thousands of columns
            write_page_checksum=True,
        ) as writer:
            for batch in wide.batches(responses, record, table, GROUP_BYTES):
                writer.write_batch(batch, row_group_size=len(batch))

    def read(self, path: Path) -> xr.DataArray:
        """Read the file into memory."""
        name = quoted(path.name, marks="")
        with open_input(path, ExportError) as raw:
            check_footer(raw, name, ExportError)
            with parquet.ParquetFile(raw, page_checksum_verification=True) as file:
                metadata = file.schema_arrow.metadata or {}
                if METADATA_KEY not in metadata:
                    raise ValueError("it was not written by this program")
                layout = check_layout(
                    parse_json(metadata[METADATA_KEY], name, ExportError)
                )
                check_memory(4 * math.prod(layout["shape"]), name, ExportError)
                n_units = layout["shape"][layout["dims"].index(layout["unit_dim"])]
                claimed = file.metadata.num_rows * n_units
                if claimed != math.prod(layout["shape"]):
                    raise ValueError("its table has other rows or columns than it says")
                parts = (
                    batch
                    for group in range(file.num_row_groups)
                    for batch in file.read_row_group(group).to_batches()
                )
                values = wide.collect(parts, layout, layout["axis_labels"])
        return assemble(
            layout,
            layout["attrs"],
            values,
            layout["axis_labels"],
            layout["units"],
            layout["trials"],
        )


def _lists(columns: Mapping[str, Column]) -> dict[str, list[Any]]:
    return {name: column.values.tolist() for name, column in columns.items()}
