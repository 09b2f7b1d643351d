"""Responses in a ``.zarr`` folder (format 3) that xarray opens as a dataset.

``responses`` has the provenance as its attributes, the columns of the unit table are
coordinates, and the group ``trials`` holds the trial table. Every chunk is written,
even an empty one, so that a missing chunk shows that data were lost.
"""

from __future__ import annotations

import json
import math
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from insilico_gui.errors import ExportError, UntrustedFileError, quoted
from insilico_gui.export.exporter import Exporter
from insilico_gui.export.record import FORMAT, assemble, blocks, check_layout
from insilico_gui.export.stored import lazily
from insilico_gui.files import shown
from insilico_gui.untrusted.door import check_folder, open_input
from insilico_gui.untrusted.limits import refuse_above
from insilico_gui.untrusted.text import read_json
from insilico_gui.untrusted.zstd import zstd_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    import zarr

    from insilico_gui.errors import InsilicoError
    from insilico_gui.export.columns import Column
    from insilico_gui.export.record import Record

LAYOUT_KEY = "insilico_gui_layout"
CHUNK_BYTES = 4 * 2**20

SAFE_CODECS = {"bytes", "vlen-utf8", "zstd", "blosc", "gzip", "crc32c", "transpose"}
"""Codecs that only move bytes; others, such as pickle, can run code."""

_LARGEST_METADATA = 2**30
_OF_DESKTOPS = {".DS_Store", "Thumbs.db", "desktop.ini"}

_RESERVED = {"responses", "trials", "zarr.json"}
_RESERVED_ATTRS = {"coordinates", "_FillValue"}


class ZarrFolder(Exporter):
    """One ``.zarr`` folder."""

    suffixes = (".zarr",)
    rank = 3

    def check_replaced(self, target: Path) -> None:
        """Refuse to replace anything but a folder of responses."""
        check_replaced(target, ExportError)

    def check(self, target: Path, record: Record) -> None:
        """Refuse what cannot be written."""
        for name in (*record.units, *(record.trials or {})):
            if "/" in name or "\\" in name or name.startswith((".", "__")) or not name:
                raise ExportError(
                    f"The column {name!r} cannot be the name of a zarr array; rename it."
                )
        for name in record.units:
            if name in _RESERVED or name in record.axes:
                raise ExportError(
                    f"The unit column {name!r} has a name that zarr folders use otherwise; "
                    "rename it."
                )
        for attrs in (record.attrs, *record.coordinate_attrs.values()):
            for key in _RESERVED_ATTRS & attrs.keys():
                raise ExportError(
                    f"The attribute {key!r} has a name that zarr folders use otherwise; "
                    "rename it."
                )

    def write(self, path: Path, responses: xr.DataArray, record: Record) -> None:
        """Write the folder."""
        values = begin(path, record.shape, record.dims)
        rows = chunk_shape(record.shape)[-2]
        for place, start, block in blocks(responses, rows):
            index: Any = (*place, slice(start, start + len(block)))
            values[index] = block
        label(path, record)

    def read(self, path: Path) -> xr.DataArray:
        """Read the folder; the values stay there until they are used."""
        import zarr

        name = quoted(path.name, marks="")
        if not path.is_dir():
            raise ValueError("it is not a zarr folder")
        files = check_folder(path, ExportError)
        described = [file for file in files if file.name == "zarr.json"]
        refuse_above("array_entries", len(described), name, ExportError)
        for file in described:
            read_json(file, name, ExportError)
        # What each array says of itself counts, not the copy in the root
        root: Any = zarr.open_group(
            path, mode="r", zarr_format=3, use_consolidated=False
        )
        arrays: dict[str, Any] = dict(root.arrays())
        trials: dict[str, Any] = (
            dict(root["trials"].arrays()) if "trials" in root else {}
        )
        for array in (*arrays.values(), *trials.values()):
            _check_claims(array, path)
            if array.nchunks > len(files):
                raise ValueError(
                    f"{array.nchunks} chunks of {quoted(array.basename)} are claimed, and "
                    f"the folder holds {len(files)} files"
                )
            if array is not arrays.get("responses"):
                refuse_above(
                    "column_bytes",
                    math.prod(array.shape) * array.dtype.itemsize,
                    f"The column {quoted(array.basename)}",
                    ExportError,
                )
        layout = check_layout(root.attrs.get(LAYOUT_KEY))
        for array in (*arrays.values(), *trials.values()):
            _check_complete(array)
        for file in files:
            if file.name != "zarr.json":
                _check_chunk(file, name)
        stored = arrays["responses"]
        attrs = {
            key: value
            for key, value in stored.attrs.items()
            if key not in _RESERVED_ATTRS
        }
        responses = assemble(
            layout,
            attrs,
            xr.DataArray(lazily(stored, path, layout["dims"])),
            {name: arrays[name][:] for name in layout["axes"]},
            {name: arrays[name][:] for name in layout["unit_columns"]},
            {name: array[:] for name, array in trials.items()},
        )
        responses.encoding["source"] = str(path)
        return responses


