"""The unit table of a scan, put together from whatever tables are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insilico_gui.errors import WeightsError
from insilico_wang2025.folders import UNITS_FILE, WeightsFolder, read_table
from insilico_wang2025.metadata import read_metadata, reorder
from insilico_wang2025.properties import KEYS, find_properties

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_wang2025.ids import ScanKey

_FIRST = (*KEYS[2:], *KEYS[:2], "rf_x", "rf_y", "x", "y", "z", "area", "field")


@dataclass(frozen=True)
class Known:
    """What tables say of the units of a scan, in readout order.

    Attributes
    ----------
    unit_ids : int64 array, [U]
    columns : mapping of str to array [U]
        Anatomy, tuning and accuracy, as far as known.
    locations : float64 array [U, 2] or None
        Published receptive-field centres.
    sources : list of str
        Files and folders that were used, without the path of the machine.
    """

    unit_ids: NDArray[np.int64]
    columns: Mapping[str, Any]
    locations: NDArray[np.float64] | None
    sources: list[str]


def read_units(folder: WeightsFolder, key: ScanKey, units: int) -> pd.DataFrame:
    """Rows of ``units.csv`` of one scan, indexed by ``readout_id`` 0..U-1.

    Raises
    ------
    WeightsError
        If they are not exactly one row for each of `units` units.
    """
    table = read_table(folder.path / UNITS_FILE, (*KEYS, "readout_id"))
    here = (table["session"] == key.session) & (table["scan_idx"] == key.scan_idx)
    rows = table[here].set_index("readout_id").sort_index()
    if not np.array_equal(rows.index, np.arange(units)):
        raise WeightsError(
            f"{UNITS_FILE} does not number the units of {key.name} from 0 to "
            f"{units - 1} (the number in scans.csv); use the tables published with "
            "these weights."
        )
    if not rows["unit_id"].is_unique:
        raise WeightsError(
            f"{UNITS_FILE} has a unit of {key.name} twice; use the table published "
            "with these weights."
        )
    return rows


def known_units(
    folder: WeightsFolder, directory: Path, key: ScanKey, units: int
) -> Known:
    """Read all tables that there are on the units of a scan.

    Where metadata and published properties both know a column, the properties count.

    Raises
    ------
    WeightsError
        If a table does not fit the weights.
    """
    unit_ids = read_units(folder, key, units)["unit_id"].to_numpy(dtype=np.int64)
    columns: dict[str, Any] = {}
    sources: list[str] = []
    metadata = folder.metadata(key)
    if metadata is not None:
        columns |= reorder(read_metadata(metadata), unit_ids, metadata)
        sources.append(metadata.name)
    properties = find_properties(folder.path, directory.resolve())
    columns |= properties.columns(key, unit_ids)
    sources += [
        f"{path.parent.name}/{name}" for name, path in properties.folders.items()
    ]
    return Known(unit_ids, columns, properties.locations(key, unit_ids), sources)


def unit_table(
    key: ScanKey, known: Known, centers: NDArray[np.float64]
) -> pd.DataFrame:
    """The unit table; see :class:`insilico_gui.session.Session`.

    Parameters
    ----------
    centers : float64 array, [U, 2]
        Receptive-field centres.

    Returns
    -------
    pandas.DataFrame
        A row per unit in response order.
    """
    table = pd.DataFrame(
        {
            "unit_id": known.unit_ids,
            "session": np.int64(key.session),
            "scan_idx": np.int64(key.scan_idx),
            "rf_x": centers[:, 0],
            "rf_y": centers[:, 1],
            **known.columns,
        }
    )
    if "area" in table:
        table["area"] = table["area"].fillna("")
    first = [name for name in _FIRST if name in table]
    return table[[*first, *(name for name in table if name not in first)]]


def count_areas_and_fields(
    folder: WeightsFolder, directory: Path, keys: list[ScanKey]
) -> dict[ScanKey, tuple[dict[str, int], dict[str, int]]]:
    """Number of units of each area and each field, for scans of one weights folder."""
    counts = {}
    properties = find_properties(folder.path, directory.resolve())
    anatomy = properties.table("anatomy") if "anatomy" in properties.folders else None
    for key in keys:
        metadata = folder.metadata(key)
        if anatomy is not None:
            here = (anatomy["session"] == key.session) & (
                anatomy["scan_idx"] == key.scan_idx
            )
            table = anatomy[here]
        elif metadata is not None:
            table = pd.DataFrame(read_metadata(metadata))
        else:
            continue
        counts[key] = (_counts(table, "area"), _counts(table, "field"))
    return counts


def _counts(table: pd.DataFrame, column: str) -> dict[str, int]:
    if column not in table:
        return {}
    found = table[column].value_counts().sort_index()
    names = (str(int(n)) if column == "field" else str(n) for n in found.index)
    return dict(zip(names, (int(n) for n in found), strict=True))
