"""Stimuli of every family: specifications, and what their first frames look like."""

from __future__ import annotations

import hashlib

import numpy as np
from stimuli.spec_cases import OF_ALL, QUICK

import insilico_gui as ig
from insilico_gui.stimuli import Display, Sequence

N_FRAMES = 60
BLOCKS = (8, 6, 8)  # frames, rows and columns of which a mean is kept

DEFAULT = [
    "contrast_series",
    "drifting_gabors",
    "drifting_gratings",
    "full_field_flashes",
    "gaussian_dots",
    "looming",
    "monet2",
    "monet2_published",
    "moving_bars",
    "plaids",
    "random_dots",
    "size_series",
    "sparse_noise",
    "static_gratings",
    "trippy",
]

OTHER = {
    "moving_bars": {"checker_deg": 10.0, "polarity": ("light", "dark")},
    "looming": {"growth": "linear", "motion": ("receding",), "polarity": ("light",)},
    "drifting_gratings": {"waveform": "square", "angles": "per axis", "size_deg": 30.0},
    "size_series": {"surround": ("none", "orthogonal"), "gap_deg": 2.0},
    "gaussian_dots": {"polarity": ("on",), "margin_s": 0.0, "order": "sequential"},
    "random_dots": {"motion": ("expansion",), "same_dots": True},
    "monet2": {"temp_kernel": "half-hamming", "directions": [0, 90], "seed": 5},
}


def stimuli():
    """Every stimulus that is frozen, by name."""
    made = {name: getattr(ig.stimuli, name)() for name in DEFAULT}
    for name, options in QUICK.items():
        made[f"{name} small"] = getattr(ig.stimuli, name)(**options, **OF_ALL)
    for name, options in OTHER.items():
        made[f"{name} other"] = getattr(ig.stimuli, name)(**options)
    # As long as it was by default when it was frozen
    made["sparse_noise"] = ig.stimuli.sparse_noise(n_presentations=1000)
    made["sparse_noise default"] = ig.stimuli.sparse_noise()
    parts = (
        ig.stimuli.drifting_gratings(n_directions=4).spec,
        ig.stimuli.trippy(duration_s=2.0).spec,
    )
    made["sequence"] = Sequence(parts=parts, blank_s=0.25, repeats=2).stimulus()
    wide = Display(pixels=(30, 90))
    made["display"] = ig.stimuli.drifting_gratings(display=wide, frame_rate=24.0)
    return made


def seen(stimulus):
    """Hash of the first frames, and means of blocks of them as float64 [t, y, x]."""
    frames = stimulus.frames(0, min(N_FRAMES, stimulus.n_frames))
    digest = hashlib.sha256(np.ascontiguousarray(frames).tobytes()).hexdigest()
    means = frames.astype(float)
    for axis, n in enumerate(BLOCKS):
        edges = np.linspace(0, means.shape[axis], n + 1).astype(int)[:-1]
        counts = np.diff([*edges, means.shape[axis]])
        sums = np.add.reduceat(means, edges, axis=axis)
        means = sums / counts.reshape([-1 if a == axis else 1 for a in range(3)])
    return digest, means


def trial_columns(stimulus):
    trials = stimulus.trials
    return {str(name): trials[name].tolist() for name in trials}
