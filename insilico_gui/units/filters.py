"""Conditions on the columns of a unit table, such as gOSI of 0.25 and above.

A condition is data, never text that is evaluated: a closed range of a numeric column, or
values of a column of labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from insilico_gui.errors import SelectionError, echoed, nearest
from insilico_gui.units.measures import is_measure

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Conditions: TypeAlias = Mapping[str, Any]
"""By column: ``(low, high)``, None where it is open, or a list of values, or one "
"value."""

MOST_NAMES = 100
"""Number of names that a message lists."""


def check_conditions(
    table: pd.DataFrame, owner: str, where: Conditions
) -> dict[str, list[Any]]:
    """Conditions (see :func:`insilico_gui.select`) in the form of rules, JSON-able.

    A measurement has ``[low, high]``, another column a list of values. Messages call the
    source of the table `owner`.
    """
    if not isinstance(where, Mapping):
        raise SelectionError(
            f"where is {echoed(where)}; give a condition for each column by its name, "
            "such as {'gOSI': (0.25, None)}."
        )
    checked = {}
    for name, wanted in where.items():
        if name not in table:
            raise SelectionError(
                f"{owner} has no column {echoed(name)}{nearest(name, table.columns)}; "
                f"it has {_listed(table.columns)} (a "
                "result becomes a column once it is computed)."
            )
        column = table[name]
        checked[str(name)] = (
            _range(name, wanted) if is_measure(column) else _values(name, wanted)
        )
    return checked


def fulfils(
    table: pd.DataFrame, owner: str, name: str, wanted: list[Any]
) -> NDArray[np.bool_]:
    """Units that satisfy a checked condition, bool [U]; units without a value do not."""
    column = table[name]
    if not is_measure(column):
        return members(table, name, wanted, owner)
    low, high = wanted
    mask = column.notna()
    # Compared in the precision of the column: what reads 0.7 is not below 0.7
    with np.errstate(over="ignore"):
        if low is not None:
            mask &= column >= low
        if high is not None:
            mask &= column <= high
    return mask.to_numpy(dtype=bool)


def members(
    table: pd.DataFrame, column: str, wanted: list[Any], owner: str
) -> NDArray[np.bool_]:
    """Units that have one of these values in a column, bool [U]; every value occurs."""
    if column not in table:
        raise SelectionError(
            f"{owner} does not say which {column} a unit belongs to; select by "
            "unit indices."
        )
    known = sorted(table[column].dropna().unique().tolist())
    missing = [value for value in wanted if value not in known]
    if missing:
        raise SelectionError(
            f"{owner} has no {column} {', '.join(map(repr, missing))}"
            f"{nearest(missing[0], known)}; it has {_listed(known)}."
        )
    mask: NDArray[np.bool_] = table[column].isin(wanted).to_numpy()
    return mask


def plain_list(values: Any) -> list[Any]:
    """Values as Python objects, fit for JSON; a single one is a list of one."""
    if isinstance(values, str | int | float | np.generic):
        values = [values]
    if not isinstance(values, Iterable):
        raise SelectionError(
            f"{echoed(values)} is no list; give one: [{echoed(values)}]."
        )
    return [v.item() if isinstance(v, np.generic) else v for v in values]


def condition_text(name: str, wanted: list[Any], *, is_range: bool) -> str:
    """A checked condition as text: "gOSI ≥ 0.25", "area V1 or LM"."""
    if not is_range:
        return f"{name} {' or '.join(map(str, wanted))}"
    low, high = wanted
    if low == high:
        return f"{name} = {low:g}"
    if high is None:
        return f"{name} ≥ {low:g}"
    if low is None:
        return f"{name} ≤ {high:g}"
    return f"{low:g} ≤ {name} ≤ {high:g}"


def _range(name: str, wanted: Any) -> list[float | None]:
    """``[low, high]``; one number is both ends."""
    ends = [wanted, wanted] if _is_number(wanted) else wanted
    if isinstance(ends, str) or not isinstance(ends, Iterable):
        ends = ()
    ends = plain_list(ends)
    if len(ends) != 2 or not all(end is None or _is_number(end) for end in ends):
        raise SelectionError(
            f"{name} is a number; give its range as (low, high), with None for no "
            f"limit, not {echoed(wanted)}.",
            in_window=f"{name} is a number; write its lowest and its highest value, or "
            "leave one of them empty.",
        )
    if any(end is not None and not np.isfinite(end) for end in ends) or ends == [
        None,
        None,
    ]:
        raise SelectionError(
            f"The range of {name} is {echoed(wanted)}; give a finite limit, and None "
            "for the end that has none.",
            in_window=f"A condition on {name} needs a finite lowest or highest value, "
            "such as 0.25; one of them may be empty.",
        )
    low, high = (end if end is None or type(end) is int else float(end) for end in ends)
    if low is not None and high is not None and low > high:
        raise SelectionError(
            f"The range of {name} ends at {high:g}, before it starts at {low:g}; give "
            "the lower limit first."
        )
    return [low, high]


def _values(name: str, wanted: Any) -> list[Any]:
    if isinstance(wanted, str) or not isinstance(wanted, Iterable):
        wanted = [wanted]
    if isinstance(wanted, tuple | Mapping):
        raise SelectionError(
            f"{name} names something and has no range; give a list of values, not "
            f"{echoed(wanted)}."
        )
    values = plain_list(wanted)
    if not values:
        raise SelectionError(f"No value of {name} is given; give one at least.")
    return values


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


def _listed(names: Iterable[Any]) -> str:
    known = list(names)
    rest = "" if len(known) <= MOST_NAMES else ", ..."
    return f"{', '.join(map(echoed, known[:MOST_NAMES]))}{rest}"
