"""Small training sets and networks for fits of the Wang et al. 2025 network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

SIZES = {
    "streams": 2,
    "frame_shape": [18, 32],
    "retina_shape": [16, 24],
    "first_kernel": 4,
    "blocks": [[4, 1], [8, 2]],
    "map_channels": 8,
    "hidden": 8,
    "common": 8,
    "groups": 2,
    "modulation": 4,
}
UNITS = 5
FRAMES = 14
FIT = {
    "sample_size": 8,
    "batch_size": 2,
    "training_size": 3,
    "validation_size": 1,
    "burnin_frames": 2,
    "epochs": 3,
    "device": "cpu",
}


def write_sizes(path: Path, **changes: object) -> str:
    """A file of sizes."""
    path.write_text(json.dumps(SIZES | changes))
    return str(path)


def write_set(
    folder: Path,
    n_trials: int = 5,
    frame_shape: tuple[int, int] = (18, 32),
    frames: int = FRAMES,
    units: int = UNITS,
) -> Path:
    """A training set whose last two trials are for validation."""
    rng = np.random.default_rng(0)
    for k in range(n_trials):
        arrays = {
            "training": np.array(k < n_trials - 2),
            "samples": np.array([frames]),
            "stimuli": rng.integers(0, 256, (frames, *frame_shape, 1), np.uint8),
            "perspectives": rng.normal(size=(frames, 2)).astype(np.float32),
            "modulations": rng.normal(size=(frames, 2)).astype(np.float32),
            "units": rng.gamma(1, 1, (frames, units)).astype(np.float32),
        }
        for part, array in arrays.items():
            (folder / part).mkdir(parents=True, exist_ok=True)
            np.save(folder / part / f"{k:03}.npy", array)
    return folder


def change(folder: Path, part: str, trial: int, function) -> None:
    """Write one array of a set anew."""
    path = folder / part / f"{trial:03}.npy"
    np.save(path, function(np.load(path)))
