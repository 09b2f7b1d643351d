"""Plots in the colours of the theme: a left click tells where, a right opens a menu."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from pyqtgraph.exporters import ImageExporter, SVGExporter
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QApplication, QFileDialog, QMenu

from insilico_gui.app.widgets.theme import PlotColors, Themed, current_colors

if TYPE_CHECKING:
    from qtpy.QtCore import QPoint

LEAST_WIDTH = 120
"""Of a plot in pixels: with less room for it a panel scrolls."""

PICTURES = "Pictures (*.png *.svg)"


class ThemedPlot(pg.PlotWidget, Themed):
    """An empty plot, without pyqtgraph's own menus.

    Signals
    -------
    clicked(float, float)
        The left button was clicked within the axes, at x and y.
    """

    clicked = Signal(float, float)

    def __init__(self) -> None:
        super().__init__(enableMenu=False)  # its menus take long to make
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

    def setLabel(self, side: str, text: str) -> None:
        """Write at an axis, in its middle."""
        axis = self.getAxis(side)
        axis.setLabel(text)
        axis.resizeEvent()  # or it stays where a label of another length was

    # -- the mouse ---------------------------------------------------------------------

    def _mouse_clicked(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            event.accept()
            self._open_menu(event.screenPos().toPoint())
            return
        box = self.plotItem.vb
        if event.button() == Qt.MouseButton.LeftButton and (
            box.sceneBoundingRect().contains(event.scenePos())
        ):
            at = box.mapSceneToView(event.scenePos())
            self.clicked.emit(at.x(), at.y())

    def _open_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy picture", self.copy_picture)
        menu.addAction("Save picture…", self._browse)
        menu.addAction("Show all", self.plotItem.vb.autoRange)
        menu.popup(place)

    def copy_picture(self) -> None:
        """Put a picture of the plot on the clipboard."""
        QApplication.clipboard().setPixmap(self.grab())

    def save_picture(self, path: str | Path) -> None:
        """Write a picture of the plot, as SVG or PNG by the suffix."""
        is_svg = Path(path).suffix.lower() == ".svg"
        (SVGExporter if is_svg else ImageExporter)(self.plotItem).export(str(path))

    def _browse(self) -> None:
        text, _ = QFileDialog.getSaveFileName(
            self, "Save the picture", "plot.png", PICTURES
        )
        if text:
            path = Path(text)
            known = path.suffix.lower() in (".png", ".svg")
            self.save_picture(path if known else path.with_name(f"{path.name}.png"))
