"""Drifting gratings: the usual probe of direction and frequency tuning.

Direction is that of the motion seen on the screen, in degrees counter-clockwise: 0
moves to the right, 90 up. With azimuth x to the right and elevation y up, in degrees
from the centre of the screen, the carrier at time t after the onset of a trial is::

    cos(2 pi (sf (x cos(direction) + y sin(direction)) - tf t) + phase)

and the grey level is 128 + 127 contrast carrier: 128 is the mean and the grey of the
blanks, and a contrast of 1 spans 1 to 255.
"""

from __future__ import annotations

from dataclasses import InitVar
from typing import TYPE_CHECKING, Any, ClassVar

from insilico_gui.stimuli.families.drifting import DriftingTrials
from insilico_gui.stimuli.families.grating_trials import aperture_size, edge
from insilico_gui.stimuli.render.grating_painter import Layer
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameter_types import OptionalAngles, OptionalNumber
from insilico_gui.stimuli.spec.parameters import CROSSED, angles, specification


@specification
class DriftingGratings(DriftingTrials):
    """Drifting gratings, with their trial table.

    Parameters that take a sequence are crossed: every combination is a condition.
    ``trials`` has ``onset`` and ``duration`` (s), ``condition``, ``direction``,
    ``spatial_frequency``, ``temporal_frequency``, ``contrast`` and ``repeat``.
    """

    family: ClassVar[str] = "drifting_gratings"

    directions: OptionalAngles = angles(
        None,
        "Directions of motion in degrees, counter-clockwise: 0 = to the right, 90 = up. "
        "A single whole number means `n_directions`.",
        count=("n_directions", 16),
        rank=CROSSED,
        empty="evenly spaced",
    )
    size_deg: OptionalNumber = aperture_size()
    edge_deg: float = edge()

    if TYPE_CHECKING:  # a parameter of the function
        n_directions: InitVar[int] = 16

    def _layers(self, condition: Any) -> list[Layer]:
        return [self._layer(condition, self._aperture(self.size_deg, self.edge_deg))]


drifting_gratings = family_function(DriftingGratings, place=1)
