"""Selections of units: response columns, and the rule that selected them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from insilico_gui.errors import SelectionError, quoted
from insilico_gui.notebook import card, count_of
from insilico_gui.responses import mask_positions
from insilico_gui.session import Session, check_session
from insilico_gui.units.filters import (
    Conditions,
    check_conditions,
    fulfils,
    members,
    plain_list,
)

Combine = Literal["all", "any"]


@dataclass(frozen=True, eq=False)
class Selection:
    """A set of units of one session, with the rule that selected them.

    Attributes
    ----------
    indices : int64 array, [n]
        Response columns, ascending, each once.
    rule : mapping of str to Any
        The arguments of the selection, JSON-able; stored with responses and exports.
    session : str
        Id of the session of the units; "" if that is not known.
    areas : mapping of str to int
        Number of units of each area, where that is known.
    """

    indices: NDArray[np.int64]
    rule: Mapping[str, Any] = field(default_factory=dict)
    session: str = ""
    areas: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        counted = f" ({count_of(self.areas)})" if self.areas else ""
        owner = f" of {quoted(self.session, '')}" if self.session else ""
        return f"<Selection{owner}: {len(self):,} units{counted}, {self._in_words()}>"

    def _repr_html_(self) -> str:
        """In a notebook: the rule, and the number of units of each area."""
        rows = {
            "session": self.session,
            "units": f"{len(self):,}",
            "areas": count_of(self.areas, 20),
            "rule": self._in_words(),
        }
        return card("Selection", rows)

    def _in_words(self) -> str:
        """The rule as text, cut."""
        if "all" in self.rule:
            return "all units"
        parts = [
            f"{quoted(name, '')} {quoted(value, '')}"
            for name, value in self.rule.items()
        ]
        return "; ".join(parts) or "no rule"

    def __len__(self) -> int:
        return len(self.indices)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Selection) and np.array_equal(
            self.indices, other.indices
        )

    __hash__ = None  # type: ignore[assignment]  # holds an array


def select(
    session: Session,
    areas: str | Sequence[str] | None = None,
    fields: int | Sequence[int] | None = None,
    units: ArrayLike | None = None,
    combine: Combine = "all",
    where: Conditions | None = None,
    unit_ids: ArrayLike | None = None,
    indices: ArrayLike | None = None,
) -> Selection:
    """Select units by brain area, imaging field, id, position or values of columns.

    Within a kind the choices are united (V1 *or* LM). Across kinds, ``combine="all"``
    takes units that satisfy every kind given (in V1 *and* in field 3); ``"any"`` takes
    those that satisfy at least one. With no kind given, all units are selected.

    Parameters
    ----------
    session : Session
    areas : str or sequence of str, optional
        Values of the unit table's ``area``.
    fields : int or sequence of int, optional
        Values of the unit table's ``field``.
    units : 0/1 array [U], or sequence of str, optional
        A boolean (or 0/1) vector with one entry per unit, or ids that are text. Other
        whole numbers could be ids or positions, and are refused.
    combine : {"all", "any"}
    where : mapping, optional
        Conditions by column of the unit table; all of them must hold, and together they
        are one kind. For a numeric column a range ``(low, high)``, which includes both
        limits (None for no limit), or one number; for a column of labels (text,
        ``field``, ``unit_id``) a list of values, or one value. A unit without a value
        satisfies no condition.
    unit_ids : sequence of int or str, or one, optional
        Values of the unit table's ``unit_id``.
    indices : sequence of int, or int, optional
        Positions in response order: rows of the unit table.

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
    check_session(session)
    return select_units(
        session.units,
        session.id,
        areas,
        fields,
        units,
        combine,
        where,
        unit_ids=unit_ids,
        indices=indices,
    )


def select_units(
    table: pd.DataFrame,
    owner: str,
    areas: str | Sequence[str] | None = None,
    fields: int | Sequence[int] | None = None,
    units: ArrayLike | None = None,
    combine: Combine = "all",
    where: Conditions | None = None,
    *,
    unit_ids: ArrayLike | None = None,
    indices: ArrayLike | None = None,
) -> Selection:
    """:func:`select` on a unit table; messages call its source `owner`."""
    if combine not in ("all", "any"):
        raise SelectionError(f"combine is {quoted(combine)}; use 'all' or 'any'.")
    masks = []
    rule: dict[str, Any] = {}
    if areas is not None:
        rule["areas"] = plain_list(areas)
        masks.append(members(table, "area", rule["areas"], owner))
    if fields is not None:
        rule["fields"] = plain_list(fields)
        masks.append(members(table, "field", rule["fields"], owner))
    by_unit = one_way_to_name(units, unit_ids, indices, len(table))
    if by_unit is not None and by_unit[0] == "unit_ids":
        rule["unit_ids"] = plain_list(by_unit[1])
        masks.append(members(table, "unit_id", rule["unit_ids"], owner))
    elif by_unit is not None:
        mask = np.zeros(len(table), dtype=bool)
        mask[unit_indices(by_unit[1], len(table))] = True
        masks.append(mask)
        rule["indices"] = np.flatnonzero(mask).tolist()
    if where:
        rule["where"] = check_conditions(table, owner, where)
        hold = [fulfils(table, owner, *one) for one in rule["where"].items()]
        masks.append(np.logical_and.reduce(hold))
    if len(masks) > 1:
        rule["combine"] = combine
    if not masks:
        return counted_selection(table, np.arange(len(table)), {"all": True}, owner)
    merge = np.logical_and if combine == "all" else np.logical_or
    return counted_selection(table, np.flatnonzero(merge.reduce(masks)), rule, owner)


