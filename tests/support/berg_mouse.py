"""The mouse model in a tree of encoding models: metadata beside synthetic weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from support import wang2025_synthetic

DATA = Path(__file__).parents[1] / "data" / "berg"
MODEL = "encoding_models/modality-calcium_2p/train_dataset-wang_2025/model-3DCNN"
OLD_MODEL = MODEL.replace("wang_2025", "natural_videos")
AREAS = ("V1", "LM", "AL", "RL")


def selections() -> dict[str, Any]:
    """Reference selections of a scan of 24 neurons."""
    content: dict[str, Any] = json.loads((DATA / "mouse_selection.json").read_text())
    return content


def metadata() -> dict[str, Any]:
    """Metadata of that scan."""
    known = selections()
    table = known["metadata"]
    area, field = np.array(table["area"]), np.array(table["field"])
    n = len(area)
    rng = np.random.default_rng(4)
    tuning = ("OSI", "DSI", "gOSI", "gDSI", "pref_ori", "pref_dir")
    return {
        "calcium_2p": {
            "session": known["session"],
            "scan": known["scan"],
            "animal_id": 17797,
            "unit_id": np.array(table["unit_id"], np.int32),
            "coordinates": rng.uniform(0, 1000, (n, 3)).astype(np.float32),
            **{name: rng.random(n, dtype=np.float32) for name in tuning},
            "roi": {name: (area == name).astype(np.int8) for name in AREAS},
            "field_masks": {
                f"field_{i}": (field == i).astype(np.int8) for i in range(1, 7)
            },
        },
        "encoding_model": {
            name: rng.random(n, dtype=np.float32)
            for name in ("cc_abs", "cc_max", "cc_norm")
        },
    }


def write_mouse(
    root: Path,
    *,
    model: str = MODEL,
    dashes: bool = True,
    readout: np.ndarray | None = None,
) -> Path:
    """Add scan 9-3 to a data root.

    Parameters
    ----------
    model : str
        Folder of the model: of which generation it is.
    dashes : bool
        Whether the metadata's name has them.
    readout : int array, optional
        Unit ids in the order of the weights; default that of the metadata.
    """
    folder = root / model
    weights = folder / "encoding_models_weights"
    content = metadata()
    ids = content["calcium_2p"]["unit_id"] if readout is None else readout
    wang2025_synthetic.write_params(weights, 7, len(ids), (9, 3))
    (weights / "scans.csv").write_text(f"session,scan_idx,units\n9,3,{len(ids)}\n")
    rows = [f"9,3,{i},{unit}\n" for i, unit in enumerate(ids)]
    header = "session,scan_idx,readout_id,unit_id\n"
    (weights / "units.csv").write_text("".join([header, *rows]))
    (folder / "metadata").mkdir(exist_ok=True)
    name = "session-9_scan-3" if dashes else "session9_scan3"
    np.save(folder / "metadata" / f"{name}_metadata.npy", content, allow_pickle=True)
    return root
