"""Small pictures of the units of a session, without any plotting package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.drawing.colors import UNKNOWN, category_colors, column_values
from insilico_gui.drawing.layouts import available_layouts, is_upright, unit_positions

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from insilico_gui.session import Session

WIDTH, HEIGHT = 180, 110
MARGIN = 4
"""Pixels around the units."""


def unit_picture(session: Session, units: pd.DataFrame) -> NDArray[np.uint8] | None:
    """Units of a session where they look or lie, coloured by area: uint8 [H, W, 3].

    None where no unit has a place.
    """
    layouts = available_layouts(session, units)
    layout = next(one for one in layouts if one != "anatomical 3-D")
    places = unit_positions(
        units, layout, session.frame_shape, upright=is_upright(session)
    )[:, 1:]
    known = np.isfinite(places).all(axis=1)
    if not known.any():
        return None
    low, high = places[known].min(axis=0), places[known].max(axis=0)
    if layout == "retinotopic":
        low, high = np.zeros(2), np.array(session.frame_shape, float) - 1
    room = np.array([HEIGHT, WIDTH]) - 2 * MARGIN - 1
    scale = float((room / np.maximum(high - low, 1e-9)).min())
    size = np.maximum(np.ceil(scale * (high - low)).astype(int), 1) + 2 * MARGIN
    pixels = np.full((*size, 3), 255, np.uint8)
    at = np.rint(MARGIN + scale * (places[known] - low)).astype(int)
    at = np.clip(at, 1, size - 2)
    colors = _colors(units)[known]
    for down, right in ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)):
        pixels[at[:, 0] + down, at[:, 1] + right] = colors
    return pixels


def _colors(units: pd.DataFrame) -> NDArray[np.uint8]:
    """A colour for each unit, by its area; uint8 [U, 3]."""
    unknown = (255 * UNKNOWN[:3]).astype(np.uint8)
    found = np.tile(unknown, (len(units), 1))
    if "area" in units:
        codes, names = column_values(units["area"])
        if names:
            palette = (255 * category_colors(len(names))[:, :3]).astype(np.uint8)
            known = np.isfinite(codes)
            found[known] = palette[codes[known].astype(int)]
    return found
