"""Plots in the colours of the theme: a left click tells where, a right opens a menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from qtpy.QtCore import Qt, Signal

from insilico_gui.app.widgets.figures.data import curves_table
from insilico_gui.app.widgets.figures.menu import PlotMenu
from insilico_gui.app.widgets.theme import PlotColors, Themed, current_colors

if TYPE_CHECKING:
    import pandas as pd

LEAST_WIDTH = 120
"""Of a plot in pixels: with less room for it a panel scrolls."""


class ThemedPlot(pg.PlotWidget, Themed):
    """An empty plot, without pyqtgraph's own menus.

    Signals
    -------
    clicked(float, float)
        The left button was clicked within the axes, at x and y.
    """

    clicked = Signal(float, float)

    def __init__(self, view_box: pg.ViewBox | None = None) -> None:
        super().__init__(viewBox=view_box, enableMenu=False)  # menus take long to make
        self._title: tuple[str | None, dict[str, Any]] = (None, {})
        self.setMinimumWidth(LEAST_WIDTH)
        self.hideButtons()
        for side in ("left", "bottom"):
            self.getAxis(side).enableAutoSIPrefix(False)
        # pyqtgraph puts the labels of axes some pixels too far out
        self.plotItem.layout.setContentsMargins(4, 4, 4, 6)
        self.scene().sigMouseClicked.connect(self._mouse_clicked)
        self.use_plot_colors(current_colors())

    def use_plot_colors(self, plot_colors: PlotColors) -> None:
        """Draw background, axes and title in these colours."""
        super().use_plot_colors(plot_colors)
        self.setBackground(plot_colors.background)
        for axis in self._axes():
            axis.setPen(plot_colors.guide)
            axis.setTextPen(plot_colors.text)
        self.setTitle(self._title[0], **self._title[1])

    def _axes(self) -> list[pg.AxisItem]:
        """Axes that have a colour; a colour bar adds its own."""
        return [self.getAxis(side) for side in ("left", "bottom")]

    def setTitle(self, title: str | None = None, **style: Any) -> None:
        """Write above the plot."""
        self._title = title, style
        self.plotItem.setTitle(title, **{"color": self.plot_colors.text, **style})
        # Or a title that is wider than the plot pushes its right end out of sight
        self.plotItem.titleLabel.setMinimumWidth(0)

    def setLabel(self, side: str, text: str) -> None:
        """Write at an axis, in its middle."""
        axis = self.getAxis(side)
        axis.setLabel(text)
        axis.resizeEvent()  # or it stays where a label of another length was

    # -- the mouse ---------------------------------------------------------------------

    def _mouse_clicked(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            event.accept()
            self.menu.open(event.screenPos().toPoint())
            return
        box = self.plotItem.vb
        if event.button() == Qt.MouseButton.LeftButton and (
            box.sceneBoundingRect().contains(event.scenePos())
        ):
            at = box.mapSceneToView(event.scenePos())
            self.clicked.emit(at.x(), at.y())

    # -- as a file ---------------------------------------------------------------------

    @property
    def menu(self) -> PlotMenu:
        """Its picture and its data, copied or saved."""
        return PlotMenu(self, self.drawn, self.plotItem.vb.autoRange)

    def drawn(self) -> pd.DataFrame:
        """What is drawn: a column each, titled with its unit; empty if it is nothing."""
        return curves_table(self)
