"""Sparse noise: a few bright and dark squares at a time, on a grid, for mapping.

The grid covers as much of the screen as whole squares do, in its middle. In every
presentation, `density` of the squares are shown, half of them bright and half dark, at
random places; being on a grid, they do not overlap. What each presentation showed is
read with :meth:`SparseNoise.signs`, [rows, columns] of -1, 0 and 1, or as a mask of the
screen with :meth:`SparseNoise.mask`.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.checks import at_least, at_most, whole_number
from insilico_gui.stimuli.core.random_words import random_order
from insilico_gui.stimuli.render.carrier import AMPLITUDE, GREY
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameter_types import OptionalCount
from insilico_gui.stimuli.spec.parameters import (
    degrees,
    lasting,
    number,
    parameter,
    seconds,
    specification,
    whole,
)
from insilico_gui.stimuli.spec.parametric import Renderer, StimulusSpec
from insilico_gui.stimuli.spec.trial_spec import SEED_HELP

SHOWN_EACH = 60
"""How often each square is shown, on average, unless asked otherwise.

With squares of 8 degrees and fields of 5 to 12 (standard deviation), the median error of
a fitted centre is then 0.3 degrees without noise, and 0.6, 0.9 and 1.2 with noise of 1, 2
and 3 times the standard deviation of the responses; the 95th percentile, at most 3.4
degrees, is below half a square. With 30 it is 31 degrees in the last case: some fields are
lost.
"""


@specification
class SparseNoise(StimulusSpec):
    """Sparse noise, with its trial table.

    ``trials`` has a row for each presentation: ``onset``, ``duration``, ``condition``
    and ``presentation`` (its number), ``n_on``, ``n_off`` and ``repeat``;
    ``spec.signs(k)`` and ``spec.mask(k)`` are what it showed.
    """

    family: ClassVar[str] = "sparse_noise"

    size_deg: float = degrees(8.0, "Side of a square in degrees.")
    density: float = number(
        0.05,
        "Part of the squares of the grid that is shown at a time, above 0, to 1; rounded "
        "down to as many bright as dark ones.",
        0,
        1,
        above=True,
    )
    n_presentations: OptionalCount = parameter(
        None,
        f"How many different pictures; default as many as show each square {SHOWN_EACH} "
        "times, bright or dark, which receptive fields need.",
        lambda value, name, spec: whole_number(value, name, 1),
        empty=f"each square {SHOWN_EACH} times",
    )
    duration_s: float = lasting(
        0.2, "How long each is shown, in seconds; rounded to frames."
    )
    margin_s: float = seconds(
        0.5,
        "Grey before the first presentation, in which responses to the onset of the "
        "stimulus die away, and after the last, for its late responses; in seconds.",
    )
    contrast: float = number(
        1.0, "Above 0, to 1: squares are 128 +- 127 contrast.", 0, 1, above=True
    )
    seed: int = whole(0, SEED_HELP)

    def _check(self) -> None:
        right, down = self.display.degrees_per_pixel
        height, width = self.display.pixels
        lowest, highest = max(right, down), min(right * width, down * height)
        if not lowest <= self.size_deg <= highest:
            raise StimulusError(
                f"size_deg is {self.size_deg:g}; squares must be at least a pixel and at "
                f"most the screen of this display: {at_least(lowest)} to "
                f"{at_most(highest)} degrees."
            )
        if self._n_shown < 2:
            rows, columns = self.grid
            raise StimulusError(
                f"density is {self.density:g}, less than a bright and a dark one of "
                f"{rows} x {columns} squares; give at least {at_least(2 / rows / columns)} "
                "or smaller squares."
            )

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of squares."""
        height, width = self.display.pixels
        right, down = self.display.degrees_per_pixel
        rows = np.floor(np.round(height * down / self.size_deg, 6))
        columns = np.floor(np.round(width * right / self.size_deg, 6))
        return int(rows), int(columns)

    @property
    def _n_shown(self) -> int:
        """Squares in a presentation, an even number."""
        rows, columns = self.grid
        return 2 * int(np.round(self.density * rows * columns / 2, 6))

    @property
    def n_pictures(self) -> int:
        """Number of presentations: `n_presentations`, or as many as are enough."""
        if self.n_presentations is not None:
            return self.n_presentations
        rows, columns = self.grid
        return math.ceil(SHOWN_EACH * rows * columns / self._n_shown)

    @property
    def _presentation_frames(self) -> int:
        return round(self.duration_s * self.frame_rate)

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        shown = self.n_pictures * self._presentation_frames
        return shown + 2 * self._margin_frames

    @property
    def _margin_frames(self) -> int:
        return round(self.margin_s * self.frame_rate)

    @property
    def trials(self) -> pd.DataFrame:
        """Trial table: a row for each presentation, each a condition of its own."""
        presentation = np.arange(self.n_pictures)
        shown = self._presentation_frames / self.frame_rate
        first = presentation * self._presentation_frames + self._margin_frames
        onset = first / self.frame_rate
        return pd.DataFrame(
            {
                "onset": onset,
                "duration": shown,
                "condition": presentation,
                "presentation": presentation,
                "n_on": self._n_shown // 2,
                "n_off": self._n_shown // 2,
                "repeat": 0,
            }
        )

    def signs(self, presentation: int) -> NDArray[np.int8]:
        """What a presentation showed: 1 bright, -1 dark, 0 grey; int8 [rows, columns].

        Raises
        ------
        StimulusError
            If there is no such presentation.
        """
        last = self.n_pictures - 1
        k = whole_number(presentation, "presentation", 0, last)
        rows, columns = self.grid
        order = random_order(self.seed, rows * columns, step=k)
        signs = np.zeros(rows * columns, np.int8)
        half = self._n_shown // 2
        signs[order[:half]] = 1
        signs[order[half : 2 * half]] = -1
        return signs.reshape(rows, columns)

    def mask(self, presentation: int) -> NDArray[np.int8]:
        """What a presentation showed at every pixel: -1, 0, 1; int8 [H, W].

        Raises
        ------
        StimulusError
            If there is no such presentation.
        """
        return self._on_screen(self.signs(presentation))

    def _on_screen(self, signs: NDArray[np.int8]) -> NDArray[np.int8]:
        height, width = self.display.pixels
        right, down = self.display.degrees_per_pixel
        padded = np.pad(signs, 1)  # pixels outside of the grid find a 0
        row = _square_of(height, down / self.size_deg, signs.shape[0]) + 1
        column = _square_of(width, right / self.size_deg, signs.shape[1]) + 1
        return padded[row[:, None], column]

    def renderer(self) -> Renderer:
        """See :meth:`StimulusSpec.renderer`."""
        shape = self.display.pixels
        peak = round(AMPLITUDE * self.contrast)
        levels = np.array([GREY, GREY + peak, GREY - peak], np.uint8)

        @lru_cache(maxsize=8)
        def picture(presentation: int) -> NDArray[np.uint8]:
            # The index -1 is the last: dark
            return levels[self.mask(presentation)]

        def render(start: int, stop: int) -> NDArray[np.uint8]:
            frames = np.full((stop - start, *shape), GREY, np.uint8)
            for frame, k in zip(frames, range(start, stop), strict=True):
                shown = (k - self._margin_frames) // self._presentation_frames
                if 0 <= shown < self.n_pictures:
                    frame[:] = picture(shown)
            return frames

        return render


def _square_of(n_pixels: int, squares_per_pixel: float, n: int) -> NDArray[np.int64]:
    """Number of the square in which the middle of each pixel is; -1 or n outside."""
    from_middle = np.arange(n_pixels) - (n_pixels - 1) / 2
    place = from_middle * squares_per_pixel + n / 2
    return np.clip(np.floor(np.round(place, 6)), -1, n).astype(np.int64)


sparse_noise = family_function(SparseNoise, place=10)
