"""From values to colours in the window: tables of napari's colour maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.utils.colormaps import ensure_colormap

from insilico_gui.drawing.colors import (
    CATEGORIES,
    UNKNOWN,
    around_zero,
    category_colors,
    column_values,
    has_sign,
    is_label,
    map_values,
    robust_limits,
)
from insilico_gui.drawing.palettes import EVEN_HUES, even_hues

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "CATEGORIES",
    "UNKNOWN",
    "around_zero",
    "categorical_table",
    "column_values",
    "has_sign",
    "is_label",
    "lookup_table",
    "map_values",
    "robust_limits",
]

LOW_ALPHA, OPAQUE_FROM = 0.18, 0.6
"""Response colours: units that are silent let the stimulus, and units below, through."""


def lookup_table(
    name: str, *, fading: bool = False, diverging: bool = False
) -> NDArray[np.float32]:
    """256 RGBA colours of a napari colour map, float32 [256, 4] in 0..1.

    Parameters
    ----------
    name : str
        Of napari, or :data:`.EVEN_HUES`.
    fading : bool
        Let through what is behind where values are low.
    diverging : bool
        Low values are those in the middle.

    Returns
    -------
    float32 array, [256, 4]
        Red, green, blue and opacity of each colour, 0..1, of low values first.
    """
    colors = np.ones((256, 4), np.float32)
    if name == EVEN_HUES:
        colors[:, :3] = even_hues()
    else:
        colors[:] = ensure_colormap(name).map(np.linspace(0, 1, 256))
    if fading:
        strength = np.abs(np.linspace(-1 if diverging else 0, 1, 256))
        colors[:, 3] = np.interp(strength, (0, OPAQUE_FROM), (LOW_ALPHA, 1))
    return colors


def categorical_table(n: int) -> NDArray[np.float32]:
    """256 RGBA colours for limits -0.5 to n - 0.5, constant around each category."""
    palette = category_colors(n)
    return palette[np.arange(256) * len(palette) // 256]
