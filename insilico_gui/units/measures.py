"""Which columns of a unit table measure something, and which shows best on a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from insilico_gui.units.columns import VARIANTS, facts
from insilico_gui.units.frame import KEYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

AZIMUTH, DIFFERENCE = "rf_azimuth_deg", "mean_difference"


def main_column(columns: Sequence[str]) -> str | None:
    """The column of a result that shows best on a map; None without columns.

    Where receptive fields are, before how they are turned; how two runs differ; what a
    unit prefers, an angle before a size; else the first that is no bare place.
    """
    names = [name for name in columns if name not in KEYS and not facts(name).place]
    for wanted in (AZIMUTH, DIFFERENCE):
        if wanted in names:
            return wanted
    for drawn in ("cyclic", "octaves"):
        for name in names:
            if facts(name).drawn == drawn:
                return name
    return names[0] if names else None


def is_measure(column: pd.Series[Any]) -> bool:
    """Whether a column measures something, so that a range of it has a meaning."""
    return column.dtype.kind in "fiu" and facts(str(column.name)).drawn != "names"


def measured_columns(units: pd.DataFrame) -> list[str]:
    """Columns of a unit table that hold measurements: what can be plotted."""
    return [str(name) for name, column in units.items() if is_measure(column)]


SELECTIVITY = {
    "pref_dir": ("gDSI", "DSI"),
    "vector_dir": ("gDSI", "DSI"),
    "pref_ori": ("gOSI", "OSI"),
    "vector_ori": ("gOSI", "OSI"),
}
"""How selective units are for what a column says that they prefer, the best first."""


def selectivity_of(column: str, columns: Sequence[str]) -> str | None:
    """The column that tells how selective units are for an angle that they prefer.

    It has the ending of the column, such as ``_measured`` or the name of a stimulus;
    None where there is none.
    """
    for name, measures in SELECTIVITY.items():
        if column == name or column.startswith((f"{name}_", f"{name} ")):
            ending = column.removeprefix(name)
            without = ending
            for variant in VARIANTS:
                without = without.replace(f"_{variant}", "", 1)
            found = [
                f"{measure}{end}" for end in (ending, without) for measure in measures
            ]
            return next((each for each in found if each in columns), None)
    return None
