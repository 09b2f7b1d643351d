"""From gratings behind apertures to pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from insilico_gui.stimuli.carrier import (
    deviation_table,
    levels_of,
    levels_of_weighted,
    phase_of,
    plane_wave,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from insilico_gui.stimuli.apertures import Aperture
    from insilico_gui.stimuli.carrier import Angles, Waveform
    from insilico_gui.stimuli.display import Display


@dataclass(frozen=True)
class Layer:
    """One grating behind one aperture; a picture is grey plus its layers.

    Attributes
    ----------
    direction : float
        Degrees; of a grating that stands still, its orientation.
    spatial_frequency, temporal_frequency : float
        Cycles per degree; Hz, 0 stands still.
    phase_deg : float
        At the centre of the screen, at onset.
    contrast : float
    aperture : Aperture, optional
        Default the full screen, which leaves no room for another layer.
    """

    direction: float
    spatial_frequency: float
    temporal_frequency: float
    phase_deg: float
    contrast: float
    aperture: Aperture | None = None


class GratingPainter:
    """Paints any frame of any condition, at the cost of a look-up a pixel and layer.

    Parameters
    ----------
    layers : sequence of sequence of Layer
        Those of each condition; the weights of their apertures add up to 1 at most.
    display : Display
    frame_rate : float
        Frames per second (Hz).
    waveform : {"sine", "square"}
    angles : {"flat", "exact"}
        What a degree is.
    """

    def __init__(
        self,
        layers: Sequence[Sequence[Layer]],
        *,
        display: Display,
        frame_rate: float,
        waveform: Waveform,
        angles: Angles,
    ) -> None:
        self._display = display
        self._frame_rate = frame_rate
        self._waveform: Waveform = waveform
        self._angles: Angles = angles
        self._layers = layers
        self._wave = lru_cache(maxsize=4)(self._plane_wave)
        self._deviations = lru_cache(maxsize=64)(self._deviation_table)
        self._levels = lru_cache(maxsize=64)(self._level_table)
        self._weights = lru_cache(maxsize=32)(self._aperture_weights)

    def paint(self, condition: int, frame: int) -> NDArray[np.uint8]:
        """Picture of a condition so many frames after its onset, uint8 [H, W]."""
        first, *others = self._layers[condition]
        if first.aperture is None:
            return self._levels(first.contrast)[self._phase(first, frame)]
        total = self._weighted(first, first.aperture, frame)
        for layer in others:
            if layer.aperture is not None:
                total += self._weighted(layer, layer.aperture, frame)
        return levels_of_weighted(total)

    def _weighted(
        self, layer: Layer, aperture: Aperture, frame: int
    ) -> NDArray[np.int32]:
        deviation = self._deviations(layer.contrast)[self._phase(layer, frame)]
        return deviation * self._weights(aperture)

    def _phase(self, layer: Layer, frame: int) -> NDArray[np.uint16]:
        seconds = frame / self._frame_rate
        drift = layer.temporal_frequency * seconds - layer.phase_deg / 360
        wave = self._wave(layer.direction, layer.spatial_frequency)
        return wave - phase_of(drift)

    def _plane_wave(self, direction: float, frequency: float) -> NDArray[np.uint16]:
        return plane_wave(self._display, direction, frequency, self._angles)

    def _deviation_table(self, contrast: float) -> NDArray[np.int32]:
        return deviation_table(contrast, self._waveform)

    def _level_table(self, contrast: float) -> NDArray[np.uint8]:
        return levels_of(self._deviations(contrast))

    def _aperture_weights(self, aperture: Aperture) -> NDArray[np.int32]:
        return aperture.weights(self._display, self._angles)
