"""Spikes in files: a row per spike, as analyses of simulated trials give them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.errors import ExportError, listed, quoted
from insilico_gui.export.columns import plain
from insilico_gui.files import check_target, publishing, refuse_folder, settle
from insilico_gui.files.formulas import write_csv
from insilico_gui.untrusted.door import as_path

COLUMNS = ("trial", "unit_id", "neuron", "time")
SUFFIXES = (".npz", ".parquet", ".csv")
METADATA_KEY = b"insilico_gui"


def export_spikes(
    spikes: pd.DataFrame | xr.Dataset,
    path: str | os.PathLike[str],
    *,
    attrs: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write spikes to a ``.npz``, ``.parquet`` or ``.csv`` file.

    Parameters
    ----------
    spikes : DataFrame or Dataset
        ``trial``, ``unit_id``, ``neuron`` and ``time`` (s), a row per spike: what
        ``simulate`` of a session or the analysis "simulated trials" returns.
    path : path
        The suffix is the format.
    attrs : mapping, optional
        Provenance; default that of the dataset. In ``.csv`` there is none.
    overwrite : bool
        Replace an existing file.

    Returns
    -------
    Path

    Raises
    ------
    ExportError
        If the columns are others, the format is not known, or the file cannot be written.
    """
    target = as_path(path, ExportError)
    if isinstance(spikes, xr.Dataset):
        attrs = dict(spikes.attrs) if attrs is None else attrs
        found = [str(name) for name in spikes.data_vars]
        columns = {name: spikes[name].to_numpy() for name in COLUMNS if name in found}
        spikes = pd.DataFrame(columns)
    if not isinstance(spikes, pd.DataFrame) or any(c not in spikes for c in COLUMNS):
        raise ExportError(
            f"Spikes have the columns {listed(COLUMNS)}; give such a table."
        )
    writers = {".npz": _npz, ".parquet": _parquet, ".csv": _csv}
    write = writers.get(target.suffix.lower())
    if write is None:
        raise ExportError(
            f"{quoted(target.name)} is no format for spikes; end it in {listed(writers)}."
        )
    settle(target.parent)
    check_target(target, overwrite, ExportError)
    refuse_folder(target, ExportError)
    about = plain(dict(attrs or {}), "attrs")
    with publishing(target, ExportError) as partial:
        write(partial, spikes[list(COLUMNS)], about)
    return target


def _npz(path: Path, spikes: pd.DataFrame, about: dict[str, Any]) -> None:
    arrays: dict[str, Any] = {}
    for name in COLUMNS:
        values = spikes[name].to_numpy()
        arrays[name] = values if values.dtype.kind in "biuf" else values.astype(str)
    with path.open("wb") as file:
        np.savez(file, attrs=np.array(json.dumps(about)), **arrays)


def _parquet(path: Path, spikes: pd.DataFrame, about: dict[str, Any]) -> None:
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.Table.from_pandas(spikes, preserve_index=False)
    metadata = {METADATA_KEY: json.dumps({"attrs": about}).encode()}
    parquet.write_table(table.replace_schema_metadata(metadata), str(path))


def _csv(path: Path, spikes: pd.DataFrame, about: dict[str, Any]) -> None:
    write_csv(spikes, path)
