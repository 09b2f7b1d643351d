"""Plots of sessions that answer conditions: psychometric curves and tuning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.analysis.tuning.conditions import condition_tuning as tune
from insilico_gui.drawing.colors import SEQUENTIAL
from insilico_gui.plot.figures import (
    axes_for,
    bar,
    bare,
    colormap,
    ink,
    line_colors,
    plain,
    small_legend,
)
from insilico_gui.plot.sources import (
    chosen_units,
    dataset_of,
    responses_of,
    unit_labels,
)
from insilico_gui.units.columns import parameter_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike


def psychometric_curve(
    source: Any,
    *,
    session: str | None = None,
    stimulus: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the probability of an action against a parameter of the conditions.

    Parameters
    ----------
    source : xarray.Dataset or Experiment
        What the analysis ``"psychometric curve"`` returned, or an experiment with it.
    session, stimulus, ax
        See :func:`tuning`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If there is no such result.
    """
    curve = dataset_of(
        source, {"probability", "level"}, "psychometric curve", session, stimulus
    )
    about = curve.attrs.get("analysis", {})
    ax = axes_for(ax)
    ax.axhline(0.5, color=ink("guide"), linewidth=0.8, linestyle=":")
    ax.plot(
        curve["level"].to_numpy(),
        curve["probability"].to_numpy(),
        "-o",
        color=ink("mean"),
        markersize=4,
    )
    ax.set_ylim(-0.03, 1.03)
    (over,) = about.get("parameters", ["level"])
    ax.set_xlabel(_named(str(over)))
    action = plain(about.get("action", "the action"))
    among = " among answers" if about.get("of_answered") else ""
    ax.set_ylabel(f"probability of {action}{among}")
    bare(ax)
    return ax


def condition_tuning(
    source: Any,
    parameters: str | Sequence[str] | None = None,
    *,
    unit_ids: ArrayLike | None = None,
    indices: ArrayLike | None = None,
    selection: str | None = None,
    session: str | None = None,
    stimulus: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw mean responses at the levels of one parameter of conditions, or of two.

    Parameters
    ----------
    source : xarray.Dataset, responses to conditions, or Experiment
        A tuning of :func:`insilico_gui.analysis.condition_tuning`; responses, whose
        tuning to `parameters` is computed; or an experiment with the analysis
        ``"condition tuning"``.
    parameters : str, or two of them, optional
        Of responses; with two, the mean over units is a picture.
    unit_ids, indices, selection
        Units; see :func:`tuning`. Of up to eight units each has a line; of more, the
        mean is drawn.
    session, stimulus, ax
        See :func:`tuning`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If there is no such tuning, parameter or unit.
    """
    if parameters is None:
        found = dataset_of(
            source, {"curve", "sem", "count"}, "condition tuning", session, stimulus
        )
    else:
        found = tune(responses_of(source, session, stimulus), parameters)
    names = [str(dim) for dim in found["curve"].dims if dim != "unit"]
    chosen = chosen_units(source, found, unit_ids, indices, selection)
    curve = found["curve"].transpose(*names, "unit").to_numpy()[..., chosen]
    if len(names) == 2:
        return _matrix(found, names, curve.mean(-1), ax)
    ax = axes_for(ax)
    levels = found[names[0]].to_numpy()
    is_text = levels.dtype.kind not in "fiub"
    x = np.arange(len(levels)) if is_text else levels
    with small_legend(ax, loc="upper left", bbox_to_anchor=(1.0, 1.0)):
        if len(chosen) <= 8:
            sem = found["sem"].transpose(*names, "unit").to_numpy()[..., chosen]
            for column, name, color in zip(
                range(len(chosen)),
                unit_labels(found, chosen),
                line_colors(len(chosen)),
                strict=True,
            ):
                ax.errorbar(
                    x,
                    curve[:, column],
                    np.nan_to_num(sem[:, column]),
                    fmt="-o",
                    color=color,
                    markersize=4,
                    label=plain(name),
                )
        else:
            mean = curve.mean(-1)
            label = f"mean of {len(chosen):,} units"
            ax.plot(x, mean, "-o", color=ink("mean"), markersize=4, label=label)
    if is_text:
        ax.set_xticks(x, [plain(level) for level in levels])
    ax.set_xlabel(_named(names[0]))
    ax.set_ylabel("response")
    bare(ax)
    return ax


def _matrix(found: xr.Dataset, names: list[str], mean: Any, ax: Axes | None) -> Axes:
    ax = axes_for(ax, (4.4, 3.4))
    drawn = ax.imshow(mean, origin="lower", aspect="auto", cmap=colormap(SEQUENTIAL))
    for name, ticks, label in (
        (names[0], ax.set_yticks, ax.set_ylabel),
        (names[1], ax.set_xticks, ax.set_xlabel),
    ):
        levels = found[name].to_numpy()
        shown = [plain(v) if isinstance(v, str) else f"{v:g}" for v in levels.tolist()]
        ticks(np.arange(len(levels)), shown)
        label(_named(name))
    bar(ax, drawn, "response")
    return ax


def _named(parameter: str) -> str:
    """A parameter, or a difference of two, with title and unit."""
    parts = [parameter_facts(name.strip()) for name in parameter.split(" - ")]
    if len(parts) == 1:
        return plain(parts[0].label)
    unit = f" ({parts[0].unit})" if parts[0].unit else ""
    return plain(" − ".join(part.title for part in parts) + unit)
