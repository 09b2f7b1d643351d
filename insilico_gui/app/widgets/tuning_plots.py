"""The plots of the tuning panel: a curve, its polar form, and a map of two parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyqtgraph as pg
from qtpy.QtCore import QRectF
from qtpy.QtGui import QPainterPath
from qtpy.QtWidgets import QGraphicsPathItem

from insilico_gui.app.widgets.colors import lookup_table, map_values
from insilico_gui.app.widgets.figures.data import axis_title, table_of
from insilico_gui.app.widgets.image_plot import ImagePlot
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.drawing.labels import parameter_label
from insilico_gui.units.columns import parameter_facts

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qtpy.QtGui import QResizeEvent

    from insilico_gui.app.widgets.theme import PlotColors
    from insilico_gui.drawing.curves import Curve

    Floats = NDArray[np.float64]
    Color = tuple[int, ...]

TRIAL_ALPHA, BAND_ALPHA = 160, 70
TITLE_HEIGHT = 17
LABEL_WIDTH, LABEL_HEIGHT = 36, 18
"""Pixels around a circle for what is written there."""

HOLE = 0.6
"""Radius of the middle of a star, in widths of a ring."""


def curve_table(curve: Curve | None, response: str) -> pd.DataFrame:
    """A curve as a table: levels with mean and standard error, then trials, then the fit.

    `response` is what is measured, with its unit.
    """
    if curve is None:
        return pd.DataFrame()
    levels = parameter_label(curve.parameter)
    columns = [(levels, curve.levels), (f"mean, {response}", curve.mean)]
    if np.isfinite(curve.sem).any():
        columns.append((f"s.e.m., {response}", curve.sem))
    if len(curve.trials):
        columns += [(levels, curve.shown), (f"trials, {response}", curve.trials)]
    if curve.fit is not None:
        columns += [(levels, curve.fit[0]), (f"fit, {response}", curve.fit[1])]
    return table_of(columns)


class CurvePlot(ThemedPlot):
    """Response against the levels of a parameter: trials, mean and standard error, fit.

    A line above it says which is which.
    """

    def __init__(self) -> None:
        super().__init__()
        self._curve: Curve | None = None
        self.setMinimumHeight(60)
        self.setLabel("left", "response")
        self._say({})

    def drawn(self) -> pd.DataFrame:
        """The curve."""
        return curve_table(self._curve, axis_title(self, "left", "response"))

    def show_curve(self, curve: Curve | None) -> None:
        """Draw a curve, or nothing."""
        self._curve = curve
        self.clear()
        if curve is None:
            self._say({})
            return
        self.setLabel("bottom", parameter_label(curve.parameter))
        about = parameter_facts(curve.parameter)
        is_log = about.drawn == "octaves" and bool((curve.levels > 0).all())

        def place(levels: Floats) -> Floats:
            return np.asarray(np.log10(levels) if is_log else levels)

        x = place(curve.levels)
        ticks = about.ticks
        if ticks is not None:
            low, high = ticks[0][0], ticks[-1][0]
            room = (high - low) / 72  # for the last label
            self.setXRange(low - 2 * room, high + 5 * room, padding=0)
        else:
            ticks = [
                (float(v), f"{level:g}")
                for v, level in zip(x, curve.levels, strict=True)
            ]
            margin = 0.06 * max(float(np.ptp(x)), 1e-9)
            self.setXRange(x.min() - margin, x.max() + margin, padding=0)
        self.getAxis("bottom").setTicks([ticks])
        colors = self.plot_colors
        has_sem = bool(np.isfinite(curve.sem).any())
        drawn: dict[str, Color] = {"mean ± s.e.m." if has_sem else "mean": colors.mean}
        if has_sem:
            sem = np.nan_to_num(curve.sem)
            edges = [pg.PlotCurveItem(x, curve.mean + sign * sem) for sign in (1, -1)]
            self.addItem(pg.FillBetweenItem(*edges, brush=(*colors.mean, BAND_ALPHA)))
        self.plot(place(curve.shown), curve.trials, **_dots(5, colors))
        if len(curve.trials):
            drawn["trials"] = colors.trials
        self.plot(
            x,
            curve.mean,
            pen=pg.mkPen(colors.mean, width=2),
            symbol="s",
            symbolSize=5,
            symbolBrush=colors.mean,
            symbolPen=None,
        )
        if curve.fit is not None:
            levels, values = curve.fit
            self.plot(place(levels), values, pen=pg.mkPen(colors.fit, width=1.5))
            drawn["fit"] = colors.fit
        self._say(drawn)
        self.setYRange(min(0.0, curve.bottom), 1.05 * curve.top, padding=0)

    def _say(self, drawn: dict[str, Color]) -> None:
        """Name what is drawn, each in its colour, in a title as low as its letters."""
        words = [
            f"<span style='color: rgb{color[:3]}'>{name}</span>"
            for name, color in drawn.items()
        ]
        self.setTitle(" &nbsp; ".join(words), size="8pt")
        self.plotItem.titleLabel.setMaximumHeight(TITLE_HEIGHT)
        self.plotItem.layout.setRowFixedHeight(0, TITLE_HEIGHT)


class CirclePlot(ThemedPlot):
    """A circle with the angles written around it: 0 to the right, 90 up."""

    _radius: float | None = None  # Qt resizes it while it is being made

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(60)
        self.setAspectLocked(True)
        self.hideAxis("bottom")
        self.hideAxis("left")

    def fit_circle(self, radius: float) -> None:
        """Write angles around a circle, and show all of it."""
        self._radius = radius
        for angle in range(0, 360, 90):
            right, up = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
            anchor = ((1 - right) / 2, (1 + up) / 2)  # the side towards the circle
            text = pg.TextItem(f"{angle}°", color=self.plot_colors.text, anchor=anchor)
            text.setPos(1.03 * radius * right, 1.03 * radius * up)
            self.addItem(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See Qt: what is written has its size in pixels."""
        super().resizeEvent(event)
        if self._radius is not None:
            self._fit()

    def _fit(self) -> None:
        box = self.plotItem.vb
        wide, high = box.width() / 2, box.height() / 2
        pixels = max(min(wide - LABEL_WIDTH, high - LABEL_HEIGHT), 1.0)
        part = (self._radius or 1.0) / pixels
        # Both at once: with a locked aspect the second alone would undo the first
        self.setRange(
            xRange=(-wide * part, wide * part),
            yRange=(-high * part, high * part),
            padding=0,
        )


