"""Responses of units over time, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.drawing.colors import CATEGORIES
from insilico_gui.plot.figures import (
    BAND_ALPHA,
    axes_for,
    bare,
    ink,
    line_colors,
    plain,
    small_legend,
)
from insilico_gui.plot.rasters import mark_trials, one_trial
from insilico_gui.plot.sources import chosen_units, responses_of, unit_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike


def traces(
    source: Any,
    unit_ids: ArrayLike | None = None,
    *,
    indices: ArrayLike | None = None,
    selection: str | None = None,
    trial: int | None = None,
    session: str | None = None,
    stimulus: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw responses over time: a line for each of a few units, or the mean of many.

    Trials are marked by grey bands. Of more than eight units the mean and its standard
    error over units are drawn.

    Parameters
    ----------
    source : xarray.DataArray (time, unit) or Experiment
        Responses, or an experiment with a run.
    unit_ids, indices, selection
        Units; see :func:`tuning`.
    trial : int, optional
        Which trial, if the responses have several.
    session, stimulus, ax
        See :func:`tuning`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If there are no responses, or there is no such unit or trial.
    """
    responses = one_trial(responses_of(source, session, stimulus), trial)
    chosen = chosen_units(source, responses, unit_ids, indices, selection)
    ax = axes_for(ax, (5.2, 2.6))
    mark_trials(ax, responses)
    time = responses["time"].to_numpy()
    values = responses.transpose("time", "unit").to_numpy()[:, chosen]
    with small_legend(ax, loc="upper left", bbox_to_anchor=(1.0, 1.0)):
        if len(chosen) <= len(CATEGORIES):
            colors = line_colors(len(chosen))
            names = unit_labels(responses, chosen)
            for column, name, color in zip(values.T, names, colors, strict=True):
                ax.plot(
                    time,
                    column,
                    color=color,
                    linewidth=1.2,
                    label=f"unit {plain(name)}",
                )
        else:
            mean = values.mean(axis=1, dtype=np.float64)
            sem = values.std(axis=1, ddof=1, dtype=np.float64) / np.sqrt(len(chosen))
            ax.fill_between(
                time,
                mean - sem,
                mean + sem,
                color=ink("mean"),
                alpha=BAND_ALPHA,
                linewidth=0,
            )
            label = f"mean ± s.e.m.\n{len(chosen):,} units"
            ax.plot(time, mean, color=ink("mean"), linewidth=1.4, label=label)
    ax.set_xlim(time[0], time[-1])
    ax.set_xlabel("time (s)")
    ax.set_ylabel("response")
    bare(ax)
    return ax
