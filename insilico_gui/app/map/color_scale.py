"""What colours mean at a moment: one scale, by which points and legend are drawn alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.app.widgets import colors
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


COLORMAPS = {"cyclic": "hsv", "diverging": "coolwarm"}
"""Of columns, by how they are drawn; of others ``viridis``."""


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
    signed = colors.has_sign(automatic)
    if signed:
        automatic = colors.around_zero(automatic)
    table = colors.lookup_table(
        "coolwarm" if signed else "inferno" if over_stimulus else "viridis",
        fading=over_stimulus,
        diverging=signed,
    )
    return ColorScale(name, table, limits or automatic)


def column_scale(
    column: pd.Series, limits: tuple[float, float] | None
) -> tuple[ColorScale, NDArray[np.float64]]:
    """The scale of a column of the unit table, and its values as numbers."""
    name = str(column.name)
    values, categories = colors.column_values(column)
    about = facts(name)
    if categories is not None:
        table = colors.categorical_table(len(categories))
        automatic = (-0.5, max(len(categories), 1) - 0.5)
        limits = None  # names have no ends to be chosen
    else:
        table = colors.lookup_table(COLORMAPS.get(about.drawn, "viridis"))
        known = about.ends if about.drawn in COLORMAPS else None
        automatic = known or colors.robust_limits(values)
        if about.drawn == "diverging":
            automatic = colors.around_zero(automatic)
    names = None if categories is None else tuple(categories)
    cyclic = names is None and about.drawn == "cyclic"
    return ColorScale(name, table, limits or automatic, names, cyclic), values
