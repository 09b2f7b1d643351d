"""Parsing conditions on columns, such as ``gOSI>=0.25`` or ``area=V1,LM``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import SelectionError, echoed, nearest
from insilico_gui.units.measures import is_measure

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

FORM = re.compile(
    r"\s*(?P<column>[^<>=!]+?)\s*"
    r"(?P<sign>>=|<=|==|!=|=|<|>|(?<=\s)not\s+in(?=\s)|(?<=\s)in(?=\s))"
    r"\s*(?P<value>[^<>=!]+?)\s*",
)
LOWER, UPPER = (">", ">="), ("<", "<=")
NOT = ("!=", "not in")


def parse_conditions(texts: Iterable[str], units: pd.DataFrame) -> dict[str, Any]:
    """Conditions by column, for :func:`insilico_gui.select`.

    A text is a column, a sign, and a value. After ``>``, ``>=``, ``<`` and ``<=`` that is
    a number; after ``=`` (or ``==``, ``in``) and ``!=`` (or ``not in``) a number, a name,
    or several names with commas between. A lower and an upper limit of one column become
    a range. A limit that is not included becomes the next number of the column's
    precision, and the names that are not wanted become the others of the table `units`.

    Raises
    ------
    SelectionError
        If a text is no condition, or its sign does not fit the column.
    """
    where: dict[str, Any] = {}
    for text in texts:
        form = FORM.fullmatch(text)
        if form is None:
            raise _no_condition(text)
        name, sign = form["column"], " ".join(form["sign"].split())
        values = [_value(part) for part in form["value"].split(",") if part.strip()]
        if sign in LOWER + UPPER:
            if len(values) != 1 or isinstance(values[0], str):
                raise _no_condition(text)
            one = _range(values[0], sign, units.get(name))
        else:
            one = _choice(text, name, values, sign in NOT, units)
        where[name] = _both(text, name, where[name], one) if name in where else one
    return where


def _no_condition(text: str) -> SelectionError:
    return SelectionError(
        f"{echoed(text)} is no condition; write a column, one of >, >=, <, <=, and a "
        "number, such as 'gOSI>=0.25', or = or != and names, such as 'area=V1,LM'."
    )


def _range(
    value: float, sign: str, column: pd.Series[Any] | None
) -> tuple[float | None, float | None]:
    """A range without the end that a sign does not give."""
    if not sign.endswith("=") and column is not None and np.isfinite(value):
        value = _next(value, column, up=sign in LOWER)
    return (value, None) if sign in LOWER else (None, value)


def _next(value: float, column: pd.Series[Any], *, up: bool) -> float:
    """The nearest value beyond a limit, in the precision in which a column is compared."""
    if column.dtype.kind in "iu":
        return int(np.floor(value)) + 1 if up else int(np.ceil(value)) - 1
    kind = column.dtype.type if column.dtype.kind == "f" else np.float64
    return float(np.nextafter(kind(value), kind(np.inf if up else -np.inf)))


def _choice(
    text: str, name: str, values: list[Any], is_not: bool, units: pd.DataFrame
) -> Any:
    """Values that a column may have: one number, or names."""
    column = units.get(name)
    if column is None or not (is_not or len(values) > 1):
        return values if len(values) > 1 else values[0]
    if is_measure(column):
        raise SelectionError(
            f"{echoed(text)} does not fit {name}, which is a measurement; give its range, "
            f"such as '{name}>0'."
        )
    known = sorted(column.dropna().unique().tolist())
    for value in values:
        if value not in known:
            raise SelectionError(
                f"No unit has the {name} {echoed(value)}{nearest(value, known)}; write "
                f"some of those that the table has, such as {echoed(known[0])}."
                if known
                else f"No unit has a {name}; leave out the condition."
            )
    return [one for one in known if one not in values] if is_not else values


def _both(text: str, name: str, first: Any, second: Any) -> Any:
    """Two conditions on one column: both ends of a range, or what both allow."""
    if isinstance(first, tuple) and isinstance(second, tuple):
        merged = [b if a is None else a for a, b in zip(first, second, strict=True)]
        if not any(None not in ends for ends in zip(first, second, strict=True)):
            return tuple(merged)
    if isinstance(first, list) and isinstance(second, list):
        return [one for one in first if one in second]
    raise SelectionError(
        f"{echoed(text)} is one condition too many on {name}; give one lower and one "
        "upper limit, or one value."
    )


def _value(text: str) -> int | float | str:
    text = text.strip()
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
