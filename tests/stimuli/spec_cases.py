"""Specifications of every family, small enough to be rendered in a test."""

from __future__ import annotations

from hypothesis import strategies as st

from insilico_gui import stimuli
from insilico_gui.stimuli import Display, Sequence

SMALL = Display(pixels=(18, 32))
OF_ALL = {"display": SMALL, "frame_rate": 20.0}

QUICK = {
    "drifting_gratings": {
        "directions": [0, 70],
        "spatial_frequency": 0.03,
        "duration_s": 0.2,
        "blank_s": 0.1,
    },
    "static_gratings": {"orientations": [0, 30], "spatial_frequency": 0.03},
    "drifting_gabors": {
        "directions": [0, 250],
        "spatial_frequency": 0.02,
        "temporal_frequency": 3,
    },
    "size_series": {
        "size_deg": [20, 60],
        "spatial_frequency": 0.03,
        "duration_s": 0.2,
    },
    "contrast_series": {
        "contrast": [0.1, 1],
        "spatial_frequency": 0.03,
        "duration_s": 0.2,
    },
    "full_field_flashes": {"levels": [0, 255], "durations_s": [0.1]},
    "moving_bars": {"directions": [0], "speed_deg_s": [200], "width_deg": 20},
    "looming": {"l_over_v_ms": [20]},
    "gaussian_dots": {"n_columns": 2, "n_rows": 1, "sigma_deg": 15},
    "sparse_noise": {"n_presentations": 5, "size_deg": 20},
    "random_dots": {
        "duration_s": 0.2,
        "speed_deg_s": [30],
        "coherence": [1],
        "dot_size_deg": 8,
    },
    "monet2": {
        "n_dirs": 4,
        "duration_s": 1,
        "spatial_cutoff": 0.05,
        "temp_bandwidth": 4,
        "ori_coherence": 2,
    },
    "monet2_published": {
        "n_dirs": 4,
        "duration_s": 2,
        "speed_deg_s": 20.0,
        "spatial_cutoff": 0.05,
        "pattern_width": 32,
    },
    "trippy": {"duration_s": 2},
    "plaids": {
        "directions": [0, 90],
        "plaid_angle_deg": [0, 60],
        "spatial_frequency": 0.03,
        "duration_s": 0.2,
    },
}
"""Parameters by family; natural images need a folder."""


def quick(family, **parameters):
    """A small stimulus of a family."""
    return getattr(stimuli, family)(**{**QUICK[family], **OF_ALL, **parameters})


seconds = st.floats(0, 2, allow_nan=False)
parts = st.builds(
    lambda family, seed: stimuli.spec_from_dict(
        {**quick(family).spec.to_dict(), "seed": seed}
    ),
    st.sampled_from(sorted(QUICK)),
    st.integers(0, 2**53),
)
sequences = st.builds(
    Sequence,
    parts=st.lists(parts, min_size=1, max_size=4),
    blank_s=seconds,
    blank_level=st.integers(0, 255),
    repeats=st.integers(1, 3),
    order=st.sampled_from(["sequential", "random"]),
    seed=st.integers(0, 2**53),
)
