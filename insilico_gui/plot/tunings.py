"""Tuning curves: over an axis, around a circle, and as star plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import xarray as xr

from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.analysis.tuning.registry import parameters, tune
from insilico_gui.drawing.colors import SEQUENTIAL
from insilico_gui.drawing.curves import Curve, mean_curve
from insilico_gui.errors import AnalysisError, listed
from insilico_gui.plot.figures import (
    BAND_ALPHA,
    SMALL,
    axes_for,
    bar,
    bare,
    colormap,
    ink,
    mpl,
    plain,
    small_legend,
)
from insilico_gui.plot.sources import (
    choice_of,
    chosen_units,
    dataset_of,
    refuse_names,
    unit_labels,
)
from insilico_gui.units.columns import parameter_facts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

Kind = Literal["curve", "polar", "star"]

STAR_CENTRE = 0.6
"""Radius at which the first ring of a star begins; the rings are 1 apart."""


def tuning(
    source: Any,
    unit_ids: ArrayLike | None = None,
    *,
    indices: ArrayLike | None = None,
    selection: str | None = None,
    parameter: str | None = None,
    kind: Kind = "curve",
    session: str | None = None,
    stimulus: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the tuning of a unit, or the mean tuning of several.

    Parameters
    ----------
    source : xarray.Dataset, xarray.DataArray or Experiment
        A tuning, such as of :func:`insilico_gui.analysis.direction_tuning` or
        ``parameter_map``; responses with trials, whose tuning is computed; or an
        experiment, of which the latest tuning is drawn.
    unit_ids, indices : sequence or single value, optional
        Units by id, or by position in the responses; default all.
    selection : str, optional
        Name of a selection of the experiment, in place of ids.
    parameter : str, optional
        What the trials vary, where responses are given; default the first that they do.
    kind : {"curve", "polar", "star"}
        ``"curve"``: mean and standard error (over presentations of one unit, or over
        units) against the levels, with trials and fit; a tuning to two parameters is a
        picture. ``"polar"``: the same around a circle, for directions. ``"star"``: each
        presentation as a dot on the arm of its direction, coloured by the response;
        levels of another parameter are rings, the lowest inside.
    session, stimulus : str, optional
        Names in the experiment.
    ax : matplotlib.axes.Axes, optional
        Axes to draw into, polar for ``"polar"`` and ``"star"``; default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If there is no tuning, no such unit, or it is not of directions where it has to
        be.
    """
    choice_of(kind, get_args(Kind), "kind of tuning plot")
    found = _tuning_of(source, parameter, session, stimulus)
    names = [str(dim) for dim in found["curve"].dims if dim != "unit"]
    chosen = chosen_units(source, found, unit_ids, indices, selection)
    if kind == "star":
        ax = _star(found, names, chosen, ax)
    elif len(names) == 2:
        if kind == "polar":
            raise AnalysisError(
                "A tuning to two parameters is drawn as a curve (a picture) or a star; "
                "choose another kind."
            )
        ax = _picture(found, names, chosen, ax)
    else:
        curve = mean_curve(found, names[0], chosen)
        draw = _around if kind == "polar" else _along
        ax = draw(curve, ax)
    ax.set_title(_title(found, chosen), fontsize=SMALL + 2)
    return ax


def _tuning_of(
    source: Any, parameter: str | None, session: str | None, stimulus: str | None
) -> xr.Dataset:
    """The tuning that is given, computed or looked up."""
    if isinstance(source, xr.DataArray):
        refuse_names(session, stimulus)
        has_trials = "trials" in source.attrs
        known = parameters(trial_table(source)) if has_trials else []
        if not known:
            raise AnalysisError(
                "These responses have no trials that vary anything, so there is no "
                "tuning; encode a stimulus such as gratings."
            )
        return tune(source, parameter or known[0])[0]
    found = dataset_of(source, {"curve", "trial_response"}, "tuning", session, stimulus)
    names = [str(dim) for dim in found["curve"].dims if dim != "unit"]
    if parameter is not None and set(parameter.split(" x ")) != set(names):
        raise AnalysisError(
            f"This tuning is to {' x '.join(names)}; compute one to {parameter}."
        )
    return found


