"""Apertures through which gratings are seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from insilico_gui.stimuli.render.carrier import FULL_WEIGHT, disc, full, gaussian

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from insilico_gui.stimuli.core.display import Angles, Display


@dataclass(frozen=True)
class Disc:
    """A round hole; see :func:`.carrier.disc`."""

    diameter_deg: float
    edge_deg: float
    center: tuple[float, float]

    def weights(self, display: Display, angles: Angles) -> NDArray[np.int32]:
        """Weight of every pixel in 1/32768; int32 [H, W]."""
        return disc(display, self.diameter_deg, self.edge_deg, self.center, angles)


@dataclass(frozen=True)
class Outside:
    """The whole screen but for a round hole."""

    hole: Disc

    def weights(self, display: Display, angles: Angles) -> NDArray[np.int32]:
        """Weight of every pixel in 1/32768; int32 [H, W]."""
        return FULL_WEIGHT - self.hole.weights(display, angles)


@dataclass(frozen=True)
class Gaussian:
    """A round hole whose edge fades for ever; see :func:`.carrier.gaussian`."""

    sigma_deg: float
    center: tuple[float, float]

    def weights(self, display: Display, angles: Angles) -> NDArray[np.int32]:
        """Weight of every pixel in 1/32768; int32 [H, W]."""
        return gaussian(display, self.sigma_deg, self.center, angles)


@dataclass(frozen=True)
class Everywhere:
    """The whole screen, for gratings that are added to each other."""

    def weights(self, display: Display, angles: Angles) -> NDArray[np.int32]:
        """Weight of every pixel in 1/32768; int32 [H, W]."""
        return full(display)


Aperture = Disc | Outside | Gaussian | Everywhere