def check_replaced(target: Path, error: type[InsilicoError]) -> None:
    """Refuse to replace a folder of another origin, or one with foreign files in it."""
    if not target.exists():
        return
    if not _is_ours(target):
        raise error(
            f"{shown(target)} exists and is not a zarr folder of responses, but would "
            "be replaced; choose another name."
        )
    for place, _, files in os.walk(target):
        inside = Path(place).relative_to(target).parts
        for name in files:
            chunk = (name.isdecimal() and "c" in inside) or name == "c"
            if not (name == "zarr.json" or chunk or name in _OF_DESKTOPS):
                raise error(
                    f"{shown(target)} holds {quoted(name)}, which does not belong to "
                    "responses, and would be replaced; move it away, or choose another "
                    "name."
                )


def _is_ours(path: Path) -> bool:
    """Whether a folder has the metadata of exported responses."""
    about = path / "zarr.json"
    try:
        if not about.is_file() or about.stat().st_size > _LARGEST_METADATA:
            return False
        attributes = json.loads(about.read_text(encoding="utf-8"))["attributes"]
        return bool(attributes[LAYOUT_KEY]["format"] == FORMAT)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def values(path: Path) -> zarr.Array[Any]:
    """The values of a folder, read in parts."""
    import zarr

    check_folder(path, ExportError)
    array = zarr.open_array(path / "responses", mode="r", zarr_format=3)
    _check_claims(array, path)
    return array


def chunk_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of a chunk: consecutive rows of one trial, of about :data:`CHUNK_BYTES`."""
    n_rows, width = shape[-2:]
    rows = max(1, min(n_rows, CHUNK_BYTES // (4 * width)))
    return (*(1,) * (len(shape) - 2), rows, width)


def begin(path: Path, shape: tuple[int, ...], dims: tuple[str, ...]) -> zarr.Array[Any]:
    """Make a folder with an array for the values, and return the array.

    The values may be written over time; :func:`label` completes the folder.
    """
    import zarr

    root = zarr.open_group(path, mode="w", zarr_format=3)
    return _create(
        root, "responses", shape, chunk_shape(shape), np.dtype(np.float32), dims
    )


def label(path: Path, record: Record) -> None:
    """Add everything but the values to a folder that :func:`begin` made."""
    import zarr

    root = zarr.open_group(path, mode="r+", zarr_format=3)
    root.attrs[LAYOUT_KEY] = record.layout
    for name, column in record.axes.items():
        dim = name if name in record.dims else "trial"
        _write_column(root, name, column, dim, record.coordinate_attrs)
    for name, column in record.units.items():
        _write_column(root, name, column, record.unit_dim, record.coordinate_attrs)
    if record.trials is not None:
        trials = root.create_group("trials")
        for name, column in record.trials.items():
            _write_column(trials, name, column, "trial", {})
    labels = [name for name in record.units if name != record.unit_dim]
    root["responses"].attrs.update({**record.attrs, "coordinates": " ".join(labels)})
    with warnings.catch_warnings():
        # One file to open instead of one per column; other readers may ignore it.
        warnings.filterwarnings("ignore", "Consolidated metadata", UserWarning)
        zarr.consolidate_metadata(path)


def _check_claims(array: Any, path: Path) -> None:
    """Codecs that only move bytes, and chunks that fit into memory."""
    for codec in array.metadata.to_dict()["codecs"]:
        if codec["name"] not in SAFE_CODECS:
            raise UntrustedFileError(
                f"{quoted(path)} is packed with {quoted(codec['name'])}, which is not "
                "known to be safe; it was not read."
            )
    if array.dtype.kind not in "biufUTO":
        raise ValueError(f"{quoted(array.basename)} holds neither numbers nor text")
    n_bytes = math.prod(array.chunks) * array.dtype.itemsize
    what = f"A chunk of {quoted(array.basename)}"
    refuse_above("chunk_bytes", n_bytes, what, ExportError)


def _check_chunk(file: Path, name: str) -> None:
    """Refuse a chunk that unfolds to more than a chunk can have."""
    with open_input(file, ExportError, limit="chunk_bytes") as content:
        unfolded = zstd_size(content.read(18))
    refuse_above("chunk_bytes", unfolded, f"A chunk of {name}", ExportError)


def _check_complete(array: Any) -> None:
    missing = array.nchunks - array.nchunks_initialized
    if missing:
        raise ValueError(
            f"{missing} of {array.nchunks} chunks of {quoted(array.basename)} are missing"
        )


def _write_column(
    group: zarr.Group,
    name: str,
    column: Column,
    dim: str,
    attrs: Mapping[str, dict[str, Any]],
) -> None:
    values = column.values
    array = _create(
        group,
        name,
        values.shape,
        (max(1, math.prod(values.shape)),),
        values.dtype,
        (dim,),
    )
    array.attrs.update(attrs.get(name, {}))
    array[:] = values.astype(object) if values.dtype.kind == "U" else values


def _create(
    group: zarr.Group,
    name: str,
    shape: tuple[int, ...],
    chunks: tuple[int, ...],
    dtype: np.dtype[Any],
    dims: tuple[str, ...],
) -> zarr.Array[Any]:
    from zarr.codecs import ZstdCodec

    return group.create_array(
        name,
        shape=shape,
        chunks=chunks,
        dtype=str if dtype.kind == "U" else dtype,
        fill_value=float("nan") if dtype.kind == "f" else None,
        compressors=ZstdCodec(level=3, checksum=True),
        dimension_names=dims,
        config={"write_empty_chunks": True},
    )
