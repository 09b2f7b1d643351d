"""Synthetic weights: every tensor is drawn from a generator seeded with its own name.

The rule that the reference vectors in ``tests/data/wang2025`` were made with.
"""

from __future__ import annotations

import csv
import math
import re
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import torch
from insilico_wang2025.network import Network

DATA = Path(__file__).parents[1] / "data" / "wang2025"

CORE, SCAN = "params_core.pt", "params_{session}_{scan_idx}.pt"

# value = offset + scale * z; the first pattern found in the key counts
AFFINE = [
    (r"monitor\.angle$", 0, 0.08),
    (r"retina_pixel\.logit", 0.2, 0.3),
    (r"retina_pixel\.scale", 2.5, 0.2),
    (r"retina_pixel\.offset", -1, 0.1),
    (r"^(perspective|modulation)\.mlp\.linears\.0\.weights", 0, 0.7),
    (r"perspective\.mlp\.linears\.3\.gains", 0.1, 0.02),
    (r"perspective\.mlp\.linears\.3\.biases", 0, 0.03),
    (r"position\.mu", 0, 0.7),
    (r"position\.sigma", 0, 0.3),
    (r"feature\.weights", 0, 0.4),
    (r"^readout\.biases", -0.3, 0.5),
    (r"scales", 6, 1.5),
    (r"feedforward\.inputs\.0\.weights", 0, 0.25),
    (r"\.(convs|skips)\.1\.gains", 0.7, 0.14),
    (r"\.proj_x\.\d\.gains", 0.6, 0.12),
    (r"\.recurrent\.(proj_.|out)\.gains", 1.5, 0.3),
    (r"gains", 1, 0.2),
    (r"\.proj_i\.biases", -0.5, 0.3),
    (r"\.proj_f\.biases", 0.7, 0.3),
    (r"biases", 0, 0.2),
]
CONSTANT = {
    "perspective.monitor_pixel.power": 1.7,
    "perspective.monitor_pixel.scale": 0.9,
    "perspective.monitor_pixel.offset": 0.02,
}


def key_table(units: int) -> list[tuple[str, tuple[int, ...], str]]:
    """Key, shape and file of every tensor."""
    with (DATA / "keys.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    shapes = [row["shape"].replace("U", str(units)).split("x") for row in rows]
    return [
        (row["key"], tuple(int(n) for n in shape if n), row["file"])
        for row, shape in zip(rows, shapes, strict=True)
    ]


def retina_rays() -> np.ndarray:
    """Directions of the retina's pixels, [128, 192, 3]."""
    shrink = 191 / 192
    x = np.linspace(-1, 1, 192)[None, :] * shrink
    y = np.linspace(-1, 1, 128)[:, None] * (128 / 192) * shrink
    angle = np.minimum(np.hypot(x, y) * np.deg2rad(75), np.pi / 2)
    around = np.arctan2(y, x)
    parts = (np.sin(angle) * np.cos(around), np.sin(angle) * np.sin(around))
    return np.stack([*parts, np.cos(angle)], axis=-1).astype(np.float32)


def draw(seed: int, key: str, shape: tuple[int, ...]) -> np.ndarray:
    """One tensor."""
    if key in CONSTANT:
        return np.float32(CONSTANT[key])
    if key.endswith("retina.grid"):
        return retina_rays()
    if key.endswith(".mask"):
        return ~np.eye(8, dtype=bool)[:, :, None, None]
    if key.endswith(".zero"):
        return np.zeros(shape, np.float32)
    rng = np.random.default_rng(zlib.crc32(f"{seed}:{key}".encode()))
    z = rng.standard_normal(size=shape, dtype=np.float32)
    if key.endswith("_std"):
        return np.abs(np.float32(0.05) * z)
    if key.endswith("monitor.center"):
        return np.array([0.03, -0.02, 0.45], np.float32) + np.float32(0.02) * z
    for pattern, offset, scale in AFFINE:
        if re.search(pattern, key):
            return np.float32(offset) + np.float32(scale) * z
    fan = 224 if ".proj_x.0." in key else math.prod(shape[1:])
    return np.float32(0.3 / math.sqrt(fan)) * (z + np.float32(0.3))


@cache
def weights(seed: int, units: int) -> dict[str, torch.Tensor]:
    """All tensors; do not change them in place."""
    return {
        key: torch.from_numpy(np.array(draw(seed, key, shape)).reshape(shape))
        for key, shape, _ in key_table(units)
    }


@cache
def network(seed: int, units: int) -> Network:
    """A network with these weights, ready for inference."""
    with torch.device("meta"):
        made = Network(units)
    made.load_state_dict(weights(seed, units), assign=True)
    made.requires_grad_(False)
    made.fold()
    return made


def write_params(folder: Path, seed: int, units: int, *scans: tuple[int, int]) -> None:
    """The weight files of scans that all have the same weights."""
    tensors = weights(seed, units)
    files = {key: file for key, _, file in key_table(units)}
    folder.mkdir(parents=True, exist_ok=True)

    def save(name: str, file: str) -> None:
        part = {key: value for key, value in tensors.items() if files[key] == file}
        torch.save(part, folder / name)

    save(CORE, CORE)
    for session, scan_idx in scans:
        save(SCAN.format(session=session, scan_idx=scan_idx), SCAN)


def unit_ids(units: int) -> np.ndarray:
    """Unit ids in readout order: ascending, with gaps."""
    return 5 + 3 * np.arange(units)


def write_tables(folder: Path, units: int, *scans: tuple[int, int]) -> None:
    """``scans.csv`` and ``units.csv``, the latter with rows in no order."""
    with (folder / "scans.csv").open("w") as file:
        file.write("session,scan_idx,units,data_id\n")
        file.writelines(f"{s},{k},{units},abc\n" for s, k in scans)
    rows = [
        f"{s},{k},{unit_id},{readout_id}\n"
        for s, k in scans
        for readout_id, unit_id in enumerate(unit_ids(units))
    ]
    np.random.default_rng(0).shuffle(rows)
    with (folder / "units.csv").open("w") as file:
        file.write("session,scan_idx,unit_id,readout_id\n")
        file.writelines(rows)
