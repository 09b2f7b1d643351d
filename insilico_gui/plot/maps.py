"""Maps of units: over the stimulus, in the tissue, on the head, or as a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.drawing.colors import (
    SEQUENTIAL,
    ColumnColors,
    column_colors,
    response_colormap,
    robust_limits,
)
from insilico_gui.drawing.layouts import (
    available_layouts,
    functional_columns,
    is_upright,
    unit_positions,
)
from insilico_gui.errors import AnalysisError, quoted
from insilico_gui.experiment import Experiment
from insilico_gui.plot.figures import (
    axes_for,
)
from insilico_gui.plot.map_axes import attrs_of, draw_dots, dress, explain_dots
from insilico_gui.plot.sources import (
    check_column,
    name_in,
    refuse_names,
    responses_of,
    results_table,
    table_of,
    with_columns,
)
from insilico_gui.stimuli import ConvertedStimulus, Fit, Stimulus, convert

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from insilico_gui.drawing.layouts import Layout
    from insilico_gui.session import Session

DEFAULT_SHAPE = (144, 256)
"""Height and width of the screen where neither a session nor a stimulus tells them."""

WITHOUT_PLACE = "no unit has a place in this layout"


def map(
    source: Any,
    color: str | None = None,
    *,
    layout: Layout | None = None,
    columns: pd.DataFrame | None = None,
    stimulus: Any = None,
    time_s: float | None = None,
    selection: str | None = None,
    limits: tuple[float, float] | None = None,
    size: float | None = None,
    session: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the units where they look or lie, coloured by any column or by the response.

    Parameters
    ----------
    source : Session, responses, results, pandas.DataFrame or Experiment
        Whose units they are; the unit table of an experiment has the columns of its
        results.
    color : str, optional
        Column of the unit table, or ``"response"`` for the response at `time_s`.
        Default ``"area"`` where there is one. Angles get a cyclic colour map, signed
        values one with zero in the middle, names a colour each; units without a value
        are grey blue.
    layout : {"retinotopic", "anatomical", "functional", "scalp", "list"}, optional
        Default the first for which places of units are known: receptive-field centres on
        the screen, micrometres in the tissue (seen from above), columns of the analysis
        *functional layout*, electrodes on the head, or none.
    columns : pandas.DataFrame, optional
        Table of results with further columns, joined by ``unit_id``.
    stimulus : Stimulus, str or uint8 array [H, W], optional
        What is drawn below a retinotopic map: the frame at `time_s` of a stimulus (or of
        the stimulus of that name in the experiment), or an image of the session's shape.
    time_s : float, optional
        Moment of the frame and of the response, in seconds; default the beginning.
    selection : str, optional
        Selection of the experiment: its units are drawn with a rim, larger.
    limits : (float, float), optional
        Values at the ends of the colours.
    size : float, optional
        Area of the dots in square points; default by the distance between units.
    session, ax
        See :func:`tuning`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If there is no such column, layout, selection, stimulus or response.
    """
    opened = _session_of(source, session)
    responses = _responses(source, color, session, stimulus)
    if responses is None:
        table = table_of(source, session)
    else:
        table = results_table(responses)
        if isinstance(source, Experiment):
            more = table_of(source, session)
            table = with_columns(table, more.set_index("unit_id"))
    table = with_columns(table, columns)
    layout = _chosen_layout(layout, opened, table)
    frame = _frame(source, opened, stimulus, time_s)
    shape = _shape(opened, frame, source)
    upright = opened is not None and is_upright(opened)
    places = unit_positions(table, layout, shape, upright=upright)
    known = np.asarray(np.isfinite(places).all(axis=1))
    if not known.any():
        raise AnalysisError(f"There is nothing to draw: {WITHOUT_PLACE} ({layout}).")
    ax = axes_for(ax, (5.4, 3.4))
    if layout == "retinotopic" and frame is not None:
        ax.imshow(frame, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    name = color or ("area" if "area" in table else "")
    if responses is not None:
        found = _response_colors(responses, time_s, layout)
        name = "response"
    elif name:
        check_column(table, name)
        found = column_colors(table[name])
    else:
        nothing = np.full(len(table), np.nan)
        found = ColumnColors(nothing, SEQUENTIAL, (0.0, 1.0), None, False)
    chosen = _selected(source, session, selection, table)
    drawn = draw_dots(ax, places, known, found, chosen, limits, size, layout)
    explain_dots(ax, drawn, found, name, time_s)
    dress(ax, layout, table, shape, opened, attrs_of(opened, source))
    return ax


def _session_of(source: Any, session: str | None) -> Session | None:
    if isinstance(source, Experiment):
        return source.session(name_in(source, "session", session))
    refuse_names(session)
    is_session = hasattr(source, "units") and hasattr(source, "input_kind")
    return source if is_session else None


def _responses(
    source: Any, color: str | None, session: str | None, stimulus: Any
) -> xr.DataArray | None:
    """Responses to colour by; None if units are coloured by a column."""
    if color != "response":
        return None
    if isinstance(source, Experiment):
        name = stimulus if isinstance(stimulus, str) else None
        found = responses_of(source, session, name)
    elif isinstance(source, xr.DataArray):
        found = responses_of(source)
    else:
        raise AnalysisError(
            "Units are coloured by the response where responses or an Experiment are "
            "given; give one of those, or name a column."
        )
    if set(found.dims) != {"time", "unit"}:
        raise AnalysisError(
            "Responses for a map have the dimensions time and unit; take one trial with "
            "responses.isel(trial=0)."
        )
    return found


def _response_colors(
    responses: xr.DataArray, time_s: float | None, layout: Layout
) -> ColumnColors:
    """The response of each unit at a moment; the colours are for all moments."""
    time = responses["time"].to_numpy()
    at = time[0] if time_s is None else time_s
    step = time[1] - time[0] if len(time) > 1 else 1.0
    if not time[0] - step / 2 <= at < time[-1] + step:
        raise AnalysisError(
            f"There is no response at {at:g} s; they are from {time[0]:g} to "
            f"{time[-1]:g} s."
        )
    row = max(int(np.searchsorted(time, at + 1e-9, side="right")) - 1, 0)
    values = responses.transpose("time", "unit")
    low, high = robust_limits(values.to_numpy()[:: max(1, len(time) // 64)])
    low = min(low, 0.0) if low < 0.2 * high else low
    over = layout == "retinotopic"
    name, limits = response_colormap((low, high), over_stimulus=over)
    return ColumnColors(values[row].to_numpy().astype(float), name, limits, None, False)


def _chosen_layout(
    wanted: Layout | None, session: Session | None, table: pd.DataFrame
) -> Layout:
    if session is not None:
        offered = [one for one in available_layouts(session, table) if "3-D" not in one]
    else:
        offered = []
        if {"rf_x", "rf_y"} <= set(table):
            offered.append("retinotopic")
        if {"x", "y"} <= set(table):
            offered.append("anatomical")
        if {"x", "y", "z"} <= set(table):
            offered.append("scalp")
        if functional_columns(table) is not None:
            offered.append("functional")
        offered.append("list")
    if wanted is None:
        return offered[0]
    if wanted not in offered:
        raise AnalysisError(
            f"These units have no layout {quoted(wanted)}; choose {' or '.join(offered)}."
        )
    return wanted


def _frame(
    source: Any, session: Session | None, stimulus: Any, time_s: float | None
) -> NDArray[np.uint8] | None:
    """The picture to draw below the units, as the session sees it."""
    if stimulus is None:
        return None
    fit: Fit = "crop"
    if isinstance(stimulus, str):
        if not isinstance(source, Experiment):
            raise AnalysisError(
                f"{quoted(stimulus)} would be the name of a stimulus in an Experiment; "
                "give the opened stimulus."
            )
        name = name_in(source, "stimulus", stimulus)
        fit = source.document.stimuli[name].fit
        stimulus = source.stimulus(name)
    if isinstance(stimulus, np.ndarray):
        if stimulus.ndim != 2:
            raise AnalysisError(
                f"A frame has the shape [H, W]; the array has {list(stimulus.shape)}."
            )
        picture: NDArray[np.uint8] = stimulus
        return picture
    if not isinstance(stimulus, Stimulus):
        raise AnalysisError(
            f"A {type(stimulus).__name__} has no frames to draw; give a stimulus or an "
            "image [H, W]."
        )
    frames = stimulus
    rate = getattr(session, "frame_rate", None)
    if not isinstance(stimulus, ConvertedStimulus) and session is not None and rate:
        frames = convert(stimulus, session.frame_shape, rate, fit)
    k = int(np.floor((time_s or 0.0) * frames.frame_rate + 1e-6))
    if not 0 <= k < frames.n_frames:
        raise AnalysisError(
            f"There is no frame at {time_s:g} s; {quoted(frames.name)} lasts "
            f"{frames.duration:g} s."
        )
    shown: NDArray[np.uint8] = frames.frames(k, k + 1)[0]
    return shown


def _shape(session: Session | None, frame: Any, source: Any) -> tuple[int, int]:
    """Height and width of the screen in pixels."""
    if session is not None and min(session.frame_shape) > 0:
        return session.frame_shape
    if frame is not None:
        return frame.shape  # type: ignore[no-any-return]
    told = attrs_of(None, source).get("stimulus_attrs")
    shape = told.get("frame_shape") if isinstance(told, Mapping) else None
    return DEFAULT_SHAPE if shape is None else (int(shape[0]), int(shape[1]))


def _selected(
    source: Any, session: str | None, selection: str | None, table: pd.DataFrame
) -> NDArray[np.bool_] | None:
    if selection is None:
        return None
    if not isinstance(source, Experiment):
        raise AnalysisError("A selection is named in an Experiment; give one of those.")
    units = source.table(name_in(source, "session", session))
    ids = units["unit_id"].to_numpy()[source.selection(selection).indices]
    return table["unit_id"].isin(ids).to_numpy()
