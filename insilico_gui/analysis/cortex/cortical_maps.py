"""Retinotopic maps of a unit table: from what, and with the areas' names.

Window and command line offer what is listed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.cortex.retinotopy import retinotopy_columns, retinotopy_maps
from insilico_gui.errors import AnalysisError
from insilico_gui.units.frame import MEASURED_AGAIN

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.progress import OnProgress
    from insilico_gui.stimuli.core.display import Display

    Floats = NDArray[np.float64]

MEASURED, KNOWN = "measured fields", "unit table"
DEGREES, FITTED = ("rf_azimuth_deg", "rf_elevation_deg"), "rf_r2"
MINUS = "\N{MINUS SIGN}"
NO_PATCH = "none"
MIN_R2 = 0.1
"""Least share of a map's variance that the fit of a field explains."""


def sheet_sources(units: pd.DataFrame) -> list[str]:
    """What retinotopic maps of a unit table can be made from: measured fields, its own.

    Nothing without places ``x`` and ``y``.
    """
    names = set(units.columns)
    if not {"x", "y"} <= names:
        return []
    found = [MEASURED] if set(DEGREES) <= names else []
    return [*found, KNOWN] if {"rf_x", "rf_y"} <= names else found


def sheet_maps(
    units: pd.DataFrame,
    source: str,
    display: Display,
    *,
    min_r2: float = MIN_R2,
    sigma_um: float = 60.0,
    on_progress: OnProgress | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Azimuth, elevation and field sign over the sheet, and columns of all units.

    Parameters
    ----------
    units : pandas.DataFrame
        With ``x`` and ``y`` in micrometres.
    source : {"measured fields", "unit table"}
        One of :func:`sheet_sources`.
    display : Display
        Screen on which ``rf_x`` and ``rf_y`` are.
    min_r2 : float
        Measured fields whose fit explains less of the map are left out.
    sigma_um : float
        See :func:`insilico_gui.analysis.retinotopy_maps`.

    Returns
    -------
    maps : xarray.Dataset
        See :func:`insilico_gui.analysis.retinotopy_maps`; ``patch_name`` (``patch_id``)
        is the most frequent area of the units in a patch, if the table has areas, and
        its sign.
    columns : pandas.DataFrame
        ``map_azimuth_deg`` and ``map_elevation_deg``, the maps where the unit is,
        ``field_sign``, ``sign_patch`` and ``sign_area``, the name of the patch.
    """
    possible = sheet_sources(units)
    if source not in possible:
        raise AnalysisError(
            f"A retinotopic map cannot be made from {source!r}: it takes places x and "
            "y, and receptive fields that were mapped or came with the session."
        )
    x, y = (units[name].to_numpy(float) for name in ("x", "y"))
    azimuth, elevation = _centres(units, source, display, min_r2)
    maps = retinotopy_maps(
        x, y, azimuth, elevation, sigma_um=sigma_um, on_progress=on_progress
    )
    if not np.isfinite(maps["field_sign"]).any():
        raise AnalysisError(
            f"No place of the sheet has enough units within {sigma_um:g} um; smooth "
            "more, or map the fields of more units."
        )
    maps.attrs["analysis"] |= {"source": source, "min_r2": min_r2}
    columns = retinotopy_columns(maps, x, y, units)
    for name in ("azimuth", "elevation"):
        at = maps[name].interp(x=("unit", x), y=("unit", y), method="nearest")
        place = list(columns).index("field_sign")
        columns.insert(place, f"map_{name}_deg", at.to_numpy())
    # Units that no map was made of may lie anywhere, and do not name a patch.
    mapped = np.isfinite(azimuth) & np.isfinite(elevation)
    names = _patch_names(maps, columns["sign_patch"][mapped], units[mapped])
    maps["patch_name"] = ("patch_id", np.array(names, dtype=np.str_))
    columns["sign_area"] = [
        names[patch - 1] if patch else NO_PATCH for patch in columns["sign_patch"]
    ]
    return maps, columns


def _patch_names(maps: xr.Dataset, patch: pd.Series, units: pd.DataFrame) -> list[str]:
    """Most frequent area and sign of each patch; its number if that is not enough."""
    names = []
    for number, sign in enumerate(maps["patch_sign"].to_numpy().tolist(), start=1):
        area = str(number)
        if "area" in units:
            inside = units["area"][(patch == number).to_numpy()].mode()
            area = str(inside.iloc[0]) if len(inside) else area
        name = f"{area} {'+' if sign > 0 else MINUS}"
        names.append(f"{name} ({number})" if name in names else name)
    return names


def _centres(
    units: pd.DataFrame, source: str, display: Display, min_r2: float
) -> tuple[Floats, Floats]:
    if source == KNOWN:
        x, y = units["rf_x"].to_numpy(float), units["rf_y"].to_numpy(float)
        return display.to_degrees(x, y)

    def measured(name: str) -> Floats:
        again = name + MEASURED_AGAIN
        values: Floats = units[again if again in units else name].to_numpy(float)
        return values

    good = measured(FITTED) >= min_r2
    azimuth, elevation = (np.where(good, measured(name), np.nan) for name in DEGREES)
    return azimuth, elevation
