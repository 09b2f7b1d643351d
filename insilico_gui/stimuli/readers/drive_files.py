"""Drives from files: whole ones as YAML or JSON, tables of channels in time as CSV."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.files import check_target, publishing, refuse_folder
from insilico_gui.stimuli.core.drive import Drive
from insilico_gui.stimuli.core.drive_bases import Samples
from insilico_gui.stimuli.spec.files import SPEC_SUFFIXES, read_plain
from insilico_gui.stimuli.spec.plain_yaml import write_yaml
from insilico_gui.untrusted.door import as_path
from insilico_gui.untrusted.tables import read_csv, read_parquet

TABLES = {".csv": read_csv, ".parquet": read_parquet}
DRIVE_SUFFIXES = frozenset({*SPEC_SUFFIXES, *TABLES})
TIME = "time_s"
"""Column of a table with the beginning of each sample."""

_HEADING = "# A drive of insilico-gui: its base and events.\n"
_EVEN = 1e-3


def open_drive(source: str | os.PathLike[str] | Drive | Mapping[str, Any]) -> Drive:
    """Open a drive.

    Parameters
    ----------
    source : path, Drive or mapping
        A ``.yaml`` or ``.json`` file of what :meth:`.Drive.to_dict` gives, or a ``.csv``
        or ``.parquet`` table with the column ``time_s``, evenly spaced, and a column for
        each channel that is driven; a drive; or plain data of one.

    Raises
    ------
    StimulusError
        If it cannot be read, or is no drive.
    """
    if isinstance(source, Drive):
        return source
    if isinstance(source, Mapping):
        return Drive.from_dict(source)
    if not isinstance(source, str | os.PathLike):
        raise StimulusError(
            f"A {type(source).__name__} is no drive; give an insilico_gui.stimuli.Drive, "
            "or a file of one."
        )
    path = as_path(source, StimulusError)
    suffix, name = path.suffix.lower(), quoted(path.name, marks="")
    if suffix in TABLES:
        table = TABLES[suffix](
            path, name, StimulusError, "save it as a table with one header line"
        )
        return Drive(_samples(table, name), name=path.stem)
    if suffix not in SPEC_SUFFIXES:
        raise StimulusError(
            f"{name} is no drive; give a file that ends in "
            f"{', '.join(sorted(DRIVE_SUFFIXES))}."
        )
    try:
        return Drive.from_dict(read_plain(path), name=path.stem or "drive")
    except StimulusError as error:
        message = str(error)
        raise StimulusError(
            message if message.startswith(name) else f"{name}: {message}"
        ) from error


def is_drive_file(source: object) -> bool:
    """Whether a source is a file of a whole drive, by what it holds."""
    if not isinstance(source, str | os.PathLike):
        return False
    path = Path(source)
    if path.suffix.lower() not in SPEC_SUFFIXES:
        return False
    try:
        values = read_plain(path)
    except StimulusError:
        return False  # whoever opens it will say what is wrong
    return isinstance(values, Mapping) and values.get("kind") == "drive"


def save_drive(
    drive: Drive, path: str | os.PathLike[str], *, overwrite: bool = False
) -> Path:
    """Write a drive to a ``.yaml`` or ``.json`` file; :func:`open_drive` gives it again.

    Raises
    ------
    StimulusError
        If it cannot be written, or is there already.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in SPEC_SUFFIXES:
        raise StimulusError(
            f"{quoted(target.name, marks='')} has no format of a drive; end it in "
            f"{', '.join(sorted(SPEC_SUFFIXES))}."
        )
    check_target(target, overwrite, StimulusError)
    refuse_folder(target, StimulusError)
    values = drive.to_dict()
    text = _HEADING + write_yaml(values)
    if suffix == ".json":
        text = json.dumps(values, indent=2, allow_nan=False) + "\n"
    with publishing(target, StimulusError) as partial:
        partial.write_text(text, encoding="utf-8")
    return target


def _samples(table: pd.DataFrame, name: str) -> Samples:
    """The base that a table of channels in time is."""
    if TIME not in table or len(table.columns) < 2 or len(table) < 2:
        raise StimulusError(
            f"{name} is no table of a drive; give it a column {TIME}, a column for each "
            "channel and at least two rows."
        )
    for column in table.columns:
        if table[column].dtype.kind not in "fiu":
            raise StimulusError(
                f"{name}: {quoted(column)} holds cells that are no numbers; mend or "
                "remove them."
            )
    times = table[TIME].to_numpy(np.float64)
    steps = np.diff(times)
    interval = float(steps.mean()) if np.isfinite(times).all() else 0.0
    if interval <= 0 or np.abs(steps - interval).max() > _EVEN * interval:
        raise StimulusError(
            f"{name}: {TIME} is not evenly spaced and ascending; give a row for each "
            "sample at equal intervals."
        )
    columns = {
        str(column): table[column].to_numpy(np.float64).tolist()
        for column in table.columns
        if column != TIME
    }
    return Samples(columns, round(interval, 12))
