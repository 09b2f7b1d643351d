"""Retinotopic maps of the cortical sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.drawing.patches import MAPS, patch_labels, patch_outlines
from insilico_gui.plot.figures import (
    NOTHING,
    SMALL,
    axes_for,
    bar,
    bare,
    colormap,
    edges,
    ink,
    plain,
)
from insilico_gui.plot.sources import choice_of, dataset_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def retinotopy(
    source: Any,
    quantity: str = "field_sign",
    *,
    session: str | None = None,
    stimulus: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw azimuth, elevation or field sign over the cortical sheet.

    Patches of one field sign are outlined, with their names where they have any. The
    sheet is seen as on an anatomical map: ``y`` points down.

    Parameters
    ----------
    source : xarray.Dataset or Experiment
        From :func:`insilico_gui.analysis.retinotopy_maps`, or an experiment with the
        analysis ``"retinotopy"``.
    quantity : {"field_sign", "azimuth", "elevation"}
    session, stimulus, ax
        See :func:`tuning`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If there are no such maps.
    """
    choice_of(quantity, MAPS, "retinotopic map")
    maps = dataset_of(
        source, {"azimuth", "field_sign", "patch"}, "retinotopy", session, stimulus
    )
    label, cmap = MAPS[quantity]
    values = maps[quantity].transpose("y", "x").to_numpy()
    signed = quantity == "field_sign"
    ax = axes_for(ax, (4.4, 3.6))
    left, right = edges(maps["x"].to_numpy())
    top, bottom = edges(maps["y"].to_numpy())
    drawn = ax.imshow(
        np.ma.masked_invalid(values),
        cmap=colormap(cmap, NOTHING),
        extent=(left, right, bottom, top),
        interpolation="nearest",
        vmin=-1.0 if signed else None,
        vmax=1.0 if signed else None,
    )
    for outline in patch_outlines(maps):
        ax.plot(*outline, color=ink("line"), linewidth=1.0)
    names = patch_labels(maps) if "patch_name" in maps else []
    for text, (x, y) in names:
        ax.text(x, y, plain(text), ha="center", va="center", fontsize=SMALL)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    ax.set_aspect("equal")
    ax.set_xlabel("x (µm)")
    ax.set_ylabel("y (µm)")
    bare(ax)
    bar(ax, drawn, label)
    return ax
