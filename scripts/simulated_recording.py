"""A recording simulated from the demo twin, in the folders that training reads.

The monitor shows natural-like clips; the eye moves, so that what the demo twin sees is the
shifted picture; the animal runs and stops, which scales all responses; and what is recorded
are Poisson counts. For ``learn_demo.py``.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import natural_clips
import numpy as np
from numpy.typing import NDArray

import insilico_gui as ig

EYE_SD = (1.5, 1.0)  # pixels of the demo's 144 x 256, in x and y
GAIN = 0.2  # by which running scales responses
DEMO_SCALE = 4  # pixels of the demo for one of a clip

TRAIN, VALIDATE, EVALUATE = 0, 1, 2  # first number of the seeds of clips


@dataclass(frozen=True)
class Recording:
    """What is simulated.

    Attributes
    ----------
    n_training, n_validation : int
        Clips that are shown once.
    n_evaluation, n_repeats : int
        Clips that are shown again and again.
    n_frames : int
        Of a clip, at 30 frames/s.
    n_units : int
        Drawn from those of the demo twin.
    counts : float
        Expected count of a frame for a response of 1. Responses to natural-like clips are
        about 0.15, so the default gives 15 counts a frame.
    seed : int
    """

    n_training: int = 120
    n_validation: int = 8
    n_evaluation: int = 6
    n_repeats: int = 10
    n_frames: int = 300
    n_units: int = 300
    counts: float = 100.0
    seed: int = 0

    def unit_indices(self) -> NDArray[np.int64]:
        """Which units of the demo twin, ascending."""
        n = len(_session().units)
        rng = np.random.default_rng((self.seed, 99))
        return np.sort(rng.permutation(n)[: self.n_units])


@cache
def _session() -> Any:
    return ig.open_session("demo", device="cpu")


def _behavior(rng: np.random.Generator, n: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Eye position and behaviour of a trial, z-scored, [n, 2] each."""
    walk = natural_clips.smooth_walk
    jumps = np.cumsum(rng.random(n) < 1 / 45)  # a new fixation every 1.5 s
    eye = np.stack([rng.normal(size=jumps.max() + 1)[jumps] for _ in range(2)], 1)
    velocity = walk(rng, n, 1.0, 60)
    radius = 0.6 * velocity + 0.8 * walk(rng, n, 1.0, 90)
    behavior = np.stack([radius, velocity], 1)
    return eye.astype(np.float32), behavior.astype(np.float32)


def _seen(clip: NDArray[np.uint8], eye: NDArray[Any]) -> NDArray[np.uint8]:
    """What the demo twin sees, shifted against the eye; grey beyond the monitor."""
    big = clip.repeat(DEMO_SCALE, 1).repeat(DEMO_SCALE, 2)
    reach = 8
    padded = np.pad(big, ((0, 0), (reach, reach), (reach, reach)), constant_values=128)
    height, width = big.shape[1:]
    seen = np.empty_like(big)
    moved = np.rint(eye * EYE_SD).astype(int).clip(-reach, reach)
    for frame, picture, (dx, dy) in zip(seen, padded, moved, strict=True):
        frame[:] = picture[reach + dy : reach + dy + height, reach + dx :][:, :width]
    return seen


def _trial(
    recording: Recording, kind: int, clip: int, repeat: int
) -> dict[str, NDArray[Any]]:
    """Arrays of one showing of a clip; counts are not divided by means yet."""
    frames = natural_clips.render_clip((recording.seed, kind, clip), recording.n_frames)
    rng = np.random.default_rng((recording.seed, kind, clip, repeat, 7))
    eye, behavior = _behavior(rng, len(frames))
    rates = ig.encode(
        _session(), _seen(frames, eye), indices=recording.unit_indices()
    ).values
    gain = 1 + GAIN * np.tanh(behavior[:, 1:])
    counts = rng.poisson(recording.counts * gain * rates).astype(np.float32)
    return {
        "stimuli": frames[..., None],
        "perspectives": eye,
        "modulations": behavior,
        "units": counts,
    }


def _write(
    recording: Recording, folder: Path, kind: int, clip: int, repeat: int
) -> NDArray[np.float64]:
    """Simulate a trial and write it; returns the sums of its counts."""
    import torch

    torch.set_num_threads(1)
    arrays = _trial(recording, kind, clip, repeat)
    if kind == EVALUATE:
        names = {part: f"{part}/{clip:03}/{repeat:03}.npy" for part in arrays}
        root = folder / "evaluation_data"
    else:
        number = clip + (recording.n_training if kind == VALIDATE else 0)
        arrays["training"] = np.array(kind == TRAIN)
        arrays["samples"] = np.array(recording.n_frames)
        names = {part: f"{part}/{number:05}.npy" for part in arrays}
        root = folder / "training_data"
    for part, name in names.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        np.save(root / name, arrays[part])
    sums: NDArray[np.float64] = arrays["units"].sum(axis=0, dtype=np.float64)
    return sums


def simulate(recording: Recording, folder: Path, workers: int = 2) -> None:
    """Write ``training_data`` and ``evaluation_data`` below a folder.

    Responses are divided by the means of the training trials; ``units.csv`` in
    ``training_data`` has the demo twin's units with their true tuning.
    """
    jobs = [(TRAIN, k, 0) for k in range(recording.n_training)]
    jobs += [(VALIDATE, k, 0) for k in range(recording.n_validation)]
    jobs += [
        (EVALUATE, k, repeat)
        for k in range(recording.n_evaluation)
        for repeat in range(recording.n_repeats)
    ]
    with ProcessPoolExecutor(workers) as pool:
        made = [pool.submit(_write, recording, folder, *job) for job in jobs]
        sums = [one.result() for one in made]
    total = np.sum(sums[: recording.n_training], axis=0)
    mean = np.maximum(total, 1) / (recording.n_training * recording.n_frames)
    for path in sorted(folder.glob("*_data/units/**/*.npy")):
        np.save(path, (np.load(path) / mean).astype(np.float32))
    table = _session().units.iloc[recording.unit_indices()]
    table.to_csv(folder / "training_data" / "units.csv", index=False)
