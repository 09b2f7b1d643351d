"""Responses of units with known tuning to shuffled gratings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

RATE = 30.0
BLANK, SHOWN = 10, 20  # frames


def von_mises(degrees, preferred, kappa=1.5, phi=0.8, baseline=0.2):
    cos = np.cos(np.radians(np.subtract.outer(degrees, preferred)))
    return (
        baseline
        + phi * np.exp(kappa * (cos - 1))
        + (1 - phi) * np.exp(-kappa * (cos + 1))
    )


def experiment(
    preferred=(0.0, 33.0, 90.0, 200.0, 350.0),
    n_directions=8,
    repeats=3,
    noise=0.0,
    seed=0,
    spatial=(0.04,),
    gain=None,
):
    """Responses of units with known preferences to shuffled gratings."""
    rng = np.random.default_rng(seed)
    degrees = np.arange(n_directions) * 360 / n_directions
    trials = pd.DataFrame(
        [
            {"direction": d, "spatial_frequency": s, "repeat": r}
            for r in range(repeats)
            for d in degrees
            for s in spatial
        ]
    ).sample(frac=1, random_state=seed, ignore_index=True)
    trials["condition"] = np.arange(len(trials))
    trials["onset"] = (BLANK + np.arange(len(trials)) * (BLANK + SHOWN)) / RATE
    trials["duration"] = (SHOWN - 1) / RATE
    n_frames = len(trials) * (BLANK + SHOWN) + BLANK
    values = np.zeros((n_frames, len(preferred)))
    for row in trials.itertuples():
        first = round(row.onset * RATE)
        rate = von_mises(row.direction, np.asarray(preferred))
        if gain is not None:
            rate = rate * gain[row.spatial_frequency]
        values[first : first + SHOWN] = rate
    values += noise * rng.normal(size=values.shape)
    return xr.DataArray(
        values.astype(np.float32),
        {
            "time": np.arange(n_frames) / RATE,
            "unit_id": ("unit", np.arange(len(preferred)) + 50),
            "area": ("unit", np.array(["V1"] * len(preferred))),
        },
        ("time", "unit"),
        name="responses",
        attrs={
            "session": "synthetic",
            "frame_rate": RATE,
            "trials": trials.to_dict("list"),
        },
    )
