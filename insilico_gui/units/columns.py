"""Facts about columns of unit tables and parameters of trials, all in one table.

Axes, colour maps, tables, files and comparisons ask :func:`facts` for a column of a unit
table and :func:`parameter_facts` for a column of a trial table. A name that is not in the
table is taken apart: ``pref_sf_fit`` is the preferred ``sf``, by a fit. Angles follow one
convention: directions repeat every 360 degrees, orientations every 180.
"""

from __future__ import annotations

from dataclasses import replace

from insilico_gui.errors import AnalysisError
from insilico_gui.units.column_table import (
    COLUMNS,
    ON_SCREEN,
    QUANTITIES,
    ColumnFacts,
    Drawn,
)
from insilico_gui.units.frame import MEASURED_AGAIN

__all__ = [
    "ENDS",
    "VARIANTS",
    "ColumnFacts",
    "Drawn",
    "facts",
    "known_facts",
    "parameter_facts",
    "register",
]

_UNITS = {"_deg_s": "deg/s", "_deg": "deg", "_ms": "ms", "_s": "s", "_hz": "Hz"}
"""Units that are part of a name."""

ENDS = {"low": "low end", "high": "high end", "early": "early", "late": "late"}
"""Ends of names of an interval, or of two times, beside the column that they are of."""

VARIANTS = ("raw", "folded", "fit")
"""Ends of names that say how a column was computed."""


def facts(column: str) -> ColumnFacts:
    """Facts about a column of a unit table; of an unknown one, a title.

    Parameters
    ----------
    column : str
        As analyses and sessions call it, such as ``"pref_sf_fit"``, with or without the
        ending ``_measured``.
    """
    ending = column.rpartition("_")[2]
    return known_facts(column) or ColumnFacts(
        column.replace("_", " "), variant=ending if ending in VARIANTS else ""
    )


def parameter_facts(parameter: str) -> ColumnFacts:
    """Facts about a column of a trial table, or a parameter of stimuli."""
    return ON_SCREEN.get(parameter) or facts(parameter)


def known_facts(column: str) -> ColumnFacts | None:
    """:func:`facts`, or None where neither the table nor a rule has the name."""
    if column in COLUMNS:
        return COLUMNS[column]
    rest, _, ending = column.rpartition("_")
    if ending in VARIANTS or f"_{ending}" == MEASURED_AGAIN:
        found = known_facts(rest)
        if found is None:
            return None
        variant = ending if ending in VARIANTS else found.variant
        return replace(found, title=f"{found.title}, {ending}", variant=variant)
    if ending in ENDS and (found := known_facts(rest)) is not None:
        return replace(found, title=f"{found.title}, {ENDS[ending]}", source="")
    first, _, rest = column.partition("_")
    if first in ("p", "q"):
        return ColumnFacts(f"{first} ({rest})")
    if first in ("pref", "best"):
        found = parameter_facts(rest.removeprefix("level_"))
        word = {"pref": "pref."}.get(first, first)
        return replace(found, title=f"{word} {found.title}", source="")
    if first == "true":
        found = facts(rest)
        return replace(found, title=f"true {found.title}", source="")
    return _by_ending(column)


def _by_ending(column: str) -> ColumnFacts | None:
    """Facts of what a name ends in: a quantity, or a unit."""
    for name, quantity in QUANTITIES.items():
        if column.endswith(f"_{name}"):
            head = facts(column.removesuffix(f"_{name}")).title
            return replace(quantity, title=f"{head} {quantity.title}")
    for ending, unit in _UNITS.items():
        if column.endswith(ending):
            title = column.removesuffix(ending).replace("_", " ")
            return ColumnFacts(
                title, unit, "octaves" if unit in ("Hz", "deg/s") else "linear"
            )
    return None


def register(column: str, about: ColumnFacts) -> None:
    """Tell the facts of a further column, such as one that a new analysis makes.

    Raises
    ------
    AnalysisError
        If other facts are known of a column of this name.
    """
    if COLUMNS.setdefault(column, about) != about:
        raise AnalysisError(
            f"The column {column!r} is known as {COLUMNS[column].label!r}; give the new "
            "one another name."
        )
