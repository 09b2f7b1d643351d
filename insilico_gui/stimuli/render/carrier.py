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

    from insilico_gui.stimuli.core.display import Angles, Display

Waveform = Literal["sine", "square"]
GREY = 128
AMPLITUDE = 127

_CYCLE = 1 << 16
_LEVEL_BITS = 8
_WEIGHT_BITS = 15  # a deviation times a weight fits int32
FULL_WEIGHT = 1 << _WEIGHT_BITS


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
    angles : {"flat", "per axis", "spherical"}
        What a degree is.

    Returns
    -------
    uint16 array, [H, W]
        0 at the centre of the screen.
    """
    return phase_of(spatial_frequency * along(display, direction, angles))


def along(display: Display, direction: float, angles: Angles) -> NDArray[np.float64]:
    """How far every pixel lies in a direction, from the centre of the screen.

    Parameters
    ----------
    display : Display
    direction : float
        Degrees counter-clockwise; 0 = to the right, 90 = up.
    angles : {"flat", "per axis", "spherical"}
        What a degree is.

    Returns
    -------
    float64 array, [H, W]
        Degrees of visual angle; spherical: from the great circle through the centre at
        right angles to the direction, so that a wave has one frequency all over.
    """
    theta = np.radians(direction)
    right, up = np.cos(theta), np.sin(theta)
    if angles == "spherical":
        ray = display.pixel_rays()
        towards = ray[..., 0] * right + ray[..., 1] * up
        angle: NDArray[np.float64] = np.degrees(np.arcsin(towards))
        return angle
    azimuth, elevation = display.pixel_degrees(angles=angles)
    distance: NDArray[np.float64] = azimuth * right + elevation[:, None] * up
    return distance


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


def full(display: Display) -> NDArray[np.int32]:
    """Weights of no aperture at all, 32768 at every pixel; int32 [H, W]."""
    return np.full(display.pixels, FULL_WEIGHT, np.int32)


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
    angles : {"flat", "per axis", "spherical"}
        What a degree is.

    Returns
    -------
    int32 array, [H, W]
        0 outside to 32768 inside.
    """
    inside = diameter_deg / 2 - distance_from(display, center, angles)
    edge = min(edge_deg, diameter_deg)
    if edge > 0:
        position = np.clip(inside / edge + 0.5, 0, 1)
    else:
        position = (inside >= 0).astype(float)
    return _weights((1 - np.cos(np.pi * position)) / 2)


def gaussian(
    display: Display, sigma_deg: float, center: tuple[float, float], angles: Angles
) -> NDArray[np.int32]:
    """Weights of a round Gaussian envelope, 1 at its centre; int32 [H, W], in 1/32768.

    Parameters
    ----------
    display : Display
    sigma_deg : float
        Standard deviation in degrees of visual angle.
    center : (float, float)
        x and y in -1..1, y up.
    angles : {"flat", "per axis", "spherical"}
        What a degree is.

    Returns
    -------
    int32 array, [H, W]
        0 to 32768, which stands for 1.
    """
    distance = distance_from(display, center, angles)
    return _weights(np.exp(-0.5 * np.square(distance / sigma_deg)))


def distance_from(
    display: Display, center: tuple[float, float], angles: Angles
) -> NDArray[np.float64]:
    """Distance of every pixel from a place on the screen in degrees; float64 [H, W].

    Parameters
    ----------
    display : Display
    center : (float, float)
        x and y in -1..1, y up.
    angles : {"flat", "per axis", "spherical"}
        What a degree is.

    Returns
    -------
    float64 array, [H, W]
        Degrees of visual angle; spherical: of great circles.
    """
    if angles == "spherical":
        return great_circle(display.pixel_rays(), display.rays(*center))
    azimuth, elevation = display.pixel_degrees(angles=angles)
    x, y = display.to_degrees(*center, angles=angles)
    return np.hypot(azimuth - x, elevation[:, None] - y)


def great_circle(
    ray: NDArray[np.float64], other: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Degrees between unit vectors, [..., 3] each; exact for small angles too."""
    apart = np.linalg.norm(ray - other, axis=-1)
    summed = np.linalg.norm(ray + other, axis=-1)
    angle: NDArray[np.float64] = np.degrees(2 * np.arctan2(apart, summed))
    return angle


def _weights(weight: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.rint(np.round(weight * FULL_WEIGHT, 6)).astype(np.int32)


def levels_of(deviation: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Grey levels, uint8, of deviations in 1/256 of a level."""
    return _level(deviation, _LEVEL_BITS)


def levels_of_weighted(deviation: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Grey levels, uint8, of deviations that were multiplied by weights."""
    return _level(deviation, _LEVEL_BITS + _WEIGHT_BITS)


def _level(deviation: NDArray[np.int32], bits: int) -> NDArray[np.uint8]:
    """Nearest grey level of a fixed-point deviation with so many fractional bits."""
    half = np.int32(1 << bits - 1)
    # The sign, 0 or -1, rounds halves away from 0, which keeps the mean at grey
    rounded = deviation + half + (deviation >> np.int32(31)) >> np.int32(bits)
    levels: NDArray[np.uint8] = (rounded + np.int32(GREY)).astype(np.uint8)
    return levels
