"""Parsing conditions on columns, such as ``gOSI > 0.3 and area == "V1"``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import SelectionError, echoed, nearest, quoted
from insilico_gui.units.filters import check_conditions, fulfils
from insilico_gui.units.measures import is_measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

FORM = re.compile(
    r"\s*(?P<column>[^<>=!]+?)\s*"
    r"(?P<sign>>=|<=|==|!=|=|<|>|(?<=\s)not\s+in(?=\s)|(?<=\s)in(?=\s))"
    r"\s*(?P<value>[^<>=!]+?)\s*",
)
AND = re.compile(r"(?<=\s)(?:and|&&?)(?=\s)", re.IGNORECASE)
OR = re.compile(r"(?<=\s)(?:or|\|\|?)(?=\s)", re.IGNORECASE)
LOWER, UPPER = (">", ">="), ("<", "<=")
NOT = ("!=", "not in")
MARKS, BRACKETS = "\"'`", {"(": ")", "[": "]"}
HIDDEN = "\0"
"""Stands for characters between quotation marks, which are no part of the syntax."""


class ConditionError(SelectionError):
    """A condition that was typed is wrong.

    Attributes
    ----------
    start, stop : int
        Where in the text that is: the first character, and that after the last one.
    """

    def __init__(self, message: str, start: int, stop: int, **more: Any) -> None:
        super().__init__(message, **more)
        self.start, self.stop = start, stop


@dataclass(frozen=True)
class Word:
    """A part of a text with its place.

    Attributes
    ----------
    text : str
        Without its quotation marks.
    start, stop : int
    is_quoted : bool
    """

    text: str
    start: int
    stop: int
    is_quoted: bool = False

    @property
    def value(self) -> int | float | str:
        """A number, if it reads as one and stands in no quotation marks."""
        if not self.is_quoted:
            for number in (int, float):
                try:
                    return number(self.text)
                except ValueError:
                    continue
        return self.text


@dataclass(frozen=True)
class Clause:
    """One condition as it was typed: a column, a sign and values."""

    whole: Word
    column: Word
    sign: str
    words: tuple[Word, ...]

    @property
    def values(self) -> list[int | float | str]:
        """Numbers and names after the sign."""
        return [word.value for word in self.words]


def parse_conditions(texts: Iterable[str], units: pd.DataFrame) -> dict[str, Any]:
    """Conditions by column, for :func:`insilico_gui.select`.

    A text is a column, a sign, and a value, or several of these with ``and`` between.
    After ``>``, ``>=``, ``<`` and ``<=`` that is a number; after ``=`` (or ``==``,
    ``in``) and ``!=`` (or ``not in``) a number, a name, or several names with commas
    between. Names may stand in quotation marks. A lower and an upper limit of one column
    become a range. A limit that is not included becomes the next number of the column's
    precision, and the names that are not wanted become the others of the table `units`.

    Raises
    ------
    ConditionError
        If a text is no condition, or its sign does not fit the column.
    """
    where: dict[str, Any] = {}
    for text in texts:
        for clause in clauses_of(text):
            _take(where, clause, units)
    return where


def parse_line(text: str, units: pd.DataFrame) -> dict[str, Any]:
    """As :func:`parse_conditions`, of one text, which is checked against the table.

    Nothing but blanks are no conditions.

    Raises
    ------
    ConditionError
        Also if there is no such column, or no unit has one of the values.
    """
    where: dict[str, Any] = {}
    for clause in clauses_of(text) if text.strip() else []:
        name = clause.column
        if name.text not in units:
            raise ConditionError(
                f"There is no column {quoted(name.text)}"
                f"{nearest(name.text, units.columns)}; write the name of one as the "
                "tooltip of its title shows it.",
                name.start,
                name.stop,
            )
        _take(where, clause, units)
        try:
            checked = check_conditions(
                units, "The table", {name.text: where[name.text]}
            )
            fulfils(units, "The table", name.text, checked[name.text])
        except SelectionError as error:
            first, last = clause.words[0], clause.words[-1]
            raise ConditionError(
                str(error), first.start, last.stop, in_window=error.in_window
            ) from error
    return where


def clauses_of(text: str) -> list[Clause]:
    """The conditions of a text, as they were typed.

    Raises
    ------
    ConditionError
        If a part of it is no condition.
    """
    hidden = hide_quoted(text)
    found, start = [], 0
    for stop, after in [*(m.span() for m in AND.finditer(hidden)), (len(text), 0)]:
        whole = _word(text, start, stop)
        form = FORM.fullmatch(hidden, start, stop)
        if form is None:
            raise _not_joined(hidden, start, stop) or _no_condition(whole)
        words = _listed(text, hidden, *form.span("value"))
        if not words:
            raise _no_condition(whole)
        column = _word(text, *form.span("column"))
        found.append(Clause(whole, column, " ".join(form["sign"].split()), words))
        start = after
    return found


def _not_joined(hidden: str, start: int, stop: int) -> ConditionError | None:
    """What to say of conditions with ``or`` between them."""
    found = OR.search(hidden, start, stop)
    if found is None:
        return None
    return ConditionError(
        "Conditions are joined by 'and' alone; for several values of one column write "
        "them with commas, such as 'area in V1, LM'.",
        *found.span(),
    )


def hide_quoted(text: str) -> str:
    """The text with what stands in quotation marks hidden; of the same length.

    Raises
    ------
    ConditionError
        If a quotation mark is not closed.
    """
    hidden, k = list(text), 0
    while k < len(text):
        begins = k == 0 or text[k - 1].isspace() or text[k - 1] in "<>=!,(["
        if text[k] in MARKS and begins:
            stop = text.find(text[k], k + 1)
            if stop < 0:
                raise ConditionError(
                    f"The quotation mark before {quoted(text[k + 1 :])} is not closed; "
                    "put another one after the name.",
                    k,
                    len(text),
                )
            hidden[k : stop + 1] = HIDDEN * (stop + 1 - k)
            k = stop
        k += 1
    return "".join(hidden)


def _word(text: str, start: int, stop: int) -> Word:
    """A part of a text without the blanks and the quotation marks around it."""
    part = text[start:stop]
    start += len(part) - len(part.lstrip())
    part = part.strip()
    if len(part) > 1 and part[0] in MARKS and part[-1] == part[0]:
        return Word(part[1:-1], start, start + len(part), True)
    return Word(part, start, start + len(part))


def _listed(text: str, hidden: str, start: int, stop: int) -> tuple[Word, ...]:
    """Values with commas between, which may stand in brackets."""
    if BRACKETS.get(hidden[start]) == hidden[stop - 1]:
        start, stop = start + 1, stop - 1
    words = []
    while start <= stop:
        comma = hidden.find(",", start, stop)
        end = stop if comma < 0 else comma
        word = _word(text, start, end)
        if word.text:
            words.append(word)
        start = end + 1
    return tuple(words)


def _take(where: dict[str, Any], clause: Clause, units: pd.DataFrame) -> None:
    """Add a condition to those by column."""
    name = clause.column.text
    values = clause.values
    if clause.sign in LOWER + UPPER:
        if len(values) != 1 or isinstance(values[0], str):
            raise _no_condition(clause.whole, clause.words)
        one: Any = _range(values[0], clause.sign, units.get(name))
    else:
        one = _choice(clause, units)
    where[name] = _both(clause, where[name], one) if name in where else one


def _no_condition(whole: Word, wrong: Sequence[Word] = ()) -> ConditionError:
    places = wrong or (whole,)
    return ConditionError(
        f"{echoed(whole.text)} is no condition; write a column, one of >, >=, <, <=, and "
        "a number, such as 'gOSI>=0.25', or = or != and names, such as 'area=V1,LM'.",
        places[0].start,
        places[-1].stop,
    )


def _range(
    value: float, sign: str, column: pd.Series[Any] | None
) -> tuple[float | None, float | None]:
    """A range without the end that a sign does not give."""
    if not sign.endswith("=") and column is not None and np.isfinite(value):
        value = next_value(value, column, up=sign in LOWER)
    return (value, None) if sign in LOWER else (None, value)


def next_value(value: float, column: pd.Series[Any], *, up: bool) -> float:
    """The nearest value beyond a limit, in the precision in which a column is compared."""
    if column.dtype.kind in "iu":
        return int(np.floor(value)) + 1 if up else int(np.ceil(value)) - 1
    kind = column.dtype.type if column.dtype.kind == "f" else np.float64
    return float(np.nextafter(kind(value), kind(np.inf if up else -np.inf)))


def _choice(clause: Clause, units: pd.DataFrame) -> Any:
    """Values that a column may have: one number, or names."""
    name, values, is_not = clause.column.text, clause.values, clause.sign in NOT
    column = units.get(name)
    if column is None or not (is_not or len(values) > 1):
        return values if len(values) > 1 else values[0]
    whole = clause.whole
    if is_measure(column):
        raise ConditionError(
            f"{echoed(whole.text)} does not fit {name}, which is a measurement; give its "
            f"range, such as '{name}>0'.",
            whole.start,
            whole.stop,
        )
    known = sorted(column.dropna().unique().tolist())
    for value, word in zip(values, clause.words, strict=True):
        if value not in known:
            raise ConditionError(
                f"No unit has the {name} {echoed(value)}{nearest(value, known)}; write "
                f"some of those that the table has, such as {echoed(known[0])}."
                if known
                else f"No unit has a {name}; leave out the condition.",
                word.start,
                word.stop,
            )
    return [one for one in known if one not in values] if is_not else values


def _both(clause: Clause, first: Any, second: Any) -> Any:
    """Two conditions on one column: both ends of a range, or what both allow."""
    if isinstance(first, tuple) and isinstance(second, tuple):
        merged = [b if a is None else a for a, b in zip(first, second, strict=True)]
        if not any(None not in ends for ends in zip(first, second, strict=True)):
            return tuple(merged)
    if isinstance(first, list) and isinstance(second, list):
        return [one for one in first if one in second]
    whole = clause.whole
    raise ConditionError(
        f"{echoed(whole.text)} is one condition too many on {clause.column.text}; give "
        "one lower and one upper limit, or one value.",
        whole.start,
        whole.stop,
    )
