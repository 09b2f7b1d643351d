"""Tables of conditions from files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.core.conditions import ConditionTable
from insilico_gui.untrusted.door import as_path
from insilico_gui.untrusted.tables import read_csv, read_parquet

READERS = {".csv": read_csv, ".parquet": read_parquet}


def open_conditions(
    source: str
    | os.PathLike[str]
    | ConditionTable
    | pd.DataFrame
    | Iterable[Mapping[str, Any]]
    | Mapping[str, Iterable[Any]],
    units: Mapping[str, str] | None = None,
) -> ConditionTable:
    """Open a table of conditions.

    Parameters
    ----------
    source : path of a ``.csv`` or ``.parquet`` file, DataFrame, list of dict
        A row per condition, a column per parameter; see :class:`.ConditionTable`.
    units : mapping of str to str, optional
        Unit of some columns.

    Raises
    ------
    StimulusError
        If it cannot be read, or is no such table.
    """
    if isinstance(source, ConditionTable):
        return source if units is None else ConditionTable(source.table, units)
    if not isinstance(source, str | os.PathLike):
        return ConditionTable(source, units)
    path = as_path(source, StimulusError)
    read = READERS.get(path.suffix.lower())
    name = quoted(path.name, marks="")
    if read is None:
        raise StimulusError(
            f"{name} is no table of conditions; give a file that ends in "
            f"{' or '.join(READERS)}."
        )
    table = read(path, name, StimulusError, "save it as a table with one header line")
    return ConditionTable(table, units, name=path.stem)
