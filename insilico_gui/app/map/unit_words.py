"""What the map says of one unit: its id, its area, and what it is coloured by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.app.widgets.unit_names import unit_name
from insilico_gui.experiment.viewing import RESPONSE
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.app.map.color_scale import ColorScale
    from insilico_gui.experiment.resolved import Resolved


def unit_lines(
    now: Resolved,
    row: int,
    scale: ColorScale,
    values: NDArray[np.floating] | None,
) -> list[str]:
    """Lines on the unit in a row of the unit table; none if there is no such row.

    The value, of `values` [U] that are coloured by `scale`, comes with its title and
    unit.
    """
    said = _name_and_area(now, row)
    if said and values is not None and row < len(values):
        title, unit = _title(now, scale)
        value = _value(scale, float(values[row]))
        said.append(f"{title}: {value} {unit}".rstrip())
    return said


def unit_sentence(
    now: Resolved,
    row: int,
    scale: ColorScale,
    values: NDArray[np.floating] | None,
) -> str:
    """The same as one line, with the code name of the column."""
    said = _name_and_area(now, row)
    if said and values is not None and np.isfinite(values[row]):
        said.append(f"{scale.column} {_value(scale, float(values[row]))}")
    return ", ".join(said)


def _name_and_area(now: Resolved, row: int) -> list[str]:
    units = now.units
    if row >= len(units):  # of a session that is just being replaced
        return []
    said = [f"unit {unit_name(units, row)}"]
    if "area" in units and units["area"].iloc[row]:
        said.append(str(units["area"].iloc[row]))
    return said


def _title(now: Resolved, scale: ColorScale) -> tuple[str, str]:
    if scale.column == RESPONSE:
        return getattr(now.session, "response_label", RESPONSE), ""
    about = facts(scale.column)
    return about.title, about.unit


def _value(scale: ColorScale, value: float) -> str:
    if not np.isfinite(value):
        return "not known"
    names = scale.categories
    return f"{value:.3g}" if names is None else names[int(value)]
