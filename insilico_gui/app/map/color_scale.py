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
    """

    column: str
    table: NDArray[np.float32]
    limits: tuple[float, float]
    categories: tuple[str, ...] | None = None
    cyclic: bool = False

    def colors(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Colours of values, float32 [n, 4]; see :func:`.map_values`."""
        return colors.map_values(values, self.table, self.limits)

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
    table = colors.lookup_table(
        colormap, fading=over_stimulus, diverging=colormap == DIVERGING
    )
    return ColorScale(name, table, limits or automatic)


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
        name, table, limits or found.limits, found.categories, found.cyclic
    )
    return scale, found.values
