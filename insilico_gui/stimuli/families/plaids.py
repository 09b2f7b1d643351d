"""Plaids: two drifting gratings on each other, and each of their directions alone.

A plaid moves in the direction in between (Adelson & Movshon 1982, Nature 300:523):
``direction`` is that of the pattern, and its gratings move half of ``plaid_angle_deg`` to
either side of it. With an angle of 0 there is one grating, of the contrast that each has in
a plaid. Carrier and levels are those of
:mod:`insilico_gui.stimuli.families.drifting_gratings`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from insilico_gui.stimuli.families.drifting import DriftingTrials
from insilico_gui.stimuli.families.grating_trials import aperture_size, edge
from insilico_gui.stimuli.render.apertures import Everywhere
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
    numbers,
    specification,
)

LARGEST_ANGLE = 175.0
"""Gratings in opposite directions have no direction in between."""


@specification
class Plaids(DriftingTrials):
    """Plaids and gratings, with their trial table.

    Parameters that take a sequence are crossed: every combination is a condition.
    ``trials`` has ``onset``, ``duration``, ``condition``, ``direction`` (of the pattern),
    ``spatial_frequency``, ``temporal_frequency`` and ``contrast`` (of each grating),
    ``plaid_angle_deg`` and ``repeat``.
    """

    family: ClassVar[str] = "plaids"

    directions: AnglesOrCount = again(12)
    contrast: Numbers = numbers(
        0.5, "Of each grating, 0 to 0.5: two of them add up.", 0, 0.5, rank=CROSSED
    )
    plaid_angle_deg: Numbers = numbers(
        (0.0, 120.0),
        "Angle between the directions of the gratings, in degrees; 0 = one grating.",
        0,
        LARGEST_ANGLE,
        rank=CROSSED,
    )
    size_deg: OptionalNumber = aperture_size()
    edge_deg: float = edge()

    def _factors(self) -> dict[str, tuple[object, ...]]:
        return {**super()._factors(), "plaid_angle_deg": self.plaid_angle_deg}

    def _layers(self, condition: Any) -> list[Layer]:
        hole = self._aperture(self.size_deg, self.edge_deg) or Everywhere()
        half = condition.plaid_angle_deg / 2
        turns = (half, -half) if half else (0.0,)
        return [
            self._layer(
                condition._replace(direction=(condition.direction + turn) % 360), hole
            )
            for turn in turns
        ]


plaids = family_function(Plaids, place=15)
