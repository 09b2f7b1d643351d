"""The screen and the eye, by casting rays: no code of the displays of insilico_gui."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Middles of the outer pixels, which -1 and 1 are, from the middle of the screen
HALF_CM = (56.5 / 2 * 255 / 256, 31.8 / 2 * 143 / 144)
DISTANCE_CM = 15.0
STEP_CM = 1e-4


def _cm(x: Any, y: Any) -> tuple[Any, Any]:
    return np.asarray(x) * HALF_CM[0], np.asarray(y) * HALF_CM[1]


def flat_deg(x: Any, y: Any) -> tuple[Any, Any]:
    """Degrees that are the same size all over the screen."""
    across, up = _cm(x, y)
    return np.degrees(across / DISTANCE_CM), np.degrees(up / DISTANCE_CM)


def _rays(across: Any, up: Any) -> Floats:
    """Unit vectors from the eye to points of the screen in cm, [3, ..]."""
    points = np.stack([across, up, np.full_like(across, DISTANCE_CM)])
    return np.asarray(points / np.linalg.norm(points, axis=0))


def sphere(x: Any, y: Any) -> tuple[Any, Any]:
    """Azimuth and altitude of where rays through points of the screen go."""
    right, up, ahead = _rays(*_cm(x, y))
    return np.degrees(np.arctan2(right, ahead)), np.degrees(np.arcsin(up))


def ray(azimuth: Any, elevation: Any) -> Floats:
    """Unit vectors in directions on the sphere, [3, ..]."""
    a, e = np.radians(azimuth), np.radians(elevation)
    return np.stack([np.cos(e) * np.sin(a), np.sin(e), np.cos(e) * np.cos(a)])


def angular_sigma(x: Any, y: Any, sigma: Any) -> tuple[Any, Any]:
    """Long and short width on the sphere of a round field of `sigma` flat degrees.

    Rays through a small circle around the centre: the largest and smallest angle to the
    ray through the centre, per cm of the screen.
    """
    across, up = _cm(x, y)
    turn = np.linspace(0, np.pi, 361)[:, None]
    around = _rays(across + STEP_CM * np.cos(turn), up + STEP_CM * np.sin(turn))
    apart = np.linalg.norm(around - _rays(across, up)[:, None], axis=0)
    # a chord this small is its angle; flat degrees are cm over the distance
    ratio = apart / (STEP_CM / DISTANCE_CM)
    return sigma * ratio.max(axis=0), sigma * ratio.min(axis=0)


def pixel_sphere(column: Any, row: Any, shape: tuple[int, int]) -> tuple[Any, Any]:
    """Azimuth and altitude of pixels of a movie [.., H, W] that fills the screen."""
    height, width = shape
    across = (np.asarray(column) - (width - 1) / 2) / width * 56.5
    up = ((height - 1) / 2 - np.asarray(row)) / height * 31.8
    return sphere(across / HALF_CM[0], up / HALF_CM[1])
