"""All units against time as an image, brought to the pixels that are seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyqtgraph as pg
from qtpy.QtCore import QRectF

from insilico_gui.analysis.population.raster import Raster, Window
from insilico_gui.app.panels.strip.area_axis import AreaAxis
from insilico_gui.app.panels.strip.strip_plot import LEFT, StripPlot
from insilico_gui.app.widgets.colors import lookup_table
from insilico_gui.app.work.timers import delayed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from insilico_gui.app.panels.strip.raster_drawing import Drawn
    from insilico_gui.app.panels.strip.time_axis import TimeAxis
    from insilico_gui.app.widgets.theme import PlotColors

COLORS = "magma"
ZOOM_MS = 60
MOST_CELLS = 2_000_000
"""Values that are saved as a table: of every unit that is seen, else of each pixel."""


class RasterPlot(StripPlot):
    """An image whose rows are units, the first at the top.

    Parameters
    ----------
    seen : callable()
        Is called when another part of it is seen, or at another size.
    """

    def __init__(self, seen: Callable[[], object]) -> None:
        super().__init__()
        self.rows_axis = AreaAxis()
        self.plotItem.setAxisItems({"left": self.rows_axis})
        self.rows_axis.setWidth(LEFT)
        self.invertY(True)
        self.setMouseEnabled(x=True, y=True)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.image.setZValue(-3)
        self.unit_line = pg.InfiniteLine(angle=0)
        self.unit_line.setZValue(10)
        self.unit_line.hide()
        for item in (self.image, self.unit_line):
            self.addItem(item)
        self._table: Callable[[], pd.DataFrame] = pd.DataFrame
        self._colors = np.round(255 * lookup_table(COLORS)).astype(np.uint8)
        self._seen = delayed(seen, self, ZOOM_MS)
        self.plotItem.vb.sigRangeChanged.connect(lambda *_: self._seen.start())
        self.plotItem.vb.sigResized.connect(lambda *_: self._seen.start())
        self.use_plot_colors(self.plot_colors)

    def use_plot_colors(self, plot_colors: PlotColors) -> None:
        """Draw in these colours."""
        super().use_plot_colors(plot_colors)
        if hasattr(self, "unit_line"):
            self.rows_axis.ink, self.rows_axis.mark = plot_colors.text, plot_colors.mean
            self.rows_axis.update()
            pen = pg.mkPen(
                (90, 230, 230), width=1, style=pg.QtCore.Qt.PenStyle.DashLine
            )
            self.unit_line.setPen(pen)
            # On the image, which is dark in every theme
            self.playhead.setPen(
                pg.mkPen("white" if self.has_image else plot_colors.line)
            )

    @property
    def has_image(self) -> bool:
        """Whether anything is drawn."""
        return self.image.image is not None

    def seen_part(self, axis: TimeAxis, n_rows: int, n_bins: int, width: int) -> Window:
        """The part that is seen, of that many rows and bins of so many moments."""
        box = self.plotItem.vb
        (left, right), (top, bottom) = box.viewRange()
        edges = axis.edges(np.arange(n_bins + 1) * width)
        start = int(np.searchsorted(edges, left, "right")) - 1
        stop = int(np.searchsorted(edges, right, "left"))
        ratio = self.devicePixelRatioF()
        return Window(
            (max(int(np.floor(top)), 0), min(int(np.ceil(bottom)), n_rows)),
            (max(start, 0), min(stop, n_bins)),
            max(round(box.height() * ratio), 1),
            max(round(box.width() * ratio), 1),
        )

    def show_rows(self, n_rows: int) -> None:
        """See all rows, of which there are so many."""
        n = max(n_rows, 1)
        self.setLimits(yMin=0, yMax=n)
        self.setYRange(0, n, padding=0)

    def look_at(self, other: RasterPlot) -> None:
        """See the rows and times that another one shows."""
        mine, theirs = (
            np.array(plot.plotItem.vb.viewRange()) for plot in (self, other)
        )
        if not np.allclose(mine, theirs, rtol=1e-6, atol=1e-6):
            self.plotItem.vb.setRange(xRange=theirs[0], yRange=theirs[1], padding=0)

    def show_image(self, drawn: Drawn | None, axis: TimeAxis) -> None:
        """Draw what has been made, or nothing."""
        if drawn is None:
            self.image.clear()
        else:
            picture = drawn.picture
            self.image.setImage(
                self.colored(picture.values, drawn.limits), autoLevels=False
            )
            moments = np.minimum(picture.bins * drawn.width, axis.n_moments)
            left, right = axis.edges(moments[[0, -1]])
            top, bottom = picture.rows[[0, -1]]
            self.image.setRect(QRectF(left, top, right - left, bottom - top))
        self.use_plot_colors(self.plot_colors)

    def colored(
        self, values: NDArray[np.float32], limits: tuple[float, float]
    ) -> NDArray[np.uint8]:
        """Colours of values, uint8 [h, w, 4]; nothing where they are not known."""
        low, high = limits
        known = np.isfinite(values)
        index = np.where(known, (values - low) * (255 / (high - low)), 0)
        rgba: NDArray[np.uint8] = self._colors[np.clip(index, 0, 255).astype(np.uint8)]
        rgba[..., 3] = np.where(known, 255, 0)
        return rgba

    def show_unit(self, row: int | None) -> None:
        """Mark the row of the unit looked at, if it is there."""
        self.unit_line.setVisible(row is not None)
        if row is not None:
            self.unit_line.setValue(row + 0.5)

    def use_table(self, table: Callable[[], pd.DataFrame]) -> None:
        """What makes the table of what is drawn, when it is asked for."""
        self._table = table

    def drawn(self) -> pd.DataFrame:
        """A row for each unit that is seen: its id, its area, a column for each time."""
        return self._table()


def raster_table(
    raster: Raster,
    drawn: Drawn | None,
    window: Window,
    axis: TimeAxis,
    names: Callable[[NDArray[np.int64]], Sequence[tuple[str, Sequence[object]]]],
    value: str,
) -> pd.DataFrame:
    """Values of the units and times that are seen.

    Of too many, means over the rows and times of each pixel, as they are drawn.
    """
    if drawn is None:
        return pd.DataFrame()
    (first, last), (start, stop) = window.rows, window.bins
    rows = drawn.order[first:last]
    at = axis.edges(np.arange(start, stop) * drawn.width)
    if len(rows) * len(at) <= MOST_CELLS:
        values = raster.values[rows, start:stop]
        left: dict[str, Any] = dict(names(rows))
        edges = at
    else:
        picture = drawn.picture
        values, edges = picture.values, axis.edges(picture.bins[:-1] * drawn.width)
        left = {"first row": picture.rows[:-1], "units": np.diff(picture.rows)}
    unit = "" if axis.of_images else " s"
    titles = [f"{value}, {edge:.6g}{unit}" for edge in edges]
    return pd.concat([pd.DataFrame(left), pd.DataFrame(values, columns=titles)], axis=1)
