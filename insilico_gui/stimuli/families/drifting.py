"""What families of drifting gratings have in common, whatever aperture they have."""

from __future__ import annotations

from typing import Any

from insilico_gui.stimuli.core.checks import temporal_frequencies
from insilico_gui.stimuli.families.grating_trials import GratingTrials
from insilico_gui.stimuli.render.apertures import Aperture
from insilico_gui.stimuli.render.grating_painter import Layer
from insilico_gui.stimuli.spec.parameter_types import AnglesOrCount, Numbers
from insilico_gui.stimuli.spec.parameters import (
    CROSSED,
    FINE,
    angles,
    lasting,
    number,
    parameter,
    specification,
)

DIRECTIONS = (
    "How many, evenly spaced, or which, in degrees counter-clockwise: 0 = to the right, "
    "90 = up."
)


@specification
class DriftingTrials(GratingTrials):
    """Base of the families that cross directions, frequencies and contrasts."""

    directions: AnglesOrCount = angles(16, DIRECTIONS, rank=CROSSED)
    temporal_frequency: Numbers = parameter(
        2.0,
        "Cycles per second (Hz), at most half of `frame_rate`.",
        lambda value, name, spec: temporal_frequencies(value, spec.frame_rate),
        rank=CROSSED,
    )
    duration_s: float = lasting(
        1.0, "Length of each grating in seconds; rounded to frames."
    )
    phase_deg: float = number(
        0.0,
        "Phase at the centre of the screen when a grating appears.",
        -360,
        360,
        rank=FINE,
    )

    def _factors(self) -> dict[str, tuple[object, ...]]:
        return {
            "direction": self.directions,
            "spatial_frequency": self.spatial_frequency,
            "temporal_frequency": self.temporal_frequency,
            "contrast": self.contrast,
        }

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
