"""What to write at axes and colour bars: names and units of parameters and columns."""

from __future__ import annotations

import numpy as np

from insilico_gui.app.widgets.colors import cycle_limits, period
from insilico_gui.units.frame import MEASURED_AGAIN

PARAMETER_UNITS = {
    "direction": "deg",
    "orientation": "deg",
    "phase": "deg",
    "spatial_frequency": "cycles/deg",
    "temporal_frequency": "Hz",
    "contrast": "0 to 1",
    "coherence": "0 to 1",
    "speed": "deg/s",
    "x": "-1 to 1",
    "y": "-1 to 1",
}
"""Units of the parameters of trial tables."""

ENDINGS = {"_deg_s": "deg/s", "_deg": "deg", "_ms": "ms", "_s": "s", "_hz": "Hz"}
"""Units that are part of a name."""

COLUMN_UNITS = {
    "_sf": "cycles/deg",
    "_tf": "Hz",
    "_spatial_frequency": "cycles/deg",
    "_temporal_frequency": "Hz",
    "_speed": "deg/s",
    "_size": "deg",
    "_bandwidth": "octaves",
    "x": "µm",
    "y": "µm",
    "z": "µm",
    "rf_x": "-1 to 1",
    "rf_y": "-1 to 1",
}
"""Units of columns of unit tables, by their name or, with an underscore, its ending."""

PLACES = ("x", "y", "z", "rf_x", "rf_y")
"""Columns that say where a unit is or looks, which a map shows better than a plot."""

VARIANTS = (MEASURED_AGAIN, "_raw", "_fit")


def parameter_label(parameter: str, *, short: bool = False) -> str:
    """A parameter of trials with its unit; `short` for low plots."""
    name, unit = parameter, PARAMETER_UNITS.get(parameter)
    for ending, of_ending in ENDINGS.items():
        if unit is None and name.endswith(ending):
            name, unit = name.removesuffix(ending), of_ending
    label = f"{name} ({unit})" if unit else name
    if short:
        label = label.replace("frequency", "freq.").replace("cycles", "cyc")
    return label.replace("_", " ")


def column_label(column: str) -> str:
    """A column of the unit table with its unit, where the name does not tell it."""
    unit = column_unit(column)
    told = any(_plain(column).endswith(ending) for ending in ENDINGS)
    return f"{column} ({unit})" if unit and not told else column


def column_unit(column: str) -> str | None:
    """Unit of a column of the unit table, if it is known."""
    if period(column) is not None:
        return "deg"
    name = _plain(column)
    for ending, unit in ENDINGS.items():
        if name.endswith(ending):
            return unit
    for key, unit in COLUMN_UNITS.items():
        if name == key or (key.startswith("_") and name.endswith(key)):
            return unit
    return None


def in_octaves(column: str) -> bool:
    """Whether a column is looked at on an axis of octaves."""
    return column_unit(column) in ("cycles/deg", "Hz", "deg/s")


def is_place(column: str) -> bool:
    """Whether a column is a bare coordinate, as it is or as it was measured."""
    return _plain(column.removeprefix("true_")) in PLACES


def angle_ticks(column: str) -> list[tuple[float, str]] | None:
    """Ticks at quarters of the turn of a cyclic column; None if it is not cyclic."""
    ends = cycle_limits(column)
    if ends is None:
        return None
    return [(float(at), f"{at:g}") for at in np.linspace(*ends, 5)]


def _plain(column: str) -> str:
    for variant in VARIANTS:
        column = column.removesuffix(variant)
    return column
