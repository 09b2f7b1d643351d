"""What families of drifting gratings have in common, whatever aperture they have."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.stimuli.checks import (
    angles_modulo,
    at_least_a_frame,
    numbers_within,
    one_of,
    position,
    spatial_frequencies,
    temporal_frequencies,
    within,
)
from insilico_gui.stimuli.grating_painter import GratingPainter, Layer
from insilico_gui.stimuli.trial_spec import Painter, TrialSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.stimuli.apertures import Aperture
    from insilico_gui.stimuli.carrier import Angles, Waveform


@dataclass(frozen=True, kw_only=True)
class DriftingTrials(TrialSpec):
    """Base of the families that cross directions, frequencies and contrasts.

    Attributes
    ----------
    directions : tuple of float
        Degrees counter-clockwise, 0..360: 0 moves to the right, 90 up.
    spatial_frequency, temporal_frequency : tuple of float
        Cycles per degree; Hz.
    contrast : tuple of float
        0 to 1.
    duration_s : float
        Length of each grating in seconds; rounded to frames.
    center : (float, float)
        Centre of the aperture: x (right) and y (up), -1..1 from edge to edge.
    phase_deg : float
        Phase at the centre of the screen when a grating appears.
    waveform : {"sine", "square"}
    angles : {"flat", "exact"}
        How degrees are measured; see :class:`.display.Display`.
    """

    directions: tuple[float, ...] = tuple(22.5 * k for k in range(16))
    spatial_frequency: tuple[float, ...] = (0.04,)
    temporal_frequency: tuple[float, ...] = (2.0,)
    contrast: tuple[float, ...] = (1.0,)
    duration_s: float = 1.0
    center: tuple[float, float] = (0.0, 0.0)
    phase_deg: float = 0.0
    waveform: Waveform = "sine"
    angles: Angles = "flat"

    def _normalise(self) -> dict[str, object]:
        one_of(self.waveform, "waveform", ("sine", "square"))
        one_of(self.angles, "angles", ("flat", "exact"))
        return {
            **super()._normalise(),
            "directions": angles_modulo(self.directions, "directions", 360),
            "spatial_frequency": spatial_frequencies(
                self.spatial_frequency, self.display
            ),
            "temporal_frequency": temporal_frequencies(
                self.temporal_frequency, self.frame_rate
            ),
            "contrast": numbers_within(self.contrast, "contrast", 0, 1),
            "duration_s": at_least_a_frame(
                self.duration_s, "duration_s", self.frame_rate
            ),
            "center": position(self.center, "center"),
            "phase_deg": within(self.phase_deg, "phase_deg", -360, 360),
        }

    def _factors(self) -> dict[str, tuple[object, ...]]:
        return {
            "direction": self.directions,
            "spatial_frequency": self.spatial_frequency,
            "temporal_frequency": self.temporal_frequency,
            "contrast": self.contrast,
        }

    @property
    def condition_frames(self) -> NDArray[np.int64]:
        """See :attr:`TrialSpec.condition_frames`."""
        return np.full(self.n_conditions, round(self.duration_s * self.frame_rate))

    @abstractmethod
    def _layers(self, condition: Any) -> list[Layer]:
        """Gratings of one row of `conditions`, given as a named tuple."""

    def _layer(self, condition: Any, aperture: Aperture | None) -> Layer:
        """The grating that the row describes, behind an aperture."""
        return Layer(
            condition.direction,
            condition.spatial_frequency,
            condition.temporal_frequency,
            self.phase_deg,
            condition.contrast,
            aperture,
        )

    def painter(self) -> Painter:
        """See :meth:`TrialSpec.painter`."""
        rows = self.conditions.itertuples(index=False)
        layers = [self._layers(row) for row in rows]
        return GratingPainter(
            layers,
            display=self.display,
            frame_rate=self.frame_rate,
            waveform=self.waveform,
            angles=self.angles,
        ).paint
