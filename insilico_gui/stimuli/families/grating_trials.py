"""What all families of gratings have in common, drifting or not."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from insilico_gui.stimuli.core.checks import spatial_frequencies
from insilico_gui.stimuli.core.display import Angles
from insilico_gui.stimuli.render.apertures import Disc
from insilico_gui.stimuli.render.carrier import Waveform
from insilico_gui.stimuli.render.grating_painter import GratingPainter, Layer
from insilico_gui.stimuli.spec.parameter_types import Numbers
from insilico_gui.stimuli.spec.parameters import (
    CROSSED,
    FINE,
    angle_measure,
    degrees,
    number,
    numbers,
    parameter,
    point,
    specification,
    word,
)
from insilico_gui.stimuli.spec.trial_spec import Painter, TrialSpec


def aperture_size() -> Any:
    """Diameter of a round aperture; None is the full screen."""
    return degrees(
        None,
        "Diameter of a round aperture in degrees; default the full screen.",
        empty="full screen",
    )


def edge() -> Any:
    """Width of the soft edge of an aperture."""
    return number(1.0, "Width of the aperture's soft edge in degrees.", 0, 360)


@specification
class GratingTrials(TrialSpec):
    """Base of the families whose pictures are gratings behind apertures."""

    spatial_frequency: Numbers = parameter(
        0.04,
        "Cycles per degree.",
        lambda value, name, spec: spatial_frequencies(value, spec.display),
        rank=CROSSED,
    )
    contrast: Numbers = numbers(1.0, "0 to 1.", 0, 1, rank=CROSSED)
    center: tuple[float, float] = point(
        (0.0, 0.0),
        "Centre of the aperture: x (right) and y (up), -1 to 1 from edge to edge.",
        label="centre (x, y)",
    )
    waveform: Waveform = word(
        "sine", "Sinusoidal, or with sharp edges between black and white.", rank=FINE
    )
    angles: Angles = angle_measure()

    def _aperture(self, size_deg: float | None, edge_deg: float) -> Disc | None:
        """The aperture of a size; None for the full screen."""
        return None if size_deg is None else Disc(size_deg, edge_deg, self.center)

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
