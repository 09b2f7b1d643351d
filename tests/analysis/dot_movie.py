"""Flashed Gaussian dots, rendered frame by frame for tests of receptive fields."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insilico_gui.stimuli import Display, Stimulus

RATE = 30.0


class DotMovie(Stimulus):
    """Bright and dark dots on a grid of places, in random order, grey in between."""

    name = "dots"
    frame_rate = RATE

    def __init__(self, columns, rows, shown, gap, sigma_deg, seed=0):
        self.display = Display()
        self.frame_shape = self.display.pixels
        self.sigma = sigma_deg / self.display.degrees_per_pixel[0]
        height, width = self.frame_shape
        at_x = (np.arange(columns) + 0.5) * width / columns - 0.5
        at_y = (np.arange(rows) + 0.5) * height / rows - 0.5
        table = pd.DataFrame(
            [
                {"column": x, "row": y, "polarity": polarity}
                for x in at_x
                for y in at_y
                for polarity in (1, -1)
            ]
        ).sample(frac=1, random_state=seed, ignore_index=True)
        x, y = self.display.to_stimulus(table["row"], table["column"])
        azimuth, elevation = self.display.to_degrees(x, y, angles="flat")
        self.first, self.period, self.shown = 15, shown + gap, shown
        self.n_frames = self.first + len(table) * self.period
        self.trials = pd.DataFrame(
            {
                "onset": (self.first + np.arange(len(table)) * self.period) / RATE,
                "duration": shown / RATE,
                "condition": np.arange(len(table)),
                "azimuth_deg": azimuth,
                "elevation_deg": elevation,
                "polarity": table["polarity"],
            }
        )
        self._table = table
        self.spacing_deg = width / columns * self.display.degrees_per_pixel[0]

    def frames(self, start, stop):
        self._check_range(start, stop)
        height, width = self.frame_shape
        frames = np.full((stop - start, height, width), 128, np.uint8)
        y, x = np.ogrid[:height, :width]
        for i, t in enumerate(range(start, stop)):
            k, phase = divmod(t - self.first, self.period)
            if k < 0 or phase >= self.shown:
                continue
            dot = self._table.loc[k]
            away = (x - dot["column"]) ** 2 + (y - dot["row"]) ** 2
            bell = np.exp(-away / 2 / self.sigma**2)
            frames[i] = np.rint(127.5 + dot["polarity"] * 127.5 * bell)
        return frames
