"""Receptive fields: the map of one unit on the screen, with the Gaussian fitted to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from insilico_gui.analysis.fields.fitted_fields import ReceptiveFieldFit
from insilico_gui.analysis.fields.registry import has_polarities, unit_map
from insilico_gui.analysis.fields.rf_fit import fit_receptive_fields
from insilico_gui.analysis.fields.rf_table import receptive_field_fit
from insilico_gui.drawing.colors import DIVERGING, OVER_FRAMES, around_zero
from insilico_gui.drawing.screen_ticks import degree_ticks
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment import Experiment
from insilico_gui.plot.figures import (
    SMALL,
    axes_for,
    bar,
    colormap,
    edges,
    plain,
)
from insilico_gui.plot.sources import (
    choice_of,
    chosen_units,
    dataset_of,
    result_of,
    unit_labels,
)
from insilico_gui.stimuli import Display

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

POLARITIES = ("on", "off", "on+off")
LABELS = {"luminance": "grey levels", "contrast": "squared grey levels"}
"""What a map is in, by the quantity that was averaged; others are responses."""


def receptive_field(
    source: Any,
    unit_id: Any = None,
    *,
    index: int | None = None,
    polarity: str = "on+off",
    outline: bool = True,
    session: str | None = None,
    stimulus: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the receptive field of a unit on the screen, with its fitted outline.

    Parameters
    ----------
    source : xarray.Dataset or Experiment
        Maps of receptive fields, such as of
        :func:`insilico_gui.analysis.dot_receptive_fields` or ``sta_receptive_fields``,
        or an experiment with the analysis ``"receptive fields"``.
    unit_id, index : optional
        One unit, by id or by position in the responses; default the one with the
        strongest map.
    polarity : {"on+off", "on", "off"}
        Of maps that tell light from dark.
    outline : bool
        Whether the fitted Gaussian is drawn, at one standard deviation.
    session, stimulus, ax
        See :func:`tuning`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If there are no such maps, or no such unit.
    """
    choice_of(polarity, POLARITIES, "polarity")
    fields, fit = _fields_of(source, session, stimulus)
    if not has_polarities(fields) and polarity != "on+off":
        raise AnalysisError(
            "These maps do not tell light from dark; leave the polarity out."
        )
    if unit_id is None and index is None:
        column = _strongest(fields)
    else:
        chosen = chosen_units(source, fields, unit_id, index)
        if len(chosen) > 1:
            raise AnalysisError("A receptive field is of one unit; name one.")
        column = int(chosen[0])
    picture, lag_s = unit_map(fields, column, polarity)
    known = picture[np.isfinite(picture)]
    signed = bool((known < 0).any())
    low, high = float(known.min()), float(known.max())
    if signed:
        low, high = around_zero((low, high))
    ax = axes_for(ax, (4.6, 2.8))
    left, right = edges(fields["column"].to_numpy())
    top, bottom = edges(fields["row"].to_numpy())
    drawn = ax.imshow(
        np.ma.masked_invalid(picture),
        cmap=colormap(DIVERGING if signed else OVER_FRAMES),
        vmin=low,
        vmax=high if high > low else low + 1,
        extent=(left, right, bottom, top),
        interpolation="nearest",
    )
    if outline:
        _draw_outline(ax, fields, fit, column, picture, polarity, signed=signed)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    _degrees(ax, fields)
    quantity = fields.attrs["analysis"].get("quantity")
    bar(ax, drawn, LABELS.get(str(quantity), "response"))
    ax.set_title(_title(fields, column, lag_s, polarity), fontsize=SMALL + 2)
    return ax


def _fields_of(
    source: Any, session: str | None, stimulus: str | None
) -> tuple[xr.Dataset, ReceptiveFieldFit | None]:
    """Maps, and their fit where an experiment has it already."""
    has, what = {"rf", "row", "column"}, "map of receptive fields"
    if isinstance(source, Experiment):
        result = result_of(source, has, what, session, stimulus)
        fit = result.fit if isinstance(result.fit, ReceptiveFieldFit) else None
        return result.dataset, fit
    return dataset_of(source, has, what, session, stimulus), None


def _strongest(fields: xr.Dataset) -> int:
    dims = [dim for dim in fields["rf"].dims if dim != "unit"]
    spread = fields["rf"].std(dims).to_numpy()
    return int(np.nan_to_num(spread).argmax())


def _draw_outline(
    ax: Axes,
    fields: xr.Dataset,
    fit: ReceptiveFieldFit | None,
    column: int,
    picture: NDArray[np.float64],
    polarity: str,
    *,
    signed: bool,
) -> None:
    """The Gaussian of the map that is drawn, if it was fitted."""
    which = column
    if polarity != "on+off":  # the fit of the analysis is of both together
        display = Display.from_dict(fields.attrs["analysis"]["display"])
        fit, which = fit_receptive_fields(picture[None], display), 0
    elif fit is None:
        fit, which = receptive_field_fit(fields.isel(unit=[column])), 0
    if not fit.on_screen[which]:
        return
    row, across = fit.ellipse()[which].T
    ax.plot(across, row, color="k" if signed else "w", linewidth=1.4)


def _degrees(ax: Axes, fields: xr.Dataset) -> None:
    across, down = degree_ticks(Display.from_dict(fields.attrs["analysis"]["display"]))
    ax.set_xticks([at for at, _ in across], [text for _, text in across])
    ax.set_yticks([at for at, _ in down], [text for _, text in down])
    ax.set_xlabel("azimuth (deg)")
    ax.set_ylabel("elevation (deg)")


def _title(fields: xr.Dataset, column: int, lag_s: float | None, polarity: str) -> str:
    name = plain(unit_labels(fields, np.array([column]))[0])
    shown = "" if polarity == "on+off" else f", {polarity}"
    lag = "" if lag_s is None else f", lag {1000 * lag_s:.0f} ms"
    return f"unit {name}{shown}{lag}"
