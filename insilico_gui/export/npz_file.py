"""Responses in one ``.npz`` file of plain numpy arrays, readable without pickle.

Uncompressed, so that sizes are known before anything is read.
"""

from __future__ import annotations

import json
import math
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy

from insilico_gui.errors import ExportError, quoted
from insilico_gui.export.exporter import Exporter
from insilico_gui.export.record import assemble, blocks, check_layout
from insilico_gui.files import require_space
from insilico_gui.untrusted.plain_arrays import read_npz
from insilico_gui.untrusted.text import parse_json

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.export.record import Record


class NpzFile(Exporter):
    """One ``.npz`` file."""

    suffixes = (".npz",)
    rank = 0

    def check(self, target: Path, record: Record) -> None:
        """There must be room for the values."""
        require_space(target.parent, 4 * math.prod(record.shape), ExportError)

    def write(self, path: Path, responses: xr.DataArray, record: Record) -> None:
        """Write the file, the values last and block by block."""
        tables = {
            "": record.axes,
            "unit_": record.units,
            "trials_": record.trials or {},
        }
        labels: dict[str, Any] = {
            f"{prefix}{name}": column.values
            for prefix, columns in tables.items()
            for name, column in columns.items()
        }
        labels["attrs"] = json.dumps(record.attrs)
        labels["layout"] = json.dumps(record.layout)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for name, values in labels.items():
                with archive.open(f"{name}.npy", "w") as file:
                    npy.write_array(file, np.asarray(values), allow_pickle=False)
            with archive.open("responses.npy", "w", force_zip64=True) as file:
                header = {"descr": "<f4", "fortran_order": False, "shape": record.shape}
                npy.write_array_header_1_0(file, header)
                for _, _, block in blocks(responses):
                    file.write(np.ascontiguousarray(block, "<f4").data)

    def read(self, path: Path) -> xr.DataArray:
        """Read the file into memory."""
        name = quoted(path.name, marks="")
        arrays = read_npz(path, name, ExportError)
        layout = check_layout(_json(arrays["layout"], name))
        return assemble(
            layout,
            _json(arrays["attrs"], name),
            arrays["responses"],
            arrays,
            _starting_with("unit_", arrays),
            _starting_with("trials_", arrays),
        )


def _json(array: NDArray[Any], name: str) -> Any:
    if array.ndim or array.dtype.kind != "U":
        raise ValueError("its description is no text")
    return parse_json(str(array), name, ExportError)


def _starting_with(
    prefix: str, arrays: dict[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
