"""The legend of the map: a bar of its colours, with the values below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyqtgraph as pg
from qtpy.QtCore import Qt

from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.app.work.timers import delayed
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtGui import QKeyEvent, QMouseEvent, QResizeEvent

    from insilico_gui.app.map.color_scale import ColorScale

BAR_HEIGHT, LEAST_BAR, BAR_WIDTH = 62, 90, 420
"""Pixels of the colour bar with its axis."""

EDGE = 6
"""Pixels at both ends of its label."""

OPENS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class LegendBar(ThemedPlot):
    """Shows a scale; a click, or the enter key, asks for its choices.

    Parameters
    ----------
    command : callable()
        Opens the choices.
    """

    def __init__(self, command: Callable[[], object]) -> None:
        super().__init__()
        self._command = command
        self._image = pg.ImageItem(axisOrder="row-major")
        self.setFixedHeight(BAR_HEIGHT)
        self.setMinimumWidth(LEAST_BAR)
        self.setMaximumWidth(BAR_WIDTH)
        self.setMouseEnabled(x=False, y=False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Legend")
        self.hideAxis("left")
        self.addItem(self._image)
        self.setYRange(0, 1, padding=0)
        self._label = ""
        self._fitting = delayed(self._write_label, self)

    def show_scale(self, scale: ColorScale, label: str) -> None:
        """Show the colours of a scale; `label` says what they are of."""
        low, high = scale.limits
        self._image.setImage(scale.legend(), autoLevels=False)
        self._image.setRect(low, 0.0, high - low, 1.0)
        self.setXRange(low, high, padding=0)
        axis = self.getAxis("bottom")
        if scale.categories is not None:
            axis.setTicks([list(enumerate(scale.categories))])
        else:
            ticks = facts(scale.column).ticks
            axis.setTicks([ticks] if ticks else None)
        self._label = label
        if scale.weight:
            self._label += f"; paler: low {facts(scale.weight).title}"
        self.setToolTip(f"{self._label}\nClick: limits, colour map, phase")
        self._write_label()

    def _write_label(self) -> None:
        """Write what the colours are of, as much of it as there is room for."""
        metrics, room = self.fontMetrics(), self.width() - 2 * EDGE
        right = Qt.TextElideMode.ElideRight
        self.setLabel("bottom", metrics.elidedText(self._label, right, room))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See Qt."""
        super().resizeEvent(event)
        if hasattr(self, "_fitting"):  # Qt resizes within the constructor, too
            self._fitting.start()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """See Qt."""
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._command()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See Qt."""
        if event.key() in OPENS:
            self._command()
        else:
            super().keyPressEvent(event)
