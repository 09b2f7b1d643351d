"""Responses to the image on show against time: every channel, their mean, repeats."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import QHBoxLayout

from insilico_gui.app.panels.panel import NarrowText, Panel
from insilico_gui.app.widgets.controls import check
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.app.widgets.unit_names import unit_names
from insilico_gui.encoding.timeline import Moments

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.resolved import Resolved


MAX_CURVES = 100
"""More curves than this take long to draw and show nothing more."""

MAX_NAMED = 6
"""As many channels are named above the plot."""

LINES = (1.0, 2.0)


class CoursePanel(Panel):
    """Butterfly plot of the selected units, with the playhead.

    Attributes
    ----------
    curves : list of pyqtgraph.PlotDataItem
        One for each unit that is drawn, or for each repeat.
    """

    title = "Time courses"
    place = "bottom"
    order = 20
    draws = frozenset({"session", "shown", "encoded", "selection"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.body.setContentsMargins(2, 2, 2, 2)
        self.curves: list[pg.PlotDataItem] = []
        self._image = -1
        self.each_unit, self.each_repeat, self.with_mean = (
            check(text, lambda _on: self._redraw(), tip)
            for text, tip in (
                (
                    "each channel",
                    "One curve for each selected channel, repeats averaged",
                ),
                ("each repeat", "One curve for each repeat, channels averaged"),
                ("mean ± SEM", "Over the selected channels, repeats averaged"),
            )
        )
        self.each_unit.setChecked(True)
        self.with_mean.setChecked(True)
        self.about = NarrowText()
        row = QHBoxLayout()
        row.addWidget(self.about, 1)
        for box in (self.each_unit, self.each_repeat, self.with_mean):
            row.addWidget(box)

        self.plot = ThemedPlot()
        self.plot.setMinimumHeight(70)
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        self.plot.setMouseEnabled(y=False)
        self._onset = [pg.InfiniteLine(0, angle=angle) for angle in (90, 0)]
        for line in self._onset:
            self.plot.addItem(line)
        self._upper, self._lower = (
            self.plot.plot(pen=pg.mkPen(None), name=f"mean {sign} SEM") for sign in "+-"
        )
        self._band = pg.FillBetweenItem(self._upper, self._lower)
        self.plot.addItem(self._band)
        self.mean_curve = self.plot.plot(name="mean")
        self.playhead = pg.InfiniteLine(angle=90)
        self.plot.addItem(self.playhead)
        self.plot.clicked.connect(self._clicked)
        self.body.addLayout(row)
        self.body.addWidget(self.plot, 1)

        self.recolor()

    @classmethod
    def is_offered(cls, now: Resolved) -> bool:
        """Whether responses to single images have a course in time."""
        session = now.image_session
        return session is not None and "time" in session.response_coords

    @classmethod
    def is_first(cls, now: Resolved) -> bool:
        """It is what is looked at first where there is one."""
        return cls.is_offered(now)

    def recolor(self) -> None:
        """Draw the curves in the colours of the theme."""
        colors = self.plot_colors
        dashed = pg.mkPen(colors.guide, style=pg.QtCore.Qt.PenStyle.DashLine)
        for line in self._onset:
            line.setPen(dashed)
        self._band.setBrush((*colors.mean, 70))
        self.mean_curve.setPen(pg.mkPen(colors.mean, width=LINES[1]))
        self.playhead.setPen(pg.mkPen(colors.line, width=1))
        self._redraw()

    # -- from the user -----------------------------------------------------------------

    def _clicked(self, x: float, _y: float) -> None:
        times = self._times()
        if times is None or self.now.images is None:
            return
        nearest = int(np.abs(1000 * times - x).argmin())
        first = self.frame_on_show * len(times)
        self.experiment.playback.seek_frame(first + nearest)

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Draw the image on show anew."""
        self._redraw()

    def draw_time(self) -> None:
        """Draw another image, or move the playhead."""
        if self.frame_on_show != self._image:
            self._redraw()
        else:
            self._show_playhead()

    def grow(self) -> None:
        """Take in responses that have come since the last time."""
        if not self.curves and not self.mean_curve.isVisible():
            self._redraw()

    def _redraw(self) -> None:
        """Draw the image on show anew."""
        self._image = self.frame_on_show
        for curve in self.curves:
            self.plot.removeItem(curve)
        self.curves = []
        session, images = self.now.image_session, self.now.images
        times, courses = self._times(), self._courses()
        known = times is not None and courses is not None
        for item in (self.mean_curve, self._band, self.playhead):
            item.setVisible(known)
        for box in (self.each_unit, self.each_repeat, self.with_mean):
            box.setVisible(times is not None)
        if session is None or images is None or times is None or courses is None:
            self.each_repeat.setEnabled(False)
            for curve in (self.mean_curve, self._upper, self._lower):
                curve.setData([], [])
            self.about.setText(self._why_empty())
            return
        self.each_repeat.setEnabled(courses.ndim > 2)
        ms = 1000 * times
        self.plot.setLabel("bottom", "time from image onset (ms)")
        self.plot.setLabel("left", session.response_label)
        self.plot.setXRange(ms[0], ms[-1], padding=0)
        others = [d for d in courses.dims if d not in ("time", session.unit_dim)]
        averaged = courses.mean(others).transpose(session.unit_dim, "time").to_numpy()
        if self.each_unit.isChecked():
            self._draw_units(ms, averaged)
        if self.each_repeat.isChecked() and others:
            repeats = courses.mean(session.unit_dim).stack(curve=others)
            for k, course in enumerate(repeats.transpose("curve", "time").to_numpy()):
                color = pg.intColor(
                    k,
                    repeats.sizes["curve"],
                    maxValue=self.plot_colors.brightest,
                    alpha=220,
                )
                self._draw(
                    ms, course, pg.mkPen(color, width=LINES[1]), f"repeat {k + 1}"
                )
        self._draw_mean(ms, averaged)
        self._show_playhead()
        label = images.labels[self._image]
        n_repeats = f", {courses.size // averaged.size} repeats" if others else ""
        self.about.setText(
            f"<b>{escape(str(label))}</b>: {self._channels(len(averaged))}{n_repeats}"
        )

    def _channels(self, n: int) -> str:
        """The channels that are drawn: by their ids if they are few."""
        if n > MAX_NAMED:
            return f"{n} channels"
        rows = self.now.encoded_rows[self.now.selected_columns]
        names = unit_names(self.now.units, rows)
        colors = self._unit_colors()[self.now.selected_columns]
        named = ", ".join(
            f"<span style='color: rgb{tuple(color.tolist())}'>{escape(name)}</span>"
            for name, color in zip(names, colors, strict=True)
        )
        return f"channel{'s' if n > 1 else ''} {named}"

    def _unit_colors(self) -> NDArray[np.int64]:
        colors = self.plot_colors
        return unit_colors(self.now, colors.darkest, colors.brightest)

    def _draw_units(
        self, ms: NDArray[np.float64], courses: NDArray[np.float32]
    ) -> None:
        colors = self._unit_colors()[self.now.selected_columns]
        step = -(-len(courses) // MAX_CURVES)
        rows = self.now.encoded_rows[self.now.selected_columns][::step]
        names = unit_names(self.now.units, rows)
        drawn = zip(courses[::step], colors[::step], names, strict=True)
        for course, color, name in drawn:
            self._draw(ms, course, pg.mkPen(*color.tolist(), 150, width=LINES[0]), name)

    def _draw(
        self, ms: NDArray[np.float64], course: object, pen: object, name: str
    ) -> None:
        curve = self.plot.plot(ms, course, pen=pen, name=name)
        curve.setZValue(-1)
        self.curves.append(curve)

    def _draw_mean(self, ms: NDArray[np.float64], courses: NDArray[np.float32]) -> None:
        shown = self.with_mean.isChecked()
        self.mean_curve.setVisible(shown)
        self._band.setVisible(shown and len(courses) > 1)
        mean = courses.mean(axis=0)
        self.mean_curve.setData(ms, mean)
        if len(courses) > 1:
            sem = courses.std(axis=0, ddof=1) / np.sqrt(len(courses))
            self._upper.setData(ms, mean + sem)
            self._lower.setData(ms, mean - sem)

    def _show_playhead(self) -> None:
        times = self._times()
        if times is not None:
            moment = self.experiment.playback.frame % len(times)
            self.playhead.setValue(1000 * times[moment])

    def _times(self) -> NDArray[np.float64] | None:
        """Seconds from image onset; None if responses have no time of their own."""
        session = self.now.image_session
        if session is None:
            return None
        times = session.response_coords.get("time")
        return None if times is None else np.asarray(times, float)

    def _courses(self) -> xr.DataArray | None:
        """Responses of the selected units to the image on show."""
        session, encoded = self.now.image_session, self.now.encoded
        columns = self.now.selected_columns
        if session is None or encoded is None:
            return None
        moments = encoded.moments
        if not isinstance(moments, Moments) or not len(columns):
            return None
        if self.frame_on_show >= moments.n_done // self.now.n_times:
            return None
        courses = moments.to_image(self.frame_on_show)
        return courses.isel({session.unit_dim: columns})

    def _why_empty(self) -> str:
        if self.now.session is None:
            return "Load a session first."
        if self.now.image_session is None:
            return "This session is driven by video: the Traces show its time courses."
        if self._times() is None:
            return (
                "The responses of this session to an image are single numbers, without a "
                "course in time."
            )
        if self.now.encoded is None:
            return "Encode images to see the time courses of the responses."
        if not len(self.now.selected_columns):
            return "None of the encoded channels is selected."
        return "The image on show has not been encoded yet."


def unit_colors(
    now: Resolved, darkest: int = 60, brightest: int = 255
) -> NDArray[np.int64]:
    """Colour of each encoded unit, int [n, 3]: where it is on the head, else its turn.

    Right is red, front is green, top is blue, as far as the places are known; within
    the range of channels that shows on the background.
    """
    units = now.units.iloc[now.encoded_rows]
    rgb = np.full((len(units), 3), np.nan)
    if {"x", "y", "z"} <= set(units.columns):
        places = units[["x", "y", "z"]].to_numpy(float)
        if np.isfinite(places).any(axis=0).all():
            low, high = np.nanmin(places, axis=0), np.nanmax(places, axis=0)
            span = brightest - darkest
            rgb = darkest + span * (places - low) / np.maximum(high - low, 1e-9)
    unknown = np.isnan(rgb).any(axis=1)
    for k in np.flatnonzero(unknown):
        rgb[k] = pg.intColor(k, max(len(units), 9), maxValue=brightest).getRgb()[:3]
    return rgb.astype(int)
