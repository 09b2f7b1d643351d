"""How a map of units is drawn: dots, axes and scales of each layout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.drawing.layouts import is_upright, listed, point_size
from insilico_gui.drawing.screen_ticks import degree_ticks
from insilico_gui.plot.figures import (
    SMALL,
    bar,
    explain_colors,
    ink,
    map_of,
    plain,
)
from insilico_gui.plot.scalps import draw_head
from insilico_gui.stimuli import Display
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from numpy.typing import NDArray

    from insilico_gui.drawing.colors import ColumnColors
    from insilico_gui.drawing.layouts import Layout
    from insilico_gui.session import Session

LEAST_DOT, LARGEST_DOT = 3.0, 80.0
"""Areas of the dots in square points."""


def draw_dots(
    ax: Axes,
    places: NDArray[np.float64],
    known: NDArray[np.bool_],
    found: ColumnColors,
    chosen: NDArray[np.bool_] | None,
    limits: tuple[float, float] | None,
    size: float | None,
    layout: Layout,
) -> PathCollection:
    """A dot for each unit with a place, coloured; `places` are [U, 3], rows down."""
    low, high = limits if limits and found.categories is None else found.limits
    area = np.full(len(places), size or _dot_area(ax, places[known], layout))
    # On the scalp all have a rim, as in the window: some are as light as the page
    rims = [0.6 if layout == "scalp" else 0.0]
    if chosen is not None:
        rims = np.maximum(chosen[known].astype(float), rims[0]).tolist()
    if chosen is not None:
        area = area * np.where(chosen, 1.8, 0.7)
    drawn = ax.scatter(
        places[known, 2],
        places[known, 1],
        c=np.ma.masked_invalid(found.values[known]),
        cmap=map_of(found),
        vmin=low,
        vmax=high,
        s=area[known],
        plotnonfinite=True,
        edgecolors="k",
        linewidths=rims,
        zorder=3,
    )
    if layout == "retinotopic":
        return drawn
    margin = 0.03 * float(max(np.ptp(places[known, 1:], axis=0).max(), 1.0))
    ax.set_xlim(places[known, 2].min() - margin, places[known, 2].max() + margin)
    ax.set_ylim(places[known, 1].max() + margin, places[known, 1].min() - margin)
    return drawn


def _dot_area(ax: Axes, places: NDArray[np.float64], layout: Layout) -> float:
    """Square points of a dot, so that those beside each other are told apart."""
    if layout == "scalp":
        return LARGEST_DOT / 2
    extent = np.maximum(np.ptp(places[:, 1:], axis=0), 1e-6)
    figure = ax.get_figure()
    assert figure is not None  # noqa: S101 - axes that are drawn into have one
    box = ax.get_position()
    whole = figure.get_window_extent()
    size = np.array([whole.width * box.width, whole.height * box.height])
    points = 72 / figure.dpi * float((size / extent[::-1]).min())
    return float(
        np.clip((1.1 * points * point_size(places)) ** 2, LEAST_DOT, LARGEST_DOT)
    )


def explain_dots(
    ax: Axes, drawn: Any, found: ColumnColors, name: str, time_s: float | None
) -> None:
    """A colour bar or a legend beside the dots."""
    if name == "response":
        label = "response" if time_s is None else f"response at {time_s:g} s"
        bar(ax, drawn, label)
    elif name:
        explain_colors(ax, drawn, found, name)


def dress(
    ax: Axes,
    layout: Layout,
    table: pd.DataFrame,
    shape: tuple[int, int],
    session: Session | None,
    attrs: Mapping[str, Any],
) -> None:
    """Axes, scale and names that belong to a layout."""
    ax.set_aspect("equal")
    if layout == "retinotopic":
        height, width = shape
        ax.set_xlim(-0.5, width - 0.5)
        ax.set_ylim(height - 0.5, -0.5)
        _screen_axes(ax, shape, attrs)
        return
    if layout == "anatomical":
        ax.set_xlabel(facts("x").label)
        ax.set_ylabel(facts("y").label)
        if session is not None and is_upright(session):
            ax.yaxis.set_major_formatter(lambda value, _: f"{-value:g}")
        ax.spines[["top", "right"]].set_visible(False)
        return
    if layout == "functional":
        ax.set(xlabel="functional layout, x", ylabel="y", xticks=[], yticks=[])
        ax.spines[["top", "right"]].set_visible(False)
        return
    ax.set_axis_off()
    if layout == "scalp":
        draw_head(ax, table)
        return
    blocks = listed(table)
    for name, corner in zip(blocks.names, blocks.corners, strict=True):
        ax.text(corner[2], corner[1] - 0.5, plain(name), fontsize=SMALL, va="bottom")


def attrs_of(session: Session | None, source: Any) -> Mapping[str, Any]:
    """Attributes of the session, or those that responses have of it."""
    found = getattr(source if session is None else session, "attrs", {})
    return found if isinstance(found, Mapping) else {}


def _screen_axes(ax: Axes, shape: tuple[int, int], attrs: Mapping[str, Any]) -> None:
    """Degrees where the screen of the session is known; pixels else."""
    told = attrs.get("display")
    told = told if isinstance(told, Mapping) else {}
    sizes = {k: told[k] for k in ("width_cm", "height_cm", "distance_cm") if k in told}
    if len(sizes) == 3:
        across, down = degree_ticks(Display(pixels=shape, **sizes))
        ax.set_xticks([at for at, _ in across], [text for _, text in across])
        ax.set_yticks([at for at, _ in down], [text for _, text in down])
        ax.set_xlabel("azimuth (deg)")
        ax.set_ylabel("elevation (deg)")
    else:
        ax.set_xlabel("column (px)")
        ax.set_ylabel("row (px)")
    for side in ax.spines.values():
        side.set_color(ink("guide"))
