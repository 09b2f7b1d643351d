"""Columns of a unit table by what they belong to, the freshest results first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from insilico_gui.units.columns import facts
from insilico_gui.units.frame import KEYS, MEASURED_AGAIN
from insilico_gui.units.measures import is_measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from insilico_gui.units.results import Measured

IDENTITY, PROPERTIES, PLACE, RECORDING = "unit", "properties", "place", "recording"
"""Titles of the groups of a session's own columns."""

LONGEST_LINE = 14
"""Letters of a title in one line; longer ones are broken between words."""


@dataclass(frozen=True)
class ColumnGroup:
    """Columns that belong together.

    Attributes
    ----------
    title : str
    names : tuple of str
    """

    title: str
    names: tuple[str, ...]


def column_groups(units: pd.DataFrame, measured: Measured) -> list[ColumnGroup]:
    """All columns of a unit table, in groups, in the order in which they are shown.

    What a unit is comes first, then the results of analyses, the latest first, then
    properties that the session knows, its place, and what names it.
    """
    columns = [str(name) for name in units.columns]
    results = {
        analysis: tuple(n for n in measured.columns(analysis) if n in columns)
        for analysis in reversed(measured.parameters)
    }
    taken = {name for names in results.values() for name in names}
    own = [name for name in columns if name not in taken]
    labels = [n for n in own if n not in KEYS and not is_measure(units[n])]
    places = [n for n in own if n not in labels and facts(n).place]
    rest = [n for n in own if n not in {*labels, *places, *KEYS}]
    known = [n for n in labels if not n.startswith("true_")]
    rest = [n for n in own if n in rest or n in set(labels) - set(known)]
    groups = [
        (IDENTITY, known),
        *results.items(),
        (PROPERTIES, rest),
        (PLACE, places),
        (RECORDING, [n for n in reversed(KEYS) if n in own]),
    ]
    return [ColumnGroup(title, tuple(names)) for title, names in groups if names]


def column_title(name: str, group: str) -> str:
    """Title of a column with its unit, short where the title of its group says more."""
    if group not in (IDENTITY, PROPERTIES, PLACE, RECORDING):
        stimulus = group.partition(" of ")[2]
        name = name.removesuffix(f" of {stimulus}").removesuffix(MEASURED_AGAIN)
    about = facts(name)
    return f"{about.title} ({about.unit})" if about.unit else about.title


def in_lines(title: str) -> str:
    """A title in one line or two, about equally long, broken between words."""
    if len(title) <= LONGEST_LINE:
        return title
    places = [k for k, letter in enumerate(title) if letter == " "]
    if not places:
        return title
    best = min(places, key=lambda k: max(k, len(title) - k - 1))
    return f"{title[:best]}\n{title[best + 1 :]}"


def group_of_each(groups: Sequence[ColumnGroup]) -> list[tuple[str, str]]:
    """Name and title of the group of each column, in the order of the groups."""
    return [(name, group.title) for group in groups for name in group.names]
