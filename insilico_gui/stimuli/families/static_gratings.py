"""Static gratings: flashed, one after the other, to probe orientation and frequency.

Orientation is that of the direction in which the same grating would drift, modulo 180:
a vertical bar is 0, and angles count counter-clockwise. The carrier is that of
:mod:`insilico_gui.stimuli.families.drifting_gratings` without its drift.
"""

from __future__ import annotations

from typing import Any, ClassVar

from insilico_gui.stimuli.families.grating_trials import (
    GratingTrials,
    aperture_size,
    edge,
)
from insilico_gui.stimuli.render.grating_painter import Layer
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameter_types import (
    AnglesOrCount,
    Numbers,
    OptionalNumber,
)
from insilico_gui.stimuli.spec.parameters import (
    CROSSED,
    again,
    angles,
    lasting,
    specification,
)


@specification
class StaticGratings(GratingTrials):
    """Static gratings, with their trial table.

    Parameters that take a sequence are crossed: every combination is a condition.
    ``trials`` has ``onset``, ``duration``, ``condition``, ``orientation``,
    ``spatial_frequency``, ``phase``, ``contrast`` and ``repeat``.
    """

    family: ClassVar[str] = "static_gratings"
    shown: ClassVar[str] = "image_s"

    orientations: AnglesOrCount = angles(
        8,
        "How many, evenly spaced from 0 to 180, or which, in degrees counter-clockwise: "
        "0 = vertical bars.",
        period=180,
        rank=CROSSED,
    )
    spatial_frequency: Numbers = again((0.02, 0.04, 0.08, 0.16))
    phases_deg: AnglesOrCount = angles(
        4,
        "How many phases, evenly spaced from 0 to 360, or which, in degrees, at the "
        "centre of the screen.",
        rank=CROSSED,
    )
    image_s: float = lasting(
        0.5, "Length of each picture in seconds; rounded to frames."
    )
    size_deg: OptionalNumber = aperture_size()
    edge_deg: float = edge()

    def _factors(self) -> dict[str, tuple[object, ...]]:
        return {
            "orientation": self.orientations,
            "spatial_frequency": self.spatial_frequency,
            "phase": self.phases_deg,
            "contrast": self.contrast,
        }

    def _layers(self, condition: Any) -> list[Layer]:
        layer = Layer(
            direction=condition.orientation,
            spatial_frequency=condition.spatial_frequency,
            temporal_frequency=0,
            phase_deg=condition.phase,
            contrast=condition.contrast,
            aperture=self._aperture(self.size_deg, self.edge_deg),
        )
        return [layer]


static_gratings = family_function(StaticGratings, place=2)
