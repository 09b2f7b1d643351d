"""Colours of values and of lines, the same in the window and in plots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    RGB = tuple[int, int, int]

SIGN_FROM = 0.05
"""Negative values that are smaller than this part of the largest one count for none."""

CATEGORIES = (
    *("#e69f00", "#56b4e9", "#009e73", "#f0e442"),
    *("#0072b2", "#d55e00", "#cc79a7", "#999999"),
)
"""Colours that people with any colour vision tell apart (Okabe and Ito 2008)."""

UNKNOWN = np.array([0.55, 0.65, 0.85, 0.45], dtype=np.float32)
"""Colour of a unit without a value."""

ON_LIGHT_AND_DARK: dict[str, tuple[RGB, RGB]] = {
    "line": ((20, 20, 20), (255, 255, 255)),
    "guide": ((125, 125, 125), (130, 130, 130)),
    "mean": ((196, 98, 0), (255, 170, 60)),
    "trials": ((36, 98, 168), (150, 200, 255)),
    "fit": ((0, 128, 56), (120, 255, 160)),
    "points": ((36, 98, 168), (150, 200, 255)),
}
"""What is drawn in plots on a light and on a dark background."""

BRIGHTEST_ON_LIGHT = 185
"""Highest channel, of 255, of lines in colours of categories on a light background."""

CYCLIC, DIVERGING, SEQUENTIAL = "hsv", "coolwarm", "viridis"
"""Names of the colour maps of columns."""

COLORMAPS = {"cyclic": CYCLIC, "diverging": DIVERGING}
"""Of columns, by how they are drawn; of others :data:`SEQUENTIAL`."""

OVER_FRAMES = "inferno"
"""Colour map of responses, and of pictures of values without a sign."""

DIVERGING_STOPS = (
    *((0.3772, 0.5038533, 0.92), (0.5544, 0.68508, 0.99), (0.7178, 0.8102733, 0.97)),
    (0.87, 0.86565, 0.8613),
    *((0.96, 0.768, 0.672), (0.95, 0.59375, 0.475), (0.86, 0.36808, 0.2924)),
)
"""Red, green and blue of ``coolwarm`` as napari has it, at even distances from low to
high; matplotlib has another map of that name."""


@dataclass(frozen=True, eq=False)
class ColumnColors:
    """How a column of the unit table is coloured, without the colours themselves.

    Attributes
    ----------
    values : float64 array, [U]
        Numbers of the column; of names, their places among the categories. NaN where
        there is none.
    colormap : str
        Name of the colour map; of no meaning for categories.
    limits : (float, float)
        Values at the ends of the colours.
    categories : tuple of str or None
        Names of the values 0, 1, ... where these are names.
    cyclic : bool
        Whether the two ends are one and the same value.
    """

    values: NDArray[np.float64]
    colormap: str
    limits: tuple[float, float]
    categories: tuple[str, ...] | None
    cyclic: bool


def column_colors(column: pd.Series) -> ColumnColors:
    """What the values of a column are, and the colour map and limits that show them."""
    about = facts(str(column.name))
    values, categories = column_values(column)
    if categories is not None:
        limits = (-0.5, max(len(categories), 1) - 0.5)
        return ColumnColors(values, "", limits, tuple(categories), False)
    colormap = COLORMAPS.get(about.drawn, SEQUENTIAL)
    known = about.ends if about.drawn in COLORMAPS else None
    limits = known or robust_limits(values)
    if about.drawn == "diverging":
        limits = around_zero(limits)
    return ColumnColors(values, colormap, limits, None, about.drawn == "cyclic")


def response_colormap(
    limits: tuple[float, float], *, over_stimulus: bool
) -> tuple[str, tuple[float, float]]:
    """Colour map and limits of responses between these limits."""
    if has_sign(limits):
        return DIVERGING, around_zero(limits)
    return OVER_FRAMES if over_stimulus else SEQUENTIAL, limits


def has_sign(limits: tuple[float, float]) -> bool:
    """Whether values between these limits go both ways from zero, beyond rounding."""
    low, high = limits
    return low < -SIGN_FROM * abs(high)


def around_zero(limits: tuple[float, float]) -> tuple[float, float]:
    """The narrowest limits with zero in the middle that hold these."""
    largest = max(abs(limits[0]), abs(limits[1]))
    return -largest, largest


def category_colors(n: int) -> NDArray[np.float32]:
    """Colours of n categories, float32 [n, 4]: of many, hues all around the wheel."""
    n = max(n, 1)
    if n <= len(CATEGORIES):
        palette = np.array([_channels(name) for name in CATEGORIES[:n]])
    else:
        palette = hues(np.linspace(0, 255, n, endpoint=False).astype(int) / 255)
    return np.concatenate([palette, np.ones((n, 1))], axis=1).astype(np.float32)


def hues(turns: NDArray[np.floating]) -> NDArray[np.float64]:
    """Red, green and blue [n, 3] of hues, in turns of the wheel, at full strength.

    As in the map ``hsv`` of napari and matplotlib, the last hue falls a little short of
    the first one.
    """
    sixth = 6 * 0.984375 * np.asarray(turns, np.float64)
    away = np.stack([np.abs(sixth - 3) - 1, 2 - np.abs(sixth - 2)], axis=1)
    found: NDArray[np.float64] = np.clip(
        np.column_stack([away, 2 - np.abs(sixth - 4)]), 0, 1
    )
    return found


def map_values(
    values: NDArray[np.floating],
    table: NDArray[np.float32],
    limits: tuple[float, float],
) -> NDArray[np.float32]:
    """Colours of values, float32 [n, 4]; NaN becomes :data:`UNKNOWN`."""
    low, high = limits
    scaled = (values - low) * (255 / (high - low) if high > low else 0.0)
    known = np.isfinite(scaled)
    index = np.where(known, np.clip(scaled, 0, 255), 0).astype(np.uint8)
    colors = table[index]
    colors[~known] = UNKNOWN
    return colors


def robust_limits(
    values: NDArray[np.floating], percent: tuple[float, float] = (1.0, 99.0)
) -> tuple[float, float]:
    """Limits that leave the extreme percentiles out, so that one unit cannot hide all."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return (0.0, 1.0)
    low, high = np.percentile(finite, percent)
    if high <= low:
        low, high = float(finite.min()), float(finite.max())
    return (float(low), float(high)) if high > low else (float(low), float(low) + 1.0)


def is_label(column: pd.Series) -> bool:
    """Whether the numbers of a column are names, few enough for colours of their own."""
    return facts(str(column.name)).drawn == "names" and column.nunique() <= 24


def column_values(
    column: pd.Series,
) -> tuple[NDArray[np.float64], list[str] | None]:
    """Numbers to colour a column by, and the names of its categories if it has any."""
    if column.dtype.kind in "fiub" and not is_label(column):
        return column.to_numpy(dtype=float), None
    # A unit without a name is grey, and none of the categories
    codes, names = column.where(column != "").factorize(sort=True)
    # Whole numbers are stored as 1.0 where other units have none
    shown = [f"{n:.12g}" if column.dtype.kind == "f" else str(n) for n in names]
    return np.where(codes < 0, np.nan, codes).astype(float), shown


def _channels(name: str) -> list[float]:
    """Red, green and blue in 0..1 of a colour ``#rrggbb``."""
    return [int(name[k : k + 2], 16) / 255 for k in (1, 3, 5)]
