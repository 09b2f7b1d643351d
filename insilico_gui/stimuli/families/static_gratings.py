"""Static gratings: flashed, one after the other, to probe orientation and frequency.

Orientation is that of the direction in which the same grating would drift, modulo 180:
a vertical bar is 0, and angles count counter-clockwise. The carrier is that of
:mod:`insilico_gui.stimuli.families.drifting_gratings` without its drift.
"""

# Without "from __future__ import annotations": magicgui needs the types themselves

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from insilico_gui.stimuli.core.checks import (
    MAX_SIZE_DEG,
    angles_modulo,
    evenly_spaced,
    size_in_degrees,
    within,
)
from insilico_gui.stimuli.families.grating_trials import GratingTrials
from insilico_gui.stimuli.render.apertures import Disc
from insilico_gui.stimuli.render.carrier import Angles, Waveform
from insilico_gui.stimuli.render.grating_painter import Layer
from insilico_gui.stimuli.spec.form_types import (
    AnglesOrCount,
    HiddenDisplay,
    Numbers,
    OptionalNumber,
)
from insilico_gui.stimuli.spec.parametric import RenderedStimulus
from insilico_gui.stimuli.spec.trial_spec import Order

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class StaticGratings(GratingTrials):
    """Specification of a set of static gratings.

    The fields are the parameters of :func:`static_gratings`, with sequences as tuples,
    orientations as 0..180 and phases as 0..360.
    """

    family: ClassVar[str] = "static_gratings"

    orientations: tuple[float, ...] = tuple(22.5 * k for k in range(8))
    spatial_frequency: tuple[float, ...] = (0.02, 0.04, 0.08, 0.16)
    phases_deg: tuple[float, ...] = (0.0, 90.0, 180.0, 270.0)
    image_s: float = 0.5
    size_deg: float | None = None
    edge_deg: float = 1.0

    def _normalise(self) -> dict[str, object]:
        size = self.size_deg
        return {
            **super()._normalise(),
            "orientations": angles_modulo(self.orientations, "orientations", 180),
            "phases_deg": angles_modulo(self.phases_deg, "phases_deg", 360),
            "image_s": self._lasting("image_s"),
            "size_deg": None if size is None else size_in_degrees(size, "size_deg"),
            "edge_deg": within(self.edge_deg, "edge_deg", 0, MAX_SIZE_DEG),
        }

    def _factors(self) -> dict[str, tuple[object, ...]]:
        return {
            "orientation": self.orientations,
            "spatial_frequency": self.spatial_frequency,
            "phase": self.phases_deg,
            "contrast": self.contrast,
        }

    @property
    def condition_frames(self) -> "NDArray[np.int64]":
        """See :attr:`TrialSpec.condition_frames`."""
        return np.full(self.n_conditions, round(self.image_s * self.frame_rate))

    def _layers(self, condition: Any) -> list[Layer]:
        aperture = None
        if self.size_deg is not None:
            aperture = Disc(self.size_deg, self.edge_deg, self.center)
        layer = Layer(
            direction=condition.orientation,
            spatial_frequency=condition.spatial_frequency,
            temporal_frequency=0,
            phase_deg=condition.phase,
            contrast=condition.contrast,
            aperture=aperture,
        )
        return [layer]


def static_gratings(
    *,
    orientations: AnglesOrCount = 8,
    spatial_frequency: Numbers = (0.02, 0.04, 0.08, 0.16),
    phases_deg: AnglesOrCount = 4,
    contrast: Numbers = 1.0,
    image_s: float = 0.5,
    blank_s: float = 0.5,
    repeats: int = 1,
    size_deg: OptionalNumber = None,
    edge_deg: float = 1.0,
    center: tuple[float, float] = (0.0, 0.0),
    order: Order = "random",
    seed: int = 0,
    waveform: Waveform = "sine",
    angles: Angles = "flat",
    display: HiddenDisplay = None,
    frame_rate: float = 30.0,
) -> RenderedStimulus:
    """Make static gratings, with their trial table.

    Parameters that take a sequence are crossed: every combination is a condition.

    Parameters
    ----------
    orientations : int or sequence of float
        How many, evenly spaced from 0 to 180, or which, in degrees counter-clockwise:
        0 = vertical bars.
    spatial_frequency : float or sequence of float
        Cycles per degree.
    phases_deg : int or sequence of float
        How many phases, evenly spaced from 0 to 360, or which, in degrees, at the
        centre of the screen.
    contrast : float or sequence of float
        0 to 1.
    image_s, blank_s : float
        Length of each picture and of the grey before it, in seconds; rounded to frames.
        As much grey follows the last.
    repeats, order, seed
        See :class:`.trial_spec.TrialSpec`.
    size_deg, edge_deg, center, waveform, angles, display, frame_rate
        See :func:`.gratings.drifting_gratings`.

    Returns
    -------
    RenderedStimulus
        ``trials`` has ``onset``, ``duration``, ``condition``, ``orientation``,
        ``spatial_frequency``, ``phase``, ``contrast`` and ``repeat``.

    Raises
    ------
    StimulusError
        If a value makes no sense or cannot be shown on this display.
    """
    arguments = {
        **locals(),
        "orientations": evenly_spaced(orientations, "orientations", 180),
        "phases_deg": evenly_spaced(phases_deg, "phases_deg", 360),
    }
    return StaticGratings.of_arguments(arguments)
