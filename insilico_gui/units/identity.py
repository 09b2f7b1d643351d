"""Matching units of two tables by session, scan and unit id together, never by row.

Unit ids are unique within one scan only. A unit without an id matches no other unit, not
even another one without an id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from insilico_gui.errors import AnalysisError, quoted
from insilico_gui.units.frame import KEYS, SCAN, UNIT_ID, UnitTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr
    from numpy.typing import NDArray


class UnitMatch(NamedTuple):
    """Rows of units in another table.

    ``rows`` int64 [U] has -1 for units that the other table lacks. ``warning`` is a
    sentence on assumptions of the match, or empty.
    """

    rows: NDArray[np.int64]
    warning: str


def match_units(
    units: pd.DataFrame,
    others: pd.DataFrame,
    names: tuple[str, str] = ("the responses", "the reference"),
    sessions: tuple[object, object] = (None, None),
) -> UnitMatch:
    """Find units in another table, by session, scan and unit id.

    Parameters
    ----------
    units, others : pandas.DataFrame
        With columns (or an index) ``unit_id``, and ``session`` and ``scan_idx`` where
        they are known.
    names : (str, str)
        Names of both tables in messages.
    sessions : (str or None, str or None)
        Ids of the sessions of both tables. If a table has no columns of the scan, units
        of different sessions do not match.

    Raises
    ------
    AnalysisError
        If a table has no ``unit_id``, or names a unit twice.
    """
    tables = [_with_keys(units, names[0]), _with_keys(others, names[1])]
    keys = [key for key in KEYS if all(key in table for table in tables)]
    known = [None if one is None else str(one) for one in sessions]
    wanted, there = (
        _identities(table, keys, name)
        for table, name in zip(tables, names, strict=True)
    )
    warning = ""
    if len(keys) < len(KEYS) and None in known:
        warning = (
            f"Not both of {names[0]} and {names[1]} say from which session and scan "
            f"their units are, so units were matched by {' and '.join(keys)} alone."
        )
    elif len(keys) < len(KEYS) and known[0] != known[1]:
        there = {}
    rows = np.full(len(units), -1, np.int64)
    for one, row in wanted.items():
        rows[row] = there.get(one, -1)
    return UnitMatch(rows, warning)


def check_distinct(units: pd.DataFrame, name: str) -> None:
    """Raise an AnalysisError if a table names a unit twice."""
    table = _with_keys(units, name)
    _identities(table, [key for key in KEYS if key in table], name)


def same_units(units: pd.DataFrame, results: pd.DataFrame) -> NDArray[np.int64] | None:
    """Row of `results` for each of `units`; None unless both have the same units.

    Results without ids of units are taken to be in the order of `units`.
    """
    if len(results) != len(units):
        return None
    if UNIT_ID not in results.index.names or UNIT_ID not in units:
        return np.arange(len(units))
    rows = match_units(units, results, ("the unit table", "the results")).rows
    return None if (rows < 0).any() else rows


def result_table(columns: Mapping[str, Any], units: pd.DataFrame) -> UnitTable:
    """A table of results [U] indexed by unit id; session and scan, if known, come last.

    `units` is the unit table of the responses in the same order, or an empty frame with
    an index if the responses have no ids of units.
    """
    scan = {key: units[key].to_numpy() for key in SCAN if key in units}
    if UNIT_ID in units:
        index = pd.Index(units[UNIT_ID].to_numpy(), name=UNIT_ID)
    else:
        index = units.index
    return UnitTable({**columns, **scan}, index=index)


def of_result(dataset: xr.Dataset) -> pd.DataFrame:
    """The coordinates of a dataset that name its units; see :func:`result_table`."""
    labels = {
        key: dataset.coords[key].to_numpy()
        for key in KEYS
        if key in dataset.coords and dataset.coords[key].dims == ("unit",)
    }
    return pd.DataFrame(labels, index=pd.RangeIndex(dataset.sizes["unit"]))


def measured_names(results: pd.DataFrame) -> list[str]:
    """Columns of a result table that hold results, without those that name units."""
    scan = SCAN if UNIT_ID in results.index.names else ()
    return [str(name) for name in results.columns if name not in scan]


def indexed_by_id(units: pd.DataFrame) -> UnitTable:
    """A unit table indexed by its unit ids, to which result tables can be joined.

    The index has no name, so that ``unit_id`` remains the name of the column.
    """
    return UnitTable(units.set_axis(pd.Index(units[UNIT_ID].to_numpy()), axis=0))


def _with_keys(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The table with the ids as a column, taken from the index if necessary."""
    if UNIT_ID in table:
        return table
    if UNIT_ID in table.index.names:
        return table.reset_index()
    raise AnalysisError(
        f"{name[:1].upper()}{name[1:]} cannot be matched: it needs a column unit_id "
        "that says which units they are."
    )


def _identities(
    table: pd.DataFrame, keys: Sequence[str], name: str
) -> dict[tuple[Any, ...], int]:
    """Row of each unit that has an identity, in the order of the table."""
    known = ~table[list(keys)].isna().any(axis=1).to_numpy()
    rows = np.flatnonzero(known)
    columns = [table[key].to_numpy()[rows].tolist() for key in keys]
    found: dict[tuple[Any, ...], int] = {}
    for row, one in zip(rows.tolist(), zip(*columns, strict=True), strict=True):
        if one in found:
            where = "".join(
                f", {key} {quoted(value, '')}"
                for key, value in zip(keys[:-1], one[:-1], strict=True)
            )
            raise AnalysisError(
                f"The unit_id {quoted(one[-1], '')}{where} occurs more than once in "
                f"{name}; give every unit an id of its own."
            )
        found[one] = row
    return found
