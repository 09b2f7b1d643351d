"""Drifting Gabors: drifting gratings behind a Gaussian envelope.

The carrier and the levels are those of
:mod:`insilico_gui.stimuli.families.drifting_gratings`; its phase counts from the centre
of the screen, not of the envelope. Defaults follow the battery
of the dynamic Sensorium 2023 data: 8 directions x 3 spatial x 3 temporal frequencies,
25 frames each at 30 Hz.
"""

from __future__ import annotations

from typing import Any, ClassVar

import pandas as pd

from insilico_gui.stimuli.families.drifting import DriftingTrials
from insilico_gui.stimuli.render.apertures import Gaussian
from insilico_gui.stimuli.render.grating_painter import Layer
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameter_types import AnglesOrCount, Numbers
from insilico_gui.stimuli.spec.parameters import again, degrees, specification
from insilico_gui.stimuli.spec.trial_spec import with_center


@specification
class DriftingGabors(DriftingTrials):
    """Drifting Gabors, with their trial table.

    Parameters that take a sequence are crossed: every combination is a condition.
    ``trials`` has ``onset``, ``duration``, ``condition``, ``direction``,
    ``spatial_frequency``, ``temporal_frequency``, ``contrast``, ``azimuth_deg``,
    ``elevation_deg`` and ``repeat``.
    """

    family: ClassVar[str] = "drifting_gabors"

    directions: AnglesOrCount = again(8)
    spatial_frequency: Numbers = again((0.02, 0.04, 0.08))
    temporal_frequency: Numbers = again((1.0, 2.0, 4.0))
    duration_s: float = again(25 / 30)
    sigma_deg: float = degrees(
        15.0, "Standard deviation of the Gaussian envelope in degrees."
    )

    @property
    def conditions(self) -> pd.DataFrame:
        """See :attr:`TrialSpec.conditions`; with the centre of the envelope."""
        return with_center(super().conditions, self.display, self.center, self.angles)

    def _layers(self, condition: Any) -> list[Layer]:
        return [self._layer(condition, Gaussian(self.sigma_deg, self.center))]


drifting_gabors = family_function(DriftingGabors, place=3)
