"""Scales of columns and of responses, in the colour maps of napari."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_gui.app.widgets import colors
from insilico_gui.drawing.scales import (
    PALE,
    ColorScale,
    scale_of_column,
    scale_of_responses,
)
from insilico_gui.experiment.document import ColumnScale
from insilico_gui.settings import read_settings

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from insilico_gui.drawing.palettes import Kind

__all__ = ["PALE", "ColorScale", "column_scale", "response_scale"]


def response_scale(
    name: str,
    automatic: tuple[float, float],
    limits: tuple[float, float] | None,
    *,
    over_stimulus: bool,
    chosen: ColumnScale | None = None,
) -> ColorScale:
    """The scale of responses: low ones let a stimulus below them through."""

    def lookup(colormap: str, kind: Kind) -> NDArray[np.float32]:
        signed = kind == "diverging"
        return colors.lookup_table(colormap, fading=over_stimulus, diverging=signed)

    return scale_of_responses(
        name,
        automatic,
        limits,
        lookup,
        over_stimulus=over_stimulus,
        colormap=None if chosen is None else chosen.colormap,
        preferred=read_settings()[0].colormaps,
    )


def column_scale(
    column: pd.Series,
    limits: tuple[float, float] | None,
    chosen: ColumnScale | None = None,
    weights: pd.Series | None = None,
) -> tuple[ColorScale, NDArray[np.float64]]:
    """The scale of a column of the unit table, and its values as numbers.

    Without a colour map that was chosen, it has the one that the user prefers for such
    values; see :func:`.scale_of_column`.
    """
    chosen = chosen or ColumnScale()
    return scale_of_column(
        column,
        limits,
        lambda colormap, _kind: colors.lookup_table(colormap),
        colormap=chosen.colormap,
        phase=chosen.phase,
        weights=weights,
        preferred=read_settings()[0].colormaps,
    )
