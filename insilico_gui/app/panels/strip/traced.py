"""Whose traces are drawn: single units, and groups of units whose mean is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtGui import QColor

from insilico_gui.app.map.selection_rim import color_in_use
from insilico_gui.app.widgets.colors import CATEGORIES
from insilico_gui.app.widgets.unit_names import unit_names
from insilico_gui.errors import InsilicoError
from insilico_gui.experiment.document import MEAN, MOST_TRACES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.app.widgets.theme import PlotColors
    from insilico_gui.experiment import Experiment
    from insilico_gui.experiment.resolved import Resolved

    Columns = NDArray[np.int64]
    RGB = tuple[int, int, int]

ENCODED = "encoded of "
"""Selections with such names say which units were encoded, and are nobody's choice."""


@dataclass(frozen=True)
class Group:
    """Units whose mean is drawn.

    Attributes
    ----------
    name : str
        "" of the selection that is worked with.
    color : (int, int, int) or None
        Red, green, blue; None for the theme's colour of means.
    columns : int64 array
        Of the responses.
    """

    name: str
    color: RGB | None
    columns: Columns


def groups_of(now: Resolved, experiment: Experiment) -> list[Group]:
    """Groups whose means are drawn, that of the selection worked with first."""
    means = now.view.traces.means
    if means == "none":
        return []
    own = now.selected_columns
    color = color_in_use(now)
    rgb = None if color is None else rgb_of(QColor(color))
    found = [Group("", rgb, own)] if len(own) else []
    if means != "every selection":
        return found
    for name, entry in now.selections.items():
        if name == now.view.selection or name.startswith(ENCODED):
            continue
        try:
            rows = experiment.selection(name).indices
        except InsilicoError:  # a result that it is by is not computed now
            continue
        columns = np.flatnonzero(np.isin(now.encoded_rows, rows))
        if len(columns):
            found.append(Group(name, rgb_of(QColor(entry.color)), columns))
    return found


def single_columns(now: Resolved) -> Columns:
    """Columns of the units whose traces are drawn, the unit looked at among them."""
    wanted = now.view.traces
    if wanted.units:
        found = columns_named(now, [str(unit) for unit in wanted.units])
    else:
        own = now.selected_columns
        n = min(wanted.n_units, len(own))
        found = own[np.linspace(0, len(own) - 1, n).astype(int)] if n else own[:0]
    looked_at = looked_at_column(now)
    if looked_at is not None and looked_at not in found:
        found = np.append(found[: MOST_TRACES - 1], looked_at)
    return found


def looked_at_column(now: Resolved) -> int | None:
    """Column of the unit looked at; None without one, or if it was not encoded."""
    unit = now.view.unit_id
    if unit in (None, MEAN):
        return None
    found = columns_named(now, [str(unit)])
    return int(found[0]) if len(found) else None


def columns_named(now: Resolved, wanted: list[str]) -> Columns:
    """Columns of the responses of units, by id or by name; unknown ones are left out."""
    rows = now.encoded_rows
    if not len(rows):
        return np.empty(0, np.int64)
    unit_ids = now.units["unit_id"]
    ids = unit_ids.to_numpy()[rows]
    place: dict[str, int] = {}
    if ids.dtype.kind in "iu":  # without a text of each of many
        numbers = {n: int(n) for n in wanted if n.removeprefix("-").isdecimal()}
        for name, number in numbers.items():
            there = np.flatnonzero(ids == number)
            if len(there) and str(number) == name:
                place[name] = int(there[0])
    else:
        place = {str(unit): k for k, unit in reversed(list(enumerate(ids.tolist())))}
    if not all(name in place for name in wanted) and not unit_ids.is_unique:
        names = unit_names(now.units, rows)
        place |= {name: k for k, name in enumerate(names)}
    known = [place[name] for name in dict.fromkeys(wanted) if name in place]
    return np.array(known, np.int64)


def key_of(now: Resolved, column: int) -> int | str:
    """What tells a unit from all others: its id, or its name where ids are not enough."""
    row = int(now.encoded_rows[column])
    unit = now.units["unit_id"].iloc[row]
    name = unit_names(now.units, [row])[0]
    if name == str(unit) and isinstance(unit, int | np.integer):
        return int(unit)
    return name


def single_colors(n: int, colors: PlotColors) -> list[RGB]:
    """A colour for each of n units: few by colours that everybody tells apart."""
    if n <= len(CATEGORIES):
        return [_readable(QColor(name), colors) for name in CATEGORIES[:n]]
    # A full blue cannot be read on a dark background
    sat = 255 if colors.is_light else 150
    hues = [pg.intColor(k, n, maxValue=colors.brightest, sat=sat) for k in range(n)]
    return [rgb_of(hue) for hue in hues]


def _readable(color: QColor, colors: PlotColors) -> RGB:
    """The colour, darker on a light background and lighter on a dark one if need be."""
    lightness = color.lightness()
    if colors.is_light and lightness > 110:
        color = color.darker(100 + (lightness - 110))
    elif not colors.is_light and lightness < 110:
        color = color.lighter(100 + (110 - lightness))
    return rgb_of(color)


def rgb_of(color: QColor) -> RGB:
    """Red, green and blue of a colour, 0..255."""
    return color.red(), color.green(), color.blue()
