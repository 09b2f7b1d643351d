"""What a grating around a grating does, along with it and across it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.analysis.fits.contrast_index import contrast_index
from insilico_gui.analysis.fits.flatness import rectified
from insilico_gui.analysis.probes.cells import read_cells
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import parts
from insilico_gui.responses import BURN_IN_FRAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.progress import OnProgress

    Floats = NDArray[np.float64]

ALONE, ISO, CROSS = "none", "same", "orthogonal"

INDICES = {
    "surround_index_iso": (ALONE, ISO),
    "surround_index_cross": (ALONE, CROSS),
    "surround_orientation_index": (CROSS, ISO),
}
"""Of a and b: (a - b) / (a + b)."""


def surround_modulation(
    responses: xr.DataArray,
    *,
    n_draws: int = 0,
    confidence: float = 0.95,
    seed: int = 0,
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    on_progress: OnProgress | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Indices of suppression by a surround of the same and of another orientation.

    At each unit's combination of the other conditions (direction, size, frequencies,
    contrast) with the largest response to the grating alone. With noise, the largest of
    several means is too large by chance, and the indices of suppression with it: more
    repeats make that less.

    Parameters
    ----------
    responses : xarray.DataArray
        To :func:`insilico_gui.stimuli.size_series` or ``contrast_series`` with
        ``surround=("none", "same", "orthogonal")``; one of the surrounds is enough.
    n_draws, confidence, seed
        Bootstrap of presentations; 0 draws give no intervals.

    Returns
    -------
    dataset : xarray.Dataset
        ``response`` (``surround``, ``unit``) and the indices.
    columns : pandas.DataFrame
        With A, I, X the responses to the grating alone and with a surround along and
        across, rectified at 0: ``surround_index_iso`` (A - I) / (A + I),
        ``surround_index_cross`` (A - X) / (A + X) and ``surround_orientation_index``
        (X - I) / (X + I), as far as shown; -1 to 1, above 0 is suppression. A fall by
        half is 1/3. ``_low`` and ``_high`` if there are draws.

    Raises
    ------
    AnalysisError
        If the grating alone or any surround was not shown.
    """
    reading, drawing = parts(on_progress, 2)
    cells = read_cells(
        responses,
        ("surround",),
        _is_alone,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=reading,
    )
    names = cells.levels["surround"].tolist()
    indices: dict[str, Callable[[Floats], Floats]] = {
        name: partial(_index, first=names.index(a), second=names.index(b))
        for name, (a, b) in INDICES.items()
        if a in names and b in names
    }
    ends = cells.intervals(indices, n_draws, confidence, seed, drawing)
    columns: dict[str, NDArray[Any]] = {}
    for name, index in indices.items():
        columns[name] = index(cells.mean)
        columns |= {
            f"{name}_{end}": ends[f"{name}_{end}"]
            for end in ("low", "high")
            if f"{name}_{end}" in ends
        }
    dataset = cells.dataset(
        {"response": (("surround", "unit"), cells.mean)},
        {"surround": names},
        {
            "variant": "(a - b) / (a + b), rectified at 0, at the best centre",
            "n_draws": n_draws,
        },
    )
    return dataset, cells.columns(columns, dataset)


def _index(means: Floats, first: int, second: int) -> Floats:
    """Contrast index of two rows of means [surrounds, U]."""
    positive = rectified(means)
    return contrast_index(positive[first], positive[second])


def _is_alone(levels: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
    names = levels["surround"].tolist()
    if ALONE not in names or not {ISO, CROSS} & set(names):
        raise AnalysisError(
            "The trials must show the grating alone and with a surround; show a size "
            "series with surround=('none', 'same', 'orthogonal').",
            in_window="The trials must show the grating alone and with a surround; show "
            "a size series with the surrounds none, same and orthogonal.",
        )
    return np.array([name == ALONE for name in names])
