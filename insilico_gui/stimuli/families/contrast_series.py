"""Contrast series: a drifting grating in an aperture, at several contrasts.

Responses against the contrast show gain and saturation. Carrier
and levels are those of :mod:`insilico_gui.stimuli.families.drifting_gratings`.
"""

from __future__ import annotations

from typing import ClassVar

from insilico_gui.stimuli.families.center_surround import CenterSurroundTrials
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameter_types import Numbers
from insilico_gui.stimuli.spec.parameters import again, specification


@specification
class ContrastSeries(CenterSurroundTrials):
    """A contrast series, with its trial table.

    Parameters that take a sequence are crossed: every combination is a condition.
    ``trials`` has ``onset``, ``duration``, ``condition``, ``direction``,
    ``spatial_frequency``, ``temporal_frequency``, ``contrast``, ``size_deg``,
    ``surround``, ``azimuth_deg``, ``elevation_deg`` and ``repeat``.
    """

    family: ClassVar[str] = "contrast_series"

    contrast: Numbers = again(
        (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0), "0 to 1; 0 is a trial of grey."
    )


contrast_series = family_function(ContrastSeries, place=5)