def _title(found: xr.Dataset, chosen: NDArray[np.int64]) -> str:
    if len(chosen) == 1:
        return f"unit {plain(unit_labels(found, chosen)[0])}"
    return f"mean of {len(chosen):,} units"


def _along(curve: Curve, ax: Axes | None) -> Axes:
    """Response against levels; logarithmic where the levels are octaves."""
    ax = axes_for(ax)
    about = parameter_facts(curve.parameter)
    if about.drawn == "octaves" and (curve.levels > 0).all():
        ax.set_xscale("log", base=2)
    with small_legend(ax, loc="upper left", bbox_to_anchor=(0.0, 1.0)):
        _band(ax, curve.levels, curve)
        if len(curve.trials):
            ax.plot(
                curve.shown,
                curve.trials,
                "o",
                color=ink("trials"),
                alpha=0.6,
                markersize=3,
                markeredgewidth=0,
                label="trials",
            )
        has_sem = bool(np.isfinite(curve.sem).any())
        ax.plot(
            curve.levels,
            curve.mean,
            "-s",
            color=ink("mean"),
            markersize=4,
            label="mean ± s.e.m." if has_sem else "mean",
        )
        if curve.fit is not None:
            ax.plot(*curve.fit, color=ink("fit"), linewidth=1.2, label="fit")
    ticks = about.ticks
    if ticks is not None:
        ax.set_xticks([at for at, _ in ticks], [text for _, text in ticks])
        low, high = ticks[0][0], ticks[-1][0]
        ax.set_xlim(low - (high - low) / 36, high + (high - low) / 36)
    else:
        ax.set_xticks(curve.levels, [f"{level:g}" for level in curve.levels])
        ax.minorticks_off()
    ax.set_ylim(min(0.0, curve.bottom), 1.25 * curve.top)
    ax.set_xlabel(about.label)
    ax.set_ylabel("response")
    bare(ax)
    return ax


def _band(ax: Axes, x: NDArray[np.float64], curve: Curve) -> None:
    if np.isfinite(curve.sem).any():
        sem = np.nan_to_num(curve.sem)
        ax.fill_between(
            x,
            curve.mean - sem,
            curve.mean + sem,
            color=ink("mean"),
            alpha=BAND_ALPHA,
            linewidth=0,
        )


def _around(curve: Curve, ax: Axes | None) -> Axes:
    """Response as the distance from the middle, in its direction."""
    turn = _turn(curve.parameter)
    ax = axes_for(ax, (3.4, 3.4), polar=True)
    if len(curve.trials):
        ax.plot(
            2 * np.pi * curve.shown / turn,
            curve.trials,
            "o",
            color=ink("trials"),
            alpha=0.6,
            markersize=3,
            markeredgewidth=0,
        )
    around = 2 * np.pi * np.append(curve.levels, curve.levels[0]) / turn
    ax.plot(around, np.append(curve.mean, curve.mean[0]), "-", color=ink("mean"))
    if np.isfinite(curve.sem).any():
        sem = np.nan_to_num(np.append(curve.sem, curve.sem[0]))
        mean = np.append(curve.mean, curve.mean[0])
        ax.fill_between(
            around,
            np.maximum(mean - sem, min(0.0, curve.bottom)),
            mean + sem,
            color=ink("mean"),
            alpha=BAND_ALPHA,
            linewidth=0,
        )
    ax.set_ylim(min(0.0, curve.bottom), 1.05 * curve.top)
    _polar_axes(ax, curve.parameter, turn)
    ax.yaxis.set_major_locator(mpl("matplotlib.ticker").MaxNLocator(3))
    return ax


