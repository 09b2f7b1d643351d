"""What every export format holds, as text and arrays."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pyarrow.parquet as pq
import zarr
from export.make_field_responses import (
    of_channels,
    of_vertices,
    of_voxels,
    read_epochs,
)
from export.make_responses import make_image_responses, make_responses

import insilico_gui as ig

EXPORTS = {
    "video.npz": lambda: make_responses(n_frames=6),
    "video.csv": lambda: make_responses(n_frames=6),
    "video.parquet": lambda: make_responses(n_frames=6),
    "video.zarr": lambda: make_responses(n_frames=6),
    "batch.npz": lambda: make_responses(2, 4, trials=False),
    "batch.csv": lambda: make_responses(2, 4, trials=False),
    "batch.parquet": lambda: make_responses(2, 4, trials=False),
    "batch.zarr": lambda: make_responses(2, 4, trials=False),
    "images.csv": make_image_responses,
    "images.npz": make_image_responses,
    "voxels.nii": of_voxels,
    "voxels.nii.gz": of_voxels,
    "vertices.npy": of_vertices,
    "vertices.func.gii": of_vertices,
    "channels-epo.fif": lambda: of_channels().mean("repeat", keep_attrs=True),
}


def contents(folder, name):
    """Files that an export makes: text, or arrays as bytes in hexadecimal."""
    responses = EXPORTS[name]()
    if name.endswith(".fif"):
        responses = responses.astype(np.float32)
    ig.export(responses, folder / name)
    return {
        str(path.relative_to(folder)): _content(path)
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".")
    }


def _content(path):
    name = path.name
    if name.endswith(".npz"):
        with np.load(path) as arrays:
            return {key: _array(arrays[key]) for key in sorted(arrays.files)}
    if name.endswith(".parquet"):
        table = pq.read_table(path)
        about = table.schema.metadata or {}
        return {
            "schema": [f"{f.name}: {f.type}" for f in table.schema],
            "metadata": {
                k.decode(): v.decode() for k, v in about.items() if k != b"ARROW:schema"
            },
            "columns": {c: repr(table[c].to_pylist()[:12]) for c in table.column_names},
        }
    if name.endswith(".zarr"):
        group = zarr.open_group(path, mode="r")
        return {
            "attributes": json.loads(json.dumps(dict(group.attrs))),
            "arrays": {
                key: [_array(group[key][...]), json.loads(json.dumps(dict(a.attrs)))]
                for key, a in sorted(group.arrays())
            },
        }
    if name.endswith(".nii.gz"):
        return gzip.decompress(path.read_bytes()).hex()
    if name.endswith(".npy"):
        return _array(np.load(path))
    if name.endswith(".fif"):
        return _epochs(path)
    if name.endswith(".nii"):
        return path.read_bytes().hex()
    text = path.read_text(encoding="utf-8")
    if name.endswith(".gz.json"):
        about = json.loads(text)
        del about["hashes"]  # of what is compressed: with a time in it
        return about
    return text


def _epochs(path):
    epochs = read_epochs(path)
    return {
        "channels": epochs.ch_names,
        "types": epochs.get_channel_types(),
        "times": [float(t) for t in epochs.times],
        "events": sorted(epochs.event_id),
        "data": _array(epochs.get_data(copy=True).astype(np.float32)),
        "description": epochs.info["description"],
    }


def _array(values):
    values = np.asarray(values)
    if values.dtype.kind in "OTU":
        return [str(values.dtype.kind), list(values.shape), repr(values.tolist())]
    if values.dtype.kind == "S":
        return ["S", list(values.shape), values.tobytes().decode("latin-1")]
    return [values.dtype.str, list(values.shape), values.tobytes().hex()]
