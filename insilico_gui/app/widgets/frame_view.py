"""A small picture of one frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyqtgraph as pg

from insilico_gui.app.widgets.figures.menu import PlotMenu
from insilico_gui.app.widgets.theme import PlotColors, Themed, current_colors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from qtpy.QtGui import QContextMenuEvent


class FrameView(pg.GraphicsLayoutWidget, Themed):
    """Shows uint8 frames [H, W] or [H, W, 3], row 0 at the top, in their own proportions.

    Attributes
    ----------
    frame : uint8 array or None
        What is on show.
    """

    def __init__(self, height: int) -> None:
        super().__init__()
        self.use_plot_colors(current_colors())
        self.setFixedHeight(height)
        self.frame: NDArray[np.uint8] | None = None
        self._image = pg.ImageItem(axisOrder="row-major", levels=(0, 255))
        self._view = self.addViewBox(
            lockAspect=True, invertY=True, enableMouse=False, enableMenu=False
        )
        self._view.setDefaultPadding(0.0)
        self._view.addItem(self._image)

    def use_plot_colors(self, plot_colors: PlotColors) -> None:
        """Stand on the background of the theme."""
        super().use_plot_colors(plot_colors)
        self.setBackground(plot_colors.background)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """See Qt."""
        if self.frame is not None:
            self.menu.open(event.globalPos())
            event.accept()

    @property
    def menu(self) -> PlotMenu:
        """The picture, copied or saved."""
        return PlotMenu(self)

    def show_frame(self, frame: NDArray[np.uint8]) -> None:
        """Show a frame."""
        is_new_size = self.frame is None or self.frame.shape != frame.shape
        self.frame = frame
        self._image.setImage(frame, autoLevels=False)
        if is_new_size:
            self._view.autoRange(padding=0.0)

    def clear_frame(self) -> None:
        """Show nothing."""
        self.frame = None
        self._image.clear()
