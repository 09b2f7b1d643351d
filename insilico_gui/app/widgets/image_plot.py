"""A picture with a colour bar, for maps of the screen, the cortex or two parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyqtgraph as pg

from insilico_gui.app.widgets import colors
from insilico_gui.app.widgets.figures.data import axis_title, image_table, plain_text
from insilico_gui.app.widgets.themed_plot import ThemedPlot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = tuple[str, NDArray[Any]]

NUMBERS_WIDTH, BAR_WIDTH = 36, 58
"""Of the colour bar's axis, without and with a label: numbers have five characters."""

SEQUENTIAL, DIVERGING, CYCLIC = "inferno", "coolwarm", "hsv"


class ImagePlot(ThemedPlot):
    """A picture, NaN left out, with its colour bar.

    Parameters
    ----------
    square : bool
        Whether both axes have one scale.
    rows_down : bool
        Whether row 0 is at the top.
    titled : bool
        What the values are stands above the picture, not beside the colour bar: for
        narrow plots.
    """

    def __init__(
        self, *, square: bool = True, rows_down: bool = True, titled: bool = False
    ) -> None:
        super().__init__()
        self._titled = titled
        self._label = ""
        self._places: tuple[Places, Places] | None = None
        self.setMinimumHeight(60)
        self.setAspectLocked(square)
        self.invertY(rows_down)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.addItem(self.image)
        self.bar = pg.ColorBarItem(width=10, interactive=False, colorMap=_map("gray"))
        self.bar.axis.enableAutoSIPrefix(False)
        self.bar.axis.setWidth(NUMBERS_WIDTH if titled else BAR_WIDTH)
        self.bar.setImageItem(self.image, insert_in=self.plotItem)
        if titled:  # over the bar as well, or it would push the bar out of sight
            title, layout = self.plotItem.titleLabel, self.plotItem.layout
            layout.removeItem(title)
            layout.addItem(title, 0, 0, 1, layout.columnCount())
        self.use_plot_colors(self.plot_colors)  # the bar has an axis of its own
        self.show_image(None)

    def _axes(self) -> list[pg.AxisItem]:
        bar = getattr(self, "bar", None)
        return super()._axes() + ([] if bar is None else [bar.axis])

    def show_image(
        self,
        picture: Floats | None,
        *,
        rect: tuple[float, float, float, float] = (0, 0, 1, 1),
        limits: tuple[float, float] | None = None,
        colormap: str = SEQUENTIAL,
        label: str = "",
        places: tuple[Places, Places] | None = None,
    ) -> None:
        """Draw a picture [rows, columns], or nothing.

        Parameters
        ----------
        picture : float64 array, [rows, columns], or None
        rect : (float, float, float, float)
            Left, top, width and height in the coordinates of the axes.
        limits : (float, float), optional
            Values at the ends of the colours; default the smallest and the largest.
        colormap : str
        label : str
            What the values are, with their unit.
        places : ((str, array [rows]), (str, array [columns])), optional
            What rows and columns are, with their unit, and where each is, for tables of
            what is drawn; default what stands at the axes.
        """
        self._label, self._places = label, places
        known = picture is not None and bool(np.isfinite(picture).any())
        self.image.setVisible(known)
        self.bar.setVisible(known)
        if picture is None or not known:
            self.image.clear()
            return
        low, high = limits or (float(np.nanmin(picture)), float(np.nanmax(picture)))
        self.image.setImage(picture, autoLevels=False)
        self.image.setRect(*rect)
        self.bar.setColorMap(_map(colormap))
        self.bar.setLevels((low, high if high > low else low + 1))
        if self._titled:
            self.setTitle(label, size="9pt")
            return
        self.bar.axis.setLabel(label)
        self.bar.axis.resizeEvent()  # or the label stays where the last one was

    def drawn(self) -> pd.DataFrame:
        """The picture: a row for each pixel that is known."""
        picture = self.image.image
        if picture is None or not self.image.isVisible():
            return pd.DataFrame()
        down, across = self._places or self._pixels(picture)
        return image_table(picture, down, across, plain_text(self._label) or "value")

    def _pixels(self, picture: Floats) -> tuple[Places, Places]:
        """Where the middles of pixels are on the axes."""
        n_rows, n_columns = picture.shape
        rect = self.image.mapRectToParent(self.image.boundingRect())
        y = rect.top() + (np.arange(n_rows) + 0.5) * rect.height() / n_rows
        x = rect.left() + (np.arange(n_columns) + 0.5) * rect.width() / n_columns
        return (axis_title(self, "left", "y"), y), (axis_title(self, "bottom", "x"), x)


def symmetric(picture: Floats) -> tuple[float, float]:
    """Limits with zero in the middle, for pictures of either sign."""
    largest = float(np.nanmax(np.abs(picture))) or 1.0
    return -largest, largest


def _map(name: str) -> pg.ColorMap:
    table = (255 * colors.lookup_table(name)).astype(np.uint8)
    return pg.ColorMap(np.linspace(0, 1, len(table)), table)
