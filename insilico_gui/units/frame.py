"""Tables of units: pandas tables that are joined by session, scan and unit id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insilico_gui.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


UNIT_ID = "unit_id"

SCAN = ("session", "scan_idx")
"""Columns that name the recording within which a unit id is unique."""

KEYS = (*SCAN, UNIT_ID)

MEASURED_AGAIN = "_measured"
"""Suffix of a measured column if the session has a column of the same name."""

_UNKNOWN = "_unit without an id"


class UnitTable(pd.DataFrame):
    """A table with one row per unit: unit tables of sessions and tables of results.

    Two such tables are joined and merged by ``session``, ``scan_idx`` and ``unit_id``, as
    far as both have these columns: ``session.units.join(tuning_columns(tuning))`` is
    correct for any subset and order of units, and leaves units of other recordings
    empty. A result with the name of a column of the session becomes
    ``<name>_measured``. In all other respects it is a ``pandas.DataFrame``.
    """

    @property
    def _constructor(self) -> Callable[..., UnitTable]:
        return UnitTable

    def join(  # type: ignore[override]
        self, other: Any, on: Any = None, how: Any = "left", **options: Any
    ) -> pd.DataFrame:
        """As ``pandas.DataFrame.join``; with another UnitTable by the ids of units."""
        if isinstance(other, list | tuple) and on is None and how == "left":
            joined: pd.DataFrame = self
            for one in other:
                joined = joined.join(one, **options)
            return joined
        keys = [] if on not in (None, UNIT_ID, [UNIT_ID]) else _shared(self, other)
        if not keys:
            return super().join(other, on, how, **options)
        ours, theirs = _named(self), _named(other)
        # Results of a session's units: as everywhere, they do not hide its own columns
        again = MEASURED_AGAIN if UNIT_ID in self else ""
        suffixes = (
            options.pop("lsuffix", "") or "",
            options.pop("rsuffix", "") or again,
        )
        _refuse_overlap(ours, theirs, keys, suffixes)
        joined = _by_identity(ours, theirs, keys, how=how, suffixes=suffixes, **options)
        index = pd.Index(joined[UNIT_ID].to_numpy(), name=self.index.name)
        kept = how == "left" and len(joined) == len(self)
        joined.index = self.index if kept else index
        return joined if UNIT_ID in self else joined.drop(columns=UNIT_ID)

    def merge(  # type: ignore[override]
        self, right: Any, how: Any = "inner", on: Any = None, **options: Any
    ) -> pd.DataFrame:
        """As ``pandas.DataFrame.merge``; with another UnitTable by the ids of units."""
        sides = [
            on in (None, UNIT_ID, [UNIT_ID])
            and options.get(f"{side}_on") in (None, UNIT_ID, [UNIT_ID])
            for side in ("left", "right")
        ]
        keys = _shared(self, right) if all(sides) and how != "cross" else []
        if not keys:
            return super().merge(right, how=how, on=on, **options)
        for side in ("left", "right"):
            options.pop(f"{side}_on", None)
        indexed = [options.pop(f"{side}_index", False) for side in ("left", "right")]
        merged = _by_identity(_named(self), _named(right), keys, how=how, **options)
        if all(indexed):
            merged.index = pd.Index(merged[UNIT_ID].to_numpy(), name=self.index.name)
        return merged

    def __finalize__(
        self, other: Any, method: str | None = None, **options: Any
    ) -> UnitTable:
        """Raise an AnalysisError if ``pandas.merge`` paired different units."""
        if method == "merge":
            _check_merged(
                self, getattr(other, "left", None), getattr(other, "right", None)
            )
        super().__finalize__(other, method, **options)  # type: ignore[misc]
        return self


def _has_ids(table: pd.DataFrame) -> bool:
    """Whether rows are units: with their ids as the index, or as a column."""
    name = table.index.name
    return name == UNIT_ID or (name is None and UNIT_ID in table)


def _shared(left: Any, right: Any) -> list[str]:
    """The columns that name units in both tables; empty unless both have ids."""
    if not all(isinstance(one, UnitTable) and _has_ids(one) for one in (left, right)):
        return []
    return [key for key in SCAN if key in left and key in right] + [UNIT_ID]


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the ids of its units as a column."""
    return table if UNIT_ID in table else table.reset_index()


def _by_identity(
    left: pd.DataFrame, right: pd.DataFrame, keys: list[str], **options: Any
) -> pd.DataFrame:
    """Merge tables by `keys`; a unit without one of the keys matches no other unit."""
    ours, theirs = (
        table.assign(**{_UNKNOWN: sign * _numbered_unknown(table[keys])})
        for table, sign in ((left, 1), (right, -1))
    )
    merged = pd.DataFrame.merge(ours, theirs, on=[*keys, _UNKNOWN], **options)
    result: pd.DataFrame = merged.drop(columns=_UNKNOWN)
    return result


def _numbered_unknown(names: pd.DataFrame) -> NDArray[np.int64]:
    """0 for a complete row, and a unique number for an incomplete one, int64 [n]."""
    unknown = names.isna().any(axis=1).to_numpy()
    return np.where(unknown, np.arange(1, len(names) + 1), 0)


def _refuse_overlap(
    left: pd.DataFrame, right: pd.DataFrame, keys: list[str], suffixes: tuple[str, str]
) -> None:
    both = [name for name in left if name in right and name not in keys]
    renamed = {f"{name}{suffixes[0]}" for name in both}
    renamed |= {f"{name}{suffixes[1]}" for name in both}
    others = {*left, *right} - {*both}
    taken = both if suffixes[0] == suffixes[1] else sorted(map(str, renamed & others))
    if taken:
        raise ValueError(
            f"columns overlap but no suffix specified, or one that is taken: {taken}"
        )


def _check_merged(merged: pd.DataFrame, left: Any, right: Any) -> None:
    """Refuse rows that pair units of different recordings, or all units with all."""
    tables = (left, right)
    if not all(isinstance(table, UnitTable) for table in tables):
        return
    pairs = [[f"{key}_x", f"{key}_y"] for key in SCAN]
    known = [merged[pair].dropna() for pair in pairs if {*pair} <= {*merged}]
    apart = any((pair.iloc[:, 0] != pair.iloc[:, 1]).any() for pair in known)
    # By session and scan alone, where the ids are an index: pandas merges on columns
    by_scan = any(table.index.name == UNIT_ID for table in tables) and {*SCAN} & {
        *merged
    }
    if apart or (by_scan and len(merged) > len(left) + len(right)):
        raise AnalysisError(
            "Rows of different units were put side by side; merge tables of units on "
            "session, scan_idx and unit_id together, or use units.join(results)."
        )
