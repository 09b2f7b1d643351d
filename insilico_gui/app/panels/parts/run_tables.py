"""Unit tables with the results of one run, so that two runs can be compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.responses import distinct_names
from insilico_gui.units.identity import measured_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from insilico_gui.experiment.analyses import Result
    from insilico_gui.experiment.document import Reference


def with_results(
    units: pd.DataFrame, results: Mapping[str, Result], *, by_row: bool = False
) -> pd.DataFrame:
    """A unit table with the columns of numbers of results, the latest last.

    Parameters
    ----------
    units : pandas.DataFrame
        Of the units that the results are of, or of the whole session with `by_row`.
    """
    table = units.copy()
    for result in results.values():
        if result.columns is None:
            continue
        rows = result.rows if by_row else np.arange(len(result.columns))
        if not by_row and len(result.columns) != len(units):
            continue  # of the session alone, where fewer units were encoded
        found = result.columns[measured_names(result.columns)]
        names = distinct_names(map(str, found), units.columns)
        for name, values in found.rename(columns=names).items():
            if values.dtype.kind not in "fiub":
                continue
            full = np.full(len(units), np.nan)
            full[rows] = values.to_numpy(float)
            table[str(name)] = full
    return table


def named(reference: Reference) -> str:
    """A reference in words."""
    if reference.file is not None:
        return Path(reference.file).name
    return f"{reference.stimulus} on {reference.session}"


def values_of(reference: Reference) -> tuple[str | None, str | None, str | None]:
    """The arguments that make a reference."""
    return reference.session, reference.stimulus, reference.file
