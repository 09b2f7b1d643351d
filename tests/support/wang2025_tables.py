"""Published tables on synthetic units: metadata of a model tree, and properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from support.wang2025_synthetic import unit_ids

if TYPE_CHECKING:
    from pathlib import Path

TUNING = ["OSI", "DSI", "gOSI", "gDSI", "pref_ori", "pref_dir"]
ACCURACY = ["cc_abs", "cc_max", "cc_norm"]
AREAS = np.array(["V1", "LM", "AL", "RL"])


def truth(units: int, seed: int = 3) -> pd.DataFrame:
    """What is known of the units, in readout order, under the names of a unit table."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"unit_id": unit_ids(units)})
    for name in ("x", "y", "z"):
        table[name] = rng.uniform(0, 1000, units).astype(np.float32)
    table["area"] = AREAS[rng.integers(0, 3, units)]
    table["field"] = rng.integers(1, 4, units)
    for name in TUNING + ACCURACY:
        table[name] = rng.uniform(0, 1, units).astype(np.float32)
    return table


def metadata(table: pd.DataFrame, session: int = 8, scan: int = 5) -> dict:
    """The dictionary of a metadata file, rows in the order of the table."""
    columns = {name: table[name].to_numpy(np.float32) for name in TUNING + ACCURACY}
    return {
        "calcium_2p": {
            "session": session,
            "scan": scan,
            "animal_id": 17797,
            "unit_id": table["unit_id"].to_numpy(np.int32),
            "coordinates": table[["x", "y", "z"]].to_numpy(np.float32),
            **{name: columns[name] for name in TUNING},
            "roi": {
                area: (table["area"] == area).to_numpy(np.int8)
                for area in table["area"].unique()
            },
            "field_masks": {
                f"field_{n}": (table["field"] == n).to_numpy(np.int8)
                for n in sorted(table["field"].unique())
            },
        },
        "encoding_model": {name: columns[name] for name in ACCURACY},
    }


def write_properties(
    folder: Path,
    table: pd.DataFrame,
    locations: np.ndarray | None = None,
    session: int = 8,
    scan_idx: int = 5,
) -> None:
    """Property folders, whose rows are shuffled and among those of another scan."""
    keyed = table.assign(session=session, scan_idx=scan_idx)
    other = keyed.assign(session=6, area="V1", field=9)
    rows = pd.concat([other, keyed], ignore_index=True)
    order = np.random.default_rng(0).permutation(len(rows))
    rows = rows.iloc[order].rename(
        columns={
            "x": "unit_x",
            "y": "unit_y",
            "z": "unit_z",
            "area": "brain_area",
        }
    )
    keys = ["session", "scan_idx", "unit_id"]
    folders = {
        "anatomy": ["unit_x", "unit_y", "unit_z", "brain_area", "field"],
        "ori_dir_tuning": TUNING,
        "performance": ACCURACY,
        "readout": [],
    }
    for name, columns in folders.items():
        (folder / name).mkdir(parents=True)
        rows[keys + columns].to_csv(folder / name / "units.csv", index=False)
    if locations is not None:
        both = np.concatenate([np.zeros_like(locations), locations])[order]
        np.save(folder / "readout" / "readout_locations.npy", both)
