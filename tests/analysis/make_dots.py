"""Responses of units with known receptive fields to flashed dots."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.stimuli import Display

RATE = 30.0
DISPLAY = Display()
FIRST, PERIOD, SHOWN, DELAY = 15, 9, 4, 3  # frames
LATENCY_S, WINDOW_S = DELAY / RATE, (SHOWN - 1) / RATE


def places(columns=15, rows=7):
    """Azimuth and elevation of dots, flat degrees."""
    height, width = DISPLAY.pixels
    x, y = DISPLAY.to_stimulus(
        (np.arange(rows) + 0.5) * height / rows - 0.5,
        (np.arange(columns) + 0.5) * width / columns - 0.5,
    )
    azimuth, elevation = DISPLAY.to_degrees(x, y, angles="flat")
    return azimuth, elevation


def dot_trials(columns=15, rows=7, repeats=1, seed=0):
    azimuth, elevation = places(columns, rows)
    table = pd.DataFrame(
        [
            {"azimuth_deg": a, "elevation_deg": e, "polarity": polarity, "repeat": r}
            for r in range(repeats)
            for a in azimuth
            for e in elevation
            for polarity in (1, -1)
        ]
    ).sample(frac=1, random_state=seed, ignore_index=True)
    table["onset"] = (FIRST + np.arange(len(table)) * PERIOD) / RATE
    table["duration"] = SHOWN / RATE
    table["condition"] = np.arange(len(table))
    return table


def rates(trials, centres, sigma, on=1.0, off=1.0, baseline=0.1):
    """Gaussian fields; centres [U, 2] and sigma in flat degrees; float64 [K, U]."""
    centres = np.asarray(centres, float)
    away = (trials["azimuth_deg"].to_numpy()[:, None] - centres[:, 0]) ** 2 + (
        trials["elevation_deg"].to_numpy()[:, None] - centres[:, 1]
    ) ** 2
    gain = np.where(trials["polarity"].to_numpy()[:, None] > 0, on, off)
    return baseline + gain * np.exp(-away / 2 / np.asarray(sigma) ** 2)


def responses_to(trials, values):
    """Frames with values [K, U] in the delayed window of each trial, noise between."""
    n_frames = FIRST + len(trials) * PERIOD + 10
    frames = np.random.default_rng(9).random((n_frames, values.shape[1]))
    for onset, value in zip(trials["onset"], values, strict=True):
        first = round(onset * RATE) + DELAY
        frames[first : first + SHOWN] = value
    return xr.DataArray(
        frames.astype(np.float32),
        {
            "time": np.arange(n_frames) / RATE,
            "unit_id": ("unit", np.arange(values.shape[1]) + 50),
            "x": ("unit", np.arange(values.shape[1]) * 1.5),
        },
        ("time", "unit"),
        name="responses",
        attrs={
            "session": "synthetic",
            "frame_rate": RATE,
            "trials": trials.to_dict("list"),
        },
    )
