"""What the map says of one unit: its id, its area, and what it is coloured by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.app.map.crowd import origin_of
from insilico_gui.app.widgets.unit_names import unit_name
from insilico_gui.experiment.viewing import RESPONSE
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    from insilico_gui.app.map.color_scale import ColorScale
    from insilico_gui.app.map.crowd import Found
    from insilico_gui.experiment.resolved import Resolved


def unit_lines(
    now: Resolved,
    found: Found | None,
    scale: ColorScale,
    value: float | None,
) -> list[str]:
    """Lines on a unit on the map; none if there is no such unit any more.

    The value, coloured by `scale`, comes with its title and unit.
    """
    if found is None:
        return []
    said = _name_and_area(found)
    if now.beside:
        said.append(origin_of(found))
    if value is not None:
        title, unit = _title(now, scale)
        said.append(f"{title}: {_value(scale, value)} {unit}".rstrip())
    return said


def unit_sentence(
    now: Resolved,
    found: Found | None,
    scale: ColorScale,
    value: float | None,
) -> str:
    """The same as one line, with the code name of the column."""
    if found is None:
        return ""
    said = _name_and_area(found)
    if now.beside:
        said.append(origin_of(found))
    if value is not None and np.isfinite(value):
        said.append(f"{scale.column} {_value(scale, value)}")
    return ", ".join(said)


def _name_and_area(found: Found) -> list[str]:
    units, row = found.units, found.row
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
