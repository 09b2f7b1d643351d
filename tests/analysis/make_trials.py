"""Responses with a trial table: one frame is one trial."""

from __future__ import annotations

import numpy as np
import xarray as xr

RATE = 10.0


def of_trials(values, **columns):
    """Responses [n, U] to trials with these columns [n]."""
    n, n_units = values.shape
    time = np.arange(n) / RATE
    trials = {
        "onset": time.tolist(),
        "duration": [0.05] * n,
        **{name: list(column) for name, column in columns.items()},
    }
    return xr.DataArray(
        values,
        {"time": time, "unit_id": ("unit", np.arange(n_units))},
        ("time", "unit"),
        attrs={"frame_rate": RATE, "trials": trials},
    )
