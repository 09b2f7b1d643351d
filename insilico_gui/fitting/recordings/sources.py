"""What a recording is, whatever program wrote it: planes of units, and behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from insilico_gui.errors import FitError

if TYPE_CHECKING:
    from insilico_gui.fitting.recordings.signals import Signal

ONE_PLANE = 100_000
"""Of this many ids each plane has its own: unit ``k`` of plane ``p`` is 100000 p + k."""

RATE_TOLERANCE = 0.05


@dataclass(frozen=True)
class Plane:
    """Units that were imaged together.

    Attributes
    ----------
    responses : Signal
        Values [n, U].
    units : pandas.DataFrame
        ``unit_id`` and what else is known, such as ``field``.
    """

    responses: Signal
    units: pd.DataFrame


@dataclass
class Source:
    """A recording as another program saved it.

    Attributes
    ----------
    name : str
    planes : list of Plane
    perspective : Signal or None
        Pupil x and y.
    radius, velocity : Signal or None
        Of the pupil; of the treadmill.
    frame_times : float64 array [n] or None
        Of all stimulus frames.
    trials : pandas.DataFrame or None
    notes : list of str
        What was assumed or left out, a sentence each.
    """

    name: str
    planes: list[Plane]
    perspective: Signal | None = None
    radius: Signal | None = None
    velocity: Signal | None = None
    frame_times: np.ndarray | None = None
    trials: pd.DataFrame | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def units(self) -> pd.DataFrame:
        """Units of all planes, a row each."""
        return pd.concat([plane.units for plane in self.planes], ignore_index=True)


def check_rate(times: np.ndarray, rate_hz: float | None, name: str) -> None:
    """Raise a FitError if times do not have the rate that is said."""
    if rate_hz is None:
        return
    found = 1 / float(np.median(np.diff(times)))
    if abs(found / rate_hz - 1) > RATE_TOLERANCE:
        raise FitError(
            f"{name} is said to have {rate_hz:g} Hz, and its times have {found:.4g} Hz; "
            "check which of the two is right."
        )


def check_finite(values: np.ndarray, name: str) -> None:
    """Raise a FitError if responses [n, U] hold NaN or infinity."""
    bad = ~np.isfinite(values)
    if bad.any():
        units = int(bad.any(axis=0).sum())
        raise FitError(
            f"{name} is not known in {int(bad.sum())} samples of {units} units (NaN); "
            "exclude those units, or deconvolve again."
        )
