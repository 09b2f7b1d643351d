"""Values of electrodes on the head, seen from above, with the nose up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.analysis.cortex.scalp import ScalpPicture, scalp_positions
from insilico_gui.drawing.colors import (
    column_colors,
    response_colormap,
    robust_limits,
)
from insilico_gui.errors import AnalysisError, quoted
from insilico_gui.experiment import Experiment
from insilico_gui.plot.figures import (
    NOTHING,
    SMALL,
    axes_for,
    bar,
    colormap,
    ink,
    plain,
)
from insilico_gui.plot.sources import (
    check_column,
    responses_of,
    table_of,
    with_columns,
)
from insilico_gui.responses import unit_dim, unit_table
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

MANY_NAMES = 32
"""Names of more electrodes than this would hide the picture."""


def scalp(
    source: Any,
    color: str = "response",
    *,
    time_s: float | None = None,
    trial: int | None = None,
    columns: pd.DataFrame | None = None,
    limits: tuple[float, float] | None = None,
    names: bool | None = None,
    session: str | None = None,
    stimulus: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw values of electrodes as a picture of the head, interpolated between them.

    Parameters
    ----------
    source : responses, Session, pandas.DataFrame or Experiment
        With places ``x``, ``y``, ``z`` of electrodes in the unit table.
    color : str
        ``"response"`` for responses, averaged over what is neither chosen nor channels
        (images, repeats); or a column of the unit table.
    time_s : float, optional
        Moment of the response, in seconds; default the mean over time.
    trial : int, optional
        Which image or trial; default the mean over all.
    columns : pandas.DataFrame, optional
        Table of results with further columns, joined by ``unit_id``.
    limits : (float, float), optional
        Values at the ends of the colours.
    names : bool, optional
        Whether electrodes are named; default if they are few.
    session, stimulus, ax
        See :func:`tuning`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If fewer than four electrodes have a place, or there is no such column or moment.
    """
    if color == "response":
        responses = responses_of(source, session, stimulus)
        table = unit_table(responses)
        values = _at(responses, time_s, trial)
        low_high = robust_limits(values, (0.0, 100.0))
        cmap, automatic = response_colormap(low_high, over_stimulus=False)
        label = "response" if time_s is None else f"response at {1000 * time_s:.0f} ms"
    else:
        table = with_columns(
            table_of(source, session if isinstance(source, Experiment) else None),
            columns,
        )
        check_column(table, color)
        found = column_colors(table[color])
        if found.categories is not None:
            raise AnalysisError(
                f"The column {quoted(color)} holds names, between which there is "
                "nothing; draw it with insilico_gui.plot.map."
            )
        values, cmap, automatic = found.values, found.colormap, found.limits
        label = facts(color).label
    flat, outline = _places(table)
    picture = ScalpPicture(flat, outline)
    shown = picture.picture(values)
    if shown is None:
        raise AnalysisError(
            "Fewer than four electrodes have a value and a place; there is no picture "
            "of the scalp."
        )
    low, high = limits or automatic
    ax = axes_for(ax, (3.8, 3.2))
    half = picture.half_side
    drawn = ax.imshow(
        np.ma.masked_invalid(shown),
        origin="lower",
        extent=(-half, half, -half, half),
        cmap=colormap(cmap, NOTHING),
        vmin=low,
        vmax=high,
        interpolation="bilinear",
    )
    known = np.isfinite(flat).all(axis=1)
    ax.scatter(flat[known, 0], flat[known, 1], s=5, color=ink("line"), zorder=3)
    _outline(ax, outline, 1.0)
    ax.set_xlim(-1.02 * half, 1.02 * half)
    ax.set_ylim(-1.02 * half, max(1.02 * half, 1.15 * outline))
    ax.set_axis_off()
    if names or (names is None and int(known.sum()) <= MANY_NAMES):
        ids = table["unit_id"].to_numpy()[known]
        for (x, y), name in zip(flat[known], ids, strict=True):
            ax.annotate(
                plain(name),
                (x, y),
                xytext=(0, 3),
                textcoords="offset points",
                fontsize=SMALL - 2,
                ha="center",
            )
    bar(ax, drawn, label, color)
    return ax


def draw_head(ax: Axes, table: pd.DataFrame) -> None:
    """The outline of the head and the nose, on a map whose rows point down."""
    _outline(ax, _places(table)[1], -1.0)
    ax.autoscale_view()


def _places(table: pd.DataFrame) -> tuple[NDArray[np.float64], float]:
    if not {"x", "y", "z"} <= set(table.columns):
        raise AnalysisError(
            "The unit table has no x, y and z of electrodes, so there is no picture of "
            "the scalp."
        )
    return scalp_positions(table[["x", "y", "z"]].to_numpy(float))


def _outline(ax: Axes, radius: float, up: float) -> None:
    turn = np.linspace(0, 2 * np.pi, 181)
    ax.plot(radius * np.cos(turn), radius * np.sin(turn), color=ink("line"), lw=1.2)
    nose = radius * np.array([[-0.1, 0.995], [0.0, 1.12], [0.1, 0.995]])
    ax.plot(nose[:, 0], up * nose[:, 1], color=ink("line"), lw=1.2)
    ax.set_xlim(-1.18 * radius, 1.18 * radius)
    ax.set_ylim(*(side * 1.2 * radius * up for side in (-1, 1)))
    ax.set_aspect("equal")


def _at(
    responses: xr.DataArray, time_s: float | None, trial: int | None
) -> NDArray[np.float64]:
    """One value for each channel."""
    found = responses
    if trial is not None:
        if "trial" not in found.dims or not 0 <= trial < found.sizes["trial"]:
            raise AnalysisError(f"The responses have no trial {trial}; choose another.")
        found = found.isel(trial=trial)
    if time_s is not None:
        if "time" not in found.dims:
            raise AnalysisError("The responses have no times; leave time_s out.")
        time = found["time"].to_numpy()
        step = time[1] - time[0] if len(time) > 1 else 1.0
        k = int(np.abs(time - time_s).argmin())
        if abs(time[k] - time_s) > step:
            raise AnalysisError(
                f"There is no response at {time_s:g} s; they are from {time[0]:g} to "
                f"{time[-1]:g} s."
            )
        found = found.isel(time=k)
    dim = unit_dim(found)
    axes = tuple(k for k, name in enumerate(found.dims) if name != dim)
    means: NDArray[np.float64] = np.asarray(found.to_numpy(), np.float64).mean(axes)
    return means