class PolarPlot(CirclePlot):
    """Response against direction, around a circle: 0 to the right, 90 up."""

    def __init__(self) -> None:
        super().__init__()
        self._curve: Curve | None = None

    def drawn(self) -> pd.DataFrame:
        """The curve."""
        return curve_table(self._curve, "response")

    def show_curve(self, curve: Curve | None) -> None:
        """Draw a curve over directions, or nothing."""
        self._curve = curve
        self.clear()
        if curve is None:
            return
        colors = self.plot_colors
        radius = curve.top
        circle = np.linspace(0, 2 * np.pi, 91)
        for fraction in (0.5, 1.0):
            self.plot(
                fraction * radius * np.cos(circle),
                fraction * radius * np.sin(circle),
                pen=pg.mkPen(colors.guide, width=1),
            )
        angles = np.deg2rad(curve.shown)
        self.plot(
            curve.trials * np.cos(angles),
            curve.trials * np.sin(angles),
            **_dots(4, colors),
        )
        around = np.deg2rad(np.append(curve.levels, curve.levels[0]))
        closed = np.append(curve.mean, curve.mean[0])
        self.plot(
            closed * np.cos(around),
            closed * np.sin(around),
            pen=pg.mkPen(colors.mean, width=2),
        )
        self.fit_circle(radius)


