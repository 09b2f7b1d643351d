"""``unit properties``: columns of a table of units, joined by their ids."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.errors import AnalysisError, quoted
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.progress import OnProgress
from insilico_gui.units.frame import KEYS, SCAN, UNIT_ID
from insilico_gui.units.identity import match_units, result_table
from insilico_gui.untrusted.tables import read_csv, read_parquet

ADVICE = "save it as a table with one header line and a column unit_id"


@register("unit properties", alone=lambda given: True)
def unit_properties(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    table: Annotated[
        str,
        About(
            "Table (.csv, .parquet) with a column unit_id, and session and scan_idx if "
            "it is of several scans.",
            names="file",
        ),
    ],
) -> Result:
    """Columns of a table of units, joined by session, scan and unit id."""
    path = Path(table).expanduser()
    name = quoted(path.name, marks="")
    read = read_parquet if path.suffix.lower() == ".parquet" else read_csv
    given = read(path, name, AnalysisError, ADVICE)
    names = [str(column) for column in given.columns if column not in KEYS]
    if UNIT_ID not in given or not names:
        raise AnalysisError(
            f"{name} is no table of units; give it a column unit_id and a column for "
            "each property."
        )
    is_named = all(key in given for key in SCAN)
    units = data.units
    match = match_units(
        units,
        given,
        (data.name, name),
        (data.name, None if is_named else data.name),
    )
    known = match.rows >= 0
    if not known.any():
        raise AnalysisError(
            f"None of the units in {name} is a unit of {data.name}; load the session "
            "that they are of."
        )
    columns = {column: _joined(given[column], match.rows) for column in names}
    found = xr.Dataset(
        {column: ("unit", values) for column, values in columns.items()},
        {key: ("unit", units[key].to_numpy()) for key in KEYS if key in units},
        {"session": data.name, "table": path.name, "n_units": int(known.sum())},
    )
    return Result(found, result_table(columns, units), data.rows)


def _joined(
    column: pd.Series, rows: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> np.ndarray[tuple[int], np.dtype[np.generic]]:
    """Values of a column [U] for the rows of units; NaN or "" where there is none (-1)."""
    is_number = column.dtype.kind in "fiub"
    if is_number:
        values = np.full(len(rows), np.nan)
        values[rows >= 0] = column.to_numpy(float)[rows[rows >= 0]]
        return values
    texts = np.full(len(rows), "", object)
    cells = column.fillna("").astype(str).to_numpy(object)
    texts[rows >= 0] = cells[rows[rows >= 0]]
    return texts
