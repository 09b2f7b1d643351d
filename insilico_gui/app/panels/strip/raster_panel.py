"""Responses of all units against time as an image."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from qtpy.QtWidgets import QHBoxLayout

from insilico_gui.analysis.population.raster import Window, Wish
from insilico_gui.app.panels.panel import Panel
from insilico_gui.app.panels.strip.bands import trial_bands
from insilico_gui.app.panels.strip.beside import Beside, may_be_beside, named
from insilico_gui.app.panels.strip.raster_controls import RasterControls
from insilico_gui.app.panels.strip.raster_drawing import RasterDrawing
from insilico_gui.app.panels.strip.raster_plot import RasterPlot, raster_table
from insilico_gui.app.panels.strip.time_axis import TimeAxis
from insilico_gui.app.panels.strip.traced import key_of, looked_at_column
from insilico_gui.app.widgets.colors import column_values
from insilico_gui.app.work.live_summary import LiveSummary
from insilico_gui.responses import unit_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.resolved import Resolved


class RasterPanel(Panel):
    """An image of units by time; a click picks a unit and a time."""

    title = "Raster"
    place = "bottom"
    order = 12
    draws = frozenset(
        {
            *("encoded", "session", "shown", "stimulus", "units", "selection"),
            *("view.raster", "view.unit_id", "reference"),
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.body.setContentsMargins(2, 2, 2, 2)
        self._summary = LiveSummary(
            "Reading the raster", self._made, self._draw, self.jobs, self
        )
        self._token: tuple[object, ...] = ()
        self._n_rows = -1
        self._axis_of: object = None
        self.controls = RasterControls(desk)
        self.about = self.controls.about
        self.sort, self.scale = self.controls.sort, self.controls.scale
        self.by_area = self.controls.by_area
        self.only_selected = self.controls.only_selected
        self.beside = self.controls.beside
        self.plot = RasterPlot(lambda: self._look_closer(self.plot))
        self.other = RasterPlot(lambda: self._look_closer(self.other))
        row = QHBoxLayout()
        row.addWidget(self.controls)
        for plot in (self.plot, self.other):
            plot.setMinimumHeight(90)
            plot.clicked.connect(self._clicked)
            row.addWidget(plot, 1)
        self.plot.use_table(self._table)
        self.other.use_table(self._other_table)
        self.other.hide()
        self.body.addLayout(row)

    @classmethod
    def is_offered(cls, now: Resolved) -> bool:
        """Whether responses follow each other in time, or image by image."""
        return now.session is not None and now.condition_session is None

    # -- from the user -----------------------------------------------------------------

    def _clicked(self, x: float, y: float) -> None:
        drawing = self._summary.value
        self.desk.window.stay()
        playback = self.experiment.playback
        playback.seek_frame(self._axis().moment(x, self.frame_on_show))
        if drawing is None or drawing.drawn is None:
            return
        order, row = drawing.drawn.order, int(np.floor(y))
        if 0 <= row < len(order):
            unit = key_of(self.now, int(order[row]))
            self.attempt(self.experiment.look, unit_id=unit)

    def _look_closer(self, moved: RasterPlot) -> None:
        """Another part is seen, the same in both: it gets its own pixels."""
        drawing = self._summary.value
        if drawing is not None and self.is_seen:
            if self.other.isVisible():
                follower = self.other if moved is self.plot else self.plot
                follower.look_at(moved)
            self._use_windows(drawing)

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Make the raster of what is on show, or sort it anew."""
        now, drawing = self.now, self._summary.value
        self.controls.draw(now)
        if now.encoded is None:
            self._token = ()
            self._summary.clear()
            return
        of_another = drawing is None or drawing.raster.store is not now.encoded.moments
        beside = None if drawing is None or drawing.beside is None else drawing.beside
        shown = None if beside is None else beside.responses
        of_another = of_another or shown is not self._reference()
        if of_another:
            old = drawing is not None and changed & {"session", "shown"}
            known = drawing is not None and drawing.drawn is not None
            fewer = now.encoded.moments.n_done == 0
            if old or fewer or not known:
                self._summary.clear()
            else:
                self._summary.restart()
            self._token = self._wish_token()
            return
        token = self._wish_token()
        if token != self._token and drawing is not None:
            self._token = token
            drawing.wish = self._wish()
            drawing.leads = now.view.raster.beside != "B"
            self._summary.grow()
        self._mark()

    def draw_time(self) -> None:
        """Move the playhead, and nothing else."""
        playback, axis = self.experiment.playback, self._axis()
        for plot in (self.plot, self.other):
            plot.show_loop(playback, axis)
            plot.playhead.setValue(axis.place(playback.time))

    def grow(self) -> None:
        """Take in responses that have come since the last time."""
        self._summary.grow()

    def recolor(self) -> None:
        """Draw in the colours of the theme."""
        self._mark()

    def _axis(self) -> TimeAxis:
        return TimeAxis.of(self.now, self.experiment.playback)

    # -- what is drawn -----------------------------------------------------------------

    def _made(self) -> RasterDrawing | None:
        """A raster of the responses on show; None without any."""
        encoded = self.now.encoded
        if encoded is None or not len(encoded.indices):
            return None
        whole = Window((0, len(encoded.indices)), (0, 1 << 30), 1, 1)
        reference, session = self._reference(), self.now.session
        beside = None
        if reference is not None and session is not None:
            units = self.now.units.iloc[encoded.indices]
            beside = Beside(reference, units, session.id)
        drawing = RasterDrawing(encoded.moments, self._wish(), whole, beside)
        drawing.leads = self.now.view.raster.beside != "B"
        self._use_windows(drawing, again=False)
        return drawing

    def _reference(self) -> xr.DataArray | None:
        """What is drawn beside the responses on show."""
        now = self.now
        wanted = now.view.raster.beside and may_be_beside(now)
        return now.reference if wanted else None

    def _window(self, drawing: RasterDrawing) -> Window:
        raster = drawing.raster
        n_rows = drawing.n_rows(len(self.now.encoded_rows))
        if n_rows != self._n_rows:
            self._n_rows = n_rows
            for plot in (self.plot, self.other):
                plot.show_rows(n_rows)
        return self.plot.seen_part(self._axis(), n_rows, raster.n_bins, raster.width)

    def _use_windows(self, drawing: RasterDrawing, *, again: bool = True) -> None:
        """Have what is seen drawn in its own pixels."""
        windows, other = [self._window(drawing)], drawing.other
        if drawing.beside is not None and other is not None:
            axis = drawing.beside.axis(self._axis())
            drawing.other_first = axis.burn_in
            part = axis, self._n_rows, other.n_bins, other.width
            windows.append(self.other.seen_part(*part))
        if windows != [drawing.window, drawing.other_window][: len(windows)]:
            drawing.window, drawing.other_window = windows[0], windows[-1]
            if again:
                self._summary.grow()

    def _wish_token(self) -> tuple[object, ...]:
        """What the order and the values depend on."""
        now, raster = self.now, self.now.view.raster
        column = now.units[raster.sort] if raster.sort in now.units else None
        values = None if column is None else column.to_numpy().tobytes()
        chosen = now.selected_columns.tobytes() if raster.only_selected else None
        return raster, hash(values), hash(chosen)

    def _wish(self) -> Wish:
        now, raster = self.now, self.now.view.raster
        rows = now.encoded_rows
        keys = None
        if raster.sort in now.units:
            keys = column_values(now.units[raster.sort])[0][rows]
        codes, names = self.now.encoded_areas
        columns = now.selected_columns if raster.only_selected else None
        return Wish(
            raster.scale,
            raster.sort,
            keys,
            raster.descending,
            codes if raster.by_area and len(names) > 1 else None,
            columns,
            self._axis().burn_in,
        )

    def _draw(self) -> None:
        axis, drawing = self._axis(), self._summary.value
        drawn = None if drawing is None else drawing.drawn
        key = (axis.ends, axis.label, axis.burn_in)
        if key != self._axis_of:
            self._axis_of = key
            for plot in (self.plot, self.other):
                plot.show_axis(axis, with_burn_in=False)
        has_trials = not axis.of_images and self.now.shown is not None
        trials = getattr(self.now.stimulus, "trials", None) if has_trials else None
        self.plot.show_bands(trial_bands(trials))
        self.plot.show_image(drawn, axis)
        self._draw_other(drawing, axis)
        self.plot.setTitle(self._title if drawn else self._why_empty(), size="9pt")
        if drawing is not None and drawn is not None:
            self._use_windows(drawing)
            if drawn.wish is not drawing.wish:
                self._summary.grow()
        self._mark()

    def _draw_other(self, drawing: RasterDrawing | None, axis: TimeAxis) -> None:
        """Draw the responses beside, if there are any."""
        beside = None if drawing is None else drawing.beside
        self.other.setVisible(beside is not None)
        if drawing is None or beside is None:
            self.other.show_image(None, axis)
            return
        own = beside.axis(axis)
        same = np.allclose(own.ends, axis.ends, atol=2 / axis.rate)
        trials = getattr(self.now.stimulus, "trials", None)
        with_bands = same and not axis.of_images and self.now.shown is not None
        self.other.show_bands(trial_bands(trials if with_bands else None))
        self.other.show_image(drawing.other_drawn, own)
        self.other.setTitle(f"B: {escape(named(self.now))}", size="9pt")

    @property
    def _title(self) -> str | None:
        if self._reference() is None:
            return None
        now = self.now
        return f"A: {escape(f'{now.stimulus_name} on {now.session_name}')}"

    def _mark(self) -> None:
        """Mark selected units, areas, and the unit looked at."""
        drawing = self._summary.value
        drawn = None if drawing is None else drawing.drawn
        if drawn is None:
            for plot in (self.plot, self.other):
                plot.rows_axis.show_rows((), np.empty(0, bool))
                plot.show_unit(None)
            self.about.setText("")
            return
        order = drawn.order
        selected = np.isin(order, self.now.selected_columns)
        areas: list[tuple[int, int, str]] = []
        if drawn.wish.groups is not None and len(order):
            codes, names = self.now.encoded_areas
            sorted_codes = codes[order]
            starts = np.flatnonzero(np.diff(sorted_codes, prepend=-1))
            ends = np.append(starts[1:], len(order))
            areas = [
                (int(a), int(b), names[sorted_codes[a]])
                for a, b in zip(starts, ends, strict=True)
            ]
        all_selected = bool(selected.all())
        at = looked_at_column(self.now)
        found = np.flatnonzero(order == at).tolist() if at is not None else []
        for plot in (self.plot, self.other):
            plot.rows_axis.show_rows(
                areas, np.zeros_like(selected) if all_selected else selected
            )
            plot.show_unit(found[0] if found else None)
        low, high = drawn.limits
        n, n_units = len(order), len(self.now.units)
        text = f"{n:,} of {n_units:,} units<br>{self._value}: {low:.2g} to {high:.2g}"
        if drawn.width > 1:
            text += f"<br>means of {drawn.width} frames"
        other = None if drawing is None else drawing.other_drawn
        for problem in (drawn.problem, "" if other is None else other.problem):
            text += f"<br>{escape(problem)}" if problem else ""
        self.about.setText(text)

    @property
    def _value(self) -> str:
        scale = self.now.view.raster.scale
        return scale if scale != "response" else "response"

    # -- data --------------------------------------------------------------------------

    def _table(self) -> pd.DataFrame:
        drawing = self._summary.value
        if drawing is None or drawing.drawn is None:
            return pd.DataFrame()
        units = self.now.units.iloc[self.now.encoded_rows]
        window, drawn = self._window(drawing), drawing.drawn
        named_by = partial(_names, units)
        return raster_table(
            drawing.raster, drawn, window, self._axis(), named_by, self._value
        )

    def _other_table(self) -> pd.DataFrame:
        drawing = self._summary.value
        if drawing is None or drawing.beside is None or drawing.other is None:
            return pd.DataFrame()
        named_by = partial(_names, unit_table(drawing.beside.responses))
        axis, window = drawing.beside.axis(self._axis()), drawing.other_window
        drawn = drawing.other_drawn
        return raster_table(drawing.other, drawn, window, axis, named_by, self._value)

    def _why_empty(self) -> str:
        if self.now.encoded is None:
            return "Encode a stimulus to see the responses of all units"
        return "Responses show here as they come"


def _names(
    units: pd.DataFrame, columns: NDArray[np.int64]
) -> list[tuple[str, Sequence[object]]]:
    """What tells units apart, by columns of responses."""
    rows = units.iloc[columns]
    names = ("unit_id", "session", "scan_idx", "area")
    return [(name, rows[name].tolist()) for name in names if name in rows]
