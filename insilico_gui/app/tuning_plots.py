"""The plots of the tuning panel: a curve, its polar form, and a map of two parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from napari.utils.colormaps import ensure_colormap

from insilico_gui.app.panel import ThemedPlot
from insilico_gui.app.traces_panel import MEAN_COLOR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TRIAL_COLOR = (150, 200, 255, 160)
FIT_COLOR = (120, 255, 160)
LOGARITHMIC = ("spatial_frequency", "temporal_frequency", "speed")
UNITS = {
    "direction": "deg",
    "orientation": "deg",
    "spatial_frequency": "cycles/deg",
    "temporal_frequency": "Hz",
    "size_deg": "deg",
    "contrast": "0 to 1",
}
"""Units of the parameters of trial tables, for the axes."""


def axis_label(parameter: str) -> str:
    """What to write at the axis of a parameter."""
    unit = UNITS.get(parameter)
    name = parameter.removesuffix("_deg").replace("_", " ")
    return f"{name} ({unit})" if unit else name


@dataclass(frozen=True)
class Curve:
    """One tuning curve, of a unit or of the mean over units.

    Attributes
    ----------
    parameter : str
    levels, mean, sem : float64 arrays, [K]
        Ascending levels; sem is NaN for single presentations.
    shown, trials : float64 arrays, [n]
        Level and response of every presentation.
    fit : (float64 array, float64 array) or None
        Levels and values of a fitted curve.
    """

    parameter: str
    levels: Floats
    mean: Floats
    sem: Floats
    shown: Floats
    trials: Floats
    fit: tuple[Floats, Floats] | None = None

    @property
    def top(self) -> float:
        """The largest value to be drawn."""
        return max(float(np.nanmax(self.trials)), float(np.nanmax(self.mean)), 1e-9)


class CurvePlot(ThemedPlot):
    """Response against the levels of a parameter: trials, mean and standard error, fit."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(60)
        self.setLabel("left", "response")

    def show_curve(self, curve: Curve | None) -> None:
        """Draw a curve, or nothing."""
        self.clear()
        if curve is None:
            return
        is_log = curve.parameter in LOGARITHMIC and bool((curve.levels > 0).all())
        self.setLogMode(x=is_log, y=False)
        self.setLabel("bottom", axis_label(curve.parameter))
        ticks = None
        if curve.parameter == "direction":
            ticks = [(float(a), str(a)) for a in range(0, 361, 90)]
            self.setXRange(-10, 370)
        else:
            x = np.log10(curve.levels) if is_log else curve.levels
            ticks = [
                (float(v), f"{level:g}")
                for v, level in zip(x, curve.levels, strict=True)
            ]
            margin = 0.06 * max(float(np.ptp(x)), 1e-9)
            self.setXRange(x.min() - margin, x.max() + margin, padding=0)
        self.getAxis("bottom").setTicks([ticks])
        self.plot(curve.shown, curve.trials, **_dots(5))
        if np.isfinite(curve.sem).any():
            x = np.log10(curve.levels) if is_log else curve.levels
            bars = pg.ErrorBarItem(
                x=x, y=curve.mean, height=2 * np.nan_to_num(curve.sem), pen=MEAN_COLOR
            )
            self.addItem(bars)
        self.plot(
            curve.levels,
            curve.mean,
            pen=pg.mkPen(MEAN_COLOR, width=2),
            symbol="s",
            symbolSize=5,
        )
        if curve.fit is not None:
            self.plot(*curve.fit, pen=pg.mkPen(FIT_COLOR, width=1.5))
        self.setYRange(0, 1.05 * curve.top, padding=0)


class PolarPlot(ThemedPlot):
    """Response against direction, around a circle: 0 to the right, 90 up."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(60)
        self.setAspectLocked(True)
        self.hideAxis("bottom")
        self.hideAxis("left")

    def show_curve(self, curve: Curve | None) -> None:
        """Draw a curve over directions, or nothing."""
        self.clear()
        if curve is None:
            return
        radius = curve.top
        circle = np.linspace(0, 2 * np.pi, 91)
        for fraction in (0.5, 1.0):
            self.plot(
                fraction * radius * np.cos(circle),
                fraction * radius * np.sin(circle),
                pen=pg.mkPen((120, 120, 120), width=1),
            )
        for angle in range(0, 360, 90):
            text = pg.TextItem(f"{angle}°", color=(170, 170, 170), anchor=(0.5, 0.5))
            around = np.deg2rad(angle)
            text.setPos(1.18 * radius * np.cos(around), 1.18 * radius * np.sin(around))
            self.addItem(text)
        angles = np.deg2rad(curve.shown)
        self.plot(
            curve.trials * np.cos(angles), curve.trials * np.sin(angles), **_dots(4)
        )
        around = np.deg2rad(np.append(curve.levels, curve.levels[0]))
        closed = np.append(curve.mean, curve.mean[0])
        self.plot(
            closed * np.cos(around),
            closed * np.sin(around),
            pen=pg.mkPen(MEAN_COLOR, width=2),
        )
        self.setXRange(-1.3 * radius, 1.3 * radius, padding=0)
        self.setYRange(-1.3 * radius, 1.3 * radius, padding=0)


class PairPlot(ThemedPlot):
    """Mean response at every pair of levels of two parameters, as a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(60)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.image.setLookupTable(
            (255 * np.asarray(ensure_colormap("viridis").colors)).astype(np.uint8)
        )
        self.addItem(self.image)

    def show_pair(
        self, names: tuple[str, str], levels: tuple[Floats, Floats], mean: Floats
    ) -> None:
        """Draw responses [K, L], the first parameter upwards, the second to the right."""
        self.image.setImage(mean, levels=(0.0, max(float(np.nanmax(mean)), 1e-9)))
        for side, name, values in zip(("left", "bottom"), names, levels, strict=True):
            ticks = [(k + 0.5, f"{level:g}") for k, level in enumerate(values)]
            self.getAxis(side).setTicks([ticks])
            self.setLabel(side, axis_label(name))
        self.setXRange(0, mean.shape[1], padding=0.02)
        self.setYRange(0, mean.shape[0], padding=0.02)


def _dots(size: int) -> dict[str, object]:
    return {
        "pen": None,
        "symbol": "o",
        "symbolSize": size,
        "symbolBrush": TRIAL_COLOR,
        "symbolPen": None,
    }
