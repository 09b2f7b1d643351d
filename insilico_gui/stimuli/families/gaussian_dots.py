"""Flashing Gaussian dots: bright and dark spots, one at a time, on a grid of places.

The usual way to map receptive fields of twins: the mean response to the dots, weighted
by where each dot was (its *mask*), is the map. The grid divides the screen into
``n_columns`` x ``n_rows`` equal cells and puts a dot in the centre of each.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.checks import at_least, whole_number
from insilico_gui.stimuli.core.display import Angles
from insilico_gui.stimuli.render.carrier import (
    FULL_WEIGHT,
    deviation_table,
    gaussian,
    levels_of_weighted,
)
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameter_types import Words
from insilico_gui.stimuli.spec.parameters import (
    again,
    angle_measure,
    degrees,
    lasting,
    number,
    parameter,
    seconds,
    specification,
    words,
)
from insilico_gui.stimuli.spec.trial_spec import Painter, TrialSpec

DotPolarity = Literal["on", "off"]


def _columns(value: object, name: str, spec: Any) -> int:
    return whole_number(value, name, 1, spec.display.pixels[1])


def _rows(value: object, name: str, spec: Any) -> int:
    return whole_number(value, name, 1, spec.display.pixels[0])


@specification
class GaussianDots(TrialSpec):
    """Flashing Gaussian dots, with their trial table.

    Every place is shown with every polarity. ``trials`` has ``onset``, ``duration``,
    ``condition``, ``azimuth_deg``, ``elevation_deg`` (to the right and up), ``x``, ``y``
    (-1..1, y up), ``polarity`` and ``repeat``; ``spec.mask(k)`` is where the dot of row
    k is.
    """

    family: ClassVar[str] = "gaussian_dots"

    n_columns: int = parameter(
        15,
        "Places across: each is the centre of one of so many equal cells of the screen.",
        _columns,
        1,
    )
    n_rows: int = parameter(7, "Places down.", _rows, 1)
    sigma_deg: float = degrees(7.0, "Standard deviation of a dot in degrees.")
    polarity: Words[DotPolarity] = words(
        ("on", "off"), "Brighter (on) or darker than the grey around it; or both."
    )
    contrast: float = number(
        1.0,
        "Above 0, to 1: the centre of a dot is 128 +- 127 contrast.",
        0,
        1,
        above=True,
    )
    duration_s: float = lasting(
        0.3, "How long each dot is shown, in seconds; rounded to frames."
    )
    blank_s: float = again(0.0)
    margin_s: float = seconds(
        0.5,
        "Grey before the first dot, in which responses to the onset of the stimulus die "
        "away, and after the last, for its late responses; at least `blank_s`.",
    )
    angles: Angles = angle_measure()

    def _check(self) -> None:
        smallest = max(self.display.degrees_per_pixel) / 2
        if self.sigma_deg < smallest:
            raise StimulusError(
                f"sigma_deg is {self.sigma_deg:g}, less than half a pixel of this "
                f"display; give at least {at_least(smallest)} degrees."
            )

    def _factors(self) -> dict[str, tuple[object, ...]]:
        return {
            "y": tuple(-c for c in _cell_centres(self.n_rows)),
            "x": _cell_centres(self.n_columns),
            "polarity": self.polarity,
        }

    @property
    def conditions(self) -> pd.DataFrame:
        """See :attr:`TrialSpec.conditions`; from the upper left, row by row."""
        crossed = super().conditions
        azimuth, elevation = self.display.to_degrees(
            crossed["x"], crossed["y"], angles=self.angles
        )
        return pd.DataFrame(
            {
                "azimuth_deg": azimuth.round(6),
                "elevation_deg": elevation.round(6),
                "x": crossed["x"],
                "y": crossed["y"],
                "polarity": crossed["polarity"],
            }
        )

    @property
    def blanks(self) -> NDArray[np.int64]:
        """See :attr:`TrialSpec.blanks`; the first and the last are margins."""
        blanks: NDArray[np.int64] = super().blanks
        blanks[[0, -1]] = np.maximum(blanks[0], round(self.margin_s * self.frame_rate))
        return blanks

    @property
    def n_frames(self) -> int:
        """Number of frames: for each trial the blank, then the dot; a blank."""
        return int(self.condition_frames.sum()) * self.repeats + int(self.blanks.sum())

    def mask(self, trial: int) -> NDArray[np.float32]:
        """Where the dot of a row of the trial table is: 0 to 1, float32 [H, W].

        As rendered, whatever its polarity and contrast.

        Raises
        ------
        StimulusError
            If there is no such row.
        """
        row = whole_number(trial, "trial", 0, self.n_trials - 1)
        condition = int(self.condition_order[row])
        weights = self._weights(condition // len(self.polarity))
        return weights.astype(np.float32) / np.float32(FULL_WEIGHT)

    def _weights(self, place: int) -> NDArray[np.int32]:
        row, column = divmod(place, self.n_columns)
        x = _cell_centres(self.n_columns)[column]
        y = -_cell_centres(self.n_rows)[row]
        return gaussian(self.display, self.sigma_deg, (x, y), self.angles)

    def painter(self) -> Painter:
        """See :meth:`TrialSpec.painter`."""
        peak = np.int32(deviation_table(self.contrast, "square")[0])

        # A dot stays for several frames
        @lru_cache(maxsize=8)
        def picture(condition: int) -> NDArray[np.uint8]:
            place, polarity = divmod(condition, len(self.polarity))
            sign = np.int32(1 if self.polarity[polarity] == "on" else -1)
            return levels_of_weighted(self._weights(place) * (sign * peak))

        def paint(condition: int, frame: int) -> NDArray[np.uint8]:
            return picture(condition)

        return paint


def _cell_centres(n: int) -> tuple[float, ...]:
    """Centres of `n` equal parts of -1..1, from left to right."""
    return tuple((2 * k + 1 - n) / n for k in range(n))


gaussian_dots = family_function(GaussianDots, place=9)
