"""Responses of many units over time, as one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.drawing.colors import (
    ColumnColors,
    column_colors,
    response_colormap,
    robust_limits,
)
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment import Experiment
from insilico_gui.plot.figures import (
    SMALL,
    axes_for,
    bar,
    bare,
    colormap,
    edges,
    ink,
    map_of,
    plain,
)
from insilico_gui.plot.sources import (
    check_column,
    chosen_units,
    responses_of,
    results_table,
    table_of,
    with_columns,
)
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

STRIP = 0.025
"""Width of the strip of the sorting column, as a part of that of the axes."""


def raster(
    source: Any,
    sort: str | None = None,
    *,
    columns: pd.DataFrame | None = None,
    trial: int | None = None,
    unit_ids: ArrayLike | None = None,
    indices: ArrayLike | None = None,
    selection: str | None = None,
    limits: tuple[float, float] | None = None,
    session: str | None = None,
    stimulus: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw responses of units over time, a line of the picture for each unit.

    Parameters
    ----------
    source : xarray.DataArray (time, unit) or Experiment
        Responses, or an experiment with a run.
    sort : str, optional
        Column of the unit table by which units are sorted, the lowest value at the top;
        those without a value come last. A strip beside the picture has the colours that
        a map has. Default: response order.
    columns : pandas.DataFrame, optional
        Table of results with further columns to sort by, joined by ``unit_id``.
    trial : int, optional
        Which trial, if the responses have several.
    unit_ids, indices, selection
        Units; see :func:`tuning`.
    limits : (float, float), optional
        Responses at the ends of the colours; default all but the extreme percent.
    session, stimulus, ax
        See :func:`tuning`.

    Returns
    -------
    matplotlib.axes.Axes
        The picture has the units in the order drawn, [unit, time].

    Raises
    ------
    AnalysisError
        If there are no responses, or there is no such column, unit or trial.
    """
    responses = one_trial(responses_of(source, session, stimulus), trial)
    chosen = chosen_units(source, responses, unit_ids, indices, selection)
    table = results_table(responses)
    if isinstance(source, Experiment):
        table = with_columns(table, table_of(source, session).set_index("unit_id"))
    table = with_columns(table, columns).iloc[chosen]
    order = np.arange(len(chosen))
    if sort is not None:
        check_column(table, sort)
        order = np.argsort(column_colors(table[sort]).values, kind="stable")
    values = responses.transpose("unit", "time").to_numpy()[chosen[order]]
    cmap, automatic = response_colormap(
        _from_zero(robust_limits(values)), over_stimulus=True
    )
    low, high = limits or automatic
    ax = axes_for(ax, (5.2, 3.4))
    left, right = edges(responses["time"].to_numpy())
    drawn = ax.imshow(
        values,
        aspect="auto",
        interpolation="nearest",
        cmap=colormap(cmap),
        vmin=low,
        vmax=high,
        extent=(left, right, len(values) - 0.5, -0.5),
    )
    bar(ax, drawn, "response")
    if sort is None:
        ax.set_ylabel("units in response order")
    else:
        _strip(ax, table[sort].iloc[order])
    mark_trials(ax, responses, above=True)
    ax.set_xlabel("time (s)")
    bare(ax)
    return ax


def one_trial(responses: Any, trial: int | None) -> Any:
    """Responses (time, unit): of the trial asked for, or of the only one."""
    found = responses
    if "trial" in responses.dims:
        n = responses.sizes["trial"]
        if trial is None and n > 1:
            raise AnalysisError(
                f"The responses have {n} trials; choose one with trial=0 to {n - 1}."
            )
        if trial is not None and not 0 <= trial < n:
            raise AnalysisError(
                f"There is no trial {trial}; the responses have trials 0 to {n - 1}."
            )
        found = responses.isel(trial=trial or 0)
    elif trial is not None:
        raise AnalysisError("The responses are not in trials; leave trial out.")
    if set(found.dims) != {"time", "unit"}:
        raise AnalysisError(
            f"The responses have the dimensions {', '.join(map(str, found.dims))}; take a "
            "part with time and unit."
        )
    return found


def mark_trials(ax: Axes, responses: Any, *, above: bool = False) -> None:
    """Mark when trials were shown: by bands, or by bars above a picture."""
    trials = responses.attrs.get("trials")
    if not trials or "onset" not in trials or "duration" not in trials:
        return
    onset = np.asarray(trials["onset"], float)
    duration = np.asarray(trials["duration"], float)
    if above:
        ax.hlines(
            np.full(len(onset), 1.015),
            onset,
            onset + duration,
            color=ink("guide"),
            linewidth=2.5,
            transform=ax.get_xaxis_transform(),
            clip_on=False,
        )
        return
    for start, length in zip(onset, duration, strict=True):
        ax.axvspan(start, start + length, color=ink("guide"), alpha=0.15, linewidth=0)


def _strip(ax: Axes, column: pd.Series[Any]) -> None:
    """The sorted column beside the picture, in the colours that a map has."""
    found = column_colors(column)
    beside = ax.inset_axes((-STRIP - 0.006, 0.0, STRIP, 1.0))
    beside.imshow(
        np.ma.masked_invalid(found.values[:, None]),
        aspect="auto",
        interpolation="nearest",
        cmap=map_of(found),
        vmin=found.limits[0],
        vmax=found.limits[1],
        extent=(0, 1, len(column) - 0.5, -0.5),
    )
    beside.set_xticks([])
    beside.tick_params(labelsize=SMALL, length=2)
    places = _strip_ticks(found, str(column.name))
    beside.set_yticks([at for at, _ in places], [text for _, text in places])
    beside.set_ylabel(f"units by {facts(str(column.name)).label}")
    for side in beside.spines.values():
        side.set_visible(False)
    ax.set_yticks([])


def _strip_ticks(found: ColumnColors, column: str) -> list[tuple[float, str]]:
    """Rows of a strip and what to write there: names, quarters of a turn, or values."""
    values = found.values
    if found.categories is not None:
        return [
            (float(np.flatnonzero(values == k).mean()), plain(name))
            for k, name in enumerate(found.categories)
            if (values == k).any()
        ]
    known = values[np.isfinite(values)]
    if not len(known):
        return []
    ticks = facts(column).ticks
    if ticks is not None:
        rows = np.searchsorted(known, [at for at, _ in ticks])
        return [(float(k), text) for k, (_, text) in zip(rows, ticks, strict=True)]
    rows = np.linspace(0, len(known) - 1, min(5, len(known))).astype(int)
    return [(float(row), f"{known[row]:.2g}") for row in rows]


def _from_zero(limits: tuple[float, float]) -> tuple[float, float]:
    """Limits that begin at zero, unless the lowest response is far from it."""
    low, high = limits
    return (min(low, 0.0) if low < 0.2 * high else low, high)
