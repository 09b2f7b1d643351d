"""Selections in a ``.csv`` or ``.parquet`` table, by session, scan and unit id.

A row per unit and selection, with the columns ``unit_id``, ``session`` and ``scan_idx``
where they are known, ``selection`` with its name, and ``color``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from insilico_gui.errors import SelectionError, quoted
from insilico_gui.files import check_target, publishing
from insilico_gui.files.formulas import unescape, write_csv
from insilico_gui.units.frame import KEYS, SCAN, UNIT_ID
from insilico_gui.units.identity import match_units
from insilico_gui.untrusted.tables import read_csv, read_parquet

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from insilico_gui.units.selection import Selection

SELECTION, COLOR = "selection", "color"

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class SavedSelection:
    """A selection of a file.

    Attributes
    ----------
    name : str
    color : str or None
        ``#rrggbb``.
    indices : int array [n]
        Rows of the unit table, ascending.
    n_missing : int
        Units of the file that the table lacks.
    """

    name: str
    color: str | None
    indices: NDArray[np.int64]
    n_missing: int


def write_selections(
    path: str | os.PathLike[str],
    selections: Mapping[str, tuple[Selection, str]],
    units: pd.DataFrame,
    *,
    overwrite: bool = False,
) -> Path:
    """Write selections of a session to a ``.csv`` file.

    Parameters
    ----------
    path : path
    selections : mapping of str to (Selection, str)
        Each with its colour, by name.
    units : pandas.DataFrame
        Unit table of the session.

    Raises
    ------
    SelectionError
        If there is none to write, the file exists, or it cannot be written.
    """
    target = Path(path)
    if not selections:
        raise SelectionError("There is no selection to save; select units first.")
    check_target(target, overwrite, SelectionError)
    keys = [key for key in KEYS if key in units]
    parts = []
    for name, (selection, color) in selections.items():
        part = units[keys].iloc[selection.indices].copy()
        part[SELECTION], part[COLOR] = name, color
        parts.append(part)
    with publishing(target, SelectionError) as partial:
        write_csv(pd.concat(parts), partial)
    return target


def read_selections(
    path: str | os.PathLike[str], units: pd.DataFrame, session: str
) -> list[SavedSelection]:
    """Read the selections of a file that are of units of a session.

    Parameters
    ----------
    path : path
        Without a column ``selection`` all units are one, called after the file.
    units : pandas.DataFrame
        Unit table of the session.
    session : str
        Its id.

    Raises
    ------
    InsilicoError
        If it is no such table, or none of its units is one of the session.
    """
    place = Path(path)
    name = quoted(place.name, "")
    read = read_parquet if place.suffix.lower() == ".parquet" else read_csv
    table = read(
        place, name, SelectionError, "save it as a table with a column unit_id"
    )
    if UNIT_ID not in table:
        raise SelectionError(
            f"{name} has no column unit_id that says which units it is."
        )
    names = (
        table[SELECTION].map(lambda cell: unescape(str(cell)))
        if SELECTION in table
        else pd.Series(place.stem, table.index)
    )
    is_named = all(key in table for key in SCAN)
    found = []
    for label, rows in table.groupby(names, sort=False):
        match = match_units(
            rows, units, (name, session), (None if is_named else session, session)
        )
        indices = np.unique(match.rows[match.rows >= 0])
        if len(indices):
            n_missing = int((match.rows < 0).sum())
            found.append(SavedSelection(str(label), _color(rows), indices, n_missing))
    if not found:
        raise SelectionError(
            f"None of the units in {name} is a unit of {session}; load the session that "
            "they are of."
        )
    return found


def _color(rows: pd.DataFrame) -> str | None:
    if COLOR not in rows:
        return None
    first = str(rows[COLOR].iloc[0])
    return first if _COLOR.fullmatch(first) else None
