"""A small session that answers conditions: a line in time for each unit, known exactly."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.conditions import ConditionParameter


class Slopes:
    """Unit k answers ``left * (k + 1) * time + right``, plus 100 where the cue is 'go'."""

    id = "slopes"
    input_kind = "conditions"
    frame_shape = (0, 0)
    device = "cpu"
    response_label = "rate (1/s)"
    readings = {"plain": "left and right as probabilities"}  # noqa: RUF012

    def __init__(self, n_units=3, n_times=5):
        ids = np.arange(n_units) + 10
        self.units = pd.DataFrame({"unit_id": ids, "area": [f"a{k}" for k in ids]})
        self.units = self.units.set_index("unit_id", drop=False).rename_axis(None)
        self.times = np.linspace(0, 1, n_times)
        self.attrs = {"weights_hash": "sha256:0"}
        levels = (0.0, 0.25, 0.5, 1.0)
        self.parameters = (
            ConditionParameter("left", "", levels),
            ConditionParameter("right", "", levels, default=0.0),
            ConditionParameter("cue", "", ("go", "stay"), default="stay"),
            ConditionParameter("gain", "s", (), 0.0, 10.0, default=1.0),
        )
        self.tables = []

    def respond(self, conditions, units=None):
        slopes = np.arange(len(self.units)) + 1.0
        if units is not None:
            slopes = slopes[units]
        for table in conditions:
            self.tables.append(table)
            left, right, gain = (
                table[name].to_numpy()[:, None, None]
                for name in ("left", "right", "gain")
            )
            go = (table["cue"].to_numpy() == "go")[:, None, None]
            line = left * slopes * self.times[:, None] * gain + right + 100 * go
            yield line.astype(np.float32)

    def choices(self, conditions, reading):
        left = conditions["left"].to_numpy() / 2
        right = conditions["right"].to_numpy() / 2
        probability = np.stack([left, right, 1 - left - right], axis=1)
        density = np.ones((len(left), 2, len(self.times)))
        return xr.Dataset(
            {
                "probability": (("trial", "choice"), probability),
                "density": (("trial", "action", "time"), density),
            },
            {"choice": ["left", "right", "none"], "action": ["left", "right"]}
            | {"time": self.times},
        )

    def simulate(self, conditions, seed, n_neurons=None):
        generator = np.random.default_rng(seed)
        rows = [
            (trial, unit, neuron, time)
            for trial in range(len(conditions))
            for unit in self.units["unit_id"]
            for neuron in range(n_neurons or 1)
            for time in np.sort(generator.uniform(0, 1, 2))
        ]
        return pd.DataFrame(rows, columns=["trial", "unit_id", "neuron", "time"])
