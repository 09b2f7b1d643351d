"""Published properties of the units, joined by (session, scan, unit).

The properties are folders ``anatomy``, ``ori_dir_tuning``, ``performance`` and
``readout``, each with a ``units.csv``. Each is looked for in the weights folder and in
the folder that the user chose: directly there, in a sub-folder ``properties*`` or
``digital_twin_properties*`` (and in a ``v2`` below), and in such a folder beside it.
The first found is used. Version 1 came from a retired model: folders that end in ``v1``
are passed by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import WeightsError
from insilico_gui.untrusted.door import reading
from insilico_gui.untrusted.plain_arrays import read_npy
from insilico_wang2025.folders import is_file, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from insilico_wang2025.ids import ScanKey

KEYS = ("session", "scan_idx", "unit_id")

#: Of each folder: columns of its table, and what they are called in a unit table.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "anatomy": {
        "unit_x": "x",
        "unit_y": "y",
        "unit_z": "z",
        "brain_area": "area",
        "field": "field",
    },
    "ori_dir_tuning": {
        name: name for name in ("OSI", "DSI", "gOSI", "gDSI", "pref_ori", "pref_dir")
    },
    "performance": {name: name for name in ("cc_abs", "cc_max", "cc_norm")},
}
READOUT = "readout"
LOCATIONS = "readout_locations.npy"


@dataclass(frozen=True)
class Properties:
    """Property folders that were found.

    Attributes
    ----------
    folders : mapping of str to Path
        ``anatomy``, ``ori_dir_tuning``, ``performance``, ``readout``, where present.
    """

    folders: Mapping[str, Path]

    def table(self, folder: str) -> pd.DataFrame:
        """All rows of one folder's table, under the names of a unit table."""
        names = dict(COLUMNS[folder])
        path = self.folders[folder] / "units.csv"
        table = read_table(path, (*KEYS, *names), text=("brain_area",))
        return table.rename(columns=names)

    def columns(self, key: ScanKey, unit_ids: NDArray[np.int64]) -> dict[str, Any]:
        """What is known of the units of a scan, in the order of `unit_ids`.

        Raises
        ------
        WeightsError
            If a table lacks some of the units, or has one twice.
        """
        found: dict[str, Any] = {}
        for folder in COLUMNS:
            if folder in self.folders:
                table = self.table(folder)
                rows = _rows(table, key, unit_ids, folder)
                for name in COLUMNS[folder].values():
                    found[name] = table[name].to_numpy()[rows]
        return found

    def locations(
        self, key: ScanKey, unit_ids: NDArray[np.int64]
    ) -> NDArray[np.float64] | None:
        """Receptive-field centres [U, 2] as published; None if there are none.

        Raises
        ------
        WeightsError
            If table and array do not fit, or units are missing.
        """
        if READOUT not in self.folders:
            return None
        path = self.folders[READOUT] / LOCATIONS
        if not is_file(path):
            return None
        table = read_table(path.with_name("units.csv"), KEYS)
        advice = "copy it again from the published data"
        with reading(LOCATIONS, WeightsError, advice):
            locations = read_npy(path, LOCATIONS, WeightsError)
        if locations.shape != (len(table), 2) or locations.dtype.kind != "f":
            raise WeightsError(
                f"{LOCATIONS} is {locations.dtype} {list(locations.shape)}, but its "
                f"units.csv has {len(table)} rows; both must be of one version."
            )
        rows = _rows(table, key, unit_ids, READOUT)
        return np.asarray(locations[rows], dtype=np.float64)


def find_properties(*directories: Path) -> Properties:
    """Look for property folders; see the module for where."""
    roots = dict.fromkeys(root for d in directories for root in _roots(d))
    folders: dict[str, Path] = {}
    for name in (*COLUMNS, READOUT):
        for root in roots:
            if is_file(root / name / "units.csv"):
                folders[name] = root / name
                break
    return Properties(folders)


def _roots(directory: Path) -> Iterable[Path]:
    yield directory
    for place in (directory, directory.parent):
        for pattern in ("digital_twin_properties*", "properties*"):
            for found in sorted(place.glob(pattern)):
                if not found.name.endswith("v1"):
                    yield from (found, found / "v2")


def _rows(
    table: pd.DataFrame, key: ScanKey, unit_ids: NDArray[np.int64], folder: str
) -> NDArray[np.int64]:
    """Row numbers of a scan's units, in the order of `unit_ids`."""
    here = (table["session"] == key.session) & (table["scan_idx"] == key.scan_idx)
    rows = np.flatnonzero(here.to_numpy())
    ids = table["unit_id"].to_numpy()[rows]
    order = np.argsort(ids, kind="stable")
    places = np.searchsorted(ids[order], unit_ids)
    known = np.zeros(len(unit_ids), dtype=bool)
    inside = places < len(ids)
    known[inside] = ids[order][places[inside]] == unit_ids[inside]
    if not known.all() or len(np.unique(ids)) < len(ids):
        raise WeightsError(
            f"The table {folder}/units.csv does not fit the weights of {key.name} "
            f"({np.count_nonzero(~known)} of {len(unit_ids)} units are missing in it, "
            f"{len(ids) - len(np.unique(ids))} are there twice); use the properties "
            "published with these weights."
        )
    return rows[order[places]].astype(np.int64)
