"""Recordings in the published layout, written for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SHAPE = (18, 32)


def write_item(folder: Path, name: str, **arrays: np.ndarray) -> None:
    """One presentation: ``stimuli``, ``perspectives``, ``modulations``, ``units``."""
    for kind, array in arrays.items():
        path = folder / kind / name
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, array)


def write_evaluation(
    folder: Path,
    responses: Sequence[np.ndarray],
    frames: Sequence[np.ndarray] | None = None,
    seed: int = 0,
) -> None:
    """An evaluation set of responses [R, T, U] to each clip, with random behaviour.

    Column 0 of the perspective is the number of the clip, column 1 that of the repeat.
    """
    rng = np.random.default_rng(seed)
    for v, repeats in enumerate(responses):
        n_frames = repeats.shape[1]
        shown = (
            rng.integers(0, 255, (n_frames, *SHAPE), np.uint8)
            if frames is None
            else frames[v]
        )
        for r, units in enumerate(repeats):
            eye = np.tile(np.float32([v, r]), (n_frames, 1))
            write_item(
                folder,
                f"video{v}/{r}.npy",
                stimuli=shown[..., None],
                perspectives=eye,
                modulations=rng.normal(size=(n_frames, 2)).astype(np.float32),
                units=units.astype(np.float32),
            )
