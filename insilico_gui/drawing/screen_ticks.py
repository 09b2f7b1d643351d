"""Ticks at axes of the screen, in degrees or in pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from insilico_gui.stimuli.core.display import Display

TICK_DEG = 20


def degree_ticks(display: Display) -> tuple[list[tuple[float, str]], ...]:
    """Columns and rows of round angles, which are not evenly spaced on a flat screen."""
    degrees = np.arange(-80, 81, TICK_DEG)
    x, y = display.from_degrees(degrees, degrees, angles="per axis")
    row, column = display.to_pixels(x, y)
    height, width = display.pixels
    labels = [f"{angle}" for angle in degrees]
    return tuple(
        [
            (at, label)
            for at, label in zip(places.tolist(), labels, strict=True)
            if -0.5 <= at <= n - 0.5
        ]
        for places, n in ((column, width), (row, height))
    )


def pixel_ticks(display: Display) -> tuple[list[tuple[float, str]], ...]:
    """Columns and rows of round numbers, on the screen only."""
    step = next((s for s in (10, 50, 200) if max(display.pixels) < 10 * s), 1000)
    height, width = display.pixels
    return tuple(
        [(float(k), f"{k}") for k in range(0, n, step)] for n in (width, height)
    )
