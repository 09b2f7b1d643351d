"""Conditions on columns written as text, and what may be typed next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.units.columns import facts
from insilico_gui.units.filter_syntax import (
    AND,
    MARKS,
    ConditionError,
    hide_quoted,
    next_value,
)
from insilico_gui.units.measures import is_measure

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from insilico_gui.units.filters import Conditions

MOST_OFFERED = 40
"""Names that are offered to complete a word."""

_SIGN = re.compile(r"[<>=!]+|\s(?:not\s+)?in\s", re.IGNORECASE)
_PLAIN = re.compile(r"[\w.+/-][\w .+/-]*")


@dataclass(frozen=True)
class Completion:
    """What may stand in place of the word that is being typed.

    Attributes
    ----------
    start, stop : int
        Where the word is in the text.
    offers : tuple of (str, str)
        What to put there, and what it is.
    """

    start: int
    stop: int
    offers: tuple[tuple[str, str], ...]


def conditions_text(where: Conditions, units: pd.DataFrame) -> str:
    """Checked conditions as text that :func:`.parse_line` reads as the same ones."""
    parts = []
    for name, wanted in where.items():
        column = marked(name)
        if name not in units or not is_measure(units[name]):
            names = [_named(value) for value in wanted]
            sign = "==" if len(names) == 1 else "in"
            parts.append(f"{column} {sign} {', '.join(names)}")
            continue
        low, high = wanted
        if low is not None and low == high:
            parts.append(f"{column} == {low!r}")
            continue
        if low is not None:
            parts.append(f"{column} {_limit(low, units[name], lower=True)}")
        if high is not None:
            parts.append(f"{column} {_limit(high, units[name], lower=False)}")
    return " and ".join(parts)


def marked(name: str) -> str:
    """A name as it is typed: in quotation marks if its characters need them."""
    if _PLAIN.fullmatch(name) and not AND.search(name) and not _SIGN.search(name):
        return name
    mark = next((mark for mark in MARKS if mark not in name), '"')
    return f"{mark}{name}{mark}"


def _named(value: Any) -> str:
    """A value of a column of names; text in quotation marks, numbers without."""
    if not isinstance(value, str):
        return repr(value)
    mark = next((mark for mark in MARKS if mark not in value), '"')
    return f"{mark}{value}{mark}"


def _limit(value: float, column: pd.Series[Any], *, lower: bool) -> str:
    """One end of a range; one that was typed without the limit itself reads so again."""
    sign = ">" if lower else "<"
    if column.dtype.kind == "f" and np.isfinite(value):
        kind = column.dtype.type
        typed = float(str(kind(next_value(value, column, up=not lower))))
        is_shorter = len(repr(typed)) < len(str(kind(value)))
        if is_shorter and next_value(typed, column, up=lower) == value:
            return f"{sign} {typed!r}"
    return f"{sign}= {value!r}"


def completion(text: str, cursor: int, units: pd.DataFrame) -> Completion:
    """Names of columns, or values of a column of names, that go on from a word.

    A column is found by its name or by its title, wherever in them the word is.
    """
    try:
        hidden = hide_quoted(text[:cursor])
    except ConditionError:  # a quotation mark is still open
        hidden = text[:cursor]
    begin = max((m.end() for m in AND.finditer(hidden)), default=0)
    clause = hidden[begin:]
    signs = list(_SIGN.finditer(clause))
    if not signs:
        start = begin + len(clause) - len(clause.lstrip())
        stop = _end_of_word(text, cursor)
        word = text[start:cursor].strip("".join(MARKS))
        return Completion(start, stop, _columns(word, units))
    column = text[begin : begin + signs[0].start()].strip().strip("".join(MARKS))
    after = max(signs[-1].end(), clause.rfind(",") + 1)
    rest = clause[after:]
    start = begin + after + len(rest) - len(rest.lstrip())
    word = text[start:cursor].strip("".join(MARKS))
    return Completion(start, _end_of_word(text, cursor), _values(word, column, units))


def _end_of_word(text: str, cursor: int) -> int:
    """Where the word ends that the cursor is in."""
    ends = re.compile(r"[\s<>=!,]").search(text, cursor)
    return len(text) if ends is None else ends.start()


def _columns(word: str, units: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    named = [(str(name), facts(str(name)).label) for name in units.columns]
    return _that_have(word, [(marked(name), title) for name, title in named])


def _values(word: str, column: str, units: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    if column not in units or is_measure(units[column]):
        return ()
    known = units[column].dropna()
    counts = known.value_counts().sort_index()
    return _that_have(word, [(_named(value), f"{n:,}") for value, n in counts.items()])


def _that_have(
    word: str, offers: Iterable[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """Offers that a word occurs in, those that begin with it first."""
    wanted = word.strip().lower()
    found = [one for one in offers if wanted in f"{one[0]} {one[1]}".lower()]
    found.sort(key=lambda one: not one[0].lower().lstrip('"').startswith(wanted))
    return tuple(found[:MOST_OFFERED])
