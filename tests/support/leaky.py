"""A small session that really computes, for tests of the host."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insilico_gui.streaming import StreamingSession


class LeakySession(StreamingSession[np.ndarray]):
    """Units that integrate the brightness of one pixel each, with a leak.

    Carries a state, takes one behaviour trace (a gain), and can be told to run out of
    memory above some number of frames.
    """

    input_kind = "video"
    device = "cpu"
    behavior = {"gain": 1}  # noqa: RUF012

    def __init__(self, n_units: int = 12, frame_shape: tuple[int, int] = (6, 8)):
        self.id = "leaky"
        self.frame_shape = frame_shape
        self.frame_rate = 10.0
        rng = np.random.default_rng(1)
        self._pixels = rng.integers(0, frame_shape[0] * frame_shape[1], n_units)
        self.attrs = {"weights_hash": "sha256:0"}
        row, col = np.divmod(self._pixels, frame_shape[1])
        self.units = pd.DataFrame(
            {
                "unit_id": np.arange(n_units) * 3 + 100,
                "area": np.array(["V1", "LM", "AL"])[np.arange(n_units) % 3],
                "field": np.arange(n_units) % 2 + 1,
                "rf_x": 2 * col / (frame_shape[1] - 1) - 1,
                "rf_y": 1 - 2 * row / (frame_shape[0] - 1),
                "x": np.linspace(0, 500, n_units),
                "y": np.linspace(300, 0, n_units),
                "z": np.linspace(100, 200, n_units),
            }
        )
        self.fits_frames = 10**9
        self.calls: list[int] = []

    def initial_state(self, n_videos):
        return np.zeros((n_videos, len(self._pixels)))

    def advance(self, state, frames, behavior, units):
        self.calls.append(frames.shape[1])
        if frames.shape[1] > self.fits_frames:
            raise MemoryError
        chosen = slice(None) if units is None else units
        brightness = frames.reshape(*frames.shape[:2], -1)[..., self._pixels] / 255.0
        out = []
        for t in range(frames.shape[1]):
            gain = behavior["gain"][:, t] if "gain" in behavior else 1.0
            state = 0.8 * state + gain * brightness[:, t]
            out.append(state[:, chosen])
        return np.stack(out, axis=1).astype(np.float32), state
