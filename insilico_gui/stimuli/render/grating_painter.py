"""From gratings behind apertures to pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.stimuli.render.carrier import (
    GREY,
    deviation_table,
    levels_of,
    levels_of_weighted,
    phase_of,
    plane_wave,
)
from insilico_gui.stimuli.render.remember import MIB, remember

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from insilico_gui.stimuli.core.display import Angles, Display
    from insilico_gui.stimuli.render.apertures import Aperture
    from insilico_gui.stimuli.render.carrier import Waveform

    Window = tuple[slice, slice]


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

    Pictures are kept: where a period is a whole number of frames, each phase is painted
    once. What is grey around an aperture is not painted at all.

    Parameters
    ----------
    layers : sequence of sequence of Layer
        Those of each condition; at no pixel do contrasts times weights of apertures add
        up to more than 1.
    display : Display
    frame_rate : float
        Frames per second (Hz).
    waveform : {"sine", "square"}
    angles : {"flat", "per axis", "spherical"}
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
        n_pixels = display.pixels[0] * display.pixels[1]
        self._pictures = remember(self._picture, n_pixels)
        self._wave = remember(self._plane_wave, 2 * n_pixels, 4 * MIB)
        self._weights = remember(self._aperture_weights, 4 * n_pixels, 8 * MIB)
        self._deviations = lru_cache(maxsize=64)(self._deviation_table)
        self._levels = lru_cache(maxsize=64)(self._level_table)
        self._drift = lru_cache(maxsize=4096)(self._phase_at)
        self._window = lru_cache(maxsize=64)(self._seen_part)

    def paint(self, condition: int, frame: int) -> NDArray[np.uint8]:
        """Picture of a condition so many frames after its onset, uint8 [H, W]."""
        drifts = (
            self._drift(layer.temporal_frequency, layer.phase_deg, frame)
            for layer in self._layers[condition]
        )
        return self._pictures(condition, *drifts)

    def _picture(self, condition: int, *drifts: int) -> NDArray[np.uint8]:
        """A condition whose layers have drifted by so many 1/65536 of a cycle."""
        layers = self._layers[condition]
        first = layers[0]
        if first.aperture is None:
            wave = self._wave(first.direction, first.spatial_frequency)
            # No phase is beyond the table; clipping is the fastest way not to check
            return self._levels(first.contrast).take(
                wave - np.uint16(drifts[0]), mode="clip"
            )
        picture = np.full(self._display.pixels, GREY, np.uint8)
        window = self._window(condition)
        total = np.zeros(picture[window].shape, np.int32)
        for layer, drift in zip(layers, drifts, strict=True):
            if layer.aperture is not None:
                wave = self._wave(layer.direction, layer.spatial_frequency)[window]
                deviation = self._deviations(layer.contrast).take(
                    wave - np.uint16(drift), mode="clip"
                )
                deviation *= self._weights(layer.aperture)[window]
                total += deviation
        picture[window] = levels_of_weighted(total)
        return picture

    def _phase_at(self, temporal_frequency: float, phase_deg: float, frame: int) -> int:
        seconds = frame / self._frame_rate
        return int(phase_of(temporal_frequency * seconds - phase_deg / 360))

    def _seen_part(self, condition: int) -> Window:
        """Rows and columns outside of which a condition is grey at all phases."""
        strongest = np.zeros(self._display.pixels, np.int32)
        for layer in self._layers[condition]:
            if layer.aperture is not None:
                peak = self._deviations(layer.contrast).max()
                strongest += self._weights(layer.aperture) * peak
        seen = levels_of_weighted(strongest) != GREY
        rows, columns = (np.flatnonzero(seen.any(axis)) for axis in (1, 0))
        if not len(rows):
            return slice(0, 0), slice(0, 0)
        return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)

    def _plane_wave(self, direction: float, frequency: float) -> NDArray[np.uint16]:
        return plane_wave(self._display, direction, frequency, self._angles)

    def _deviation_table(self, contrast: float) -> NDArray[np.int32]:
        return deviation_table(contrast, self._waveform)

    def _level_table(self, contrast: float) -> NDArray[np.uint8]:
        return levels_of(self._deviations(contrast))

    def _aperture_weights(self, aperture: Aperture) -> NDArray[np.int32]:
        return aperture.weights(self._display, self._angles)
