"""Outlines of receptive fields that are drawn over the stimulus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis import ReceptiveFieldFit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.experiment.resolved import Resolved

RECEPTIVE_FIELDS = "receptive fields"
"""What an experiment calls the result."""

MAX_OUTLINES = 300
"""More outlines than this hide the stimulus, and take long to draw."""


def fields_fit(now: Resolved) -> ReceptiveFieldFit | None:
    """The Gaussians that were fitted to the receptive fields of the encoded units."""
    result = now.results.get(RECEPTIVE_FIELDS)
    fit = None if result is None else result.fit
    return fit if isinstance(fit, ReceptiveFieldFit) else None


def outlined(now: Resolved) -> NDArray[np.int64]:
    """Columns of the selected units whose fields are fitted well enough for an outline."""
    fit, least = fields_fit(now), now.view.outlines_min_r2
    if fit is None or least is None:
        return np.empty(0, np.int64)
    good = fit.on_screen & (fit.r2 >= least)
    chosen = now.selected_columns
    columns: NDArray[np.int64] = chosen[good[chosen]]
    return columns


def outlines(now: Resolved) -> list[NDArray[np.float64]]:
    """Outlines of the selected units' fields, each [points, 2] in (row, column)."""
    fit = fields_fit(now)
    return [] if fit is None else list(fit.ellipse()[outlined(now)[:MAX_OUTLINES]])
