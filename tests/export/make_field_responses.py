"""Responses of voxels, vertices and channels, and reading what was made of them."""

from __future__ import annotations

import json
import warnings

import mne
import numpy as np
import xarray as xr
from support import berg_vit

from insilico_gui.responses import with_unit_index

LABELS = ["a/cat.png", "b;ird: é.png", "猫.png"]
AFFINE = [[-1.8, 0, 0.1, 40], [0, 1.8, 0, -50], [0, 0.1, 1.8, -20], [0, 0, 0, 1]]
SHAPE = (4, 5, 3)
INDICES = np.array([[3, 0, 2], [0, 4, 1], [2, 2, 2], [0, 0, 0]])
ATTRS = {
    "session": "some/session",
    "weights_hash": "sha256:1",
    "response_label": "response (z)",
}


def of_units(columns, attrs, n_units, labels=LABELS):
    values = np.random.default_rng(0).standard_normal((len(labels), n_units), "f4")
    coords = {"trial": labels, "unit_id": ("unit", np.arange(n_units))}
    coords |= {name: ("unit", column) for name, column in columns.items()}
    made = xr.DataArray(values, coords, ("trial", "unit"), attrs={**ATTRS, **attrs})
    return with_unit_index(made)


def of_voxels(labels=LABELS, **attrs):
    columns = {f"voxel_{axis}": INDICES[:, i] for i, axis in enumerate("ijk")}
    volume = {"volume_shape": list(SHAPE), "volume_affine": AFFINE}
    return of_units(columns, {**volume, **attrs}, 4, labels)


def of_vertices(**attrs):
    columns = {"hemisphere": ["lh", "rh", "lh"], "vertex": [5, 0, 2]}
    about = {"surface": "fsaverage", "surface_vertices": {"lh": 7, "rh": 6}}
    return of_units(columns, {**about, **attrs}, 3)


def of_channels(times=berg_vit.TIMES, channels=("Oz", "Fp1", "nose"), **attrs):
    about = {"channel_type": "csd", "electrode_layout": "extended 10-20"}
    sizes = len(LABELS), 2, len(channels), len(times)
    return xr.DataArray(
        np.random.default_rng(0).standard_normal(sizes, "f4"),
        {
            "trial": LABELS,
            "repeat": [1, 2],
            "time": np.asarray(times, float),
            "unit_id": ("channel", list(channels)),
        },
        ("trial", "repeat", "channel", "time"),
        attrs={**ATTRS, **about, **attrs},
    )


def read_epochs(path):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The inplace keyword")  # of pandas, in MNE
        warnings.filterwarnings("ignore", "This filename", RuntimeWarning)
        return mne.read_epochs(path, proj=False, verbose="error")


def sidecar(path):
    return json.loads(path.read_text(encoding="utf-8"))


def files(folder):
    return sorted(path.name for path in folder.iterdir())
