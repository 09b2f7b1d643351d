"""A small session that answers images: fixed linear readouts of their colours."""

from __future__ import annotations

import numpy as np
import pandas as pd


class PictureSession:
    """Responses [n, unit], or with `times` [n, repeat, channel, time].

    Unit u of n_units answers with (u + 1) times the mean red, plus its own share of the
    mean green; with `times` that is scaled by the time and by the repeat.
    """

    input_kind = "images"
    frame_shape = (16, 16)
    device = "cpu"
    response_label = "response (z)"

    def __init__(self, n_units=6, times=None, memory_budget=2**20):
        self.id = "pictures/one"
        self.times = None if times is None else np.asarray(times, float)
        self.unit_dim = "unit" if times is None else "channel"
        self.response_dims = (
            ("unit",) if times is None else ("repeat", "channel", "time")
        )
        self.response_coords = (
            {} if times is None else {"repeat": np.array([1, 2]), "time": self.times}
        )
        self.memory_budget = memory_budget
        self.attrs = {"weights_hash": "sha256:pictures"}
        place = np.linspace(-0.9, 0.9, n_units)
        self.units = pd.DataFrame(
            {
                "unit_id": [f"u{k}" for k in range(n_units)],
                "rf_x": place,
                "rf_y": place[::-1],
                "x": place * 1000,
                "y": place**2 * 1000,
                "area": ["V1", "V2"] * (n_units // 2),
            }
        )
        self.batches = []

    def batch_size(self, image_shape, units=None):
        return max(1, self.memory_budget // (3 * image_shape[0] * image_shape[1]))

    def seen(self, images):
        rows, columns = (np.arange(16) * n // 16 for n in images.shape[2:])
        return images[:, :, rows][:, :, :, columns]

    def respond(self, images, units=None):
        gain = np.arange(1, len(self.units) + 1)
        if units is not None:
            gain = gain[units]
        for batch in images:
            self.batches.append(batch.shape)
            red, green, _ = (batch / 255).mean((2, 3)).T
            answer = red[:, None] * gain + green[:, None] / gain
            if self.times is not None:
                answer = (
                    answer[:, None, :, None]
                    * np.array([1.0, 3.0])[:, None, None]
                    * self.times
                )
            yield answer.astype(np.float32)
