"""Building blocks of stimuli made of a sine wave: phase, grey level, aperture.

All of them are fixed-point, so that a stimulus has the same bytes on every machine: the
last digits of sines and products, in which machines differ, are rounded away before
anything is looked up.

- Phases are whole numbers of 1/65536 of a cycle. In uint16 they wrap around by
  themselves, and adding a drift to a field of them is exact.
- Grey levels are 128 plus a signed deviation in 1/256 of a level; 128 is the mean, and
  full contrast spans 1 to 255.
- Aperture weights are whole numbers of 1/32768.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.stimuli.display import Display

Waveform = Literal["sine", "square"]
Angles = Literal["flat", "exact"]
"""How degrees are measured on the screen; see :class:`.display.Display`."""

GREY = 128
AMPLITUDE = 127

_CYCLE = 1 << 16
_LEVEL_BITS = 8
_WEIGHT_BITS = 15  # a deviation times a weight fits int32


def phase_of(cycles: NDArray[np.float64] | float) -> NDArray[np.uint16]:
    """Phase of a number of cycles, in units of 1/65536 of a cycle, wrapped."""
    # Rounding twice moves the point at which machines could disagree away from halves,
    # which simple numbers hit often
    units = np.rint(np.round(np.asarray(cycles) * _CYCLE, 6))
    return np.mod(units, _CYCLE).astype(np.uint16)


def plane_wave(
    display: Display, direction: float, spatial_frequency: float, angles: Angles
) -> NDArray[np.uint16]:
    """Phase at every pixel of a wave that rises towards `direction`.

    Parameters
    ----------
    display : Display
    direction : float
        Degrees counter-clockwise; 0 = to the right, 90 = up.
    spatial_frequency : float
        Cycles per degree.
    angles : {"flat", "exact"}
        What a degree is.

    Returns
    -------
    uint16 array, [H, W]
        0 at the centre of the screen.
    """
    azimuth, elevation = display.pixel_degrees(exact=angles == "exact")
    theta = np.radians(direction)
    along = azimuth * np.cos(theta) + elevation[:, None] * np.sin(theta)
    return phase_of(spatial_frequency * along)


def deviation_table(contrast: float, waveform: Waveform) -> NDArray[np.int32]:
    """Deviation from grey at every phase, in 1/256 of a level; int32 [65536]."""
    wave = np.cos(2 * np.pi * np.arange(_CYCLE) / _CYCLE)
    if waveform == "square":
        # Half of the phases each: the zero crossings count as one of each kind
        quarter = _CYCLE // 4
        wave = np.full(_CYCLE, -1.0)
        wave[:quarter] = wave[-quarter:] = 1.0
    deviation = np.round(contrast * AMPLITUDE * wave * (1 << _LEVEL_BITS), 6)
    return np.rint(deviation).astype(np.int32)


def disc(
    display: Display,
    diameter_deg: float,
    edge_deg: float,
    center: tuple[float, float],
    angles: Angles,
) -> NDArray[np.int32]:
    """Weights of a round aperture with a soft edge, in 1/32768; int32 [H, W].

    The edge is half a period of a cosine, `edge_deg` wide (at most the diameter), and
    its middle, where the weight is one half, has the given diameter.

    Parameters
    ----------
    display : Display
    diameter_deg, edge_deg : float
        Degrees of visual angle.
    center : (float, float)
        x and y in -1..1, y up.
    angles : {"flat", "exact"}
        What a degree is.
    """
    exact = angles == "exact"
    azimuth, elevation = display.pixel_degrees(exact=exact)
    x, y = display.to_degrees(*center, exact=exact)
    distance = np.hypot(azimuth - x, elevation[:, None] - y)
    inside = diameter_deg / 2 - distance
    edge = min(edge_deg, diameter_deg)
    if edge > 0:
        position = np.clip(inside / edge + 0.5, 0, 1)
    else:
        position = (inside >= 0).astype(float)
    weight = (1 - np.cos(np.pi * position)) / 2
    return np.rint(np.round(weight * (1 << _WEIGHT_BITS), 6)).astype(np.int32)


class Shader:
    """Turns phases into grey levels.

    Parameters
    ----------
    deviations : int32 array, [65536]
        From :func:`deviation_table`.
    weights : int32 array [H, W], optional
        From :func:`disc`; default the full screen.
    """

    def __init__(
        self, deviations: NDArray[np.int32], weights: NDArray[np.int32] | None = None
    ) -> None:
        self._deviations = deviations
        self._levels = _level(deviations, _LEVEL_BITS)
        self._weights = weights

    def __call__(self, phase: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """Grey levels, uint8, of the phases [H, W]."""
        if self._weights is None:
            return self._levels[phase]
        weighted = self._deviations[phase] * self._weights
        return _level(weighted, _LEVEL_BITS + _WEIGHT_BITS)


def _level(deviation: NDArray[np.int32], bits: int) -> NDArray[np.uint8]:
    """Nearest grey level of a fixed-point deviation with so many fractional bits."""
    half = np.int32(1 << bits - 1)
    # The sign, 0 or -1, rounds halves away from 0, which keeps the mean at grey
    rounded = deviation + half + (deviation >> np.int32(31)) >> np.int32(bits)
    levels: NDArray[np.uint8] = (rounded + np.int32(GREY)).astype(np.uint8)
    return levels
