"""The line of text above a tuning: what was found of a unit, or of several."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.units.columns import facts
from insilico_gui.units.frame import MEASURED_AGAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

SHOWN_FIRST = ("pref_dir", "OSI_fit", "DSI_raw", "gOSI", "gDSI")
"""Columns worth a place in the line, where a tuning has them."""

N_COLUMNS = 4
SIGNIFICANT = 0.01
"""Li et al. 2025 call units with this p, or a smaller one, tuned."""


def tuning_line(
    units: pd.DataFrame, columns: Sequence[str], *, together: bool, called: str = ""
) -> str:
    """What a tuning found, in one line of rich text.

    Parameters
    ----------
    units : pandas.DataFrame
        Rows of the unit table: those that are shown.
    columns : sequence of str
        Columns of it that the tuning made.
    together : bool
        Whether to tell of all units together, by medians, or of the first one.
    called : str
        What the first one is called; default its id.
    """
    chances = [name for name in columns if name.startswith("p_")]
    numeric = [
        name
        for name in columns
        if units[name].dtype.kind in "fiu" and name not in chances
    ]
    numeric.sort(key=lambda name: _plain(name) not in SHOWN_FIRST)
    if together:
        # A median of angles would mean nothing.
        numeric = [name for name in numeric if facts(name).period is None]
        parts = [f"<b>{len(units):,} units</b>"]
        parts += [
            f"p({name.removeprefix('p_')}) &le; {SIGNIFICANT:g}: "
            f"{int((units[name] <= SIGNIFICANT).sum()):,}"
            for name in chances
        ]
        values = units[numeric].astype(float).median()
        numeric = [name for name in numeric if np.isfinite(values[name])]
        if numeric:
            parts.append("medians:")
    else:
        parts = [f"<b>unit {escape(called or str(units['unit_id'].iloc[0]))}</b>"]
        parts += [
            f"p({name.removeprefix('p_')}) {units[name].iloc[0]:.2g}"
            for name in chances
        ]
        values = units[numeric].iloc[0].astype(float)
    known = [name for name in numeric if np.isfinite(values[name])]
    parts += [_value(name, values[name]) for name in known[:N_COLUMNS]]
    unknown = [_plain(name) for name in numeric if name not in known]
    if any(name.endswith("_fit") for name in unknown):
        parts.append("no fit")
    parts += [f"no {name}" for name in unknown if not name.endswith("_fit")]
    return " &nbsp; ".join(parts)


def _value(column: str, value: float) -> str:
    unit = facts(column).unit
    text = f"{_plain(column)} {value:.3g}"
    if unit == "deg":
        return f"{text}°"
    return f"{text} {unit}" if unit else text


def _plain(column: str) -> str:
    return column.removesuffix(MEASURED_AGAIN)
