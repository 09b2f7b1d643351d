"""Where brain regions are, for the map: a small table of approximate centres.

Axes are those of the Allen Mouse Brain Common Coordinate Framework, version 3 (Wang et
al., Cell 2020): from the front, from the top, and from the midline, in um. The values are
approximate centres of the regions, rounded to 100 um, compiled by hand for orientation on
a map; they were not measured from the annotation volume and may be off by half a
millimetre. A file ``region_centers.csv`` beside a model takes their place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from insilico_gui.errors import WeightsError, quoted
from insilico_gui.untrusted.tables import read_csv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SOURCE = (
    "approximate centres in the axes of the Allen Mouse CCFv3, compiled by hand, to "
    "about 500 um; for orientation only"
)
FILE = "region_centers.csv"
BREGMA_AP = 5400.0
"""um from the front of the framework, where y is zero."""

#: From the front, from the top, from the midline (um).
CENTERS: Mapping[str, tuple[float, float, float]] = {
    "ACA": (4800, 1900, 350),
    "ACB": (4200, 4800, 1200),
    "APN": (8200, 3200, 1100),
    "BLA": (6700, 5400, 3000),
    "CA1": (8000, 2400, 2400),
    "CA3": (7500, 3000, 2300),
    "CP": (4900, 3900, 2400),
    "DG": (8000, 2800, 1700),
    "GPe": (5900, 4400, 2200),
    "ILA": (3300, 3300, 400),
    "LD": (6800, 2900, 1300),
    "LGd": (7500, 3100, 2300),
    "LP": (7700, 3000, 1500),
    "LS": (5000, 3000, 450),
    "MD": (6600, 3300, 450),
    "MG": (8400, 3300, 2000),
    "MOp": (4800, 1900, 2100),
    "MOs": (3900, 1700, 1300),
    "MRN": (8900, 3700, 1200),
    "OLF": (3000, 4200, 1500),
    "ORB": (2900, 3100, 1200),
    "PAG": (9300, 2900, 450),
    "PL": (3100, 2600, 400),
    "PO": (7200, 3200, 1200),
    "POL": (8000, 3400, 1700),
    "POST": (9300, 2000, 2000),
    "RSP": (8100, 1000, 650),
    "RT": (6700, 3700, 2000),
    "SCm": (9100, 2300, 800),
    "SCs": (9200, 1500, 800),
    "SNr": (8400, 5000, 1400),
    "SSp": (5900, 2000, 3400),
    "SUB": (9100, 2600, 2500),
    "VISa": (7500, 900, 2200),
    "VISam": (7800, 900, 1800),
    "VISl": (8700, 1500, 3900),
    "VISp": (8800, 1400, 2600),
    "VISpm": (8500, 1000, 1700),
    "VISrl": (7700, 1200, 3100),
    "VPL": (7000, 3700, 1900),
    "VPM": (7200, 3700, 1600),
    "ZI": (7400, 4500, 1500),
}

REGIONS = tuple(
    f"left-{name}"
    for name in (
        *("SCs", "VISp", "LP", "VISl", "VISpm", "VISam", "VISrl", "VISa", "LD", "CP"),
        *("ACA", "MOs", "PL", "GPe", "SCm", "MRN", "SNr", "ZI", "APN", "ORB", "ILA"),
        *("ACB", "MOp", "RSP", "SSp", "VPL", "LGd", "MD", "PO", "POL", "MG", "RT"),
        *("VPM", "DG", "CA3", "CA1", "POST", "SUB", "LS", "PAG", "OLF", "BLA"),
    )
)
"""Names of the 42 regions of the published data; others are left out of them."""


def split_name(region: str) -> tuple[str, str]:
    """Hemisphere (``"left"``, ``"right"`` or ``""``) and area of a region's name."""
    side, dash, area = region.partition("-")
    return (side, area) if dash and side in ("left", "right") else ("", region)


def positions(
    regions: Sequence[str], own: pd.DataFrame | None = None
) -> pd.DataFrame | None:
    """Positions ``x, y, z`` (um) of regions: to the right, the front and the top.

    Regions of the right hemisphere mirror those of the left one; NaN where the table has
    no such region. `own` is a table of :func:`read_centers`. None if none is known.
    """
    if own is not None:
        found = own.reindex(list(regions))[["x", "y", "z"]].to_numpy()
    else:
        found = np.array([_position(region) for region in regions])
    if np.isnan(found).all():
        return None
    return pd.DataFrame(found, columns=["x", "y", "z"])


def _position(region: str) -> tuple[float, float, float]:
    side, area = split_name(region)
    if area not in CENTERS or not side:
        return (np.nan, np.nan, np.nan)
    front, top, middle = CENTERS[area]
    return (middle if side == "right" else -middle, BREGMA_AP - front, -top)


def read_centers(folder: Path) -> pd.DataFrame | None:
    """The file ``region_centers.csv`` of a folder, indexed by region; None without one.

    Columns are ``region``, ``x``, ``y``, ``z`` (um, to the right, the front, the top).
    """
    path = folder / FILE
    if not path.exists():
        return None
    table = read_csv(path, FILE, WeightsError, "give it the columns region, x, y and z")
    for name in ("region", "x", "y", "z"):
        if name not in table:
            raise WeightsError(
                f"{FILE} has no column {quoted(name)}; give it the columns region, x, y "
                "and z."
            )
        if name != "region" and table[name].dtype.kind not in "fiu":
            raise WeightsError(f"{FILE} has a column {name} that is not numeric.")
    if not table["region"].is_unique:
        raise WeightsError(f"{FILE} names a region twice; keep one row of it.")
    return table.set_index("region").astype(float)
