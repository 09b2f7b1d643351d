"""Choosing units: which response columns, and the rule that chose them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from insilico_gui.conditions import (
    check_conditions,
    fulfils,
    members,
    plain_list,
)
from insilico_gui.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.conditions import Conditions
    from insilico_gui.session import Session

Combine = Literal["all", "any"]


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
    where: Conditions | None = None,
) -> Selection:
    """Select units by brain area, imaging field, name, index, or what is known of them.

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
    where : mapping, optional
        Conditions by column of the unit table, all of which hold; together they are one
        kind. Of a number ``(low, high)``, both ends included and None for none, or one
        number; of a column that names something (text, ``field``, ``unit_id``) a list of
        values, or one. A unit without a value satisfies none.

    Returns
    -------
    Selection

    Raises
    ------
    SelectionError
        If a choice does not exist in the session, or a condition does not fit its column.

    Examples
    --------
    ``select(session, areas=["V1"], where={"gOSI": (0.25, None), "field": [3, 4]})``
    """
    return select_units(session.units, session.id, areas, fields, units, combine, where)


def select_units(
    table: pd.DataFrame,
    owner: str,
    areas: Sequence[str] | None = None,
    fields: Sequence[int] | None = None,
    units: ArrayLike | None = None,
    combine: Combine = "all",
    where: Conditions | None = None,
) -> Selection:
    """:func:`select` on a unit table; `owner` is what errors call its source."""
    if combine not in ("all", "any"):
        raise SelectionError(f"combine is {combine!r}; use 'all' or 'any'.")
    masks = []
    rule: dict[str, Any] = {}
    if areas is not None:
        rule["areas"] = plain_list(areas)
        masks.append(members(table, "area", rule["areas"], owner))
    if fields is not None:
        rule["fields"] = plain_list(fields)
        masks.append(members(table, "field", rule["fields"], owner))
    if isinstance(units, str):
        raise SelectionError(f"Give a list of names, such as [{units!r}].")
    if units is not None and np.asarray(units).dtype.kind == "U":
        rule["unit_ids"] = np.asarray(units).tolist()
        masks.append(members(table, "unit_id", rule["unit_ids"], owner))
    elif units is not None:
        mask = np.zeros(len(table), dtype=bool)
        mask[unit_indices(units, len(table))] = True
        masks.append(mask)
        rule["units"] = np.flatnonzero(mask).tolist()
    if where:
        rule["where"] = check_conditions(table, owner, where)
        hold = [fulfils(table, owner, *one) for one in rule["where"].items()]
        masks.append(np.logical_and.reduce(hold))
    if len(masks) > 1:
        rule["combine"] = combine
    if not masks:
        return Selection(np.arange(len(table)), {"all": True})
    merge = np.logical_and if combine == "all" else np.logical_or
    return Selection(np.flatnonzero(merge.reduce(masks)), rule)


def arguments_of(rule: Mapping[str, Any]) -> dict[str, Any] | None:
    """Arguments of :func:`select` that make a selection again; None if it did not."""
    given = {k: v for k, v in rule.items() if k != "all"}
    if "unit_ids" in given:
        given["units"] = given.pop("unit_ids")
    kinds = {"areas", "fields", "units", "combine", "where"}
    return given if set(given) <= kinds else None


def without_conditions(selection: Selection) -> dict[str, Any]:
    """Arguments of :func:`select` for what `selection` was before conditions narrowed it.

    Where the rule does not tell (a lasso, or kinds of which any will do), its units. An
    empty selection counts as all units, for conditions to start from.
    """
    given = arguments_of(selection.rule)
    if given is None or given.get("combine") == "any":
        given = {"units": selection.indices}
    given = {k: v for k, v in given.items() if k not in ("where", "combine")}
    return {} if "units" in given and len(given["units"]) == 0 else given


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