def counted_selection(
    table: pd.DataFrame,
    indices: NDArray[np.int64],
    rule: Mapping[str, Any],
    owner: str,
) -> Selection:
    """A selection of rows of a unit table, with the number of units of each area."""
    areas: dict[str, int] = {}
    if "area" in table:
        named = table["area"].iloc[indices].astype(str).replace("", "no area")
        areas = {str(name): int(n) for name, n in named.value_counts().items()}
    return Selection(indices, rule, owner, areas)


def arguments_of(rule: Mapping[str, Any]) -> dict[str, Any] | None:
    """Arguments of :func:`select` that a rule stands for; None for other rules."""
    given = {k: v for k, v in rule.items() if k != "all"}
    kinds = {"areas", "fields", "unit_ids", "indices", "combine", "where"}
    return given if set(given) <= kinds else None


def without_conditions(selection: Selection) -> dict[str, Any]:
    """Arguments of :func:`select` for a selection without its conditions.

    If its rule has no such arguments (a lasso, or ``combine="any"``), its units. An empty
    selection counts as all units, to which conditions can be added.
    """
    given = arguments_of(selection.rule)
    if given is None or given.get("combine") == "any":
        given = {"indices": selection.indices}
    given = {k: v for k, v in given.items() if k not in ("where", "combine")}
    return {} if "indices" in given and len(given["indices"]) == 0 else given


def invert(session: Session, selection: Selection) -> Selection:
    """All units of the session that are not in `selection`."""
    mask = np.ones(len(session.units), dtype=bool)
    mask[selection.indices] = False
    rule = {"not": dict(selection.rule)}
    return counted_selection(session.units, np.flatnonzero(mask), rule, session.id)


def one_way_to_name(
    units: ArrayLike | None,
    unit_ids: ArrayLike | None,
    indices: ArrayLike | None,
    n_units: int,
) -> tuple[Literal["unit_ids", "indices"], Sequence[Any]] | None:
    """The way in which units are named, and the list; None if no argument is given.

    Arguments as of :func:`select`, for `n_units` units. Several of them, or `units` that
    could be ids or positions, are a SelectionError.
    """
    given = [one for one in (units, unit_ids, indices) if one is not None]
    if len(given) > 1:
        raise SelectionError(
            "Units are named in several ways at once; give one of units (a 0/1 vector), "
            "unit_ids and indices."
        )
    if not given:
        return None
    name = "units" if units is not None else "indices"
    values = _listed_units(given[0], "unit_ids" if unit_ids is not None else name)
    if unit_ids is not None:
        return "unit_ids", values.tolist()
    if indices is not None:
        return "indices", unit_indices(values, n_units).tolist()
    if values.dtype.kind in "UOT":
        return "unit_ids", values.tolist()
    return "indices", _of_mask(values, n_units).tolist()


def _listed_units(given: ArrayLike, name: str) -> NDArray[Any]:
    """What was given for units, as an array [n]; one number or text counts as a list."""
    is_one = isinstance(given, str) or (np.isscalar(given) and name != "units")
    listed = [given] if is_one else given
    try:
        values = np.asarray(listed)
    except ValueError as error:  # lists of several lengths
        raise SelectionError(
            f"{name} is {quoted(given)}; give a list of single values."
        ) from error
    if values.ndim != 1:
        raise SelectionError(
            f"{name} has the shape {list(values.shape)}; give a list, or for units a 0/1 "
            "vector with one entry per unit."
        )
    return values


def _of_mask(values: NDArray[Any], n_units: int) -> NDArray[np.int64]:
    """Positions from a 0/1 vector [U]; nothing of an empty list."""
    if values.size == 0:
        return np.empty(0, np.int64)
    positions = mask_positions(values, n_units)
    if positions is not None:
        return positions
    if values.dtype == bool:
        raise SelectionError(
            f"The unit mask has {len(values)} entries but the session has {n_units} "
            "units; give one entry per unit."
        )
    raise SelectionError(
        f"units holds {quoted(values.tolist()[:3], '')}, which could be ids or "
        "positions of units; give unit_ids=[...] (as the unit table shows them) or "
        "indices=[...] (rows of the unit table)."
    )


def unit_indices(units: ArrayLike, n_units: int) -> NDArray[np.int64]:
    """Ascending response columns, int64 [n], from positions within 0..n_units-1."""
    values = np.asarray(units)
    if values.size and values.dtype.kind not in "iu":
        raise SelectionError(
            f"The indices hold {values.dtype} values; positions of units are whole "
            "numbers."
        )
    out = values[(values < 0) | (values >= n_units)] if values.size else values
    if out.size:
        raise SelectionError(
            f"Unit index {out[0]} does not exist; the session has units 0 to "
            f"{n_units - 1}."
        )
    return np.unique(values).astype(np.int64)
