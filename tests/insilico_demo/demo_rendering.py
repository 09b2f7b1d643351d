"""Stimuli rendered for the tests of the demo twin, apart from the project's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEIGHT, WIDTH, RATE = 144, 256, 30.0
# flat approximation: 56.5 cm over 256 pixels seen from 15 cm, small angles
DEGREES = np.degrees(56.5 / 256 / 15)
RIGHT_DEG = (np.arange(WIDTH) - 127.5) * DEGREES
UP_DEG = -(np.arange(HEIGHT)[:, None] - 71.5) * DEGREES


def cycles(tf: float) -> int:
    """Frames, 15 to 60, that are nearest to whole cycles of tf (Hz)."""
    n = np.arange(15, 61)
    off = n * tf / RATE
    return int(n[(np.abs(off - np.rint(off)) / n).argmin()])


def grating(
    direction: float,
    sf: float,
    tf: float,
    n_frames: int,
    contrast: float = 1.0,
    window: NDArray[np.bool_] | None = None,
) -> NDArray[np.uint8]:
    """Drifting sine grating, uint8 [n, 144, 256]; degrees, cycles/degree, Hz."""
    theta = np.deg2rad(direction)
    phase = 2 * np.pi * sf * (RIGHT_DEG * np.cos(theta) + UP_DEG * np.sin(theta))
    even, odd = np.cos(phase, dtype=np.float32), np.sin(phase, dtype=np.float32)
    if window is not None:
        even, odd = even * window, odd * window
    turn = 2 * np.pi * tf * np.arange(n_frames)[:, None, None] / RATE
    cos, sin = np.cos(turn).astype(np.float32), np.sin(turn).astype(np.float32)
    pattern = even * cos + odd * sin  # cos(phase - turn)
    return np.rint(127.5 + contrast * 127.5 * pattern).astype(np.uint8)


def disc(rf_x: float, rf_y: float, diameter_deg: float) -> NDArray[np.bool_]:
    """Pixels within a disc about a point in -1..1, y up."""
    right = RIGHT_DEG - rf_x * RIGHT_DEG[-1]
    up = UP_DEG - rf_y * UP_DEG[0]
    return np.hypot(right, up) <= diameter_deg / 2


def rolling(pattern: NDArray[np.uint8], rows: int, columns: int, n: int) -> NDArray:
    """`pattern` shifted by so many pixels a frame, round the edges; uint8 [n, H, W]."""
    return np.stack(
        [np.roll(pattern, (rows * t, columns * t), axis=(0, 1)) for t in range(n)]
    )


def grey(n_frames: int) -> NDArray[np.uint8]:
    return np.full((n_frames, HEIGHT, WIDTH), 128, dtype=np.uint8)
