"""Stimuli whose entry holds all of them: tables of conditions, and drives."""

from __future__ import annotations

from typing import Any

import pandas as pd

from insilico_gui.errors import ExperimentError, quoted
from insilico_gui.experiment.document.entries import ConditionStimulus, DriveStimulus
from insilico_gui.experiment.document.plain import MAX_ROWS
from insilico_gui.stimuli import (
    ConditionTable,
    Drive,
    Samples,
    open_conditions,
    open_drive,
)
from insilico_gui.stimuli.readers.drive_files import is_drive_file

MAX_CELLS = 5_000
"""Values and ids of a drive that an experiment keeps."""

PlainStimulus = ConditionTable | Drive
PlainEntry = ConditionStimulus | DriveStimulus


def plain_stimulus(source: Any, kind: str | None) -> PlainStimulus | None:
    """A table of conditions or a drive from a source; None if it is neither.

    Parameters
    ----------
    source : object
        As of :meth:`insilico_gui.Experiment.add_stimulus`.
    kind : str or None
        Kind of input of the session that it is opened for; decides what files are.
    """
    if isinstance(source, Drive):
        return source
    if isinstance(source, dict) and source.get("kind") == "drive":
        return open_drive(source)
    if isinstance(source, ConditionTable | pd.DataFrame):
        return open_conditions(source)
    if isinstance(source, list | tuple):
        is_rows = len(source) > 0 and all(isinstance(row, dict) for row in source)
        return open_conditions(source) if is_rows else None
    if kind == "conditions" and not hasattr(source, "shape"):
        return open_conditions(source)
    if (kind == "drive" and not hasattr(source, "shape")) or is_drive_file(source):
        return open_drive(source)
    return None


def entry_of_plain(stimulus: PlainStimulus) -> PlainEntry:
    """The entry of a table of conditions or of a drive.

    Raises
    ------
    ExperimentError
        If it is too large to be kept with an experiment.
    """
    if isinstance(stimulus, Drive):
        return _of_drive(stimulus)
    if stimulus.n_conditions > MAX_ROWS:
        raise ExperimentError(
            f"{quoted(stimulus.name)} has {stimulus.n_conditions} rows, and an experiment "
            f"keeps tables of up to {MAX_ROWS}; add it in parts, or encode it with "
            "insilico_gui.encode."
        )
    return ConditionStimulus(
        columns=tuple(stimulus.table.columns),
        rows=tuple(tuple(row) for row in stimulus.rows()),
        units=dict(stimulus.units),
    )


def open_plain(entry: PlainEntry) -> PlainStimulus:
    """The table of conditions, or the drive, of an entry."""
    if isinstance(entry, DriveStimulus):
        return Drive.from_dict(entry.specification)
    rows = [list(row) for row in entry.rows]
    return ConditionTable(pd.DataFrame(rows, columns=list(entry.columns)), entry.units)


def _of_drive(drive: Drive) -> DriveStimulus:
    n_ids = sum(len(e.target.ids) for e in drive.events if hasattr(e, "target"))
    base = drive.base
    n_cells = base.n_samples * len(base.columns) if isinstance(base, Samples) else 0
    if n_ids + n_cells > MAX_CELLS:
        raise ExperimentError(
            f"{quoted(drive.name)} has {n_cells:,} values and {n_ids:,} ids, and an "
            f"experiment keeps up to {MAX_CELLS:,}; drive it in parts, or encode it with "
            "insilico_gui.encode."
        )
    return DriveStimulus(specification=drive.to_dict())
