"""Parsing conditions on columns, such as ``gOSI>=0.25`` or ``area==V1``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import SelectionError, echoed

if TYPE_CHECKING:
    from collections.abc import Iterable

FORM = re.compile(
    r"\s*(?P<column>[^<>=]+?)\s*(?P<sign>>=|<=|==)\s*(?P<value>[^<>=]+?)\s*"
)


def parse_conditions(texts: Iterable[str]) -> dict[str, Any]:
    """Conditions by column, for :func:`insilico_gui.select`.

    A text is a column, ``>=``, ``<=`` or ``==``, and a number, or after ``==`` a name. A
    lower and an upper limit of one column become a range.
    """
    where: dict[str, Any] = {}
    for text in texts:
        form = FORM.fullmatch(text)
        value = None if form is None else _value(form["value"])
        if form is None or (form["sign"] != "==" and isinstance(value, str)):
            raise SelectionError(
                f"{echoed(text)} is no condition; write a column, >=, <= or ==, and a "
                "number, such as 'gOSI>=0.25', or a name, such as 'area==V1'."
            )
        name, end = form["column"], {">=": 0, "<=": 1}.get(form["sign"])
        known = where.get(name, (None, None) if end is not None else None)
        if end is None and known is None:
            where[name] = value
        elif end is not None and isinstance(known, tuple) and known[end] is None:
            where[name] = (value, known[1]) if end == 0 else (known[0], value)
        else:
            raise SelectionError(
                f"{echoed(text)} is one condition too many on {name}; give one lower "
                "and one upper limit, or one value."
            )
    return where


def _value(text: str) -> int | float | str:
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
