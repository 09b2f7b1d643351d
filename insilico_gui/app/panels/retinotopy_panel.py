"""Azimuth, elevation and field sign over the cortical sheet, with the areas' borders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QVBoxLayout,
)
from skimage.measure import find_contours

from insilico_gui.analysis.cortex.cortical_maps import (
    MEASURED,
    MIN_R2,
    sheet_maps,
    sheet_sources,
)
from insilico_gui.app.map.layouts import is_upright
from insilico_gui.app.panels.analysis_panel import AnalysisPanel
from insilico_gui.app.panels.panel import fill_box
from insilico_gui.app.widgets.image_plot import DIVERGING, ImagePlot
from insilico_gui.stimuli.core.display import Display

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.progress import OnProgress

RETINOTOPY = "retinotopy"
SCALE_UM = 200
MAPS = {
    "azimuth": ("azimuth (deg)", "turbo"),
    "elevation": ("elevation (deg)", "turbo"),
    "field_sign": ("field sign", DIVERGING),
}


class RetinotopyPanel(AnalysisPanel):
    """Maps of the cortical sheet, as the anatomical layout shows it: y down."""

    title = "Retinotopy"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.compute_button.setText("Map the sheet")
        self.compute_button.clicked.connect(self.compute)
        self.source = QComboBox()
        self.source.setToolTip("Where the centres of receptive fields come from")
        self.source.currentTextChanged.connect(self._source_changed)
        self.sigma_um = QDoubleSpinBox()
        self.sigma_um.setRange(5.0, 2000.0)
        self.sigma_um.setSingleStep(10.0)
        self.sigma_um.setDecimals(0)
        self.sigma_um.setValue(60.0)
        self.sigma_um.setSuffix(" µm")
        self.sigma_um.setToolTip("Standard deviation of the weights of units")
        self.min_r2 = QDoubleSpinBox()
        self.min_r2.setRange(0.0, 1.0)
        self.min_r2.setSingleStep(0.05)
        self.min_r2.setValue(MIN_R2)
        self.min_r2.setToolTip("Fields that are fitted worse are left out")

        form = QFormLayout()
        form.setVerticalSpacing(2)
        form.addRow("From", self.source)
        form.addRow("Smoothing", self.sigma_um)
        form.addRow("Least r²", self.min_r2)
        controls = QVBoxLayout()
        controls.addLayout(form)
        controls.addWidget(self.compute_button)
        controls.addStretch(1)
        self.plots = {name: ImagePlot(titled=True) for name in MAPS}
        self._drawn: list[tuple[ImagePlot, object]] = []
        row = QHBoxLayout()
        row.addLayout(controls, 3)
        for plot in self.plots.values():
            for side in ("left", "bottom"):
                plot.hideAxis(side)  # a bar tells the scale, and leaves room for maps
            plot.plotItem.layout.setContentsMargins(4, 2, 4, 8)  # end of the bar
            row.addWidget(plot, 4)
        self.body.addWidget(self.about)
        self.body.addLayout(row, 1)
        experiment.session_changed.connect(self._show_state)
        experiment.units_changed.connect(self._show_state)
        experiment.analysis_changed.connect(self._analysis_changed)
        self.state_changed.connect(self._show_state)
        self._show_state()

    # -- from the user -----------------------------------------------------------------

    def compute(self) -> None:
        """Map the sheet from all units with a field, in the background."""
        experiment, source = self.experiment, self.source.currentText()
        session, units = self.now.session, self.now.units
        if session is None or not source:
            return
        shape = getattr(session, "frame_shape", None)
        display = Display() if shape is None else Display(pixels=shape)
        min_r2, sigma_um = self.min_r2.value(), self.sigma_um.value()

        def work(tell: OnProgress) -> tuple[xr.Dataset, pd.DataFrame]:
            return sheet_maps(
                units,
                source,
                display,
                min_r2=min_r2,
                sigma_um=sigma_um,
                on_progress=tell,
            )

        def take(result: tuple[xr.Dataset, pd.DataFrame]) -> None:
            if session is self.now.session:
                self.attempt(
                    experiment.use_analysis, RETINOTOPY, *result, of_all_units=True
                )

        self.run("Mapping the cortical sheet", work, take)

    def _source_changed(self, source: str) -> None:
        self.min_r2.setEnabled(source == MEASURED)

    # -- from the state ----------------------------------------------------------------

    def _show_state(self) -> None:
        names = [] if self._in_volume() else sheet_sources(self.now.units)
        offered = [self.source.itemText(i) for i in range(self.source.count())]
        if names != offered:
            # Fields that have just been measured are what people want to see
            fill_box(self.source, names, names[0] if names else "")
            self._source_changed(self.source.currentText())
        self.compute_button.setEnabled(bool(names) and not self.computing)
        self._draw()

    def _analysis_changed(self, name: str) -> None:
        if name == RETINOTOPY:
            self._draw()

    def recolor(self) -> None:
        """Draw the scale bar in the colours of the theme."""
        self._draw()

    def _draw(self, *_: object) -> None:
        for plot, item in self._drawn:
            plot.removeItem(item)
        self._drawn = []
        maps = self.now.results.get(RETINOTOPY)
        if maps is None:
            for plot in self.plots.values():
                plot.show_image(None)
            self.about.setText(self._why_empty())
            return
        x, y = maps["x"].to_numpy(), maps["y"].to_numpy()
        step = x[1] - x[0], y[1] - y[0]
        rect = (
            x[0] - step[0] / 2,
            y[0] - step[1] / 2,
            step[0] * len(x),
            step[1] * len(y),
        )
        outlines = _outlines(maps)
        for name, (label, colormap) in MAPS.items():
            plot = self.plots[name]
            plot.show_image(
                maps[name].to_numpy(),
                rect=rect,
                limits=(-1.0, 1.0) if name == "field_sign" else None,
                colormap=colormap,
                label=label,
            )
            for outline in outlines:
                line = plot.plot(
                    *outline, pen=pg.mkPen(self.plot_colors.line, width=1.5)
                )
                self._drawn.append((plot, line))
            for text, place in _labels(maps):
                item = pg.TextItem(text, color=self.plot_colors.line, anchor=(0.5, 0.5))
                item.setPos(*place)
                plot.addItem(item)
                self._drawn.append((plot, item))
            self._drawn.append((plot, _scale_bar(plot, rect, self.plot_colors.line)))
            plot.setRange(
                xRange=(rect[0], rect[0] + rect[2]),
                yRange=(rect[1], rect[1] + 1.08 * rect[3]),
                padding=0.02,
            )
        about = maps.attrs["analysis"]
        self.about.setText(
            f"<b>{about['source']}</b> of {about['n_units']:,} units, smoothed by "
            f"{about['sigma_um']:g} µm: {maps.sizes['patch_id']} patches of one sign "
            f"&nbsp; bar: {SCALE_UM} µm"
        )

    def _in_volume(self) -> bool:
        session = self.now.session
        return session is not None and is_upright(session)

    def _why_empty(self) -> str:
        if len(self.now.units) == 0:
            return "Load a session to map its retinotopy."
        if self._in_volume():
            return (
                "The units of this session lie in a head and not on a sheet; colour the "
                "map by what it knows of their receptive fields instead."
            )
        if self.source.count() == 0:
            return (
                "The session does not know where its units are, or they have no "
                "receptive fields yet: map those first."
            )
        return ""


def _scale_bar(
    plot: ImagePlot,
    rect: tuple[float, float, float, float],
    color: tuple[int, int, int],
) -> pg.PlotDataItem:
    """A line of :data:`SCALE_UM` below the map."""
    left, top, _, height = rect
    y = top + 1.06 * height
    return plot.plot([left, left + SCALE_UM], [y, y], pen=pg.mkPen(color, width=3))


def _outlines(maps: xr.Dataset) -> list[NDArray[np.float64]]:
    """Borders of the patches, each [2, n]: x and y in micrometres."""
    patch = np.pad(maps["patch"].to_numpy(), 1)
    x, y = maps["x"].to_numpy(), maps["y"].to_numpy()
    found = []
    for number in maps["patch_id"].to_numpy():
        for line in find_contours((patch == number).astype(float), 0.5):
            row, column = line.T - 1
            found.append(
                np.stack(
                    [x[0] + column * (x[1] - x[0]), y[0] + row * (y[1] - y[0])],
                )
            )
    return found


def _labels(maps: xr.Dataset) -> list[tuple[str, tuple[float, float]]]:
    """Name and sign of each patch, and where to write it."""
    places = zip(
        maps["patch_x"].to_numpy().tolist(),
        maps["patch_y"].to_numpy().tolist(),
        strict=True,
    )
    return list(zip(maps["patch_name"].to_numpy().tolist(), places, strict=True))
