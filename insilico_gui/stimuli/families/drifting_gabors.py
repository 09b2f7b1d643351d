"""Drifting Gabors: drifting gratings behind a Gaussian envelope.

The carrier and the levels are those of
:mod:`insilico_gui.stimuli.families.drifting_gratings`; its phase counts from the centre
of the screen, not of the envelope. Defaults follow the battery
of the dynamic Sensorium 2023 data: 8 directions x 3 spatial x 3 temporal frequencies,
25 frames each at 30 Hz.
"""

# Without "from __future__ import annotations": magicgui needs the types themselves

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from insilico_gui.stimuli.core.checks import evenly_spaced, size_in_degrees
from insilico_gui.stimuli.families.drifting import DriftingTrials
from insilico_gui.stimuli.render.apertures import Gaussian
from insilico_gui.stimuli.render.carrier import Angles, Waveform
from insilico_gui.stimuli.render.grating_painter import Layer
from insilico_gui.stimuli.spec.form_types import AnglesOrCount, HiddenDisplay, Numbers
from insilico_gui.stimuli.spec.parametric import RenderedStimulus
from insilico_gui.stimuli.spec.trial_spec import Order, with_center

if TYPE_CHECKING:
    import pandas as pd

FRAMES_S = 25 / 30


@dataclass(frozen=True, kw_only=True)
class DriftingGabors(DriftingTrials):
    """Specification of a set of drifting Gabors.

    The fields are the parameters of :func:`drifting_gabors`, with sequences as tuples
    and directions as 0..360.
    """

    family: ClassVar[str] = "drifting_gabors"

    directions: tuple[float, ...] = tuple(45.0 * k for k in range(8))
    spatial_frequency: tuple[float, ...] = (0.02, 0.04, 0.08)
    temporal_frequency: tuple[float, ...] = (1.0, 2.0, 4.0)
    duration_s: float = FRAMES_S
    sigma_deg: float = 15.0

    def _normalise(self) -> dict[str, object]:
        sigma = size_in_degrees(self.sigma_deg, "sigma_deg")
        return {**super()._normalise(), "sigma_deg": sigma}

    @property
    def conditions(self) -> "pd.DataFrame":
        """See :attr:`TrialSpec.conditions`; with the centre of the envelope."""
        return with_center(super().conditions, self.display, self.center, self.angles)

    def _layers(self, condition: Any) -> list[Layer]:
        return [self._layer(condition, Gaussian(self.sigma_deg, self.center))]


def drifting_gabors(
    *,
    directions: AnglesOrCount = 8,
    spatial_frequency: Numbers = (0.02, 0.04, 0.08),
    temporal_frequency: Numbers = (1.0, 2.0, 4.0),
    contrast: Numbers = 1.0,
    sigma_deg: float = 15.0,
    center: tuple[float, float] = (0.0, 0.0),
    duration_s: float = FRAMES_S,
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
    """Make drifting Gabors, with their trial table.

    Parameters that take a sequence are crossed: every combination is a condition.

    Parameters
    ----------
    directions : int or sequence of float
        How many, evenly spaced, or which, in degrees counter-clockwise: 0 = to the
        right, 90 = up.
    spatial_frequency, temporal_frequency, contrast : float or sequence of float
        Cycles per degree; Hz; 0 to 1.
    sigma_deg : float
        Standard deviation of the Gaussian envelope in degrees.
    center : (float, float)
        Centre of the envelope: x (right) and y (up), -1..1 from edge to edge.
    duration_s, blank_s : float
        Length of each Gabor and of the grey before it, in seconds; rounded to frames.
        As much grey follows the last.
    repeats, order, seed
        See :class:`.trial_spec.TrialSpec`.
    phase_deg, waveform, angles, display, frame_rate
        See :func:`.gratings.drifting_gratings`.

    Returns
    -------
    RenderedStimulus
        ``trials`` has ``onset``, ``duration``, ``condition``, ``direction``,
        ``spatial_frequency``, ``temporal_frequency``, ``contrast``, ``azimuth_deg``,
        ``elevation_deg`` and ``repeat``.

    Raises
    ------
    StimulusError
        If a value makes no sense or cannot be shown on this display.
    """
    arguments = {
        **locals(),
        "directions": evenly_spaced(directions, "directions", 360),
    }
    return DriftingGabors.of_arguments(arguments)
