"""Contrast series: a drifting grating in an aperture, at several contrasts.

Responses against the contrast show gain and saturation. Carrier
and levels are those of :mod:`insilico_gui.stimuli.families.drifting_gratings`.
"""

# Without "from __future__ import annotations": magicgui needs the types themselves

from dataclasses import dataclass
from typing import ClassVar

from insilico_gui.stimuli.core.checks import evenly_spaced
from insilico_gui.stimuli.families.center_surround import (
    CenterSurroundTrials,
    Surrounds,
)
from insilico_gui.stimuli.render.carrier import Angles, Waveform
from insilico_gui.stimuli.spec.form_types import (
    AnglesOrCount,
    HiddenDisplay,
    Numbers,
    OptionalNumber,
)
from insilico_gui.stimuli.spec.parametric import RenderedStimulus
from insilico_gui.stimuli.spec.trial_spec import Order

CONTRASTS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True, kw_only=True)
class ContrastSeries(CenterSurroundTrials):
    """Specification of a contrast series.

    The fields are the parameters of :func:`contrast_series`, with sequences as tuples
    and directions as 0..360.
    """

    family: ClassVar[str] = "contrast_series"

    directions: tuple[float, ...] = (0.0, 90.0, 180.0, 270.0)
    contrast: tuple[float, ...] = CONTRASTS


def contrast_series(
    *,
    contrast: Numbers = CONTRASTS,
    directions: AnglesOrCount = 4,
    spatial_frequency: Numbers = 0.04,
    temporal_frequency: Numbers = 2.0,
    size_deg: Numbers = 30.0,
    surround: Surrounds = ("none",),
    surround_contrast: OptionalNumber = None,
    gap_deg: float = 0.0,
    edge_deg: float = 1.0,
    center: tuple[float, float] = (0.0, 0.0),
    duration_s: float = 1.0,
    blank_s: float = 0.5,
    repeats: int = 1,
    order: Order = "random",
    seed: int = 0,
    phase_deg: float = 0.0,
    waveform: Waveform = "sine",
    angles: Angles = "flat",
    display: HiddenDisplay = None,
    frame_rate: float = 30.0,
) -> RenderedStimulus:
    """Make a contrast series, with its trial table.

    Parameters that take a sequence are crossed: every combination is a condition.

    Parameters
    ----------
    contrast : float or sequence of float
        0 to 1; 0 is a trial of grey.
    directions : int or sequence of float
        How many, evenly spaced, or which, in degrees counter-clockwise: 0 = to the
        right, 90 = up.
    spatial_frequency, temporal_frequency : float or sequence of float
        Cycles per degree; Hz.
    size_deg : float or sequence of float
        Diameters of the aperture at half height, in degrees.
    surround, surround_contrast, gap_deg, edge_deg
        See :class:`.center_surround.CenterSurroundTrials`.
    center, duration_s, blank_s, phase_deg, waveform, angles, display, frame_rate
        See :func:`.gratings.drifting_gratings`.
    repeats, order, seed
        See :class:`.trial_spec.TrialSpec`.

    Returns
    -------
    RenderedStimulus
        ``trials`` has ``onset``, ``duration``, ``condition``, ``direction``,
        ``spatial_frequency``, ``temporal_frequency``, ``contrast``, ``size_deg``,
        ``surround``, ``azimuth_deg``, ``elevation_deg`` and ``repeat``.

    Raises
    ------
    StimulusError
        If a value makes no sense or cannot be shown on this display.
    """
    arguments = {
        **locals(),
        "directions": evenly_spaced(directions, "directions", 360),
    }
    return ContrastSeries.of_arguments(arguments)
