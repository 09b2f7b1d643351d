"""Azimuth, elevation and field sign over the cortical sheet, with the areas' borders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyqtgraph as pg
from qtpy.QtWidgets import QFormLayout, QVBoxLayout

from insilico_gui.analysis.cortex.cortical_maps import (
    KNOWN,
    MEASURED,
    MIN_R2,
    sheet_sources,
)
from insilico_gui.app.map.outlines import RECEPTIVE_FIELDS
from insilico_gui.app.panels.panel import fill_box
from insilico_gui.app.panels.parts.analysis_panel import AnalysisPanel, offered
from insilico_gui.app.widgets.controls import choice, number
from insilico_gui.app.widgets.foldable import Foldable
from insilico_gui.app.widgets.image_plot import ImagePlot
from insilico_gui.drawing.layouts import is_upright
from insilico_gui.drawing.patches import MAPS, patch_labels, patch_outlines
from insilico_gui.experiment.unit_tables import ALONE

if TYPE_CHECKING:
    import xarray as xr

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.resolved import Resolved

RETINOTOPY = "retinotopy"
RESULTS = (RETINOTOPY, f"{RETINOTOPY} of {ALONE}")
"""What an experiment calls the result, of measured fields and of the session's own."""

SCALE_UM = 200


class RetinotopyPanel(AnalysisPanel):
    """Maps of the cortical sheet, as the anatomical layout shows it: y down."""

    title = "Retinotopy"
    place = "right"
    order = 30
    names = frozenset({RETINOTOPY})
    draws = frozenset({"session", "results", "computing"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.compute_button.setText("Map the sheet")
        self.source = choice(
            self._use_source, "Where the centres of receptive fields come from"
        )
        self.sigma_um = number(
            60.0,
            (5.0, 2000.0),
            lambda: None,
            "Standard deviation of the weights of units",
            step=10.0,
            decimals=0,
            suffix=" µm",
        )
        self.min_r2 = number(
            MIN_R2,
            (0.0, 1.0),
            lambda: None,
            "Fields that are fitted worse are left out",
            step=0.05,
        )
        form = QFormLayout()
        form.setVerticalSpacing(2)
        form.addRow("From", self.source)
        form.addRow("Smoothing", self.sigma_um)
        form.addRow("Least r²", self.min_r2)
        controls = QVBoxLayout()
        controls.addLayout(form)
        controls.addStretch(1)
        self.plots = {name: ImagePlot(titled=True) for name in MAPS}
        self._items: list[tuple[ImagePlot, object]] = []
        for plot in self.plots.values():
            for side in ("left", "bottom"):
                plot.hideAxis(side)  # a bar tells the scale, and leaves room for maps
            plot.plotItem.layout.setContentsMargins(4, 2, 4, 8)  # end of the bar
        self.fold = Foldable(
            (self.compute_button,),
            controls,
            [(plot, 1) for plot in self.plots.values()],
        )
        self.body.addWidget(self.about)
        self.body.addWidget(self.fold, 1)

    @classmethod
    def is_offered(cls, now: Resolved) -> bool:
        """Whether the session may be shown pictures."""
        return super().is_offered(now) and now.may_see

    # -- from the user -----------------------------------------------------------------

    def compute(self) -> None:
        """Map the sheet from all units with a field, in the background."""
        source, sigma_um = self.source.currentText(), self.sigma_um.value()
        if source == KNOWN:
            given = {"known": True, "sigma_um": sigma_um}
        elif source == MEASURED:
            # The fields that are shown, and not mapped again
            given = {
                **self.parameters_of(RECEPTIVE_FIELDS),
                "sigma_um": sigma_um,
                "min_r2": self.min_r2.value(),
            }
        else:
            return
        self.desk.window.analyse(RETINOTOPY, given)

    def _use_source(self, source: str) -> None:
        self.min_r2.setEnabled(source == MEASURED)

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Offer what can be computed, and show what was."""
        names = self._sources()
        if names != offered(self.source):
            # Fields that have just been measured are what people want to see
            fill_box(self.source, names, names[0] if names else "")
        self._use_source(self.source.currentText())
        self.compute_button.setEnabled(bool(names) and not self.is_computing)
        self._show_maps()

    def _sources(self) -> list[str]:
        session = self.now.session
        if session is None or self._in_volume():
            return []
        found = [name for name in sheet_sources(session.units) if name == KNOWN]
        has_places = {"x", "y"} <= set(session.units.columns)
        if has_places and RECEPTIVE_FIELDS in self.now.results:
            found.insert(0, MEASURED)
        return found

    def recolor(self) -> None:
        """Draw the scale bar in the colours of the theme."""
        self._show_maps()

    def _maps(self) -> xr.Dataset | None:
        """The latest of the results."""
        results = self.now.results
        name = next((name for name in reversed(list(results)) if name in RESULTS), None)
        return None if name is None else results[name].dataset

    def _show_maps(self) -> None:
        for plot, item in self._items:
            plot.removeItem(item)
        self._items = []
        maps = self._maps()
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
        outlines = patch_outlines(maps)
        for name, (label, colormap) in MAPS.items():
            plot = self.plots[name]
            plot.show_image(
                maps[name].to_numpy(),
                rect=rect,
                limits=(-1.0, 1.0) if name == "field_sign" else None,
                colormap=colormap,
                label=label,
                places=(("y (µm)", y), ("x (µm)", x)),
            )
            for outline in outlines:
                line = plot.plot(
                    *outline, pen=pg.mkPen(self.plot_colors.line, width=1.5)
                )
                self._items.append((plot, line))
            for text, place in patch_labels(maps):
                item = pg.TextItem(text, color=self.plot_colors.line, anchor=(0.5, 0.5))
                item.setPos(*place)
                plot.addItem(item)
                self._items.append((plot, item))
            self._items.append((plot, _scale_bar(plot, rect, self.plot_colors.line)))
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
        if self.now.session is None:
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
