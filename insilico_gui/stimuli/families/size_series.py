"""Size series: a drifting grating in apertures of several diameters.

Responses against the diameter show spatial summation and surround suppression. Carrier
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

SIZES = (5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0)


@dataclass(frozen=True, kw_only=True)
class SizeSeries(CenterSurroundTrials):
    """Specification of a size series.

    The fields are the parameters of :func:`size_series`, with sequences as tuples and
    directions as 0..360.
    """

    family: ClassVar[str] = "size_series"

    directions: tuple[float, ...] = (0.0, 90.0, 180.0, 270.0)
    size_deg: tuple[float, ...] = SIZES


def size_series(
    *,
    size_deg: Numbers = SIZES,
    directions: AnglesOrCount = 4,
    spatial_frequency: Numbers = 0.04,
    temporal_frequency: Numbers = 2.0,
    contrast: Numbers = 1.0,
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
    """Make a size series, with its trial table.

    Parameters that take a sequence are crossed: every combination is a condition.

    Parameters
    ----------
    size_deg : float or sequence of float
        Diameters of the aperture at half height, in degrees.
    directions : int or sequence of float
        How many, evenly spaced, or which, in degrees counter-clockwise: 0 = to the
        right, 90 = up.
    spatial_frequency, temporal_frequency, contrast : float or sequence of float
        Cycles per degree; Hz; 0 to 1.
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
    return SizeSeries.of_arguments(arguments)
