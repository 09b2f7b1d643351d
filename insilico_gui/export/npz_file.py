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
from insilico_gui.export.record import assemble, blocks, check_layout
from insilico_gui.files import refuse_folder, require_space
from insilico_gui.untrusted.plain_arrays import read_npz
from insilico_gui.untrusted.text import parse_json

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.export.record import Record


def possible(target: Path) -> list[str]:
    """Every file that may be written or removed."""
    return [target.name]


def names(target: Path, record: Record) -> tuple[list[str], list[str]]:
    """Files to be written, and files of an earlier export to be removed."""
    del record
    return [target.name], []


def check_replaced(target: Path) -> None:
    """Refuse to replace what this project did not make."""
    refuse_folder(target, ExportError)


def check(target: Path, record: Record) -> None:
    """Refuse what cannot be written; there must be room for the values."""
    require_space(target.parent, 4 * math.prod(record.shape), ExportError)


def write(path: Path, responses: xr.DataArray, record: Record) -> None:
    """Write the file."""
    labels: dict[str, Any] = {
        **{name: column.values for name, column in record.axes.items()},
        **{f"unit_{name}": column.values for name, column in record.units.items()},
        **{
            f"trials_{name}": column.values
            for name, column in (record.trials or {}).items()
        },
        "attrs": json.dumps(record.attrs),
        "layout": json.dumps(record.layout),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, values in labels.items():
            with archive.open(f"{name}.npy", "w") as file:
                npy.write_array(file, np.asarray(values), allow_pickle=False)
        with archive.open("responses.npy", "w", force_zip64=True) as file:
            header = {"descr": "<f4", "fortran_order": False, "shape": record.shape}
            npy.write_array_header_1_0(file, header)
            for _, _, block in blocks(responses):
                file.write(np.ascontiguousarray(block, "<f4").data)


def read(path: Path) -> xr.DataArray:
    """Read the file."""
    name = quoted(path.name, marks="")
    arrays = read_npz(path, name, ExportError)
    layout = check_layout(_json(arrays["layout"], name))
    return assemble(
        layout,
        _json(arrays["attrs"], name),
        arrays["responses"],
        {axis: arrays[axis] for axis in layout["axes"]},
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
