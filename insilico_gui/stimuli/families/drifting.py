"""What families of drifting gratings have in common, whatever aperture they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.stimuli.core.checks import (
    angles_modulo,
    temporal_frequencies,
    within,
)
from insilico_gui.stimuli.families.grating_trials import GratingTrials
from insilico_gui.stimuli.render.grating_painter import Layer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.stimuli.render.apertures import Aperture


@dataclass(frozen=True, kw_only=True)
class DriftingTrials(GratingTrials):
    """Base of the families that cross directions, frequencies and contrasts.

    Attributes
    ----------
    directions : tuple of float
        Degrees counter-clockwise, 0..360: 0 moves to the right, 90 up.
    temporal_frequency : tuple of float
        Hz.
    duration_s : float
        Length of each grating in seconds; rounded to frames.
    phase_deg : float
        Phase at the centre of the screen when a grating appears.
    """

    directions: tuple[float, ...] = tuple(22.5 * k for k in range(16))
    temporal_frequency: tuple[float, ...] = (2.0,)
    duration_s: float = 1.0
    phase_deg: float = 0.0

    def _normalise(self) -> dict[str, object]:
        return {
            **super()._normalise(),
            "directions": angles_modulo(self.directions, "directions", 360),
            "temporal_frequency": temporal_frequencies(
                self.temporal_frequency, self.frame_rate
            ),
            "duration_s": self._lasting("duration_s"),
            "phase_deg": within(self.phase_deg, "phase_deg", -360, 360),
        }

    def _factors(self) -> dict[str, tuple[object, ...]]:
        return {
            "direction": self.directions,
            "spatial_frequency": self.spatial_frequency,
            "temporal_frequency": self.temporal_frequency,
            "contrast": self.contrast,
        }

    @property
    def condition_frames(self) -> NDArray[np.int64]:
        """See :attr:`TrialSpec.condition_frames`."""
        return np.full(self.n_conditions, round(self.duration_s * self.frame_rate))

    def _layer(self, condition: Any, aperture: Aperture | None) -> Layer:
        """The grating that the row describes, behind an aperture."""
        return Layer(
            condition.direction,
            condition.spatial_frequency,
            condition.temporal_frequency,
            self.phase_deg,
            condition.contrast,
            aperture,
        )
