"""Size series: a drifting grating in apertures of several diameters.

Responses against the diameter show spatial summation and surround suppression. Carrier
and levels are those of :mod:`insilico_gui.stimuli.families.drifting_gratings`.
"""

from __future__ import annotations

from typing import ClassVar

from insilico_gui.stimuli.families.center_surround import CenterSurroundTrials
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameter_types import Numbers
from insilico_gui.stimuli.spec.parameters import again, specification


@specification
class SizeSeries(CenterSurroundTrials):
    """A size series, with its trial table.

    Parameters that take a sequence are crossed: every combination is a condition.
    ``trials`` has ``onset``, ``duration``, ``condition``, ``direction``,
    ``spatial_frequency``, ``temporal_frequency``, ``contrast``, ``size_deg``,
    ``surround``, ``azimuth_deg``, ``elevation_deg`` and ``repeat``.
    """

    family: ClassVar[str] = "size_series"

    size_deg: Numbers = again((5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0))


size_series = family_function(SizeSeries, place=4)
