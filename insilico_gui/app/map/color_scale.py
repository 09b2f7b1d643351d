"""What colours mean at a moment: one scale, by which points and legend are drawn alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.app.widgets import colors
from insilico_gui.drawing.colors import DIVERGING, column_colors, response_colormap
from insilico_gui.drawing.palettes import chosen_colormap
from insilico_gui.experiment.document import ColumnScale

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from insilico_gui.drawing.palettes import Kind

PALE = np.array([0.66, 0.66, 0.66], np.float32)
"""Colour of units without any selectivity: seen on white and on black."""

LEGEND_ROWS = 32
"""Of the legend of weighted colours, from none to full weight."""


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
    kind : {"sequential", "diverging", "cyclic"}
        Diverging: zero is in the middle, and values far from it are strong ones. Cyclic:
        the two ends are one and the same value.
    colormap : str
        Name of the colour map; "" of categories.
    weight : str
        Column by which colours are paler the smaller it is; "" for none.
    full : float
        Value of that column from which on colours are full.
    """

    column: str
    table: NDArray[np.float32]
    limits: tuple[float, float]
    categories: tuple[str, ...] | None = None
    kind: Kind = "sequential"
    colormap: str = ""
    weight: str = ""
    full: float = 1.0

    @property
    def cyclic(self) -> bool:
        """Whether the two ends are one and the same value."""
        return self.kind == "cyclic"

    @property
    def signed(self) -> bool:
        """Whether zero is in the middle, and values far from it are strong ones."""
        return self.kind == "diverging"

    def colors(
        self,
        values: NDArray[np.floating],
        weights: NDArray[np.floating] | None = None,
    ) -> NDArray[np.float32]:
        """Colours of values, float32 [n, 4]; see :func:`.map_values`.

        With `weights` [n], those of :attr:`weight`, mixed with :data:`PALE`; a weight
        that is not known counts as none.
        """
        found = colors.map_values(values, self.table, self.limits)
        if weights is None:
            return found
        known = np.isfinite(values)
        part = self._part(weights)[known, None]
        found[known, :3] = part * found[known, :3] + (1 - part) * PALE
        return found

    def strength(
        self,
        values: NDArray[np.floating],
        weights: NDArray[np.floating] | None = None,
    ) -> NDArray[np.uint16]:
        """How strong values are, uint16 [n] in 0..255: stronger ones are drawn over weak.

        Names and angles have no strength of their own: they are 1, as what is known, or
        have that of their `weights`. NaN is 0.
        """
        low, high = self.limits
        known: NDArray[np.bool_] = np.isfinite(values)
        part: NDArray[np.floating]
        if weights is not None:
            part = self._part(weights)
        elif self.cyclic or self.categories is not None or not high > low:
            return known.astype(np.uint16)
        else:
            scaled = (values - low) * (2.0 / (high - low))
            part = np.abs(scaled - 1.0) if self.signed else scaled / 2
            part = np.where(known, np.clip(part, 0.0, 1.0), 0.0)
        strength: NDArray[np.uint16] = (known * (1 + 254 * part)).astype(np.uint16)
        return strength

    def _part(self, weights: NDArray[np.floating]) -> NDArray[np.float32]:
        """Weights as parts of :attr:`full`, 0..1."""
        part = np.clip(np.nan_to_num(weights / self.full), 0.0, 1.0)
        found: NDArray[np.float32] = part.astype(np.float32)
        return found

    def legend(self) -> NDArray[np.uint8]:
        """Colours of a legend from the low to the high limit, opaque, uint8 [n, 256, 4].

        One row; of weighted colours several, the first without weight and the last full.
        """
        rows = np.repeat(self.table[None], LEGEND_ROWS if self.weight else 1, axis=0)
        if self.weight:
            part = np.linspace(0, 1, LEGEND_ROWS, dtype=np.float32)[:, None, None]
            rows[..., :3] = part * rows[..., :3] + (1 - part) * PALE
        legend = np.round(rows * 255).astype(np.uint8)
        legend[..., 3] = 255
        return legend


def response_scale(
    name: str,
    automatic: tuple[float, float],
    limits: tuple[float, float] | None,
    *,
    over_stimulus: bool,
    chosen: ColumnScale | None = None,
) -> ColorScale:
    """The scale of responses: low ones let a stimulus below them through."""
    usual, automatic = response_colormap(automatic, over_stimulus=over_stimulus)
    kind: Kind = "diverging" if usual == DIVERGING else "sequential"
    wanted = None if chosen is None else chosen.colormap
    colormap = chosen_colormap(wanted, kind, usual)
    table = colors.lookup_table(
        colormap, fading=over_stimulus, diverging=kind == "diverging"
    )
    return ColorScale(name, table, limits or automatic, kind=kind, colormap=colormap)


def column_scale(
    column: pd.Series,
    limits: tuple[float, float] | None,
    chosen: ColumnScale | None = None,
    weights: pd.Series | None = None,
) -> tuple[ColorScale, NDArray[np.float64]]:
    """The scale of a column of the unit table, and its values as numbers.

    Parameters
    ----------
    column : pandas.Series
    limits : (float, float) or None
        That were chosen.
    chosen : ColumnScale, optional
        Colour map and phase.
    weights : pandas.Series, optional
        How selective units are, where colours are to be paler of those that are not.
    """
    name, found = str(column.name), column_colors(column)
    chosen = chosen or ColumnScale()
    if found.categories is not None:
        table = colors.categorical_table(len(found.categories))
        return ColorScale(name, table, found.limits, found.categories), found.values
    kind: Kind = "cyclic" if found.cyclic else "sequential"
    if found.colormap == DIVERGING:
        kind = "diverging"
    colormap = chosen_colormap(chosen.colormap, kind, found.colormap)
    table = colors.lookup_table(colormap)
    low, high = limits or found.limits
    if kind == "cyclic" and chosen.phase and high > low:
        turns = (chosen.phase - low) / (high - low)
        table = np.roll(table, round(turns * len(table)), axis=0)
    weight, full = "", 1.0
    if weights is not None:
        weight = str(weights.name)
        known = weights.to_numpy(float)
        known = known[np.isfinite(known)]
        full = float(np.percentile(known, 95)) if len(known) else 1.0
    scale = ColorScale(
        *(name, table, (low, high), None, kind, colormap),
        weight=weight,
        full=full if full > 0 else 1.0,
    )
    return scale, found.values