def _polar_axes(ax: Axes, parameter: str, turn: float) -> None:
    steps = np.arange(8)
    ax.set_xticks(steps * np.pi / 4, [f"{turn * k / 8:g}°" for k in steps])
    ax.set_xlabel(parameter_facts(parameter).label)
    ax.tick_params(labelsize=SMALL + 1)
    ax.grid(color=ink("guide"), alpha=0.4, linewidth=0.6)
    ax.spines["polar"].set_color(ink("guide"))
    ax.set_rlabel_position(22.5)  # type: ignore[attr-defined]


def _turn(parameter: str) -> float:
    period = parameter_facts(parameter).period
    if period is None:
        raise AnalysisError(
            f"{parameter} is no angle, so its tuning has no polar form; draw the curve."
        )
    return period


def _picture(
    found: xr.Dataset, names: list[str], chosen: NDArray[np.int64], ax: Axes | None
) -> Axes:
    """Mean response at every pair of levels, the first parameter upwards."""
    ax = axes_for(ax, (4.6, 3.2))
    mean = found["curve"].transpose(*names, "unit").to_numpy()[..., chosen].mean(-1)
    drawn = ax.imshow(
        mean,
        origin="lower",
        aspect="auto",
        cmap=colormap(SEQUENTIAL),
        vmin=min(0.0, float(np.nanmin(mean))),
        vmax=float(np.nanmax(mean)),
    )
    for name, places, label in (
        (names[0], ax.set_yticks, ax.set_ylabel),
        (names[1], ax.set_xticks, ax.set_xlabel),
    ):
        levels = found[name].to_numpy()
        places(np.arange(len(levels)), [f"{level:g}" for level in levels])
        label(parameter_facts(name).label)
    bar(ax, drawn, "response")
    return ax


def _star(
    found: xr.Dataset, names: list[str], chosen: NDArray[np.int64], ax: Axes | None
) -> Axes:
    """Presentations on arms of their directions, in rings of another parameter."""
    angles = [name for name in names if parameter_facts(name).period is not None]
    if not angles:
        raise AnalysisError(
            f"A star plot is of directions or orientations; this tuning is to "
            f"{listed(names)}."
        )
    angle = angles[0]
    turn = _turn(angle)
    other = next((name for name in names if name != angle), None)
    ax = axes_for(ax, (4.2, 3.4), polar=True)
    response = found["trial_response"].to_numpy()[:, chosen].mean(axis=1)
    shown = found[f"trial_{angle}"].to_numpy().astype(float)
    levels = np.zeros(1) if other is None else found[other].to_numpy()
    ring = np.zeros(len(response), int)
    if other is not None:
        ring = np.searchsorted(levels, found[f"trial_{other}"].to_numpy())
    at = STAR_CENTRE + ring + _spread(shown, ring)
    low, high = float(min(response.min(), 0.0)), float(response.max())
    drawn = ax.scatter(
        2 * np.pi * shown / turn,
        at,
        c=response,
        cmap=colormap(SEQUENTIAL),
        vmin=low,
        vmax=high if high > low else low + 1,
        s=26,
        linewidths=0,
        zorder=3,
    )
    ax.set_ylim(0, STAR_CENTRE + len(levels))
    _polar_axes(ax, angle, turn)
    ax.set_yticks(
        STAR_CENTRE + 0.4 + np.arange(len(levels)),
        [] if other is None else [f"{level:g}" for level in levels],
    )
    if other is not None:
        ax.set_ylabel(f"rings: {parameter_facts(other).label}", labelpad=26)
    bar(ax, drawn, "response")
    return ax


def _spread(shown: NDArray[np.float64], ring: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where presentations of one direction and ring are along their arm, 0 to 0.8."""
    place = np.zeros(len(shown))
    for one in {*zip(shown.tolist(), ring.tolist(), strict=True)}:
        here = np.flatnonzero((shown == one[0]) & (ring == one[1]))
        n = len(here)
        place[here] = 0.4 if n == 1 else np.linspace(0.0, 0.8, n)
    return place
