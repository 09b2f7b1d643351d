"""Which version of an output is there: the older one, the newer one, or a mix."""

from __future__ import annotations

import json

import make_field_responses as field
import nibabel as nib
import numpy as np
import pandas as pd
from writers import FIELDS, responses

from insilico_gui.export import load_responses
from insilico_gui.stimuli.spec.files import load_spec


def names(folder):
    """All files, and folders without any."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file() or not any(path.iterdir()):
            found.add(path.relative_to(folder).as_posix())
    return found


def content(job, folder):
    """What the output says, with everything of it that tells the version."""
    kind, _, suffix = job.partition(" ")
    path = folder / f"x{suffix}"
    if kind == "encode":
        loaded = load_responses(folder / "x.zarr")
        return loaded.to_numpy().tobytes(), loaded.attrs["stimulus_hash"]
    if kind == "sequence":
        return load_spec(folder / "x.yaml").repeats
    if kind == "weights":
        files = sorted(folder.rglob("*.pt"))
        return [(p.relative_to(folder).as_posix(), p.read_text()) for p in files]
    if kind == "table":
        read = pd.read_csv if suffix == ".csv" else pd.read_parquet
        about = 0
        if suffix == ".csv":
            about = json.loads((folder / "x.csv.json").read_text())["version"]
        return read(path)["version"].tolist(), about
    if suffix not in FIELDS:
        loaded = load_responses(path)
        versions = loaded["version"].to_numpy().tolist(), loaded.attrs["version"]
        trials = "trials" in loaded.attrs
        return loaded.to_numpy().tobytes(), versions, trials
    about = json.loads((folder / f"x{suffix}.json").read_text())
    return _values(folder, suffix), about["attrs"]["version"], about["files"]


def _values(folder, suffix):
    if suffix == "-epo.fif":
        epochs = field.read_epochs(folder / f"x{suffix}")
        return epochs.get_data(copy=True).tobytes()
    if suffix == ".npy":
        sides = sorted(folder.glob("x.?h.npy"))
        return [(p.name, np.load(p).tobytes()) for p in sides]
    if suffix == ".func.gii":
        sides = sorted(folder.glob("x.?h.func.gii"))
        return [
            (p.name, b"".join(a.data.tobytes() for a in nib.load(p).darrays))
            for p in sides
        ]
    return nib.load(folder / f"x{suffix}").get_fdata(dtype=np.float32).tobytes()


__all__ = ["content", "names", "responses"]
