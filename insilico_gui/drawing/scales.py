"""What colours mean: one scale, by which points and legend are drawn alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.drawing.colors import (
    DIVERGING,
    category_colors,
    column_colors,
    map_values,
    response_colormap,
)
from insilico_gui.drawing.palettes import chosen_colormap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from insilico_gui.drawing.palettes import Kind

    Lookup = Callable[[str, Kind], NDArray[np.float32]]

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
        found = map_values(values, self.table, self.limits)
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
        part = np.nan_to_num(weights / self.full)
        return np.asarray(np.clip(part, 0.0, 1.0), np.float32)

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


def scale_of_responses(
    name: str,
    automatic: tuple[float, float],
    limits: tuple[float, float] | None,
    lookup: Lookup,
    *,
    over_stimulus: bool,
    colormap: str | None = None,
    preferred: Mapping[str, str] | None = None,
) -> ColorScale:
    """The scale of responses between limits, automatic ones or those that were chosen.

    `lookup` makes the table, float32 [256, 4], of a colour map for a kind of values;
    `preferred` are colour maps by kind, where none was chosen.
    """
    usual, automatic = response_colormap(automatic, over_stimulus=over_stimulus)
    kind: Kind = "diverging" if usual == DIVERGING else "sequential"
    used = chosen_colormap(colormap or (preferred or {}).get(kind), kind, usual)
    table = lookup(used, kind)
    return ColorScale(name, table, limits or automatic, kind=kind, colormap=used)


def scale_of_column(
    column: pd.Series,
    limits: tuple[float, float] | None,
    lookup: Lookup,
    *,
    colormap: str | None = None,
    phase: float = 0.0,
    weights: pd.Series | None = None,
    preferred: Mapping[str, str] | None = None,
) -> tuple[ColorScale, NDArray[np.float64]]:
    """The scale of a column of the unit table, and its values as numbers.

    Parameters
    ----------
    column : pandas.Series
    limits : (float, float) or None
        That were chosen; names have no ends to be chosen.
    lookup : callable(str, str)
        Makes the table, float32 [256, 4], of a colour map for a kind of values.
    colormap : str, optional
        That was chosen.
    phase : float
        Of an angle: the value that has the first colour.
    weights : pandas.Series, optional
        How selective units are, where colours are to be paler of those that are not.
    preferred : mapping of str to str, optional
        Colour maps by kind of values, where none was chosen.
    """
    name, found = str(column.name), column_colors(column)
    if found.categories is not None:
        palette = category_colors(len(found.categories))
        table = palette[np.arange(256) * len(palette) // 256]
        return ColorScale(name, table, found.limits, found.categories), found.values
    kind: Kind = "cyclic" if found.cyclic else "sequential"
    if found.colormap == DIVERGING:
        kind = "diverging"
    wanted = colormap or (preferred or {}).get(kind)
    used = chosen_colormap(wanted, kind, found.colormap)
    table = lookup(used, kind)
    low, high = limits or found.limits
    if kind == "cyclic" and phase and high > low:
        turns = (phase - low) / (high - low)
        table = np.roll(table, round(turns * len(table)), axis=0)
    weight, full = "", 1.0
    if weights is not None:
        known = weights.to_numpy(float)
        known = known[np.isfinite(known)]
        highest = float(np.percentile(known, 95)) if len(known) else 1.0
        weight, full = str(weights.name), highest if highest > 0 else 1.0
    scale = ColorScale(name, table, (low, high), None, kind, used, weight, full)
    return scale, found.values
