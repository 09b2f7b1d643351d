"""Choosing units: which response columns, and the rule that chose them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from insilico_gui.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.session import Session

Combine = Literal["all", "any"]

MOST_NAMES = 100
"""Names that a message lists."""


@dataclass(frozen=True, eq=False)
class Selection:
    """A set of units of one session, and how it came about.

    Attributes
    ----------
    indices : int64 array, [n]
        Response columns, ascending, each once.
    rule : mapping of str to Any
        What was asked for, JSON-able; it goes with every response and export.
    """

    indices: NDArray[np.int64]
    rule: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.indices)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Selection) and np.array_equal(
            self.indices, other.indices
        )

    __hash__ = None  # type: ignore[assignment]  # holds an array


def select(
    session: Session,
    areas: Sequence[str] | None = None,
    fields: Sequence[int] | None = None,
    units: ArrayLike | None = None,
    combine: Combine = "all",
) -> Selection:
    """Select units by brain area, imaging field, name or index.

    Within a kind the choices are united (V1 *or* LM). Across kinds, ``combine="all"``
    takes units that satisfy every kind given (in V1 *and* in field 3); ``"any"`` takes
    those that satisfy at least one. With no kind given, all units are selected.

    Parameters
    ----------
    session : Session
    areas : sequence of str, optional
        Values of the unit table's ``area``.
    fields : sequence of int, optional
        Values of the unit table's ``field``.
    units : int array, 0/1 array [U], or sequence of str, optional
        Response columns, a boolean (or 0/1) vector with one entry per unit, or names:
        values of the unit table's ``unit_id`` where these are text.
    combine : {"all", "any"}

    Returns
    -------
    Selection

    Raises
    ------
    SelectionError
        If a choice does not exist in the session.
    """
    return select_units(session.units, session.id, areas, fields, units, combine)


def select_units(
    table: pd.DataFrame,
    owner: str,
    areas: Sequence[str] | None = None,
    fields: Sequence[int] | None = None,
    units: ArrayLike | None = None,
    combine: Combine = "all",
) -> Selection:
    """:func:`select` on a unit table; `owner` is what errors call its source."""
    if combine not in ("all", "any"):
        raise SelectionError(f"combine is {combine!r}; use 'all' or 'any'.")
    masks = []
    rule: dict[str, Any] = {}
    if areas is not None:
        rule["areas"] = _as_list(areas)
        masks.append(_members(table, "area", rule["areas"], owner))
    if fields is not None:
        rule["fields"] = _as_list(fields)
        masks.append(_members(table, "field", rule["fields"], owner))
    if isinstance(units, str):
        raise SelectionError(f"Give a list of names, such as [{units!r}].")
    if units is not None and np.asarray(units).dtype.kind == "U":
        rule["unit_ids"] = np.asarray(units).tolist()
        masks.append(_members(table, "unit_id", rule["unit_ids"], owner))
    elif units is not None:
        mask = np.zeros(len(table), dtype=bool)
        mask[unit_indices(units, len(table))] = True
        masks.append(mask)
        rule["units"] = np.flatnonzero(mask).tolist()
    if len(masks) > 1:
        rule["combine"] = combine
    if not masks:
        return Selection(np.arange(len(table)), {"all": True})
    merge = np.logical_and if combine == "all" else np.logical_or
    return Selection(np.flatnonzero(merge.reduce(masks)), rule)


def invert(session: Session, selection: Selection) -> Selection:
    """All units of the session that `selection` leaves out."""
    mask = np.ones(len(session.units), dtype=bool)
    mask[selection.indices] = False
    return Selection(np.flatnonzero(mask), {"not": dict(selection.rule)})


def unit_indices(units: ArrayLike, n_units: int) -> NDArray[np.int64]:
    """Ascending response columns from indices or a 0/1 vector.

    A vector of exactly `n_units` zeros and ones is a mask; anything else is indices.

    Raises
    ------
    SelectionError
        If an index is out of range or not a whole number.
    """
    values = np.asarray(units)
    if values.ndim != 1:
        raise SelectionError(
            f"units has shape {list(values.shape)}; give a list of unit indices or a "
            f"0/1 vector of length {n_units}."
        )
    if values.dtype == bool and len(values) != n_units:
        raise SelectionError(
            f"The unit mask has {len(values)} entries but the session has {n_units} "
            "units; give one entry per unit."
        )
    if len(values) == n_units and np.isin(values, (0, 1)).all() and n_units > 2:
        return np.flatnonzero(values)
    if values.dtype == bool:
        return np.flatnonzero(values)
    if values.size and values.dtype.kind not in "iu":
        raise SelectionError(
            f"units holds {values.dtype} values; unit indices are whole numbers."
        )
    out = values[(values < 0) | (values >= n_units)] if values.size else values
    if out.size:
        raise SelectionError(
            f"Unit index {out[0]} does not exist; the session has units 0 to "
            f"{n_units - 1}."
        )
    return np.unique(values).astype(np.int64)


def _members(
    table: pd.DataFrame, column: str, wanted: list[Any], owner: str
) -> NDArray[np.bool_]:
    if column not in table:
        raise SelectionError(
            f"{owner} does not say which {column} a unit belongs to; select by "
            "unit indices."
        )
    known = sorted(table[column].dropna().unique().tolist())
    missing = [value for value in wanted if value not in known]
    if missing:
        rest = "" if len(known) <= MOST_NAMES else ", ..."
        raise SelectionError(
            f"{owner} has no {column} {', '.join(map(repr, missing))}; it has "
            f"{', '.join(map(repr, known[:MOST_NAMES]))}{rest}."
        )
    mask: NDArray[np.bool_] = table[column].isin(wanted).to_numpy()
    return mask


def _as_list(values: Iterable[Any]) -> list[Any]:
    if isinstance(values, str):
        raise SelectionError(f"Give a list of names, such as [{values!r}].")
    return [v.item() if isinstance(v, np.generic) else v for v in values]
