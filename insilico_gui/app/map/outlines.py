"""Outlines of receptive fields that are drawn over the stimulus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis import ReceptiveFieldFit
from insilico_gui.app.map.owned_layers import OwnedShapes
from insilico_gui.app.widgets.unit_names import unit_row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.experiment.resolved import Resolved

OUTLINES = "Receptive fields"
"""Name of the layer."""

RECEPTIVE_FIELDS = "receptive fields"
"""What an experiment calls the result."""

OUTLINED_BY = frozenset(
    {"results", "selection", "session"}
    | {"view.layout", "view.outlines_min_r2", "view.unit_id"}
)
"""What the outlines of receptive fields depend on."""

MAX_OUTLINES = 50
"""More outlines than this are a tangle in which none is seen."""


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


def drawn_columns(now: Resolved) -> NDArray[np.int64]:
    """Those of :func:`outlined` that are drawn: the unit looked at, and the best fitted."""
    columns, fit = outlined(now), fields_fit(now)
    if fit is None or len(columns) <= MAX_OUTLINES:
        return columns
    best = columns[np.argsort(-fit.r2[columns], kind="stable")]
    row = unit_row(now.units, now.view.unit_id)
    is_looked_at = now.encoded_rows[best] == row
    first = np.concatenate([best[is_looked_at], best[~is_looked_at]])
    return np.sort(first[:MAX_OUTLINES])


def outlines_note(now: Resolved) -> str:
    """What to say if not all outlines are drawn; else nothing."""
    n_outlines = len(outlined(now))
    if n_outlines <= MAX_OUTLINES:
        return ""
    return f"outlines: the {MAX_OUTLINES} best fitted of {n_outlines:,}"


def outlines(now: Resolved) -> list[NDArray[np.float64]]:
    """Outlines of the selected units' fields, each [points, 2] in (row, column)."""
    fit = fields_fit(now)
    return [] if fit is None else list(fit.ellipse()[drawn_columns(now)])


def outline_layer(lines: list[NDArray[np.float64]]) -> OwnedShapes:
    """A layer of outlines, each [points, 2] in (row, column)."""
    return OwnedShapes(
        lines,
        shape_type="path",
        edge_color="white",
        edge_width=0.4,
        opacity=0.8,
        name=OUTLINES,
    )