class PairPlot(ImagePlot):
    """Mean response at every pair of levels of two parameters, as a picture."""

    def __init__(self) -> None:
        super().__init__(square=False, rows_down=False)

    def show_pair(
        self,
        names: tuple[str, str],
        levels: tuple[Floats, Floats],
        mean: Floats,
        label: str = "response",
    ) -> None:
        """Draw responses [K, L], the first parameter upwards, the second to the right."""
        self.show_image(
            mean,
            rect=(0, 0, mean.shape[1], mean.shape[0]),
            limits=(min(0.0, float(np.nanmin(mean))), float(np.nanmax(mean))),
            colormap="viridis",
            label=label,
            places=(
                (parameter_label(names[0]), levels[0]),
                (parameter_label(names[1]), levels[1]),
            ),
        )
        for side, name, values in zip(("left", "bottom"), names, levels, strict=True):
            ticks = [(k + 0.5, f"{level:g}") for k, level in enumerate(values)]
            self.getAxis(side).setTicks([ticks])
            # Low plots have no room for a name and its unit in one line
            upright = parameter_label(name, short=True).replace(" (", "<br>(")
            self.setLabel(side, upright if side == "left" else parameter_label(name))
        self.setXRange(0, mean.shape[1], padding=0.02)
        self.setYRange(0, mean.shape[0], padding=0.02)


class StarPlot(CirclePlot):
    """Mean response by angle and another parameter: sectors, its levels as rings.

    0 is to the right and 90 up. An orientation is drawn on both sides.
    """

    def __init__(self) -> None:
        super().__init__()
        self._table = pd.DataFrame()

    def drawn(self) -> pd.DataFrame:
        """Both levels and the response, a row for each sector."""
        return self._table

    def show_star(
        self,
        names: tuple[str, str],
        levels: tuple[Floats, Floats],
        mean: Floats | None,
    ) -> None:
        """Draw responses [K, L] of angles and of the levels of rings, or nothing."""
        self.clear()
        self._table = pd.DataFrame()
        if mean is None:
            return
        turn = parameter_facts(names[0]).period or 360.0
        angles, rings = (np.asarray(each, float) for each in levels)
        down, across = np.meshgrid(angles, rings, indexing="ij")
        self._table = table_of(
            [
                (parameter_label(names[0]), down.ravel()),
                (parameter_label(names[1]), across.ravel()),
                ("response", mean.ravel()),
            ]
        )
        table = lookup_table("viridis")
        limits = (min(0.0, float(np.nanmin(mean))), float(np.nanmax(mean)))
        inks = (255 * map_values(mean.ravel(), table, limits)).astype(int)
        colors = inks.reshape(*mean.shape, 4)
        around = np.sort(angles % turn)
        wide = float(np.diff([*around, around[0] + turn]).min())  # as none may overlap
        for (k, n), _ in np.ndenumerate(mean):
            for half in np.arange(0, 360, turn):
                at = float(angles[k] + half)
                item = QGraphicsPathItem(_sector(at, wide, HOLE + n, HOLE + n + 1))
                item.setBrush(pg.mkBrush(*colors[k, n]))
                item.setPen(pg.mkPen(self.plot_colors.background, width=1))
                self.addItem(item)
        label = parameter_label(names[1])
        self.setTitle(f"rings: {rings[0]:g} to {rings[-1]:g}", size="8pt")
        self.plotItem.titleLabel.setMaximumHeight(TITLE_HEIGHT)
        self.plotItem.layout.setRowFixedHeight(0, TITLE_HEIGHT)
        said = ", ".join(f"{level:g}" for level in rings)
        self.setToolTip(f"{label}, from the middle: {said}")
        self.fit_circle(HOLE + len(rings))


def _sector(angle: float, wide: float, inner: float, outer: float) -> QPainterPath:
    """Part of a ring around an angle, in degrees, of this width and these radii."""
    path, start = QPainterPath(), -(angle + wide / 2)  # Qt counts with y downwards
    boxes = [QRectF(-r, -r, 2 * r, 2 * r) for r in (outer, inner)]
    path.arcMoveTo(boxes[0], start)
    path.arcTo(boxes[0], start, wide)
    path.arcTo(boxes[1], start + wide, -wide)
    path.closeSubpath()
    return path


def _dots(size: int, colors: PlotColors) -> dict[str, object]:
    return {
        "pen": None,
        "symbol": "o",
        "symbolSize": size,
        "symbolBrush": (*colors.trials, TRIAL_ALPHA),
        "symbolPen": None,
    }
