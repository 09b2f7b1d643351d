"""What colours mean at a moment: one scale, by which points and legend are drawn alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.app.widgets import colors
from insilico_gui.drawing.colors import DIVERGING, column_colors, response_colormap

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ColorScale:
    """Colours of values, with all that a legend of them needs.

    Attributes
    ----------
    column : str
        What the values are: a column of the unit table, or the response.
    table : float32 array, [256, 4]
        Red, green, blue and opacity, of low values first.
    limits : (float, float)
        Values at the ends of the table.
    categories : tuple of str or None
        Names of the values 0, 1, ... where these are names.
    cyclic : bool
        Whether the two ends are one and the same value.
    signed : bool
        Whether zero is in the middle, and values far from it are strong ones.
    """

    column: str
    table: NDArray[np.float32]
    limits: tuple[float, float]
    categories: tuple[str, ...] | None = None
    cyclic: bool = False
    signed: bool = False

    def colors(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Colours of values, float32 [n, 4]; see :func:`.map_values`."""
        return colors.map_values(values, self.table, self.limits)

    def strength(self, values: NDArray[np.floating]) -> NDArray[np.uint16]:
        """How strong values are, uint16 [n] in 0..255: stronger ones are drawn over weak.

        Names and angles have no strength: they are 1, as what is known, and NaN is 0.
        """
        low, high = self.limits
        known: NDArray[np.bool_] = np.isfinite(values)
        if self.cyclic or self.categories is not None or not high > low:
            return known.astype(np.uint16)
        scaled = (values - low) * (2.0 / (high - low))
        part = np.abs(scaled - 1.0) if self.signed else scaled / 2
        part = np.where(known, np.clip(part, 0.0, 1.0), 0.0)
        strength: NDArray[np.uint16] = (known * (1 + 254 * part)).astype(np.uint16)
        return strength

    def legend(self) -> NDArray[np.uint8]:
        """Colours of a legend from the low to the high limit, opaque, uint8 [256, 4]."""
        legend = np.round(self.table * 255).astype(np.uint8)
        legend[:, 3] = 255
        return legend


def response_scale(
    name: str,
    automatic: tuple[float, float],
    limits: tuple[float, float] | None,
    *,
    over_stimulus: bool,
) -> ColorScale:
    """The scale of responses: low ones let a stimulus below them through."""
    colormap, automatic = response_colormap(automatic, over_stimulus=over_stimulus)
    signed = colormap == DIVERGING
    table = colors.lookup_table(colormap, fading=over_stimulus, diverging=signed)
    return ColorScale(name, table, limits or automatic, signed=signed)


def column_scale(
    column: pd.Series, limits: tuple[float, float] | None
) -> tuple[ColorScale, NDArray[np.float64]]:
    """The scale of a column of the unit table, and its values as numbers."""
    name, found = str(column.name), column_colors(column)
    if found.categories is not None:
        table = colors.categorical_table(len(found.categories))
        limits = None  # names have no ends to be chosen
    else:
        table = colors.lookup_table(found.colormap)
    scale = ColorScale(
        name,
        table,
        limits or found.limits,
        found.categories,
        found.cyclic,
        found.colormap == DIVERGING,
    )
    return scale, found.values
