"""Bins and ticks of the distribution of a column of the unit table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

N_BINS = 24


def in_octaves(name: str, known: pd.Series[float]) -> bool:
    """Whether finite values of a column are drawn, and averaged, as logarithms."""
    return facts(name).drawn == "octaves" and bool((known > 0).all())


def median_of(name: str, values: pd.Series[float]) -> float | None:
    """Median of the finite values; of angles, or of nothing, there is none."""
    known = values[np.isfinite(values)]
    if facts(name).period is not None or len(known) == 0:
        return None
    if in_octaves(name, known):
        return float(2 ** known.apply(np.log2).median())
    return float(known.median())


def octave_ticks(edges: Floats) -> list[tuple[float, str]]:
    """Ticks at every octave, or every third, of an axis in log2: ..., 0.04 or 4, ..."""
    step = 1 if np.ptp(edges) <= 8 else 3
    base = np.log2(0.01) if edges[0] < np.log2(0.2) else 0.0
    first = base + step * np.ceil((edges[0] - base) / step - 1e-6)
    places = np.arange(first, edges[-1] + 1e-6, step)
    return [(float(at), f"{2**at:.3g}") for at in places]


def bin_edges(name: str, values: Floats) -> Floats:
    """Edges of the bins of finite values: one turn of an angle, or their range."""
    turn = facts(name).turn
    if turn is not None:
        return np.linspace(*turn, N_BINS + 1)
    low, high = float(values.min()), float(values.max())
    return np.linspace(low, high if high > low else low + 1, N_BINS + 1)
