"""From values to colours: colour maps and robust limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.utils.colormaps import ensure_colormap
from napari.utils.colormaps.standardize_color import transform_color

from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

SIGN_FROM = 0.05
"""Negative values that are smaller than this part of the largest one count for none."""

CATEGORIES = (
    *("#e69f00", "#56b4e9", "#009e73", "#f0e442"),
    *("#0072b2", "#d55e00", "#cc79a7", "#999999"),
)
"""Colours that people with any colour vision tell apart (Okabe and Ito 2008)."""

UNKNOWN = np.array([0.55, 0.65, 0.85, 0.45], dtype=np.float32)
"""Colour of a unit without a value."""

LOW_ALPHA, OPAQUE_FROM = 0.18, 0.6
"""Response colours: units that are silent let the stimulus, and units below, through."""


def lookup_table(
    name: str, *, fading: bool = False, diverging: bool = False
) -> NDArray[np.float32]:
    """256 RGBA colours of a napari colour map, float32 [256, 4] in 0..1.

    Parameters
    ----------
    name : str
    fading : bool
        Let through what is behind where values are low.
    diverging : bool
        Low values are those in the middle.

    Returns
    -------
    float32 array, [256, 4]
        Red, green, blue and opacity of each colour, 0..1, of low values first.
    """
    colors = np.asarray(
        ensure_colormap(name).map(np.linspace(0, 1, 256)), dtype=np.float32
    )
    if fading:
        strength = np.abs(np.linspace(-1 if diverging else 0, 1, 256))
        colors[:, 3] = np.interp(strength, (0, OPAQUE_FROM), (LOW_ALPHA, 1))
    return colors


def has_sign(limits: tuple[float, float]) -> bool:
    """Whether values between these limits go both ways from zero, beyond rounding."""
    low, high = limits
    return low < -SIGN_FROM * abs(high)


def around_zero(limits: tuple[float, float]) -> tuple[float, float]:
    """The narrowest limits with zero in the middle that hold these."""
    largest = max(abs(limits[0]), abs(limits[1]))
    return -largest, largest


def categorical_table(n: int) -> NDArray[np.float32]:
    """256 RGBA colours for limits -0.5 to n - 0.5, constant around each category."""
    n = max(n, 1)
    if n <= len(CATEGORIES):
        palette = np.array([transform_color(name)[0] for name in CATEGORIES[:n]])
    else:
        palette = lookup_table("hsv")[
            np.linspace(0, 255, n, endpoint=False).astype(int)
        ]
    return palette[np.arange(256) * n // 256].astype(np.float32)


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
