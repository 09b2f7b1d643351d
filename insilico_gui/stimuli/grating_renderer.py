"""From a specification of drifting gratings to frames."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.stimuli.carrier import (
    GREY,
    Shader,
    deviation_table,
    disc,
    phase_of,
    plane_wave,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.stimuli.gratings import DriftingGratings


class GratingRenderer:
    """Renders any range of frames, at the cost of one table look-up a pixel."""

    def __init__(self, spec: DriftingGratings) -> None:
        self._spec = spec
        conditions = list(spec.conditions.itertuples(index=False))
        self._shown = [conditions[k] for k in spec.condition_order]
        weights = None
        if spec.size_deg is not None:
            weights = disc(
                spec.display, spec.size_deg, spec.edge_deg, spec.center, spec.angles
            )
        self._shaders = {
            contrast: Shader(deviation_table(contrast, spec.waveform), weights)
            for contrast in spec.contrast
        }
        self._wave = lru_cache(maxsize=4)(self._plane_wave)

    def frames(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Frames `start` to `stop` (excluded), uint8 [stop - start, H, W]."""
        spec = self._spec
        frames = np.full((stop - start, *spec.display.pixels), GREY, np.uint8)
        for frame, k in zip(frames, range(start, stop), strict=True):
            trial, position = divmod(k, spec.frames_per_trial)
            since_onset = (position - spec.blank_frames) / spec.frame_rate
            if since_onset >= 0:
                shown = self._shown[trial]
                drift = shown.temporal_frequency * since_onset - spec.phase_deg / 360
                wave = self._wave(shown.direction, shown.spatial_frequency)
                frame[:] = self._shaders[shown.contrast](wave - phase_of(drift))
        return frames

    def _plane_wave(self, direction: float, frequency: float) -> NDArray[np.uint16]:
        spec = self._spec
        return plane_wave(spec.display, direction, frequency, spec.angles)
