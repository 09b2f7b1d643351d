"""Responses of all units against time as an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from insilico_gui.analysis.population.raster import Window, Wish
from insilico_gui.analysis.population.unit_orders import has_rastermap
from insilico_gui.app.panels.panel import NarrowText, Panel
from insilico_gui.app.panels.strip.bands import trial_bands
from insilico_gui.app.panels.strip.raster_plot import (
    RasterDrawing,
    RasterPlot,
    raster_table,
)
from insilico_gui.app.panels.strip.time_axis import TimeAxis
from insilico_gui.app.panels.strip.traced import key_of, looked_at_column
from insilico_gui.app.widgets.colors import column_values
from insilico_gui.app.widgets.controls import check, choice
from insilico_gui.app.work.live_summary import LiveSummary
from insilico_gui.experiment.document import (
    COMPONENT,
    PEAK_TIME,
    RASTERMAP,
    TABLE_ORDER,
)
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.resolved import Resolved

WIDTH = 164
SCALES = ("z-score", "response", "percentile")
NO_ORDER = frozenset({"unit_id"})


class RasterPanel(Panel):
    """An image of units by time; a click picks a unit and a time."""

    title = "Raster"
    place = "bottom"
    order = 12
    draws = frozenset(
        {
            *("encoded", "session", "shown", "stimulus", "units", "selection"),
            *("view.raster", "view.unit_id"),
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.body.setContentsMargins(2, 2, 2, 2)
        self._summary = LiveSummary(
            "Reading the raster", self._made, self._draw, self.jobs, self
        )
        self._token: tuple[object, ...] = ()
        self._sorts: dict[str, str] = {}
        self._n_rows = -1
        self._axis_of: object = None
        self.sort = choice(self._sorted, "Order of the units", letters=8)
        self.scale = choice(
            lambda text: self._use(scale=text),
            "Standard deviations of a unit from its mean over time, its responses, or "
            "percentiles of its own responses; the burn-in left out",
            SCALES,
            letters=8,
        )
        self.descending = check(
            "highest first",
            lambda on: self._use(descending=on),
            "Turns the order around",
        )
        self.by_area = check(
            "within areas", lambda on: self._use(by_area=on), "Areas stay together"
        )
        self.only_selected = check(
            "selected only",
            lambda on: self._use(only_selected=on),
            "Leaves out units that are not selected",
        )
        self.about = NarrowText()
        self.about.setMinimumWidth(WIDTH)
        self.plot = RasterPlot(self._look_closer)
        self.plot.setMinimumHeight(90)
        self.plot.clicked.connect(self._clicked)
        self.plot.use_table(self._table)
        row = QHBoxLayout()
        row.addWidget(self._controls())
        row.addWidget(self.plot, 1)
        self.body.addLayout(row)

    def _controls(self) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for widget in (
            *(self.sort, self.scale, self.descending, self.by_area),
            *(self.only_selected, self.about),
        ):
            column.addWidget(widget)
        column.addStretch(1)
        made.setFixedWidth(WIDTH)
        return made

    @classmethod
    def is_offered(cls, now: Resolved) -> bool:
        """Whether responses follow each other in time, or image by image."""
        return now.session is not None and now.condition_session is None

    # -- from the user -----------------------------------------------------------------

    def _use(self, **changes: Any) -> None:
        raster = self.now.view.raster
        self.attempt(self.experiment.look, raster={**raster.model_dump(), **changes})

    def _sorted(self, text: str) -> None:
        self._use(sort=self._sorts[text])

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

    def _look_closer(self) -> None:
        """Another part is seen: it gets its own pixels."""
        drawing = self._summary.value
        if drawing is not None and self.is_seen:
            window = self._window(drawing)
            if window != drawing.window:
                drawing.window = window
                self._summary.grow()

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Make the raster of what is on show, or sort it anew."""
        now, drawing = self.now, self._summary.value
        self._show_choices()
        if now.encoded is None:
            self._token = ()
            self._summary.clear()
            return
        of_another = drawing is None or drawing.raster.store is not now.encoded.moments
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
            self._summary.grow()
        self._mark()

    def draw_time(self) -> None:
        """Move the playhead, and nothing else."""
        playback, axis = self.experiment.playback, self._axis()
        self.plot.show_loop(playback, axis)
        self.plot.playhead.setValue(axis.place(playback.time))

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
        drawing = RasterDrawing(encoded.moments, self._wish(), whole)
        drawing.window = self._window(drawing)
        return drawing

    def _window(self, drawing: RasterDrawing) -> Window:
        raster = drawing.raster
        n_rows = self._count(drawing.wish, len(self.now.encoded_rows))
        if n_rows != self._n_rows:
            self._n_rows = n_rows
            self.plot.show_rows(n_rows)
        return self.plot.seen_part(self._axis(), n_rows, raster.n_bins, raster.width)

    @staticmethod
    def _count(wish: Wish, n_units: int) -> int:
        return n_units if wish.columns is None else len(wish.columns)

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
        codes, names = self._areas()
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

    def _areas(self) -> tuple[NDArray[np.int64], list[str]]:
        """Code of the area of each encoded unit, and names of the areas."""
        now = self.now
        if "area" not in now.units:
            return np.zeros(len(now.encoded_rows), np.int64), []
        own = now.units["area"].iloc[now.encoded_rows]
        codes, names = own.astype(str).factorize(sort=True)
        return codes.astype(np.int64), [str(name) for name in names]

    def _draw(self) -> None:
        axis, drawing = self._axis(), self._summary.value
        drawn = None if drawing is None else drawing.drawn
        key = (axis.ends, axis.label, axis.burn_in)
        if key != self._axis_of:
            self._axis_of = key
            self.plot.show_axis(axis, with_burn_in=False)
        has_trials = not axis.of_images and self.now.shown is not None
        trials = getattr(self.now.stimulus, "trials", None) if has_trials else None
        self.plot.show_bands(trial_bands(trials))
        self.plot.show_image(drawn, axis)
        self.plot.setTitle(None if drawn else self._why_empty(), size="9pt")
        if drawing is not None and drawn is not None:
            window = self._window(drawing)
            if window != drawing.window or drawn.wish is not drawing.wish:
                drawing.window = window
                self._summary.grow()
        self._mark()

    def _mark(self) -> None:
        """Mark selected units, areas, and the unit looked at."""
        drawing = self._summary.value
        drawn = None if drawing is None else drawing.drawn
        if drawn is None:
            self.plot.rows_axis.show_rows((), np.empty(0, bool))
            self.plot.show_unit(None)
            self.about.setText("")
            return
        order = drawn.order
        selected = np.isin(order, self.now.selected_columns)
        areas: list[tuple[int, int, str]] = []
        if drawn.wish.groups is not None and len(order):
            codes, names = self._areas()
            sorted_codes = codes[order]
            starts = np.flatnonzero(np.diff(sorted_codes, prepend=-1))
            ends = np.append(starts[1:], len(order))
            areas = [
                (int(a), int(b), names[sorted_codes[a]])
                for a, b in zip(starts, ends, strict=True)
            ]
        all_selected = bool(selected.all())
        self.plot.rows_axis.show_rows(
            areas, np.zeros_like(selected) if all_selected else selected
        )
        at = looked_at_column(self.now)
        found = np.flatnonzero(order == at).tolist() if at is not None else []
        self.plot.show_unit(found[0] if found else None)
        low, high = drawn.limits
        n, n_units = len(order), len(self.now.units)
        text = f"{n:,} of {n_units:,} units<br>{self._value}: {low:.2g} to {high:.2g}"
        if drawn.width > 1:
            text += f"<br>means of {drawn.width} frames"
        if drawn.problem:
            text += f"<br>{drawn.problem}"
        self.about.setText(text)

    @property
    def _value(self) -> str:
        scale = self.now.view.raster.scale
        return scale if scale != "response" else "response"

    # -- choices -----------------------------------------------------------------------

    def _show_choices(self) -> None:
        raster, units = self.now.view.raster, self.now.units
        sorts = {PEAK_TIME: PEAK_TIME, COMPONENT: COMPONENT}
        if has_rastermap():
            sorts[RASTERMAP] = RASTERMAP
        sorts[TABLE_ORDER] = TABLE_ORDER
        for name in units.columns:
            if name in NO_ORDER or units[name].dtype.kind not in "fiubOSU":
                continue
            label = facts(str(name)).label
            sorts[label if label not in sorts else f"{label} ({name})"] = str(name)
        if sorts != self._sorts:
            self._sorts = sorts
            self.sort.clear()
            self.sort.addItems(list(sorts))
        chosen = next((t for t, v in sorts.items() if v == raster.sort), TABLE_ORDER)
        self.sort.setCurrentText(chosen)
        self.scale.setCurrentText(raster.scale)
        self.descending.setChecked(raster.descending)
        self.by_area.setChecked(raster.by_area)
        self.by_area.setVisible(len(self._areas()[1]) > 1)
        self.only_selected.setChecked(raster.only_selected)

    def _table(self) -> pd.DataFrame:
        drawing = self._summary.value
        if drawing is None or drawing.drawn is None:
            import pandas as pd

            return pd.DataFrame()
        units, encoded = self.now.units, self.now.encoded_rows
        names = ("unit_id", "session", "scan_idx", "area")

        def left(columns: NDArray[np.int64]) -> list[tuple[str, Any]]:
            rows = units.iloc[encoded[columns]]
            return [(n, rows[n].to_numpy()) for n in names if n in rows]

        window = self._window(drawing)
        return raster_table(drawing, window, self._axis(), left, self._value)

    def _why_empty(self) -> str:
        if self.now.encoded is None:
            return "Encode a stimulus to see the responses of all units"
        return "Responses show here as they come"
