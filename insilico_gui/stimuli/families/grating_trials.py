"""What all families of gratings have in common, drifting or not."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, get_args

from insilico_gui.stimuli.core.checks import (
    numbers_within,
    one_of,
    position,
    spatial_frequencies,
)
from insilico_gui.stimuli.render.carrier import Angles, Waveform, check_angles
from insilico_gui.stimuli.render.grating_painter import GratingPainter, Layer
from insilico_gui.stimuli.spec.trial_spec import Painter, TrialSpec


@dataclass(frozen=True, kw_only=True)
class GratingTrials(TrialSpec):
    """Base of the families whose pictures are gratings behind apertures.

    Attributes
    ----------
    spatial_frequency : tuple of float
        Cycles per degree.
    contrast : tuple of float
        0 to 1.
    center : (float, float)
        Centre of the aperture: x (right) and y (up), -1..1 from edge to edge.
    waveform : {"sine", "square"}
    angles : {"flat", "per axis"}
        How degrees are measured; see :class:`.display.Display`.
    """

    spatial_frequency: tuple[float, ...] = (0.04,)
    contrast: tuple[float, ...] = (1.0,)
    center: tuple[float, float] = (0.0, 0.0)
    waveform: Waveform = "sine"
    angles: Angles = "flat"

    def _normalise(self) -> dict[str, object]:
        one_of(self.waveform, "waveform", get_args(Waveform))
        object.__setattr__(self, "angles", check_angles(self.angles))
        return {
            **super()._normalise(),
            "spatial_frequency": spatial_frequencies(
                self.spatial_frequency, self.display
            ),
            "contrast": numbers_within(self.contrast, "contrast", 0, 1),
            "center": position(self.center, "center"),
        }

    @abstractmethod
    def _layers(self, condition: Any) -> list[Layer]:
        """Gratings of one row of `conditions`, given as a named tuple."""

    def painter(self) -> Painter:
        """See :meth:`TrialSpec.painter`."""
        rows = self.conditions.itertuples(index=False)
        return GratingPainter(
            [self._layers(row) for row in rows],
            display=self.display,
            frame_rate=self.frame_rate,
            waveform=self.waveform,
            angles=self.angles,
        ).paint
